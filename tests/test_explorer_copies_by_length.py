"""Copies by length: the curves are the stored ones, and every string is marked as it was written."""

import re
from collections import Counter

import numpy as np
import pytest
import traitlets

from attnlib import results
from attnlib.explorers import CopiesByLength

SIZES = [16, 32, 64, 128]


@pytest.fixture(scope="module")
def stored():
    """The arguments that chapter 1 gives, from the stored results."""
    made, copied = (results.load(name)["results"] for name in ("fixed_vector", "copied_strings"))
    return {
        "sizes": SIZES,
        "shares": [made[f"copying, gru, {d} numbers, 1000 steps"]["exact match"] for d in SIZES],
        "asked": copied["asked"],
        "written": [copied[str(d)]["written"][0] for d in SIZES],
        "d_state": 64,
        "length": 7,
    }


@pytest.fixture(scope="module")
def pictures(stored):
    """Every state that the reader can choose: (size, length, string) -> picture."""
    explorer, drawn = CopiesByLength(**stored), {}
    for d in SIZES:
        for n in range(1, 16):
            for k in range(1, 6):
                explorer.d_state, explorer.length, explorer.example = d, n, k
                drawn[d, n, k] = explorer.picture()
    return drawn


def text(picture, part):
    return re.search(rf'data-part="{part}"[^>]*>([^<]*)<', picture).group(1)


def test_the_numbers_of_a_length_are_those_of_the_stored_networks(stored, pictures):
    for (d, n, k), picture in pictures.items():
        here = np.array(stored["shares"])[SIZES.index(d), :, n - 1]
        said = text(picture, "said")
        found = [float(number) for number in re.findall(r"\d\.\d{3}", said)]
        assert said.startswith(f"{d} numbers, length {n}:")
        np.testing.assert_allclose(found, [here.mean(), here.min(), here.max()], atol=5.01e-4)
        assert text(picture, "which") == f"String {k} of 5, written by the first network."


def test_the_curves_and_bands_are_drawn_at_the_stored_shares(stored):
    picture = CopiesByLength(**stored).picture()
    paths = [
        np.array(re.findall(r"([\d.]+) ([\d.]+)", d), float) for d in re.findall(r'<path[^>]*d="(M[^"vh]+)"', picture)
    ]
    lengths, y = np.arange(1, 16), lambda share: 26 + 150 * (1 - share)
    for i, shares in enumerate(np.array(stored["shares"])):
        band, mean = paths[2 * i : 2 * i + 2]
        np.testing.assert_allclose((mean[:, 0] - 34) / 276 * 14 + 1, lengths, atol=0.01)
        np.testing.assert_allclose(mean[:, 1], y(shares.mean(axis=0)), atol=0.051)
        np.testing.assert_allclose(band[:15, 1], y(shares.max(axis=0)), atol=0.051)
        np.testing.assert_allclose(band[:14:-1, 1], y(shares.min(axis=0)), atol=0.051)


def test_the_mark_stands_on_the_curve_that_is_chosen(stored, pictures):
    for (d, n, _), picture in pictures.items():
        x = float(re.search(r'data-part="mark" transform="translate\(([\d.]+)\)"', picture).group(1))
        y = float(re.search(r'data-part="dot"[^>]*cy="([\d.]+)"', picture).group(1))
        mean = np.mean(stored["shares"][SIZES.index(d)], axis=0)[n - 1]
        assert ((x - 34) / 276 * 14 + 1, (176 - y) / 150) == pytest.approx((n, mean), abs=1e-3)


def test_a_string_is_marked_digit_by_digit_and_what_is_said_of_it_is_so(stored, pictures):
    for (d, n, k), picture in pictures.items():
        asked = stored["asked"][n - 1].split(" ")[k - 1]
        written = stored["written"][SIZES.index(d)][n - 1].split(" ")[k - 1]
        rows = re.findall(r'<tr><th scope="row">([^<]*)</th>(.*?)</tr>', picture)
        assert [name for name, _ in rows] == ["asked", "written", "right?"]
        cells = [re.findall(r"<td([^>]*)>(.)", row) for _, row in rows]
        assert "".join(c for _, c in cells[0]).rstrip("_") == asked
        assert "".join(c for _, c in cells[1]).rstrip("_") == written
        right = [a == w for (_, a), (_, w) in zip(*cells[:2], strict=True)]
        assert [c for _, c in cells[2]] == ["✓" if r else "✗" for r in right]
        for row in cells[1:]:
            assert [flag for flag, _ in row] == [f' data-right="{str(r).lower()}"' for r in right]
        verdict = text(picture, "verdict")
        first = max(i for i in range(n + 1) if asked.startswith(written[:i]) and len(written) >= i)
        if asked == written:
            assert verdict == "Right from the first to the last digit."
        else:
            assert f"mistake: {first} of {n} digits." in verdict
            assert (f"It wrote {len(written)} digits." in verdict) == (len(written) != n)
            assert ("right digits, in another order" in verdict) == (Counter(asked) == Counter(written))


def test_only_sizes_that_were_chosen_have_a_curve_to_be_seen(stored):
    looks = re.findall(r'data-look="(\w+)"', CopiesByLength(**stored).picture())
    assert looks == ["hidden", "hidden", "chosen", "hidden"]
    looks = re.findall(r'data-look="(\w+)"', CopiesByLength(**stored | {"seen": [16, 64], "d_state": 128}).picture())
    assert looks == ["seen", "hidden", "seen", "chosen"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"d_state": 48}, "have d_state and seen in them"),
        ({"seen": [64, 48]}, "have d_state and seen in them"),
        ({"sizes": [32, 16, 64, 128]}, "sizes must grow"),
        ({"length": 0}, "length must be from 1 to 15, got 0"),
        ({"length": 16}, "length must be from 1 to 15, got 16"),
        ({"example": 6}, "example must be from 1 to 5, got 6"),
        ({"shares": [[[0.5] * 15]] * 3}, r"got shape \(3, 1, 15\)"),
        ({"shares": [[[0.5] * 14 + [1.5]]] * 4}, "from 0 to 1"),
        ({"shares": [[[0.5] * 14 + [float("nan")]]] * 4}, "from 0 to 1"),
        ({"shares": [[]] * 4}, "shares must be"),
        ({"asked": ["1 2 3 4 5"] * 15}, "the lengths 1, 2"),
        ({"written": [["1"] * 15] * 4}, "as many strings"),
        ({"written": [["1 2 3 4 5"] * 15] * 3}, "as many strings"),
    ],
)
def test_what_does_not_belong_together_is_refused(stored, change, message):
    with pytest.raises(traitlets.TraitError, match=message):
        CopiesByLength(**stored | change)


def test_a_string_that_is_too_long_or_empty_is_shown_with_blanks():
    few = {"sizes": [4], "shares": [[[1.0, 0.5]]], "asked": ["1 2", "12 34"], "d_state": 4, "length": 2}
    for written, digits, said in (("123", "123", "It wrote 3 digits."), ("", "__", "It wrote 0 digits.")):
        explorer = CopiesByLength(**few, written=[["1 2", f"{written} 34"]])
        row = re.search(r'<th scope="row">written</th>(.*?)</tr>', explorer.picture()).group(1)
        assert "".join(re.findall(r">(.)</td>", row)) == digits
        assert said in explorer.picture()
