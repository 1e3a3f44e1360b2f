"""Who may be asked: every state is the same function with other arguments."""

import re

import numpy as np
import pytest
import traitlets

import attnlib
from attnlib.explorers import WhoMayBeAsked

READ, WRITTEN = np.eye(3), np.array([[0.0, 0, 0], [1, 0, 0], [0, 0, 1]])
W_Q = 3 * np.array([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])
W_V = np.array([[1.0, 0], [0, 1], [1, 1]])
STATE = {
    "words": [["나는", "너를", "사랑해"], ["<start>", "I", "love"]],
    "languages": ["ko", "en"],
    "vectors": [READ, WRITTEN],
    "matrices": [W_Q, np.eye(3), W_V],
}


def expected(asks, may):
    """Output and weights, by three lines that take nothing from the explorer."""
    texts, (text, word) = [READ, WRITTEN], divmod(asks, 3)
    asking, asked = texts[text], texts[1 - text] if may == "other" else texts[text]
    mask = np.tri(3, dtype=bool) if may == "before" else None
    outputs, weights = attnlib.attention(asking @ W_Q, asked, asked @ W_V, mask=mask)
    return outputs[word], weights[word], (asking @ W_Q @ asked.T)[word] / 3**0.5


@pytest.mark.parametrize("may", ["all", "before", "other"])
def test_every_word_gets_what_attention_gives_it(numbers, may):
    for asks in range(6):
        picture = WhoMayBeAsked(**STATE, asks=asks, may=may).picture()
        output, weights, scores = expected(asks, may)
        np.testing.assert_allclose(numbers(picture, "weight"), weights, atol=5.01e-4)
        drawn = re.search(r'data-part="output">\(([^)]*)\)', picture)[1].replace("\N{MINUS SIGN}", "-")
        np.testing.assert_allclose([float(x) for x in drawn.split(",")], output, atol=5.01e-4)
        shown = re.findall(r'data-part="score">([\d.\u2212]+)( \u2192\u00a0\u2212\u221e)?<', picture)
        np.testing.assert_allclose([float(number) for number, _ in shown], scores, atol=5.01e-4)
        forbidden = [j > asks % 3 and may == "before" for j in range(3)]
        assert [bool(never) for _, never in shown] == forbidden
        bars = [float(w) for w in re.findall(r'data-part="bar" width="([^"]*)"', picture)]
        np.testing.assert_allclose(bars, 100 * weights, atol=5.01e-3)


def test_the_line_of_code_that_is_shown_gives_the_row_that_is_shown():
    """The line is run as it stands on the page."""
    names = {"attention": attnlib.attention, "causal_mask": attnlib.causal_mask, "read": READ, "written": WRITTEN}
    names |= {"w_q": W_Q, "w_k": np.eye(3), "w_v": W_V}
    for may in ("all", "before", "other"):
        for asks in range(6):
            shown = WhoMayBeAsked(**STATE, asks=asks, may=may)
            line = re.search(r'data-part="code">([^<]*)<', shown.picture())[1]
            row = int(re.search(r'data-part="row">(\d)<', shown.picture())[1])
            outputs, weights = eval(line, names)
            np.testing.assert_array_equal(weights[row - 1], shown.answer[1])
            np.testing.assert_array_equal(outputs[row - 1], shown.answer[0])


def test_what_the_reader_should_have_seen_is_so():
    share = np.exp(3**0.5) / (np.exp(3**0.5) + 2)
    answers = {
        key: WhoMayBeAsked(**STATE, asks=key[0], may=key[1]) for key in [(0, "all"), (4, "before"), (5, "other")]
    }
    assert answers[0, "all"].answer[1][2] == pytest.approx(share)
    assert answers[4, "before"].answer[1].tolist() == [0.5, 0.5, 0]
    assert answers[5, "other"].answer[1][1] == pytest.approx(share)


def test_words_are_written_as_text_and_say_their_language():
    picture = WhoMayBeAsked(**STATE, asks=4).picture()
    assert re.findall(r'data-part="word" lang="(\w+)">([^<]*)<', picture) == [
        ("en", "&lt;start&gt;"),
        ("en", "I"),
        ("en", "love"),
    ]
    assert 'data-part="who" lang="en">I<' in picture


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"asks": 6}, "asks must be below 6, got 6"),
        ({"asks": -1}, "asks|minimum|bounds"),
        ({"may": "none"}, "may"),
        ({"words": [["a"], ["b"]]}, r"every word needs one vector, got \(2, 1\) and \(2, 3, 3\)"),
        ({"matrices": [np.eye(3), np.eye(3)[:, :2], W_V]}, "matrices must take vectors of width 3"),
        ({"matrices": [np.eye(3), np.eye(3), np.eye(2)]}, "matrices must take vectors of width 3"),
    ],
)
def test_texts_that_cannot_be_asked_are_refused(state, message):
    with pytest.raises(traitlets.TraitError, match=message):
        WhoMayBeAsked(**STATE | state)
