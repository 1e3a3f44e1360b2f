"""Explorers: the picture that stands without JavaScript shows what attnlib computes, and never changes by itself."""

import html
import json
import re

import anywidget
import numpy as np
import pytest
import traitlets

import attnlib
from attnlib import explorers, results
from attnlib.explorers import (
    AlignmentMap,
    ContextInHull,
    CopiesByLength,
    DecoderSteps,
    DropAndTie,
    PaintAMask,
    PositionClocks,
    RealHeads,
    ScoresToWeights,
    ShuffledTokens,
    SplitIntoHeads,
    TwoVectors,
    WhoMayBeAsked,
    WidthAndSoftmax,
    module_source,
    styles,
)
from attnlib.explorers.explorer import FOLDER, UNSTYLED

CLASSES = [getattr(explorers, name) for name in explorers.__all__]
EXPLORERS = [c for c in CLASSES if isinstance(c, type) and issubclass(c, explorers.Explorer) and c.kind]
EXAMPLES = {  # a state of each explorer, and changes that each must change the picture
    ScoresToWeights: (
        {"scores": [0.5, -2.0, 3.25, 0.0], "temperature": 2.0},
        [{"scores": [0.5, -2.0, 3.25, 0.1]}, {"temperature": 2.5}],
    ),
    ContextInHull: (
        {
            "key_points": [[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]],
            "value_points": [[0.0, 0.0], [4.0, 0.5], [1.5, 4.5]],
            "query": [0.5, -2.0],
            "temperature": 2.0,
        },
        [
            {"key_points": [[1.0, 0.0], [0.0, 1.0], [-1.0, -1.5]]},
            {"value_points": [[0.0, 0.0], [4.0, 0.5], [1.0, 4.5]]},
            {"query": [0.5, -1.5]},
            {"temperature": 2.5},
        ],
    ),
    CopiesByLength: (
        {
            "sizes": [4, 8],
            "shares": [[[1.0, 0.5], [1.0, 0.25]], [[1.0, 0.75], [1.0, 1.0]]],
            "asked": ["1 2", "12 34"],
            "written": [["1 2", "21 34"], ["1 2", "12 34"]],
            "d_state": 4,
            "length": 2,
            "example": 1,
            "seen": [4],
        },
        [{"d_state": 8}, {"length": 1}, {"example": 2}, {"seen": [4, 8]}],
    ),
    DecoderSteps: (
        {
            "models": {name: run["model"] for name, run in results.load("decoder_steps")["results"].items()},
            "order": "luong",
            "source": "314",
            "moment": 9,
        },
        [{"order": "bahdanau"}, {"source": "315"}, {"moment": 10}],
    ),
    RealHeads: (
        {
            "tokens": [["it", "a", "b", "red"], ["it", "a", "b", "blue"]],
            "asking": [0, 3],
            "nouns": [1, 2],
            "heads": [["abcdeafghijklmnopqrs", "bcdeafghijklmnopqrst"], ["cdeafghijklmnopqrstu"] * 2],
            "right_way": [[[0.9, 0.5], [0.25, 0.0]], [[1.0, 0.75], [0.1, 0.33]]],
            "cases": [[[6, 3], [1, 0]], [[6, 4], [2, 1]]],
            "pronoun": 0,
            "layer": 1,
            "head": 2,
            "asks": 0,
        },
        [{"layer": 2}, {"head": 1}, {"asks": 3}],
    ),
    SplitIntoHeads: (
        {"n_tokens": 4, "n_heads": 2, "way": "reshape", "followed": 31},
        [{"n_tokens": 3}, {"n_heads": 4}, {"way": "interleaved"}, {"followed": 30}],
    ),
    TwoVectors: (
        {"query": [3.0, 1.0], "key": [-1.0, -1.0]},
        [{"query": [3.0, 1.5]}, {"key": [-1.5, -1.0]}],
    ),
    AlignmentMap: (
        {
            "examples": [
                {"source": ["a", "b"], "target": ["A", "B"], "gold": [[0], [1]]},
                {"source": ["a", "c", "."], "target": ["A", "C"], "gold": [[0], []]},
            ],
            "runs": [
                {
                    "name": name,
                    "exact_match": 1.0,
                    "error_rate": rate,
                    "right": [True, rate < 0.5],
                    "maps": [[[0.9, 0.1], [rate, 1 - rate]], [[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]],
                }
                for name, rate in (("one", 0.25), ("other", 0.75))
            ],
            "run": 0,
            "example": 0,
            "row": 1,
        },
        [{"run": 1}, {"example": 1}, {"row": 0}],
    ),
    PaintAMask: (
        {
            "scores": [[1.0, -2.0], [0.5, 3.0]],
            "tokens": ["a", "pad."],
            "length": 1,
            "mask": [[True, False], [False, False]],
            "way": "added",
        },
        [{"way": "finite"}, {"mask": [[True, True], [False, False]]}],
    ),
    WhoMayBeAsked: (
        {
            "words": [["x", "y"], ["<z>", "w"]],
            "languages": ["ko", "en"],
            "vectors": [[[1.0, 0.0], [0.0, 1.0]], [[2.0, -1.0], [0.5, 0.0]]],
            "matrices": [[[1.0, 0.5], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]], [[1.0], [2.0]]],
            "asks": 2,
            "may": "all",
        },
        [{"asks": 3}, {"may": "before"}, {"may": "other"}],
    ),
    WidthAndSoftmax: (
        {
            "scores": [[1.0, 0.5, -2.25], [2.5, -1.0, 0.0]],
            "typical": {"none": [0.1, 0.01], "root of d_k": [0.1, 0.11], "d_k": [0.1, 0.12]},
            "d_key": 2,
            "divisor": "none",
        },
        [{"divisor": "d_k"}, {"d_key": 1}],
    ),
    ShuffledTokens: (
        {
            "words": ["dog", "chased", "cat"],
            "vectors": [[2.0, 0.0], [0.5, 1.0], [0.0, 2.0]],
            "order": [0, 2, 1],
            "positions": True,
        },
        [
            {"words": ["dog", "chased", "it"]},
            {"vectors": [[2.0, 0.5], [0.5, 1.0], [0.0, 2.0]]},
            {"order": [0, 1, 2]},
            {"positions": False},
        ],
    ),
    PositionClocks: (
        {"d_model": 6, "place": 10, "steps": 5},
        [{"d_model": 8}, {"place": 11}, {"steps": 4}],
    ),
    DropAndTie: (
        {
            "models": {
                "one": {"scores": [[[0.0, 1.0, 0.5]]], "matrices": [[[0.5]]]},
                "two": {"scores": [[[0.0, 2.0, 0.0]], [[2.0, 0.5, 0.0]]], "matrices": [[[1.0]], [[-0.75]]]},
            },
            "rows": [[[1.0], [-0.5], [0.25]], [[0.5], [0.75], [2.0]]],
            "model": "two",
            "dropped": [1],
            "tied": False,
            "place": 2,
        },
        [{"dropped": []}, {"tied": True}, {"model": "one", "dropped": []}],
    ),
}


