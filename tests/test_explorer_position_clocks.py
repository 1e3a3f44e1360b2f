"""PositionClocks: its hands and its numbers are those of attnlib's sinusoidal positions."""

import re

import numpy as np
import pytest
import traitlets

import attnlib
from attnlib.explorers import PositionClocks
from attnlib.explorers.position_clocks import RADIUS


def drawn(picture, name):
    """Where the hands of this name point, and where their round tips are: (sine, cosine) for each clock."""
    lines = re.findall(rf'data-part="{name}" x2="(\S+)" y2="(\S+)"', picture)
    tips = re.findall(rf'data-part="{name}-tip" r="4" cx="(\S+)" cy="(\S+)"', picture)
    assert lines == tips
    return np.array(lines, dtype=float) * [1, -1] / RADIUS


@pytest.mark.parametrize("d_model", [2, 4, 6, 8])
@pytest.mark.parametrize(("place", "steps"), [(0, 0), (10, 5), (50, 20), (7, 19)])
def test_hands_and_numbers_are_the_positions_of_attnlib(d_model, place, steps, numbers):
    picture = PositionClocks(d_model=d_model, place=place, steps=steps).picture()
    here, there = attnlib.sinusoidal_positions(100, d_model)[[place, place + steps]].reshape(2, -1, 2)
    np.testing.assert_allclose(numbers(picture, "entry").reshape(-1, 2, 2).swapaxes(0, 1), [here, there], atol=5.01e-3)
    np.testing.assert_allclose(drawn(picture, "here"), here, atol=2e-4)
    np.testing.assert_allclose(drawn(picture, "there"), there, atol=2e-4)
    assert numbers(picture, "reached") == place + steps


def test_the_turn_takes_one_position_to_the_other_and_does_not_depend_on_the_place(numbers):
    turns = {}
    for place in (0, 3, 10, 50):
        for steps in (0, 1, 5, 6, 7, 20):
            shown = PositionClocks(d_model=8, place=place, steps=steps)
            turns.setdefault(steps, []).append(numbers(shown.picture(), "turn"))
            b = np.radians(shown.turns)
            here, there = shown.vectors.reshape(2, -1, 2)
            turned = [
                here[:, 0] * np.cos(b) + here[:, 1] * np.sin(b),
                here[:, 1] * np.cos(b) - here[:, 0] * np.sin(b),
            ]
            np.testing.assert_allclose(np.transpose(turned), there, atol=1e-12)
    for of_one in turns.values():
        assert (np.array(of_one) == of_one[0]).all()
        assert ((of_one[0] >= 0) & (of_one[0] < 360)).all()
    np.testing.assert_allclose(turns[5][0], [286.48, 28.65, 2.86, 0.29])


def test_nineteen_steps_bring_the_first_hand_back_and_the_second_tells_the_places_apart():
    from_start = [
        min(t, 360 - t) for t in (PositionClocks(d_model=8, place=10, steps=k).turns[0] for k in range(1, 21))
    ]
    assert np.argmin(from_start) + 1 == 19
    turns = PositionClocks(d_model=8, place=10, steps=19).turns
    assert turns.round().tolist() == [9, 109, 11, 1]


def test_the_sector_goes_the_long_way_round_when_the_turn_is_more_than_half():
    for steps in range(21):
        shown = PositionClocks(d_model=2, place=4, steps=steps)
        large, clockwise = re.search(r"A40 40 0 (\d) (\d)", shown.picture()).groups()
        assert clockwise == "1"
        assert (large == "1") == (shown.turns[0] > 180)


@pytest.mark.parametrize("state", [{"d_model": 3}, {"d_model": 32}, {"place": -1}, {"place": 51}, {"steps": 21}])
def test_clocks_that_cannot_be_drawn_are_refused(state):
    with pytest.raises(traitlets.TraitError, match=next(iter(state))):
        PositionClocks(**state)
