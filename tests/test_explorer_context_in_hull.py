"""ContextInHull: its picture shows the output of attention, and what it says about the hull is true."""

import re

import numpy as np
import pytest
import traitlets

import attnlib
from attnlib.explorers import ContextInHull
from attnlib.explorers.context_in_hull import UNIT, distance_to_edge, hull_corners

ANGLES = 2 * np.pi * np.arange(5) / 5
KEYS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).round(6)
VALUES = np.array([[0.0, 0.0], [4.0, 0.5], [5.0, 3.5], [1.5, 4.5], [2.5, 1.5]])


def explorer(query=(-1.0, 2.0), temperature=1.0, keys=KEYS, values=VALUES):
    return ContextInHull(key_points=keys, value_points=values, query=query, temperature=temperature)


def attention(query, temperature=1.0):
    """Outputs and weights of attnlib, whose dot products are divided by the root of the width, which is 2."""
    outputs, weights = attnlib.attention(np.array([query]) * 2**0.5 / temperature, KEYS, VALUES)
    return outputs[0], weights[0]


def cells(picture, part):
    found = re.findall(rf'data-part="{part}"[^>]*>([^<]*)<', picture)
    return np.array([float(text.replace("\N{MINUS SIGN}", "-")) for text in found])


def drawn_at(picture, part):
    x, y = re.search(rf'data-part="{part}" transform="translate\((\S+) (\S+)\)"', picture).groups()
    return float(x) / UNIT, -float(y) / UNIT


def said(picture):
    return re.search(r'data-part="said">(.*?)</p>', picture, re.S).group(1)


@pytest.mark.parametrize(("query", "temperature"), [((-1.0, 2.0), 1.0), ((0.3, -2.5), 0.1), ((3.0, 3.0), 50.0)])
def test_the_picture_shows_what_attention_computes(query, temperature):
    output, weights = attention(query, temperature)
    picture = explorer(query, temperature).picture()
    np.testing.assert_allclose(cells(picture, "score"), KEYS @ query / temperature, atol=5.01e-4)
    np.testing.assert_allclose(cells(picture, "weight"), weights, atol=5.01e-4)
    np.testing.assert_allclose(drawn_at(picture, "output"), output, atol=2e-4)
    np.testing.assert_allclose(drawn_at(picture, "query"), query, atol=2e-4)
    shown = [
        float(n.replace("\N{MINUS SIGN}", "-")) for n in re.search(r"\((.*?)\)", said(picture)).group(1).split(",")
    ]
    np.testing.assert_allclose(shown, output, atol=5.01e-4)
    assert f"Most weight: {weights.max():.3f} (key {weights.argmax() + 1})." in said(picture)
    fills = [float(f) for f in re.findall(r'data-part="value" fill-opacity="(.*?)"', picture)]
    np.testing.assert_allclose(fills, weights, atol=5.01e-3)
    pulls = [float(w) / 9 for w in re.findall(r'data-part="pull".*?stroke-width="(.*?)"', picture)]
    np.testing.assert_allclose(pulls, weights, atol=1e-3)


def test_no_query_and_no_temperature_bring_the_output_out_of_the_hull():
    rng = np.random.default_rng(0)
    for query, power in zip(rng.uniform(-3, 3, (200, 2)), rng.uniform(-2, 2, 200), strict=True):
        shown = explorer(query, 10**power)
        assert shown.margin > -1e-9
        assert " outside " not in said(shown.picture())


def test_with_sharp_scores_the_output_is_the_value_of_the_best_key():
    for i, (key, value) in enumerate(zip(KEYS, VALUES, strict=True)):
        picture = explorer(3 * key, 0.01).picture()
        np.testing.assert_allclose(drawn_at(picture, "output"), value, atol=1e-6)
        assert f"Most weight: 1.000 (key {i + 1})." in said(picture)
        assert ("inside" if i == 4 else "on the edge of") in said(picture)


def test_equal_scores_give_the_mean_and_name_all_keys():
    shown = explorer((0.0, 0.0))
    np.testing.assert_allclose(shown.output, VALUES.mean(axis=0))
    assert "Most weight: 0.200 (key 1, key 2, key 3, key 4, key 5)." in said(shown.picture())


def test_a_hull_has_all_points_on_the_left_of_its_edges_and_no_corner_too_many():
    assert hull_corners(VALUES) == [0, 1, 2, 3]
    square = np.array([[1.0, 1.0], [0.0, 0.0], [0.5, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    corners = [tuple(square[i]) for i in hull_corners(square)]
    assert corners == [(0, 0), (1, 0), (1, 1), (0, 1)]
    for points in np.random.default_rng(1).standard_normal((50, 6, 2)):
        rim = points[hull_corners(points)]
        for a, b in zip(rim, np.roll(rim, -1, axis=0), strict=True):
            lefts = (b - a)[0] * (points - a)[:, 1] - (b - a)[1] * (points - a)[:, 0]
            assert lefts.min() > -1e-12
            assert (lefts > 1e-12).sum() == 4  # all but the edge's own ends


def test_the_distance_to_the_edge_is_negative_outside():
    square = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])
    for point, distance in (((1, 1), 1), ((1.75, 1), 0.25), ((2, 1), 0), ((0, 0), 0), ((1, 2.5), -0.5), ((-1, 1), -1)):
        assert distance_to_edge(np.array(point, dtype=float), square) == pytest.approx(distance)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"keys": KEYS[:2], "values": VALUES[:2]}, "length"),
        ({"keys": KEYS[:4]}, "every key needs one value, got 4 and 5"),
        ({"keys": np.ones((5, 3))}, "two finite numbers"),
        ({"values": [[0, 0], [1], [2, 2], [3, 3], [4, 4]]}, "two finite numbers"),
        ({"values": [[i, 2 * i] for i in range(5)]}, "one line"),
        ({"keys": 4 * KEYS}, "between -3 and 3"),
        ({"query": [0.0, 3.5]}, "between -3 and 3"),
        ({"query": [0.0, float("nan")]}, "two finite numbers"),
        ({"query": [0.0]}, "length"),
        ({"temperature": 0.0}, "temperature|minimum|bounds"),
    ],
)
def test_a_state_that_cannot_be_drawn_is_refused(state, message):
    with pytest.raises(traitlets.TraitError, match=message):
        explorer(**state)
