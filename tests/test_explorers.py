"""Explorers: the picture that stands without JavaScript shows what attnlib computes, and never changes by itself."""

import html
import json
import re

import anywidget
import numpy as np
import pytest
import traitlets

import attnlib
from attnlib import explorers
from attnlib.explorers import ScoresToWeights, SplitIntoHeads, module_source, styles

CLASSES = [getattr(explorers, name) for name in explorers.__all__]
EXPLORERS = [c for c in CLASSES if isinstance(c, type) and issubclass(c, explorers.Explorer) and c.kind]
EXAMPLES = {  # a state of each explorer, and changes that each must change the picture
    ScoresToWeights: (
        {"scores": [0.5, -2.0, 3.25, 0.0], "temperature": 2.0},
        [{"scores": [0.5, -2.0, 3.25, 0.1]}, {"temperature": 2.5}],
    ),
    SplitIntoHeads: (
        {"n_tokens": 4, "n_heads": 2, "way": "reshape", "followed": 31},
        [{"n_tokens": 3}, {"n_heads": 4}, {"way": "interleaved"}, {"followed": 30}],
    ),
}


def test_every_explorer_has_an_example_here():
    assert set(EXAMPLES) == set(EXPLORERS)


def numbers(picture, part):
    """The numbers in all places of a picture that are marked with `part`."""
    found = re.findall(rf'data-part="{part}"[^>]*>([^<]*)<', picture)
    return np.array([float(text.replace("\N{MINUS SIGN}", "-")) for text in found])


@pytest.fixture
def explorer():
    return ScoresToWeights(scores=[0.5, -2.0, 3.25, 0.0], temperature=2.0)


def test_the_picture_shows_the_numbers_of_attnlib(explorer):
    weights = attnlib.softmax(np.array([0.5, -2.0, 3.25, 0.0]) / 2.0)
    picture = explorer.picture()
    np.testing.assert_allclose(numbers(picture, "score"), [0.5, -2.0, 3.25, 0.0])
    np.testing.assert_allclose(numbers(picture, "weight"), weights, atol=5.01e-4)
    np.testing.assert_allclose(numbers(picture, "entropy"), attnlib.entropy(weights), atol=5.01e-4)
    np.testing.assert_allclose(numbers(picture, "spread"), np.exp(attnlib.entropy(weights)), atol=5.01e-4)
    slopes = attnlib.softmax_jacobian(weights) / 2.0
    np.testing.assert_allclose(numbers(picture, "slope").reshape(4, 4), slopes, atol=5.01e-4)


def test_the_slopes_are_those_of_finite_differences(explorer):
    step = 1e-6
    slopes = numbers(explorer.picture(), "slope").reshape(4, 4)
    for j in range(4):
        up, down = np.array(explorer.scores), np.array(explorer.scores)
        up[j] += step
        down[j] -= step
        measured = (attnlib.softmax(up / 2.0) - attnlib.softmax(down / 2.0)) / (2 * step)
        np.testing.assert_allclose(slopes[:, j], measured, atol=6e-4)


def test_the_bars_are_as_long_as_their_numbers(explorer):
    widths = [float(w) for w in re.findall(r'data-part="bar" width="([^"]*)"', explorer.picture())]
    np.testing.assert_allclose(widths, 100 * explorer.weights, atol=5.01e-3)


@pytest.mark.parametrize(("made", "state"), [(c, state) for c, (state, _) in EXAMPLES.items()])
def test_two_equal_explorers_have_the_same_picture_and_text_so_that_nbval_can_compare_them(made, state):
    one, other = made(**state)._repr_mimebundle_()[0], made(**state)._repr_mimebundle_()[0]
    assert one["text/html"] == other["text/html"]
    assert one["text/plain"] == other["text/plain"] == repr(made(**state))
    assert all(f"{name}={value!r}" in repr(made(**state)) for name, value in state.items())


@pytest.mark.parametrize(
    ("made", "change"), [(c, change) for c, (_, changes) in EXAMPLES.items() for change in changes]
)
def test_another_state_gives_another_picture(made, change):
    state, _ = EXAMPLES[made]
    assert made(**state | change).picture() != made(**state).picture()


@pytest.mark.parametrize(("made", "state"), [(c, state) for c, (state, _) in EXAMPLES.items()])
def test_the_page_gets_the_state_that_the_picture_shows(made, state):
    page = made(**state)._repr_mimebundle_()[0]["text/html"]
    stored = json.loads(html.unescape(re.search(r'data-state="([^"]*)"', page).group(1)))
    assert stored == state == made(**state).state()
    assert f'data-explorer="{made.kind}"' in page


@pytest.mark.parametrize(("made", "state"), [(c, state) for c, (state, _) in EXAMPLES.items()])
def test_jupyter_gets_a_live_view_with_the_picture_to_begin_with(made, state):
    explorer = made(**state)
    assert isinstance(explorer, anywidget.AnyWidget)
    assert "application/vnd.jupyter.widget-view+json" in explorer._repr_mimebundle_()[0]
    assert explorer.snapshot == explorer.picture()
    assert explorer.trait_metadata("snapshot", "sync")


def test_the_weights_follow_the_scores_that_the_reader_moves(explorer):
    explorer.scores = [1.0, 1.0]
    explorer.temperature = 5.0
    np.testing.assert_allclose(explorer.weights, [0.5, 0.5])


