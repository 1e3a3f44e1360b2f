"""Two vectors: the picture shows dot product, projection and angle as attnlib computes them."""

import re

import numpy as np
import pytest
import traitlets

import attnlib
from attnlib.explorers import TwoVectors


def test_the_two_vectors_show_the_numbers_of_the_chapters_three_keys(numbers):
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


def test_what_a_vector_of_zeros_leaves_open_is_called_undefined(numbers):
    picture = TwoVectors(query=[3.0, 1.0], key=[0.0, 0.0]).picture()
    for part in ("angle", "cosine", "projection"):
        assert f'data-part="{part}">undefined<' in picture
    assert numbers(picture, "dot") == [0]
    assert numbers(TwoVectors(query=[0.0, 0.0], key=[-1.0, 0.0]).picture(), "projection") == [0]
    assert "nan" not in picture
    assert "\N{MINUS SIGN}0.00" not in TwoVectors(query=[0.0, 0.0], key=[-1.0, -1.0]).picture()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"query": [1.0]}, "length"),
        ({"key": [1.0, 2.0, 3.0]}, "length"),
        ({"query": [1.0, 6.5]}, "query .* from -6 to 6"),
        ({"key": [1.0, float("nan")]}, "key .* from -6 to 6"),
    ],
)
def test_vectors_that_cannot_be_shown_are_refused(state, message):
    with pytest.raises(traitlets.TraitError, match=message):
        TwoVectors(**state)
