"""Heads of a real model: what is drawn is what is stored."""

import re

import numpy as np
import pytest
import traitlets

from attnlib import results
from attnlib.explorers import RealHeads
from attnlib.explorers.real_heads import pack, unpack

STORED = results.load("real_heads")["results"]
WORDS = results.load("disjoint_words")["results"]
RIGHT_WAY, BY_ADJECTIVE = np.array(WORDS["right way, all words"]), np.array(WORDS["share by adjective"])
CASES = (BY_ADJECTIVE[0::2] > BY_ADJECTIVE[1::2]).sum(axis=0)
IT, ANIMAL, STREET = 10, 2, 8


def real_heads(**changes):
    state = {"right_way": RIGHT_WAY, "cases": CASES, "pronoun": IT, "layer": 4, "head": 2, "asks": IT}
    return RealHeads(**STORED | state | changes)


def test_packing_keeps_every_thousandth():
    numbers = np.arange(1001) / 1000
    assert unpack(pack(numbers)) == list(range(1001))
    assert len(pack(numbers[:48])) == 48
    assert re.fullmatch(r"[\w-]+", pack(numbers))  # nothing that HTML or JSON must write in another way


@pytest.mark.parametrize(("layer", "head", "asks"), [(4, 2, IT), (1, 3, 2), (6, 12, 13), (5, 6, 6)])
def test_the_picture_shows_the_stored_weights_of_the_head_and_the_word(numbers, layer, head, asks):
    shown = real_heads(layer=layer, head=head, asks=asks)
    picture = shown.picture()
    query = STORED["asking"].index(asks)
    whole = np.array(unpack(STORED["heads"][layer - 1][head - 1])).reshape(2, 6, 17)[:, query] / 1000
    drawn = numbers(picture, "weight").reshape(16, 2)
    np.testing.assert_array_equal(drawn, whole[:, :16].T)
    np.testing.assert_allclose(numbers(picture, "change"), drawn[:, 0] - drawn[:, 1], atol=1e-9)
    np.testing.assert_array_equal(numbers(picture, "share"), whole[:, 16])
    np.testing.assert_allclose(numbers(picture, "moved"), whole[0, 16] - whole[1, 16], atol=1e-9)
    bars = [float(w) for w in re.findall(r'data-part="bar" width="([^"]*)"', picture)]
    np.testing.assert_allclose(bars, 100 * drawn.ravel(), atol=5.01e-3)
    np.testing.assert_array_equal(shown.weights[:, layer - 1, head - 1, query], whole[:, :16])


def test_the_picture_marks_the_word_that_asks_and_the_nouns():
    picture = real_heads(asks=6).picture()
    marked = re.findall(r'<tr([^>]*)><th scope="row" data-part="token">([^<]*)<', picture)
    assert [name for marks, name in marked if "aria-current" in marks] == ["cross"]
    assert [name for marks, name in marked if "data-noun" in marks] == ["animal", "street"]
    assert [marked[i][1] for i in (0, 1, 2, 7, 13)] == [
        "[CLS]",
        "the (1)",
        "animal",
        "the (2)",
        "tired / wide",
    ]


@pytest.mark.parametrize(("head", "way"), [(2, "larger: the right way"), (11, "smaller: the wrong way")])
def test_the_record_beside_a_head_is_that_of_the_stored_experiment(numbers, head, way):
    picture = real_heads(head=head).picture()
    np.testing.assert_allclose(numbers(picture, "right_way"), RIGHT_WAY[:, 3, head - 1], atol=5.01e-3)
    np.testing.assert_array_equal(numbers(picture, "cases"), CASES[:, 3, head - 1])
    assert f'data-part="way">{way}<' in picture
    assert '<p data-part="none" hidden>' in picture


def test_layer_1_has_no_record_and_says_why():
    picture = real_heads(layer=1, head=7).picture()
    assert re.findall(r'data-part="(?:right_way|cases)">([^<]*)<', picture) == ["\u2013"] * 4
    assert '<p data-part="none">Layer 1 has no record' in picture
    assert 'data-part="way">the same<' in picture


def test_there_is_no_right_way_for_a_word_that_is_not_the_pronoun():
    for asks in set(STORED["asking"]) - {IT}:
        picture = real_heads(asks=asks).picture()
        assert re.search(r'data-part="way">(larger|smaller) \(right or wrong only when', picture)


