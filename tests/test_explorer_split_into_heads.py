"""Heads from a table: what is drawn is what NumPy makes, right and wrong."""

import re

import numpy as np
import pytest
import traitlets

import attnlib
from attnlib.explorers import SplitIntoHeads


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


def test_cutting_the_width_is_the_split_of_attnlib_and_the_others_are_those_of_chapter_12(numbers):
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
