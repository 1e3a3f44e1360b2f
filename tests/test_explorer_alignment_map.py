"""AlignmentMap: its picture shows the weights of a row, and its scores are those of attnlib."""

import re

import numpy as np
import pytest
import traitlets

from attnlib import results
from attnlib.explorers import AlignmentMap

STORED = results.load("two_maps")["results"]


def all_rows():
    for run in range(2):
        for example, pair in enumerate(STORED["examples"]):
            for row in range(len(pair["target"])):
                yield AlignmentMap(**STORED, run=run, example=example, row=row)


def part(picture, name):
    return re.search(rf'data-part="{name}">(.*?)</p>', picture, re.S).group(1)


def test_the_picture_shows_the_row_and_marks_gold_and_the_largest_weight(numbers):
    for shown in all_rows():
        picture, weights = shown.picture(), shown.weights[shown.row]
        places = STORED["examples"][shown.example]["gold"][shown.row]
        np.testing.assert_allclose(numbers(picture, "weight"), weights, atol=5e-7)
        bars = [float(w) for w in re.findall(r'data-part="bar" width="([^"]*)"', picture)]
        np.testing.assert_allclose(bars, 100 * weights, atol=5.01e-3)
        marks = re.findall(r'data-part="mark">([^<]*)<', picture)
        assert [j for j, mark in enumerate(marks) if "gold" in mark] == places
        assert [j for j, mark in enumerate(marks) if "largest" in mark] == [weights.argmax()]


def test_the_squares_have_the_weights_as_areas_and_the_gold_cells_are_framed():
    for shown in all_rows():
        lines = re.findall(r'<tr data-part="line"([^>]*)>(.*?)</tr>', shown.picture())
        assert [bool(attributes) for attributes, _ in lines] == [i == shown.row for i in range(len(lines))]
        for (_, line), weights, gold in zip(lines, shown.weights, shown.gold, strict=True):
            sides = np.array(re.findall(r'width="([\d.]+)" height="\1"', line), dtype=float)
            np.testing.assert_allclose((sides / 10) ** 2, weights, atol=0.0011)
            assert re.findall(r'data-gold="(\w+)"', line) == [str(link).lower() for link in gold.tolist()]
            spoken = [float(number) for number in re.findall(r'aria-label="([\d.]+)"', line)]
            np.testing.assert_allclose(spoken, weights, atol=5e-7)


def test_what_is_said_of_a_row_is_true():
    for shown in all_rows():
        said, gold = part(shown.picture(), "said"), shown.gold[shown.row]
        weights, symbol = shown.weights[shown.row], STORED["examples"][shown.example]["target"][shown.row]
        assert said.startswith(f"“{symbol}”")
        if symbol == ",":
            assert "comes from nowhere" in said
            continue
        on_gold = ", on gold." in said
        assert on_gold != (", not on gold." in said)
        assert on_gold == gold[weights.argmax()]
        assert f"the largest weight, {weights.max():.3f}, is on place {weights.argmax()}, " in said
        assert f"Mass on gold: {weights[gold].sum():.3f}." in said


def test_the_scores_of_the_map_are_those_of_attnlib():
    training = pytest.importorskip("attnlib.training")
    for shown in all_rows():
        error = training.alignment_error_rate(shown.weights, shown.gold)
        mass = training.mass_on_gold(shown.weights, shown.gold)
        assert shown.error_rate == pytest.approx(error)
        run = STORED["runs"][shown.run]
        wrong = round(4 * error)  # every date has four links
        assert part(shown.picture(), "score") == (
            f"This date is written right. Its map: {wrong} of 4 links wrong, alignment error rate {error:.2f}, "
            f"mass on gold {mass:.2f}. All test dates of this run: exact match {run['exact_match']:.2f}, "
            f"alignment error rate {run['error_rate']:.2f}."
        )


def test_a_link_that_is_one_of_several_is_possible_and_not_sure():
    training = pytest.importorskip("attnlib.training")
    rng = np.random.default_rng(0)
    for _ in range(50):
        weights = rng.dirichlet(np.ones(4), size=5).round(3)
        gold = [np.flatnonzero(rng.random(4) < 0.4).tolist() for _ in range(4)] + [[2]]
        pair = {"source": list("abcd"), "target": list("ABCDE"), "gold": gold}
        run = {"name": "one", "exact_match": 0.0, "error_rate": 0.5, "right": [False], "maps": [weights.tolist()]}
        shown = AlignmentMap(examples=[pair], runs=[run])
        assert shown.error_rate == pytest.approx(training.alignment_error_rate(shown.weights, shown.gold))
        assert "This date is written wrong." in shown.picture()


PAIR = {"source": ["a", "b"], "target": ["A"], "gold": [[0]]}
RUN = {"name": "one", "exact_match": 1.0, "error_rate": 0.0, "right": [True], "maps": [[[0.9, 0.1]]]}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"runs": []}, "length"),
        ({"run": 1}, "run 1, example 0: there are 1 runs and 1 examples"),
        ({"example": 1}, "run 0, example 1: there are 1 runs"),
        ({"row": 1}, "row 1: the map has 1 rows"),
        ({"row": -1}, "row|minimum|bounds"),
        (
            {"examples": [PAIR | {"gold": [[2]]}]},
            r"gold needs places of the source for each target symbol, got \[\[2\]\]",
        ),
        ({"examples": [PAIR | {"gold": []}]}, "gold needs places"),
        ({"runs": [RUN | {"maps": [[[0.9]]]}]}, r"the maps of one must have the shapes .* \[\(1, 2\)\]"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(state, message):
    with pytest.raises(traitlets.TraitError, match=message):
        AlignmentMap(**{"examples": [PAIR], "runs": [RUN]} | state)


def test_korean_symbols_say_their_language_and_others_do_not():
    picture = AlignmentMap(**STORED).picture()
    assert re.findall(r" lang=ko>([^<]*)<", picture) == ["토요일"] * 2