def test_the_nouns_weight_stands_beside_the_share_and_the_best_record_has_next_to_none(numbers):
    assert numbers(real_heads(head=2).picture(), "both").tolist() == [0.727, 0.402]
    sums = RIGHT_WAY[:, 1:].min(axis=0)
    assert np.unravel_index(sums.argmax(), sums.shape) == (2, 5)  # head 4.6
    assert (numbers(real_heads(head=6).picture(), "both") < 0.011).all()


def test_as_many_heads_are_always_wrong_as_the_chapter_counts(numbers):
    steps = BY_ADJECTIVE[0::2] - BY_ADJECTIVE[1::2]
    counted = [((sign * steps > 0).all(axis=(0, 1))).sum() for sign in (1, -1)]
    assert counted == [7, 6]
    np.testing.assert_array_equal(numbers(real_heads().picture(), "always"), counted)


def test_in_layer_1_the_share_moves_only_from_the_word_in_which_the_sentences_differ():
    heads = real_heads()
    moved = (heads.shares[0] - heads.shares[1])[0]  # (head, query)
    assert (moved[:, :-1] == 0).all()
    assert np.abs(moved[:, -1]).max() > 0.5


def test_all_weights_of_a_row_sum_to_one_and_the_share_is_that_of_the_nouns():
    heads = real_heads()
    np.testing.assert_allclose(heads.weights.sum(axis=-1), 1, atol=0.0081)  # 16 numbers, each rounded
    first, second = heads.weights[..., ANIMAL], heads.weights[..., STREET]
    known = first + second > 0.05
    np.testing.assert_allclose(heads.shares[known], (first / np.maximum(first + second, 1e-9))[known], atol=0.012)


def test_what_the_reader_should_have_seen_is_so():
    heads, query = real_heads(), STORED["asking"].index(IT)
    on_animal = heads.weights[:, :, :, query, ANIMAL]
    moved = (heads.shares[0] - heads.shares[1])[..., query]
    assert on_animal[:, 3, 1].tolist() == [0.677, 0.281]
    assert on_animal[:, 5, 11].tolist() == [0.673, 0.558]
    was = STORED["asking"].index(IT + 1)
    assert heads.weights[0, 5, 11, was, ANIMAL] == 0.562
    assert heads.weights[0, 3, 5, query, [0, ANIMAL]].tolist() == [0.83, 0.007]
    from_was = heads.shares[0] - heads.shares[1]
    assert from_was[3, 5, [query, was]] == pytest.approx([0.526, 0.417])
    assert moved[5, 11] == pytest.approx(0.029)
    assert (RIGHT_WAY[0, 3, [9, 10]] > 0.5).tolist() == [True, False]
    assert (RIGHT_WAY[1, 3, [9, 10]] > 0.5).tolist() == [False, True]
    assert heads.weights[1, 3, 1, query, 0] > on_animal[1, 3, 1]  # [CLS] with wide


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"layer": 0}, "layer|minimum|bounds"),
        ({"layer": 7}, "layer must be one of 1, 2, 3, 4, 5, 6, got 7"),
        ({"head": 13}, "head must be one of .*12, got 13"),
        ({"asks": 0}, "asks must be one of 2, 6, 8, .*, got 0"),
        ({"asking": [1, 16]}, "positions must be from 0 to 15"),
        ({"tokens": [["a"] * 16, ["a"] * 15]}, "as many tokens, got 16 and 15"),
        ({"heads": [["aa"]]}, "packed text of 204 numbers"),
        ({"heads": [["a" * 203 + "_"]]}, "packed text of 204 numbers"),
        ({"heads": [["a" * 203 + "%"]]}, "packed text of 204 numbers"),
        ({"cases": [[[6]], [[5]]]}, r"cases must have the shape \(2, 6, 12\), got \(2, 1, 1\)"),
        ({"right_way": [0.5]}, r"right_way must have the shape \(2, 6, 12\), got \(1,\)"),
    ],
)
def test_heads_that_cannot_be_shown_are_refused(state, message):
    with pytest.raises(traitlets.TraitError, match=message):
        real_heads(**state)
