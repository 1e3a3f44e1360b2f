"""The explorer of chapter 11: its picture shows what attnlib computes, at every width and with every divisor."""

import re

import numpy as np
import pytest
import traitlets

import attnlib
from attnlib.explorers import WidthAndSoftmax

RNG = np.random.default_rng(5)
SCORES = (RNG.standard_normal((11, 6)) * 2 ** np.arange(11)[:, None] / 10).round(2)
LENGTHS = np.geomspace(0.2, 1e-6, 11)
TYPICAL = {"none": LENGTHS.tolist(), "root of d_k": [0.2] * 11, "d_k": [0.15] * 11}
DIVIDE = {"none": lambda d: 1, "root of d_k": np.sqrt, "d_k": lambda d: d}


def make(**changes):
    return WidthAndSoftmax(**{"scores": SCORES.tolist(), "typical": TYPICAL, **changes})


def number(picture, part):
    return float(re.search(rf'data-part="{part}"[^>]*>([^<]*)<', picture).group(1))


def drawn(picture, part, pattern):
    path = re.search(rf'data-part="{part}" d="([^"]*)"', picture).group(1)
    return np.array(re.findall(pattern, path), dtype=float)


@pytest.mark.parametrize("name", DIVIDE)
@pytest.mark.parametrize("row", range(11))
def test_the_picture_shows_the_numbers_of_attnlib(row, name):
    explorer = make(d_key=2**row, divisor=name)
    picture, scores = explorer.picture(), SCORES[row] / DIVIDE[name](2**row)
    weights = attnlib.softmax(scores)
    np.testing.assert_allclose(explorer.weights, weights)
    expected = {
        "width": 2**row,
        "divisor": DIVIDE[name](2**row),
        "spread": scores.std(),
        "largest": weights.max(),
        "entropy": attnlib.entropy(weights),
        "typical": TYPICAL[name][row],
    }
    for part, value in expected.items():
        assert number(picture, part) == pytest.approx(value, abs=0.0501 if part == "divisor" else 5.01e-4), part
    assert number(picture, "keys") == pytest.approx(np.exp(attnlib.entropy(weights)), abs=0.0501)

    end = 50 * np.ceil(np.abs(SCORES).max() / 50)
    at = drawn(picture, "scores", r"M([\d.]+)")
    np.testing.assert_allclose((at - 168) / 134 * end, scores, atol=0.006 * end / 134)
    np.testing.assert_allclose(drawn(picture, "weights", r"v-([\d.]+)") / 150, np.sort(weights)[::-1], atol=4e-5)
    (place,) = drawn(picture, "length", r"M([\d.]+)")
    assert 10 ** ((place - 302) / 67) == pytest.approx(max(TYPICAL[name][row], 1e-4), rel=1e-3)


def test_all_scores_of_all_widths_stand_on_the_axis():
    for row in range(11):
        at = drawn(make(d_key=2**row).picture(), "scores", r"M([\d.]+)")
        assert at.min() >= 34
        assert at.max() <= 302


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"scores": SCORES[:1].tolist()}, "length"),
        ({"scores": [[1.0], [2.0]]}, "length"),
        ({"scores": [[1.0, 2.0]] * 10 + [[1.0, 2.0, 3.0]]}, "as many"),
        ({"scores": [[1.0, float("nan")]] * 11}, "finite"),
        ({"typical": {"none": [0.1] * 11}}, "root of d_k"),
        ({"typical": {**TYPICAL, "d_k": [0.1] * 10}}, "11 positive lengths"),
        ({"typical": {**TYPICAL, "d_k": [0.1] * 10 + [0.0]}}, "11 positive lengths"),
        ({"d_key": 3}, "power of 2 from 1 to 1024, got 3"),
        ({"d_key": 2048}, "power of 2 from 1 to 1024"),
        ({"divisor": "root"}, "divisor"),
    ],
)
def test_a_state_that_cannot_be_shown_is_refused(changes, message):
    with pytest.raises(traitlets.TraitError, match=message):
        make(**changes)
