"""Figures: one palette and one look for the whole book, heat maps of one and of many heads, and curves over seeds."""

from importlib.metadata import PackageNotFoundError, distribution

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

# Hues of Okabe and Ito (2008), which readers with a colour vision deficiency can tell apart too; all but the blue are
# darkened until text in them has a contrast of 4.5 on white.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072b2", "#b84e00", "#007a59", "#a8407c", "#646b78"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, GREY)
SHARES = LinearSegmentedColormap.from_list("shares", ["#ffffff", BLUE])
SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, "#ffffff", BLUE])


def use_course_style():
    """Give all figures made from now on the look of the course.

    A figure of width 9 inches is 1296 pixels wide and is shown at half of that, so that one point is one CSS pixel and
    lines are sharp on every screen. The background is white: the site turns it for dark mode. Hangul is drawn in
    NanumGothic from the package `koreanize-matplotlib`; without that package matplotlib warns of missing glyphs.

    Example:
        >>> use_course_style()
        >>> mpl.rcParams["figure.dpi"]
        144.0
    """
    mpl.rcParams.update(
        {
            "figure.dpi": 144,
            "figure.figsize": (9, 3.4),
            "figure.constrained_layout.use": True,
            "savefig.facecolor": "white",
            "font.family": ["DejaVu Sans", *_hangul()],  # in this order: NanumGothic has no minus sign for log axes
            "font.size": 13,
            "axes.titlesize": 13,
            "axes.labelsize": 13,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.prop_cycle": mpl.cycler(color=PALETTE, linestyle=["-", "--", "-.", ":", (0, (5, 1, 1, 1))]),
            "lines.linewidth": 2,
            "legend.frameon": False,
        }
    )


def _hangul():
    """The name of the font for Hangul in a list, which is empty where its package is missing or has no such file."""
    if "NanumGothic" not in font_manager.get_font_names():  # matplotlib would list it once more at every call
        try:  # the package's code needs Python before 3.12: it is not imported
            package = distribution("koreanize-matplotlib")
            font_manager.fontManager.addfont(package.locate_file("koreanize_matplotlib/fonts/NanumGothic.ttf"))
        except (PackageNotFoundError, FileNotFoundError):
            return []
    return ["NanumGothic"]


def heat_map(ax, matrix, rows, columns, signed=False, digits=2, largest=None, boxes=None):
    """Draw a matrix as coloured cells with their numbers, rows from top to bottom.

    For an alignment map the rows are the target symbols, the columns the source symbols, and the boxes the gold links.

    Args:
        ax: a matplotlib axes.
        matrix: (row, column), real numbers.
        rows: labels of the rows: the queries, where there are queries.
        columns: labels of the columns: the keys, where there are keys.
        signed: white is zero, blue positive and orange negative; otherwise white is zero and blue is the largest.
        digits: how many decimals are written; no numbers if None, for maps with too many cells.
        largest: the number that gets the full colour; the largest absolute entry if None.
        boxes: boolean (row, column), cells to be framed where True, such as gold links.

    Raises:
        ValueError: if the labels or the boxes do not fit the matrix.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> heat_map(plt.figure().subplots(), np.eye(2), rows=["q1", "q2"], columns=["k1", "k2"])
    """
    matrix = np.asarray(matrix)
    if matrix.shape != (len(rows), len(columns)):
        raise ValueError(f"{len(rows)} rows and {len(columns)} columns are named, the matrix is {matrix.shape}")
    boxes = np.zeros(matrix.shape, dtype=bool) if boxes is None else np.asarray(boxes)
    if boxes.shape != matrix.shape:
        raise ValueError(f"boxes must have the shape of the matrix {matrix.shape}, got {boxes.shape}")
    largest = float(np.abs(matrix).max() if largest is None else largest) or 1.0
    image = ax.imshow(
        matrix, cmap=SIGNED if signed else SHARES, vmin=-largest if signed else 0, vmax=largest, aspect="auto"
    )
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0, top=True, bottom=False, labeltop=True, labelbottom=False)
    ax.spines[:].set_visible(False)
    for i, j in np.argwhere(boxes):
        halo = [withStroke(linewidth=5, foreground="white")]  # the frame is seen on dark cells, too
        frame = Rectangle(
            (j - 0.43, i - 0.43), 0.86, 0.86, fill=False, edgecolor=ORANGE, linewidth=2, path_effects=halo
        )
        ax.add_patch(frame)
    for (i, j), number in np.ndenumerate(matrix if digits is not None else np.empty((0, 0))):
        rounded = round(float(number), digits) + 0.0  # -0.0 becomes 0.0
        text = f"{rounded:{'+' if signed and rounded else ''}.{digits}f}".replace("-", "\N{MINUS SIGN}")
        ax.text(
            j, i, text, ha="center", va="center", color="white" if _luminance(image.to_rgba(number)) < 0.18 else "black"
        )


