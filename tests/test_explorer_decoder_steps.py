"""The explorer of chapter 6: what it draws is what attnlib's own decoders compute with the same rounded parameters."""

import re
from functools import partial

import numpy as np
import pytest
import traitlets

import attnlib
from attnlib import results, tasks, training
from attnlib.explorers import DecoderSteps
from attnlib.explorers.decoder_steps import END, LONGEST, ORDERS, START, SYMBOLS, parameters_of

STORED = results.load("decoder_steps")
MODELS = {order: run["model"] for order, run in STORED["results"].items()}
SOURCES = ("7", "3141592", "271828182845", "16180339887498948482", "6" * 20)  # Luong's does not end the last one


def figure(**state):
    return DecoderSteps(**{"models": MODELS, "order": "luong", "source": "3141592"} | state)


@pytest.fixture(scope="module")
def layer(torch):
    """A function: attnlib's encoder and decoder in one of the orders, with the rounded parameters."""
    from attnlib import layers

    def load(order):
        decoder = {"luong": layers.LuongDecoder, "bahdanau": layers.BahdanauDecoder}[order]
        sizes = STORED["settings"]["sizes"]
        model = layers.EncoderDecoder(
            layers.Encoder(len(SYMBOLS), *sizes), decoder(len(SYMBOLS), *sizes, score=attnlib.dot_scores)
        ).double()
        numbers = {name: torch.tensor(matrix) for name, matrix in parameters_of(MODELS[order]).items()}
        shapes = {name: parameter.shape for name, parameter in model.named_parameters()}
        model.load_state_dict({name: numbers[name].reshape(shapes[name]) for name in shapes})
        assert set(numbers) == set(shapes)
        return model

    return load


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("order", ORDERS)
def test_every_step_is_that_of_the_layers(layer, torch, order, source):
    model = layer(order)
    ids = torch.tensor([[SYMBOLS.index(digit) for digit in source]])
    steps = figure(order=order, source=source).steps
    with torch.no_grad():
        encoded, state, last = model.encoder(ids, torch.tensor([len(source)])), None, START
        for step in steps:
            scores, weights, state = model.decoder(torch.tensor([[last]]), encoded, state)
            context = weights[0, 0] @ encoded.states[0]
            assert step["last"] == last
            for name, expected in (("state", state), ("weights", weights), ("context", context)):
                np.testing.assert_allclose(step[name], expected.numpy().ravel(), atol=1e-6, err_msg=name)
            np.testing.assert_allclose(attnlib.softmax(step["scores"]), step["weights"], atol=1e-12)
            if order == "luong":
                mixed = torch.tanh(model.decoder.combine(torch.cat([context, state[0, 0]])))
                np.testing.assert_allclose(step["attentional"], mixed.numpy(), atol=1e-6)
            shares = attnlib.softmax(scores)[0, 0]
            assert step["symbol"] == int(shares.argmax())
            assert step["probability"] == pytest.approx(float(shares.max()), abs=1e-6)
            last = step["symbol"]
    assert last == END or len(steps) == LONGEST


@pytest.mark.parametrize("order", ORDERS)
def test_the_share_of_right_copies_is_that_of_the_stored_run(layer, order):
    """That of the rounded model, on the same strings; it is high on lengths of the training and falls beyond them."""
    settings, rng = STORED["settings"], np.random.default_rng(0)
    longest, lengths, n_each = (settings[name] for name in ("longest in training", "lengths", "strings of each length"))
    train = tasks.copying(rng, rng.integers(1, longest + 1, size=30_000))
    problem = tasks.Problem(train, tasks.copying(rng, np.repeat(lengths, n_each)))
    outputs, _ = training.greedy_decode(layer(order), problem, [pair.source for pair in problem.test])
    again = list(training.exact_match_by_length(outputs, problem.test).values())
    rounded, before = (STORED["results"][order][name] for name in ("exact match", "exact match, unrounded"))
    np.testing.assert_allclose(again, rounded, atol=0.006)
    np.testing.assert_allclose(rounded, before, atol=0.025)
    assert min(rounded[:longest]) > 0.9
    assert max(rounded[17:]) == 0


