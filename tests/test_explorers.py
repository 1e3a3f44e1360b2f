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
from attnlib.explorers import ScoresToWeights, TwoVectors, module_source, styles

CLASSES = [getattr(explorers, name) for name in explorers.__all__]
EXPLORERS = [c for c in CLASSES if isinstance(c, type) and issubclass(c, explorers.Explorer) and c.kind]

# For each explorer a state, and others that each look different from it.
STATES = {
    ScoresToWeights: (
        {"scores": [0.5, -2.0, 3.25, 0.0], "temperature": 2.0},
        {"scores": [0.5, -2.0, 3.25, 0.1], "temperature": 2.0},
        {"scores": [0.5, -2.0, 3.25, 0.0], "temperature": 2.5},
    ),
    TwoVectors: (
        {"query": [3.0, 1.0], "key": [-1.0, -1.0]},
        {"query": [3.0, 1.5], "key": [-1.0, -1.0]},
        {"query": [3.0, 1.0], "key": [-1.5, -1.0]},
    ),
}
every = pytest.mark.parametrize("kind", STATES, ids=lambda kind: kind.__name__)


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


def test_every_explorer_has_an_example_here():
    assert set(STATES) == set(EXPLORERS)


@every
def test_two_equal_explorers_have_the_same_picture_and_text_so_that_nbval_can_compare_them(kind):
    state = STATES[kind][0]
    one, other = kind(**state)._repr_mimebundle_()[0], kind(**state)._repr_mimebundle_()[0]
    assert one["text/html"] == other["text/html"]
    assert one["text/plain"] == other["text/plain"] == repr(kind(**state))
    assert all(f"{name}={value!r}" in one["text/plain"] for name, value in state.items())


@every
def test_another_state_gives_another_picture(kind):
    pictures = [kind(**state).picture() for state in STATES[kind]]
    assert len(set(pictures)) == len(pictures)


@every
def test_the_page_gets_the_state_that_the_picture_shows(kind):
    explorer = kind(**STATES[kind][0])
    page = explorer._repr_mimebundle_()[0]["text/html"]
    state = json.loads(html.unescape(re.search(r'data-state="([^"]*)"', page).group(1)))
    assert state == STATES[kind][0] == explorer.state()
    assert f'data-explorer="{explorer.kind}"' in page


@every
def test_jupyter_gets_a_live_view_with_the_picture_to_begin_with(kind):
    explorer = kind(**STATES[kind][0])
    assert isinstance(explorer, anywidget.AnyWidget)
    assert "application/vnd.jupyter.widget-view+json" in explorer._repr_mimebundle_()[0]
    assert explorer.snapshot == explorer.picture()
    assert explorer.trait_metadata("snapshot", "sync")


def test_the_weights_follow_the_scores_that_the_reader_moves(explorer):
    explorer.scores = [1.0, 1.0]
    explorer.temperature = 5.0
    np.testing.assert_allclose(explorer.weights, [0.5, 0.5])


@pytest.mark.parametrize(
    ("kind", "state", "message"),
    [
        (ScoresToWeights, {"scores": [1.0]}, "length"),
        (ScoresToWeights, {"scores": [1.0] * 7}, "length"),
        (ScoresToWeights, {"scores": [1.0, float("nan")]}, "finite"),
        (ScoresToWeights, {"scores": [1.0, float("inf")]}, "finite"),
        (ScoresToWeights, {"scores": [1.0, "two"]}, "float"),
        (ScoresToWeights, {"scores": [1.0, 2.0], "temperature": 0.0}, "temperature|minimum|bounds"),
        (ScoresToWeights, {"scores": [1.0, 2.0], "temperature": -1.0}, "temperature|minimum|bounds"),
        (TwoVectors, {"query": [1.0]}, "length"),
        (TwoVectors, {"key": [1.0, 2.0, 3.0]}, "length"),
        (TwoVectors, {"query": [1.0, 6.5]}, "query .* from -6 to 6"),
        (TwoVectors, {"key": [1.0, float("nan")]}, "key .* from -6 to 6"),
    ],
)
def test_a_state_that_cannot_be_shown_is_refused(kind, state, message):
    with pytest.raises(traitlets.TraitError, match=message):
        kind(**state)


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


# Two vectors


def test_the_two_vectors_show_the_numbers_of_the_chapters_three_keys():
    expected = {  # dot product, projection, angle
        (-1.0, 3.0): (0, 0, 90),
        (-1.0, -1.0): (-4, -4 / np.sqrt(2), 180 - np.degrees(np.arctan2(1, 2))),
        (2.0, 0.0): (6, 3, np.degrees(np.arctan2(1, 3))),
    }
    for key, (dot, projection, angle) in expected.items():
        picture = TwoVectors(query=[3.0, 1.0], key=list(key)).picture()
        assert numbers(picture, "coordinate").tolist() == [3, 1, *key]
        assert dot == attnlib.dot_scores(np.array([[3.0, 1.0]]), np.array([key]))[0, 0]
        for part, number in (
            ("dot", dot),
            ("projection", projection),
            ("angle", angle),
            ("cosine", np.cos(np.radians(angle))),
            ("query-length", np.sqrt(10)),
            ("key-length", np.hypot(*key)),
        ):
            np.testing.assert_allclose(numbers(picture, part), [number], atol=5.01e-3, err_msg=part)


def test_the_dot_product_of_two_vectors_is_negative_exactly_where_the_angle_is_above_90_degrees():
    rng = np.random.default_rng(0)
    for query, key in rng.integers(-6, 7, (300, 2, 2)).astype(float):
        shown = TwoVectors(query=query.tolist(), key=key.tolist()).measures
        assert shown["dot"] == query @ key
        if query.any() and key.any():
            assert (shown["dot"] < 0) == (shown["angle"] > 90)
            assert shown["projection"] * shown["key-length"] == pytest.approx(shown["dot"])
            assert shown["cosine"] * shown["query-length"] == pytest.approx(shown["projection"])


def test_the_projection_is_drawn_on_the_line_of_the_key_and_met_at_a_right_angle():
    picture = TwoVectors(query=[2.5, 4.0], key=[3.0, -3.5]).picture()
    paths = dict(re.findall(r'data-part="([\w-]+)" d="([^"]*)"', picture))
    places = {part: np.array(re.findall(r"-?[\d.]+", d), float).reshape(-1, 2) * [1, -1] for part, d in paths.items()}
    key, foot = np.array([3.0, -3.5]), places["shadow"][1]
    np.testing.assert_allclose(foot, -6.5 / (key @ key) * key, atol=5.01e-3)
    assert (places["drop"][0] - foot) @ key == pytest.approx(0, abs=0.03)
    np.testing.assert_allclose(places["key-arrow"][1], key)
    np.testing.assert_allclose(places["query-arrow"][1], [2.5, 4.0])


def test_what_a_vector_of_zeros_leaves_open_is_called_undefined():
    picture = TwoVectors(query=[3.0, 1.0], key=[0.0, 0.0]).picture()
    for part in ("angle", "cosine", "projection"):
        assert f'data-part="{part}">undefined<' in picture
    assert numbers(picture, "dot") == [0]
    assert numbers(TwoVectors(query=[0.0, 0.0], key=[-1.0, 0.0]).picture(), "projection") == [0]
    assert "nan" not in picture
    assert "\N{MINUS SIGN}0.00" not in TwoVectors(query=[0.0, 0.0], key=[-1.0, -1.0]).picture()
