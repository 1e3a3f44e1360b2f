"""Figures: colours that can be read and told apart, and heat maps whose cells say their numbers."""

import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from attnlib import figures


def luminance(color):
    channels = np.array(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one, other):
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


# What an eye without green-sensitive or without red-sensitive cells makes of linear RGB (Vienot, Brettel, Mollon 1999).
BLIND = {
    "deutan": np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]]),
    "protan": np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]]),
}


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


@pytest.mark.parametrize("color", figures.PALETTE)
def test_text_in_a_color_of_the_palette_can_be_read_on_white(color):
    assert contrast(color, "white") >= 4.5


@pytest.mark.parametrize("kind", BLIND)
def test_the_first_colors_stay_apart_for_colour_blind_readers(kind):
    seen = [BLIND[kind] @ np.array(to_rgb(color)) ** 2.2 for color in figures.PALETTE[:3]]
    for one, other in itertools.combinations(seen, 2):
        assert np.abs(one - other).max() > 0.08


def test_lines_differ_in_more_than_their_color():
    with mpl.rc_context():
        figures.use_course_style()
        styles = [entry["linestyle"] for entry in mpl.rcParams["axes.prop_cycle"]]
    assert len(set(map(str, styles))) == len(styles) == len(figures.PALETTE)


def test_a_heat_map_says_its_numbers_with_rows_from_top_to_bottom(ax):
    matrix = np.array([[0.25, -0.125, 0.0], [-0.0001, 0.5, 1.0]])
    figures.heat_map(ax, matrix, ["q1", "q2"], ["k1", "k2", "k3"], signed=True, digits=3)
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    minus = "\N{MINUS SIGN}"
    assert [texts[j, 0] for j in range(3)] == ["+0.250", f"{minus}0.125", "0.000"]
    assert [texts[j, 1] for j in range(3)] == ["0.000", "+0.500", "+1.000"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["q1", "q2"]
    bottom, top = ax.get_ylim()
    assert bottom > top


def test_every_number_of_a_heat_map_can_be_read_on_its_cell(ax):
    matrix = np.linspace(-1, 1, 21)[None, :]
    figures.heat_map(ax, matrix, ["row"], [str(j) for j in range(21)], signed=True)
    image = ax.get_images()[0]
    for text, number in zip(ax.texts, matrix[0], strict=True):
        assert contrast(text.get_color(), image.to_rgba(number)[:3]) >= 4.5


def test_white_is_zero(ax):
    figures.heat_map(ax, np.array([[0.0, 2.0]]), ["row"], ["a", "b"])
    assert ax.get_images()[0].to_rgba(0.0)[:3] == (1.0, 1.0, 1.0)
    figures.heat_map(ax, np.array([[0.0, 2.0]]), ["row"], ["a", "b"], signed=True)
    np.testing.assert_allclose(ax.get_images()[1].to_rgba(0.0)[:3], 1.0, atol=0.01)


def test_a_matrix_of_zeros_can_be_drawn(ax):
    figures.heat_map(ax, np.zeros((2, 2)), "ab", "cd")
    assert [text.get_text() for text in ax.texts] == ["0.00"] * 4


def test_labels_that_do_not_fit_are_refused(ax):
    with pytest.raises(ValueError, match=r"2 rows and 3 columns are named, the matrix is \(2, 2\)"):
        figures.heat_map(ax, np.zeros((2, 2)), "ab", "cde")


def test_boxes_frame_the_cells_of_the_gold_links_and_no_others(ax):
    gold = np.array([[True, False, False], [False, False, True]])
    figures.heat_map(ax, np.full((2, 3), 0.3), ["I", "love"], ["나는", "너를", "사랑해"], boxes=gold)
    centres = {(patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2) for patch in ax.patches}
    assert {(round(x), round(y)) for x, y in centres} == {(0, 0), (2, 1)}
    assert len(ax.patches) == 2


def test_boxes_may_be_a_tensor(ax):
    torch = pytest.importorskip("torch")
    figures.heat_map(ax, np.zeros((2, 3)), "ab", "cde", boxes=torch.tensor([[False, True, True], [False] * 3]))
    assert [patch.get_xy() for patch in ax.patches] == [(1 - 0.43, -0.43), (2 - 0.43, -0.43)]


def test_boxes_that_do_not_fit_are_refused(ax):
    with pytest.raises(ValueError, match=r"boxes must have the shape of the matrix \(2, 2\), got \(2, 3\)"):
        figures.heat_map(ax, np.zeros((2, 2)), "ab", "cd", boxes=np.zeros((2, 3), dtype=bool))


def test_a_large_map_can_be_drawn_without_its_numbers(ax):
    figures.heat_map(ax, np.eye(2), "ab", "cd", digits=None)
    assert len(ax.texts) == 0


def test_hangul_and_the_minus_signs_of_a_log_axis_can_both_be_drawn(caplog):
    with mpl.rc_context():
        figures.use_course_style()
        figure, axes = plt.subplots()
        axes.plot([1e-3, 1.0])
        axes.set_yscale("log")
        axes.set_xlabel("금요일 입니다")
        figure.canvas.draw()  # a missing glyph is a warning, which pytest makes an error; in formulas it is logged
        plt.close(figure)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("matplotlib")] == []