def test_the_numbers_are_drawn_in_the_order_of_the_parts(numbers):
    for order, (_, letter, parts) in ORDERS.items():
        step = figure(order=order).steps[3]
        n = len(parts)
        for done in range(1, n + 1):
            picture = figure(order=order, moment=3 * n + done).picture()
            lines = re.findall(r"<li( aria-current=\"step\")?><b>([^<]*)</b>: ([^<]*)", picture)
            assert [bool(now) for now, _, _ in lines] == [i + 1 == done for i in range(n)]
            assert [text == "not yet" for _, _, text in lines] == [i >= done for i in range(n)]
            for name, part, digits in (("scores", "score", 3), ("weights", "weight", 3)):
                if name in parts[:done]:
                    np.testing.assert_allclose(numbers(picture, part), step[name], atol=0.501 * 10**-digits)
                else:
                    assert re.findall(rf'data-part="{part}">([^<]*)<', picture) == ["\N{EN DASH}"] * 7
            drawn = re.findall(r'am-filled" d="([^"]*)"', picture)
            vectors = [step[part] for part in parts[:done] if part in ("state", "context", "attentional")]
            assert len(drawn) == len(vectors)
            for path, vector in zip(drawn, vectors, strict=True):
                np.testing.assert_allclose(np.array(re.findall(r"v([-\d.]+)", path), float), -9 * vector, atol=0.006)
        asks = {"luong": "h₄ asks. It has read “4”.", "bahdanau": "s₃ asks. It has not read “4”."}[order]
        assert asks in picture
        assert f"New state {letter}₄" in picture
        largest = step["weights"].argmax() + 1
        assert (
            f"the largest, {step['weights'].max():.3f}, is on place {largest}, “{'3141592'[largest - 1]}”." in picture
        )


def test_luongs_state_does_not_depend_on_the_source_and_bahdanaus_does():
    """What the arrows of the timelines say, for the figure's own steps: the same start, another source."""
    from attnlib.explorers.decoder_steps import _step

    rng = np.random.default_rng(0)
    before, (one, other) = rng.standard_normal(20), rng.standard_normal((2, 5, 20))
    for order in ORDERS:
        step = partial(_step, parameters_of(MODELS[order]), order)
        a, b, c = step(one, before, 4), step(other, before, 4), step(one, before, 5)
        assert np.array_equal(a["state"], b["state"]) == (order == "luong")
        assert np.array_equal(a["weights"], c["weights"]) == (order == "bahdanau")


def test_what_is_written_is_marked_right_or_wrong_with_its_probability(numbers):
    for order, (_, _, parts) in ORDERS.items():
        for source in SOURCES:
            steps = figure(order=order, source=source).steps
            picture = figure(order=order, source=source, moment=len(parts) * len(steps)).picture()
            written = re.findall(r"<li>(\w+) (.) <span", picture)
            right = [*source, "end", *["-"] * LONGEST]
            assert [symbol for symbol, _ in written] == [SYMBOLS[step["symbol"]] for step in steps]
            marks = ["✓" if symbol == right[i] else "✗" for i, (symbol, _) in enumerate(written)]
            assert [mark for _, mark in written] == marks
            np.testing.assert_allclose(
                numbers(picture, "probability"), [step["probability"] for step in steps], atol=5.01e-4
            )
            first = f"First error: symbol {marks.index('✗') + 1}." if "✗" in marks else "No error."
            assert f"{'Ended.' if steps[-1]['symbol'] == END else 'Stopped after 25 symbols.'} {first}<" in picture


def test_a_decoder_that_does_not_end_is_stopped():
    steps = figure(source="6" * 20).steps
    assert len(steps) == LONGEST
    assert steps[-1]["symbol"] != END


def test_the_state_is_small_and_the_parameters_stand_in_it_once():
    page = figure(moment=18)._repr_mimebundle_()[0]
    assert len(page["text/html"]) < 60_000
    text = next(iter(MODELS["luong"].values()))
    assert page["text/html"].count(text) == 1
    assert text not in figure(moment=18).snapshot
    assert len(page["text/plain"]) < 100


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": {"luong": MODELS["luong"]}}, "luong and bahdanau"),
        ({"order": "vaswani"}, "order"),
        ({"source": ""}, "1 to 20 digits, got ''"),
        ({"source": "12a"}, "1 to 20 digits"),
        ({"source": "1" * 21}, "1 to 20 digits"),
        ({"source": "\u0663"}, "1 to 20 digits"),
        ({"moment": -1}, "moment|minimum|bounds"),
        ({"moment": 49}, "moment must be from 0 to 48, the parts of the output, got 49"),
        ({"moment": 41, "order": "bahdanau"}, "from 0 to 40"),
    ],
)
def test_a_state_that_cannot_be_shown_is_refused(changes, message):
    with pytest.raises(traitlets.TraitError, match=message):
        figure(**changes)