def all_splits():
    return [
        SplitIntoHeads(n_tokens=n_tokens, n_heads=n_heads, way=way, followed=10 * n_tokens + 1)
        for n_tokens in (1, 2, 3, 4)
        for n_heads in (1, 2, 4)
        for way in ("width", "reshape", "interleaved")
    ]


def table(n_tokens):
    """Numbers that say where they stand, as in chapter 12."""
    return 10.0 * np.arange(1, n_tokens + 1)[:, None] + np.arange(4)


def test_cutting_the_width_is_the_split_of_attnlib_and_the_others_are_those_of_chapter_12():
    for split in all_splits():
        n, h, x = split.n_tokens, split.n_heads, table(split.n_tokens)
        made = {
            "width": attnlib.split_heads(x, h),
            "reshape": x.reshape(h, n, 4 // h),
            "interleaved": np.stack([x[:, i::h] for i in range(h)]),
        }[split.way]
        assert split.heads.shape == (h, n, 4 // h)
        np.testing.assert_array_equal(split.heads, made)
        drawn = numbers(split.picture(), "number")
        np.testing.assert_array_equal(drawn, np.concatenate([x.ravel(), made.ravel()]))


def test_a_picture_of_split_heads_says_whose_numbers_stand_in_each_row():
    for split in all_splits():
        picture, n, h = split.picture(), split.n_tokens, split.n_heads
        own = []
        rows = re.findall(r'<th scope="row">(\d)</th>(.*?)<td data-part="from" data-own="(\w+)">(.*?)<', picture)
        for token, cells, flag, text in rows:
            (found,) = set(re.findall(r'data-token="(\d)"', cells))
            own.append(found == token)
            assert (flag == "true") == own[-1]
            assert text == f"token {found} {'✓' if own[-1] else '✗'}"
        assert len(own) == n * h
        assert all(own) == (split.way != "reshape" or n == 1 or h == 1)
        assert f"Shape (head, token, d_head): ({h}, {n}, {4 // h})." in picture
        assert f"Rows that hold their own token: {sum(own)} of {n * h}." in picture
        for i in range(h):
            assert f'<td colspan="{4 // h + 2}">own token: {sum(own[n * i : n * (i + 1)])} of {n}<' in picture


def test_the_number_that_is_followed_is_marked_once_in_x_and_once_in_the_heads():
    for split in all_splits():
        assert re.findall(r'aria-current="true">(\d+)<', split.picture()) == [str(split.followed)] * 2
    place = SplitIntoHeads(n_tokens=3, n_heads=2, way="reshape", followed=20).picture()
    assert "20 (token 2, feature 0): in row 3 of head 0, not its own row." in place
    place = SplitIntoHeads(n_tokens=3, n_heads=2, way="width", followed=22).picture()
    assert "22 (token 2, feature 2): in row 2 of head 1, its own row." in place


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"n_tokens": 0}, "n_tokens|minimum|bounds"),
        ({"n_tokens": 5}, "n_tokens|maximum|bounds"),
        ({"n_heads": 3}, "n_heads"),
        ({"way": "transpose"}, "way"),
        ({"followed": 14}, "followed"),
        ({"n_tokens": 2, "followed": 30}, "30 is not in a table of 2 tokens"),
    ],
)
def test_a_split_that_cannot_be_made_is_refused(state, message):
    with pytest.raises(traitlets.TraitError, match=message):
        SplitIntoHeads(**state)


def test_the_table_may_shrink_together_with_what_is_followed():
    split = SplitIntoHeads(n_tokens=4, followed=42)
    with split.hold_trait_notifications():  # as a message from the browser does
        split.n_tokens, split.followed = 2, 22
    assert split.heads.shape == (2, 2, 2)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"scores": [1.0]}, "length"),
        ({"scores": [1.0] * 7}, "length"),
        ({"scores": [1.0, float("nan")]}, "finite"),
        ({"scores": [1.0, float("inf")]}, "finite"),
        ({"scores": [1.0, "two"]}, "float"),
        ({"scores": [1.0, 2.0], "temperature": 0.0}, "temperature|minimum|bounds"),
        ({"scores": [1.0, 2.0], "temperature": -1.0}, "temperature|minimum|bounds"),
    ],
)
def test_a_state_that_cannot_be_shown_is_refused(state, message):
    with pytest.raises(traitlets.TraitError, match=message):
        ScoresToWeights(**state)


def test_an_unknown_explorer_is_refused_with_the_names_of_those_there_are():
    for kind in ("nothing", "shared", "../secret"):
        with pytest.raises(ValueError, match="scores_to_weights"):
            module_source(kind)


@pytest.mark.parametrize("explorer_class", EXPLORERS)
def test_a_module_stands_alone_and_is_small(explorer_class):
    source = module_source(explorer_class.kind)
    assert not re.search(r"^\s*import\b|\bimport\(|https?://(?!www\.w3\.org)", source, re.M)
    assert source.count("export default") == 1
    assert len(source.encode()) < 16_000
    assert explorer_class._esm == source
    assert explorer_class._css == styles()


def test_styles_load_nothing():
    assert "url(" not in styles()
    assert "@import" not in styles()
