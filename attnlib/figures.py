"""Figures: one palette and one look for the whole book, heat maps, and curves with their spread over seeds."""

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