def head_grid(figure, weights, rows, columns=None, titles=None, n_columns=4):
    """Draw the weights of several heads as small heat maps without numbers, all on one scale from 0 to 1.

    Labels of the queries stand at the left edge only, those of the keys at the top edge only; the name of a head stands
    below its map. A figure of 9 x 7 inches holds 12 heads of 14 tokens, one of 9 x 2.6 inches 4 heads of 6 tokens.

    Args:
        figure: an empty matplotlib figure.
        weights: (head, query, key), numbers from 0 to 1.
        rows: labels of the queries.
        columns: labels of the keys; those of the queries if None.
        titles: names of the heads; "head 0", "head 1" and so on if None, as they are counted in code.
        n_columns: how many maps stand next to each other.

    Returns:
        A list of the heads' axes, to which marks may be added.

    Raises:
        ValueError: if there is no axis of heads, or the labels or the titles do not fit the weights.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> axes = head_grid(plt.figure(), np.ones((3, 2, 2)) / 2, rows=["a", "b"], titles=["first", "second", "third"])
        >>> [ax.get_xlabel() for ax in axes]
        ['first', 'second', 'third']
    """
    weights = np.asarray(weights)
    if weights.ndim != 3 or not len(weights):
        raise ValueError(f"weights must be (head, query, key) with at least one head, got {weights.shape}")
    titles = [f"head {head}" for head in range(len(weights))] if titles is None else titles
    if len(titles) != len(weights):
        raise ValueError(f"there must be one title for each of {len(weights)} heads, got {len(titles)}")
    columns = rows if columns is None else columns
    n_columns = min(n_columns, len(weights))
    n_rows = -(-len(weights) // n_columns)
    grid = figure.subplots(n_rows, n_columns, squeeze=False)
    # neighbouring labels must not touch: a map takes about four fifths of its part of the figure
    size = min(0.75 * 72 * figure.get_figwidth() / n_columns / len(columns), 11)
    for place, ax in enumerate(grid.flat):
        if place >= len(weights):
            ax.set_visible(False)
            continue
        heat_map(ax, weights[place], rows, columns, digits=None, largest=1)
        ax.set_xlabel(titles[place], fontsize=11)
        ax.tick_params(labelsize=size, labelleft=place % n_columns == 0, labeltop=place < n_columns)
        ax.tick_params(axis="x", labelrotation=90)
        ax.spines[:].set(visible=True, color=GREY, linewidth=0.5)
    axes = list(grid.flat[: len(weights)])
    bar = figure.colorbar(axes[0].get_images()[0], ax=grid, ticks=[0, 0.5, 1], aspect=15 * n_rows, pad=0.02)
    bar.set_label("weight", fontsize=11)
    bar.ax.tick_params(labelsize=11)
    return axes


def spread(ax, x, runs, label=None, **line):
    """Draw the mean of several runs as a line, and the range from their smallest to their largest as a band around it.

    Args:
        ax: a matplotlib axes.
        x: (point,).
        runs: (run, point): one row for each seed.
        label: the name of the line in the legend.
        line: other arguments of `ax.plot`, such as `marker="o"`.

    Raises:
        ValueError: if the runs do not fit `x`, or there is only one.

    Example:
        >>> import matplotlib.pyplot as plt
        >>> spread(plt.figure().subplots(), [1, 2, 3], [[1, 2, 4], [1, 3, 6]], label="two seeds")
    """
    runs = np.asarray(runs)
    if runs.ndim != 2 or len(runs) < 2 or runs.shape[1] != len(x):
        raise ValueError(f"runs must be (run, point) with at least 2 runs and {len(x)} points, got {runs.shape}")
    (mean,) = ax.plot(x, runs.mean(axis=0), label=label, **line)
    ax.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=mean.get_color(), alpha=0.2, linewidth=0)


def _luminance(rgba):
    """Relative luminance as in WCAG 2.1; below 0.18 white text has more contrast than black."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgba[:3]]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