def test_without_the_font_package_the_style_still_works(monkeypatch):
    def missing(name):
        raise figures.PackageNotFoundError(name)

    monkeypatch.setattr(figures, "distribution", missing)
    monkeypatch.setattr(figures.font_manager, "get_font_names", list)
    with mpl.rc_context():
        figures.use_course_style()
        assert mpl.rcParams["font.family"] == ["DejaVu Sans"]


def test_the_font_is_listed_once_however_often_the_style_is_used():
    fonts = figures.font_manager.fontManager.ttflist
    with mpl.rc_context():
        for _ in range(2):
            figures.use_course_style()
    assert [font.name for font in fonts].count("NanumGothic") == 1


def test_curves_show_the_mean_of_the_runs_and_their_range(ax):
    figures.spread(ax, [1, 2, 3], [[0, 1, 2], [0, 3, 2], [3, 2, 2]], label="three seeds", marker="o")
    (line,) = ax.lines
    assert line.get_ydata().tolist() == [1, 2, 2]
    assert (line.get_label(), line.get_marker()) == ("three seeds", "o")
    (band,) = ax.collections
    corners = {tuple(point) for point in band.get_paths()[0].vertices.tolist()}
    assert {(1.0, 0.0), (1.0, 3.0), (2.0, 1.0), (2.0, 3.0), (3.0, 2.0)} <= corners


@pytest.mark.parametrize("runs", [[1, 2, 3], [[1, 2, 3]], [[1, 2], [3, 4]]])
def test_one_run_has_no_spread_and_points_must_fit(ax, runs):
    with pytest.raises(ValueError, match=r"runs must be \(run, point\) with at least 2 runs and 3 points, got"):
        figures.spread(ax, [1, 2, 3], runs)


@pytest.fixture
def figure():
    drawn = plt.figure()
    yield drawn
    plt.close(drawn)


def labels(ax):
    """What is written at the left and at the top of a map."""
    sides = ((ax.yaxis, "left"), (ax.xaxis, "top"))
    return [
        [label.get_text() for label in axis.get_ticklabels()] if axis.get_tick_params()[f"label{side}"] else []
        for axis, side in sides
    ]


def test_a_grid_of_heads_shows_each_heads_weights_on_one_scale(figure):
    weights = np.random.default_rng(0).random((5, 2, 3)) / 2
    axes = figures.head_grid(figure, weights, ["q1", "q2"], ["k1", "k2", "k3"], n_columns=3)
    assert [ax.get_xlabel() for ax in axes] == ["head 0", "head 1", "head 2", "head 3", "head 4"]
    for ax, head in zip(axes, weights, strict=True):
        (image,) = ax.get_images()
        np.testing.assert_array_equal(image.get_array(), head)
        assert image.get_clim() == (0, 1)
        assert len(ax.texts) == 0
    (bar,) = [ax for ax in figure.axes if ax.get_ylabel() == "weight"]
    assert bar.get_ylim() == (0, 1)


def test_a_grid_of_heads_is_labelled_at_its_left_and_top_edge_only(figure):
    axes = figures.head_grid(figure, np.ones((5, 2, 3)) / 3, ["q1", "q2"], ["k1", "k2", "k3"], list("abcde"), 3)
    left, top = ["q1", "q2"], ["k1", "k2", "k3"]
    assert [labels(ax) for ax in axes] == [[left, top], [[], top], [[], top], [left, []], [[], []]]
    assert [ax.get_xlabel() for ax in axes] == list("abcde")
    assert [ax.get_visible() for ax in figure.axes].count(False) == 1  # the sixth place


def test_in_a_grid_of_heads_tokens_are_queries_and_keys_and_a_tensor_will_do(figure):
    torch = pytest.importorskip("torch")
    (ax,) = figures.head_grid(figure, torch.eye(2)[None], ["a", "b"])
    assert labels(ax) == [["a", "b"], ["a", "b"]]


@pytest.mark.parametrize(("n_heads", "n_tokens", "height"), [(12, 14, 7), (4, 6, 2.6)])
def test_labels_in_a_grid_of_heads_do_not_touch_and_can_be_read(n_heads, n_tokens, height):
    with mpl.rc_context():
        figures.use_course_style()
        drawn = plt.figure(figsize=(9, height))
        axes = figures.head_grid(drawn, np.ones((n_heads, n_tokens, n_tokens)) / n_tokens, ["animal"] * n_tokens)
        drawn.canvas.draw()
        for written in (axes[0].get_yticklabels(), axes[0].get_xticklabels()):
            boxes = [label.get_window_extent() for label in written]
            assert not any(one.overlaps(other) for one, other in itertools.pairwise(boxes))
            assert all(label.get_fontsize() >= 8 for label in written)
        plt.close(drawn)


@pytest.mark.parametrize(
    ("shape", "titles", "message"),
    [
        ((2, 3), None, r"weights must be \(head, query, key\) with at least one head, got \(2, 3\)"),
        ((0, 2, 3), None, r"with at least one head, got \(0, 2, 3\)"),
        ((4, 2, 3), "abc", "one title for each of 4 heads, got 3"),
        ((4, 2, 2), None, r"2 rows and 3 columns are named, the matrix is \(2, 2\)"),
    ],
)
def test_heads_that_do_not_fit_a_grid_are_refused(figure, shape, titles, message):
    with pytest.raises(ValueError, match=message):
        figures.head_grid(figure, np.zeros(shape), "ab", "cde", titles)
