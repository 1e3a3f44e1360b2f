"""PaintAMask: what each way of masking gives is what attnlib, PyTorch or the formula gives, and the words are true."""

import re

import numpy as np
import pytest
import traitlets

import attnlib
from attnlib.explorers import PaintAMask
from attnlib.explorers.paint_a_mask import WAYS

SCORES = np.random.default_rng(1).standard_normal((5, 5)).round(2)
TOKENS = ["one", "two", "three", "pad.", "pad."]
MASKS = {
    "nothing": np.ones((5, 5), dtype=bool),
    "causal": attnlib.causal_mask(5),
    "padding": attnlib.padding_mask([3], 5)[0].repeat(5, axis=0),
    "empty": np.arange(5)[:, None].repeat(5, axis=1) != 1,
}


def painted(way, mask):
    return PaintAMask(scores=SCORES, tokens=TOKENS, length=3, mask=mask, way=way)


def every_state():
    return [(way, mask, painted(way, mask)) for way in WAYS for mask in MASKS.values()]


def expected(torch, way, mask):
    """Each way once more, in PyTorch."""
    scores, may = torch.as_tensor(SCORES), torch.as_tensor(mask)
    plain = scores.softmax(dim=-1)
    return {
        "attnlib": lambda: attnlib.masked_softmax(scores, may),
        "infinite": lambda: scores.masked_fill(~may, -torch.inf).softmax(dim=-1),
        "finite": lambda: scores.masked_fill(~may, -1e9).softmax(dim=-1),
        "added": lambda: (scores + (1 - may.double()) * -10000).softmax(dim=-1),
        "zeroed": lambda: plain * may,
        "renormalised": lambda: plain * may / (plain * may).sum(dim=-1, keepdim=True),
        "inverted": lambda: scores.masked_fill(may, -torch.inf).softmax(dim=-1),
    }[way]().numpy()


def test_each_way_gives_the_weights_that_pytorch_gives(torch):
    for way, mask, shown in every_state():
        np.testing.assert_allclose(shown.weights, expected(torch, way, mask), atol=1e-12, err_msg=way)


def test_the_picture_shows_scores_mask_weights_sums_and_leaks(numbers):
    for _, mask, shown in every_state():
        picture, weights = shown.picture(), shown.weights
        np.testing.assert_allclose(numbers(picture, "score").reshape(5, 5), SCORES, atol=1e-9)
        np.testing.assert_allclose(numbers(picture, "weight").reshape(5, 5), weights, atol=5.01e-3)
        np.testing.assert_allclose(numbers(picture, "sum"), weights.sum(axis=1), atol=5.01e-3)
        for part in ("score", "weight"):
            allowed = re.findall(rf'data-part="{part}" data-allowed="(\w+)"', picture)
            assert allowed == [str(bool(may)).lower() for may in mask.ravel()]
        leaks = re.findall(r'data-leak="(\w+)"', picture)
        assert leaks == [str(bool(w > 0 and not may)).lower() for w, may in zip(weights.flat, mask.flat, strict=True)]
        fine = re.findall(r'data-part="verdict" data-fine="(\w+)">([^<]*)<', picture)
        assert [text for _, text in fine] == [f"{t}: {v}" for t, v in zip(TOKENS, shown.verdicts, strict=True)]
        assert [flag == "true" for flag, _ in fine] == [v == "in order" for v in shown.verdicts]


def test_a_row_is_in_order_if_and_only_if_it_has_the_weights_of_attnlib_and_they_sum_to_one():
    for _, mask, shown in every_state():
        right = attnlib.masked_softmax(SCORES, mask)
        for row, weights, verdict in zip(right, shown.weights, shown.verdicts, strict=True):
            assert (verdict == "in order") == (np.allclose(row, weights) and row.sum() > 0.5), verdict


def test_an_empty_row_becomes_what_the_table_of_chapter_8_says():
    found = {way: painted(way, MASKS["empty"]).verdicts[1] for way in WAYS}
    assert found == {
        "attnlib": "zeros: it takes nothing",
        "infinite": "nan (not a number): no key was left",
        "finite": "equal weights on forbidden keys",
        "added": "the softmax of its scores, as if there were no mask",
        "zeroed": "zeros: it takes nothing",
        "renormalised": "nan (not a number): no key was left",
        "inverted": "the softmax of its scores, as if there were no mask",
    }
    np.testing.assert_allclose(painted("added", MASKS["empty"]).weights[1], attnlib.softmax(SCORES[1]))
    np.testing.assert_allclose(painted("finite", MASKS["empty"]).weights[1], 1 / 5)


def test_with_padding_five_rules_agree_and_two_mistakes_show():
    shown = {way: painted(way, MASKS["padding"]) for way in WAYS}
    for way in ("attnlib", "infinite", "finite", "added", "renormalised"):
        assert shown[way].verdicts == ["in order"] * 5
    assert all(verdict.startswith("sums to 0.") for verdict in shown["zeroed"].verdicts)
    assert set(shown["inverted"].verdicts) == {"a leak: 1.00 of the weight is on forbidden keys"}


def test_with_nothing_forbidden_only_the_inverted_mask_is_wrong():
    for way in WAYS:
        wrong = {verdict for verdict in painted(way, MASKS["nothing"]).verdicts if verdict != "in order"}
        assert wrong == ({"nan (not a number): no key was left"} if way == "inverted" else set())


def test_without_a_mask_of_its_own_the_padding_is_forbidden():
    shown = PaintAMask(scores=SCORES, tokens=TOKENS, length=3)
    assert shown.mask == MASKS["padding"].tolist()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"scores": [[1.0, 2.0]]}, "length"),
        ({"scores": np.ones((5, 4))}, "scores must have 5 rows of 5 entries"),
        ({"scores": np.full((5, 5), np.nan)}, "scores must be finite numbers"),
        ({"mask": np.ones((4, 5), dtype=bool)}, "mask must have 5 rows of 5 entries"),
        ({"tokens": TOKENS[:4]}, "5 places, but 4 tokens and length 3"),
        ({"length": 6}, "5 places, but 5 tokens and length 6"),
        ({"length": 0}, "length|minimum|bounds"),
        ({"way": "minus infinity"}, "way"),
    ],
)
def test_a_grid_that_does_not_fit_is_refused(state, message):
    with pytest.raises(traitlets.TraitError, match=message):
        PaintAMask(**{"scores": SCORES, "tokens": TOKENS, "length": 3} | state)