def test_every_explorer_has_an_example_here():
    assert set(EXAMPLES) == set(EXPLORERS)


@pytest.fixture
def explorer():
    return ScoresToWeights(scores=[0.5, -2.0, 3.25, 0.0], temperature=2.0)


def test_the_picture_shows_the_numbers_of_attnlib(explorer, numbers):
    weights = attnlib.softmax(np.array([0.5, -2.0, 3.25, 0.0]) / 2.0)
    picture = explorer.picture()
    np.testing.assert_allclose(numbers(picture, "score"), [0.5, -2.0, 3.25, 0.0])
    np.testing.assert_allclose(numbers(picture, "weight"), weights, atol=5.01e-4)
    np.testing.assert_allclose(numbers(picture, "entropy"), attnlib.entropy(weights), atol=5.01e-4)
    np.testing.assert_allclose(numbers(picture, "spread"), np.exp(attnlib.entropy(weights)), atol=5.01e-4)
    slopes = attnlib.softmax_jacobian(weights) / 2.0
    np.testing.assert_allclose(numbers(picture, "slope").reshape(4, 4), slopes, atol=5.01e-4)


def test_the_slopes_are_those_of_finite_differences(explorer, numbers):
    step = 1e-6
    slopes = numbers(explorer.picture(), "slope").reshape(4, 4)
    for j in range(4):
        up, down = np.array(explorer.scores), np.array(explorer.scores)
        up[j] += step
        down[j] -= step
        measured = (attnlib.softmax(up / 2.0) - attnlib.softmax(down / 2.0)) / (2 * step)
        np.testing.assert_allclose(slopes[:, j], measured, atol=6e-4)


def test_the_bars_are_as_long_as_their_numbers(explorer, numbers):
    widths = [float(w) for w in re.findall(r'data-part="bar" width="([^"]*)"', explorer.picture())]
    np.testing.assert_allclose(widths, 100 * explorer.weights, atol=5.01e-3)


@pytest.mark.parametrize(("made", "state"), [(c, state) for c, (state, _) in EXAMPLES.items()])
def test_two_equal_explorers_have_the_same_picture_and_text_so_that_nbval_can_compare_them(made, state):
    one, other = made(**state)._repr_mimebundle_()[0], made(**state)._repr_mimebundle_()[0]
    assert one["text/html"] == other["text/html"]
    assert one["text/plain"] == other["text/plain"] == repr(made(**state))
    assert made.__name__ in repr(made(**state))


@pytest.mark.parametrize(
    ("made", "change"), [(c, change) for c, (_, changes) in EXAMPLES.items() for change in changes]
)
def test_another_state_gives_another_picture(made, change):
    state, _ = EXAMPLES[made]
    assert made(**state | change).picture() != made(**state).picture()
    assert repr(made(**state | change)) != repr(made(**state))


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
    assert len(source.encode()) < 20_000
    assert explorer_class._esm == source
    assert explorer_class._css == styles()


def test_styles_load_nothing():
    assert "url(" not in styles()
    assert "@import" not in styles()


def test_no_explorer_takes_a_class_that_the_pages_have_styled():
    """The list of chapters had a class `am-map`, and so had a figure: each got the other's look."""
    classes = re.compile(r"\bam-[a-z0-9]+(?:-[a-z0-9]+)*")
    sources = [path for path in FOLDER.iterdir() if path.suffix in (".py", ".js")]
    own = {name for path in sources for name in classes.findall(path.read_text(encoding="utf-8"))}
    pages = (FOLDER.parents[1] / "book" / "_static" / "course.css").read_text(encoding="utf-8")
    assert own & set(classes.findall(pages)) == {"am-explorer"}


@pytest.mark.parametrize(("made", "state"), [(c, state) for c, (state, _) in EXAMPLES.items()])
def test_a_saved_picture_has_no_drawing_where_its_styles_are_missing_and_says_how_to_see_it(made, state):
    page = made(**state)._repr_mimebundle_()[0]["text/html"]
    assert page.count('<svg display="none" ') == page.count("<svg")
    assert page.count(UNSTYLED) == 1
    assert UNSTYLED not in made(**state).picture()  # the live figure is made of this
