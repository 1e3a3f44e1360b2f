"""ShuffledTokens: its picture shows the outputs of attention, a row for each word, and what their change is."""

import itertools
import re

import numpy as np
import pytest
import traitlets

import attnlib
from attnlib.explorers import ShuffledTokens

WORDS = ["dog", "chased", "cat", "away"]
VECTORS = [[1.5, 0.0, -0.5, 1.0], [0.0, 1.0, 1.5, -1.0], [1.0, -1.5, 0.0, 0.5], [-1.0, 0.5, 1.0, 0.0]]
ORDERS = [list(order) for order in itertools.permutations(range(4))]


def answers(order, positions):
    """The outputs of attnlib.attention, a row for each place."""
    x = np.array(VECTORS)[order] + (attnlib.sinusoidal_positions(4, 4) if positions else 0)
    return attnlib.attention(x, x, x)[0]


@pytest.mark.parametrize("positions", [False, True])
def test_the_picture_shows_the_answer_of_attention_to_each_word_at_its_place(positions, numbers):
    first = answers([0, 1, 2, 3], positions)
    for order in ORDERS:
        shown = ShuffledTokens(words=WORDS, vectors=VECTORS, order=order, positions=positions)
        picture, expected = shown.picture(), answers(order, positions)
        np.testing.assert_allclose(numbers(picture, "output").reshape(4, 4), expected, atol=5.01e-3)
        changes = np.abs(expected - first[order]).max(axis=1)
        np.testing.assert_allclose(numbers(picture, "change"), changes, atol=5.01e-4)
        np.testing.assert_allclose(numbers(picture, "largest"), changes.max(), atol=5.01e-4)
        assert re.findall(r'data-part="word" data-token="(\d)">(\w+)<', picture) == [
            (str(i + 1), WORDS[i]) for i in order
        ]
        assert f">{' '.join(WORDS[i] for i in order)}</b>" in picture


def test_no_order_changes_an_output_without_positions_and_every_other_order_changes_some_with_them():
    state = {"words": WORDS, "vectors": VECTORS}
    for order in ORDERS:
        assert ShuffledTokens(**state, order=order).changes.max() < 1e-12
        changes = ShuffledTokens(**state, order=order, positions=True).changes
        assert (changes.min() > 0.005) == (order != [0, 1, 2, 3])


def test_words_of_a_sentence_are_text_and_not_html():
    picture = ShuffledTokens(words=["<b>", "&"], vectors=[[1.0, 0.0], [0.0, 1.0]], order=[1, 0]).picture()
    assert "&lt;b&gt;" in picture
    assert "&amp; &lt;b&gt;" in picture


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"words": ["dog", "dog", "cat", "away"]}, "all be different, got"),
        ({"words": ["dog"]}, "length"),
        ({"vectors": VECTORS[:3]}, "vectors must be 4"),
        ({"vectors": [[1.0, 2.0, 3.0]] * 4}, "even width"),
        ({"vectors": [[]] * 4}, "even width"),
        ({"vectors": [[1.0, 2.0]] * 3 + [[1.0] * 4]}, "even width"),
        ({"vectors": [[1.0, float("nan")]] * 4}, "finite"),
        ({"order": [0, 1, 2, 2]}, r"each number from 0 to 3 once, got \[0, 1, 2, 2\]"),
        ({"order": [0, 1, 2]}, "once"),
    ],
)
def test_words_that_cannot_be_shown_are_refused(change, message):
    with pytest.raises(traitlets.TraitError, match=message):
        ShuffledTokens(**{"words": WORDS, "vectors": VECTORS, "order": [0, 1, 2, 3]} | change)
