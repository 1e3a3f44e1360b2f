"""Training: the loop against plain torch, decoding against a search by hand, measures against sets of links."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from jupyter_client.manager import start_new_kernel

from attnlib import layers, tasks, training
from attnlib.tasks import Pair, Problem


def small_problem(n_train=200):
    """Reversal of one to three digits."""
    rng = np.random.default_rng(0)
    return Problem(
        train=tasks.reversal(rng, rng.integers(1, 4, size=n_train), "012"),
        test=tasks.reversal(rng, rng.integers(1, 4, size=20), "012"),
    )


def make_model(problem, decoder=layers.LuongDecoder, seed=0):
    torch.manual_seed(seed)
    encoder = layers.Encoder(len(problem.source_vocabulary), 6, 12)
    return layers.EncoderDecoder(encoder, decoder(len(problem.target_vocabulary), 6, 12))


def fit(n_steps=30, model_seed=0, batch_seed=0):
    problem = small_problem()
    model = make_model(problem, seed=model_seed)
    loss = training.next_symbol_loss(model, problem, np.random.default_rng(batch_seed), batch_size=8)
    return model, training.train(model, loss, n_steps, learning_rate=0.02)


# --- the loop ---


def test_the_same_seeds_give_the_same_parameters_and_others_do_not():
    model, history = fit()
    again, history_again = fit()
    assert history == history_again
    assert all(torch.equal(*both) for both in zip(model.parameters(), again.parameters(), strict=True))
    assert fit(model_seed=1)[1][0] != history[0]
    assert fit(batch_seed=1)[1][0] != history[0]


def test_parameters_become_float64_and_their_first_values_are_those_that_were_made():
    problem = small_problem()
    model = make_model(problem)
    before = [parameter.detach().clone() for parameter in model.parameters()]
    training.train(model, lambda: sum(parameter.sum() * 0 for parameter in model.parameters()), 3, 0.1)
    for old, new in zip(before, model.parameters(), strict=True):
        assert new.dtype == torch.float64
        assert torch.equal(old.double(), new)


@pytest.mark.parametrize("n_steps", [1, 2, 9, 10, 11, 30])
def test_the_loop_is_adam_with_one_cycle_and_clipped_gradients(n_steps):
    start = torch.tensor([3.0, -40.0, 0.5])

    def loss_of(x):
        return (x**2 * torch.tensor([1.0, 30.0, 0.1])).sum()  # its gradient is longer than 1

    model = torch.nn.ParameterList([start.clone()])
    history = training.train(model, lambda: loss_of(model[0]), n_steps, learning_rate=0.3)
    x = start.double().requires_grad_()
    optimizer = torch.optim.Adam([x], lr=0.3)
    rising = 0.2 if n_steps == 10 else 0.1
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.3, total_steps=n_steps, pct_start=rising)
    for step in range(n_steps):
        loss = loss_of(x)
        assert history[step] == pytest.approx(loss.item(), rel=1e-12)
        (gradient,) = torch.autograd.grad(loss, x)
        x.grad = gradient / max(1, gradient.norm() + 1e-6)
        optimizer.step()
        schedule.step()
    torch.testing.assert_close(model[0].detach(), x.detach(), rtol=1e-9, atol=1e-9)


def test_training_runs_on_one_thread_and_gives_the_threads_back():
    before = torch.get_num_threads()
    used = []
    model = torch.nn.Linear(1, 1)

    def loss():
        used.append(torch.get_num_threads())
        return model.weight.square().sum()

    torch.set_num_threads(2)
    try:
        training.train(model, loss, 2, 0.1)
        assert used == [1, 1]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_an_interruption_keeps_what_was_learned_so_far(capsys):
    whole = torch.nn.Linear(2, 1, bias=False)
    stopped = torch.nn.Linear(2, 1, bias=False)
    stopped.load_state_dict(whole.state_dict())
    states = []

    def record():
        states.append(whole.weight.detach().clone())
        return whole.weight.square().sum()

    def interrupt():
        if len(states) == 5:
            os.kill(os.getpid(), signal.SIGINT)
        states.append(None)
        return stopped.weight.square().sum()

    history = training.train(whole, record, 20, 0.1)
    expected = states[5]
    states.clear()
    assert training.train(stopped, interrupt, 20, 0.1) == history[:5]
    assert torch.equal(stopped.weight, expected)
    assert capsys.readouterr().out == "interrupted: the model keeps what it has learned in 5 of 20 steps\n"


def test_another_error_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        training.train(torch.nn.Linear(1, 1), lambda: 1 / 0, 5, 0.1)


@pytest.mark.parametrize("n_steps", [0, -1, 2.0, True])
def test_a_number_of_steps_that_counts_nothing_is_refused(n_steps):
    with pytest.raises(ValueError, match=f"n_steps must be a positive whole number, got {n_steps}"):
        training.train(torch.nn.Linear(1, 1), None, n_steps, 0.1)


# --- the line of progress ---

SLOW_TRAINING = """
import time, torch
from attnlib.training import train
model = torch.nn.Linear(1, 1)
def loss():
    time.sleep(0.15)
    return model.weight.square().sum()
print("before")
history = train(model, loss, 4, 0.1)
print("after")
"""


def test_without_a_terminal_nothing_is_written():
    run = subprocess.run([sys.executable, "-c", SLOW_TRAINING], capture_output=True, text=True, check=True)
    assert run.stdout == "before\nafter\n"
    assert run.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_shows_a_line_that_is_gone_at_the_end():
    import pty

    master, slave = pty.openpty()
    run = subprocess.run([sys.executable, "-c", SLOW_TRAINING], stdout=subprocess.PIPE, stderr=slave, check=True)
    os.close(slave)
    seen = os.read(master, 10_000).decode()
    os.close(master)
    assert run.stdout.decode().split() == ["before", "after"]
    lines = seen.split("\r")
    assert "step 2 of 4, loss " in seen
    assert max(map(len, lines)) <= 60
    assert lines[-2:] == [" " * 60, ""]


def test_live_jupyter_shows_a_line_and_nothing_is_stored_where_nobody_looks_on():
    manager, client = start_new_kernel()
    try:
        outputs = {}
        for somebody_looks_on in (True, False):
            outputs[somebody_looks_on] = []
            client.execute_interactive(
                SLOW_TRAINING, allow_stdin=somebody_looks_on, output_hook=outputs[somebody_looks_on].append, timeout=60
            )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

    def texts(messages, kind):
        return [json.dumps(m["content"].get("text") or m["content"]["data"]) for m in messages if m["msg_type"] == kind]

    kinds = {message["msg_type"] for message in outputs[False]}
    assert kinds <= {"status", "execute_input", "stream"}
    assert "".join(texts(outputs[False], "stream")).replace('"', "").replace("\\n", " ").split() == ["before", "after"]
    assert texts(outputs[True], "display_data") == ['{"text/plain": ""}']
    updates = texts(outputs[True], "update_display_data")
    assert "step 2 of 4, loss " in updates[0]
    assert updates[-1] == '{"text/plain": ""}'


# --- sequences ---


def test_the_loss_is_the_mean_surprise_at_the_next_symbol_and_the_end():
    pairs = [Pair(("a", "b"), ("A",)), Pair(("b", "a"), ("B", "A", "A"))]
    problem = Problem(train=pairs, test=[])
    a, b = (problem.target_vocabulary.symbols.index(symbol) for symbol in "AB")
    forced = {(a,): (1, a), (b, a, a): (1, b, a, a)}  # the start comes first
    scores_of = torch.randn(2, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    seen = []

    def model(sources, lengths, targets):
        assert lengths.tolist() == [2] * len(sources)
        rows = [0 if source == [3, 4] else 1 for source in sources.tolist()]  # which of the pairs
        for row, target in zip(rows, targets.tolist(), strict=True):
            read = forced[(a,) if row == 0 else (b, a, a)]
            assert tuple(target[: len(read)]) == read
        seen.extend(rows)
        return scores_of[rows, : targets.shape[1]], None

    value = training.next_symbol_loss(model, problem, np.random.default_rng(0), batch_size=6)()
    assert set(seen) == {0, 1}
    surprises = []
    for row in seen:
        for position, symbol in enumerate([(a, tasks.END), (b, a, a, tasks.END)][row]):
            surprises.append(-torch.log_softmax(scores_of[row, position], dim=-1)[symbol].item())
    assert value.item() == pytest.approx(np.mean(surprises), rel=1e-12)


def test_a_batch_has_one_length_and_lengths_come_as_often_as_they_are_there():
    problem = Problem(train=tasks.copying(np.random.default_rng(0), [1] * 100 + [2] * 300), test=[])
    seen = []

    def model(sources, lengths, targets):
        assert (sources != tasks.PADDING).all()
        assert set(lengths.tolist()) == {sources.shape[1]}
        assert targets.shape == (16, sources.shape[1] + 1)
        seen.append(sources.shape[1])
        return torch.zeros(*targets.shape, len(problem.target_vocabulary)), None

    loss = training.next_symbol_loss(model, problem, np.random.default_rng(0), batch_size=16)
    for _ in range(400):
        loss()
    assert seen.count(2) / 400 == pytest.approx(0.75, abs=0.1)


@pytest.mark.parametrize("decoder", [layers.LuongDecoder, layers.FixedVectorDecoder])
def test_greedy_decoding_always_takes_the_best_next_symbol(decoder):
    problem = small_problem()
    model = make_model(problem, decoder).double()
    sources = [pair.source for pair in problem.test]
    outputs, weights = training.greedy_decode(model, problem, sources, longest=6)
    symbols = problem.target_vocabulary.symbols
    for i, source in enumerate(sources):  # each source alone, from the start again at each step
        ids = torch.from_numpy(problem.source_vocabulary.encode([source])[0])
        written = [tasks.START]
        while len(written) <= 6 and written[-1] != tasks.END:
            scores, rows = model(ids, torch.tensor([len(source)]), torch.tensor([written]))
            written.append(int(scores[0, -1].argmax()))
        expected = [number for number in written if number >= 3]
        assert outputs[i] == tuple(symbols[number] for number in expected)
        if weights is not None:
            np.testing.assert_allclose(weights[i, : rows.shape[1], : len(source)], rows[0].detach(), atol=1e-12)
            assert (weights[i, :, len(source) :] == 0).all()
    assert (weights is None) == (decoder is layers.FixedVectorDecoder)


def test_decoding_stops_when_all_have_ended_and_at_the_longest():
    problem = small_problem()
    model = make_model(problem)
    with torch.no_grad():
        model.decoder.readout.bias[:] = 0
        model.decoder.readout.bias[tasks.END] = 1e9
    assert training.greedy_decode(model, problem, [("0",), ("1", "2")])[0] == [(), ()]
    with torch.no_grad():
        model.decoder.readout.bias[tasks.END] = -1e9
        model.decoder.readout.bias[3] = 1e9
    outputs, weights = training.greedy_decode(model, problem, [("0",), ("1", "2")], longest=7)
    assert outputs == [("0",) * 7] * 2
    assert weights.shape == (2, 7, 2)


@pytest.mark.parametrize("longest", [0, 2.5, None])
def test_a_longest_output_of_no_length_is_refused(longest):
    problem = small_problem()
    with pytest.raises(ValueError, match=f"longest must be a positive whole number, got {longest}"):
        training.greedy_decode(make_model(problem), problem, [("0",)], longest=longest)


def test_a_small_model_learns_to_reverse_and_looks_at_what_it_writes():
    problem = small_problem(n_train=1000)
    model = make_model(problem)
    loss = training.next_symbol_loss(model, problem, np.random.default_rng(0), batch_size=32)
    history = training.train(model, loss, 300, learning_rate=0.03)
    assert np.mean(history[-20:]) < 0.1 * history[0]
    outputs, weights = training.greedy_decode(model, problem, [pair.source for pair in problem.test])
    assert outputs == [pair.target for pair in problem.test]
    gold = tasks.gold_links(problem.test)
    forced = training.forced_weights(model, problem, problem.test)
    np.testing.assert_allclose(forced, weights, atol=1e-12)  # it read what it wrote itself, which was right
    assert training.mass_on_gold(forced, gold) > 0.5


def test_forced_weights_follow_the_right_targets_and_not_the_models_own():
    problem = small_problem()
    model = make_model(problem).double()
    weights = training.forced_weights(model, problem, problem.test)
    assert weights.shape == tasks.gold_links(problem.test).shape
    for pair, rows in zip(problem.test, weights, strict=True):
        ids = torch.from_numpy(problem.source_vocabulary.encode([pair.source])[0])
        read = [tasks.START, *(problem.target_vocabulary.symbols.index(symbol) for symbol in pair.target)]
        _, alone = model(ids, torch.tensor([len(pair.source)]), torch.tensor([read]))
        np.testing.assert_allclose(rows[: len(read), : len(pair.source)], alone[0].detach(), atol=1e-12)


def test_a_model_without_attention_has_no_weights_to_measure():
    problem = small_problem()
    model = make_model(problem, layers.FixedVectorDecoder)
    with pytest.raises(ValueError, match="the model must have attention, got the decoder FixedVectorDecoder"):
        training.forced_weights(model, problem, problem.test)


# --- measures ---


def test_exact_match_counts_whole_outputs_for_each_length_of_the_source():
    pairs = [Pair("abc", "XY"), Pair("abd", "XY"), Pair("abe", "XY"), Pair("a", "X"), Pair("b", "XYZ")]
    outputs = [("X", "Y"), ("X",), ["X", "Y"], ("X",), ("X", "Y", "Z", "Z")]
    shares = training.exact_match_by_length(outputs, pairs)
    assert shares == {1: 0.5, 3: pytest.approx(2 / 3)}
    assert list(shares) == [1, 3]


def test_outputs_without_their_pairs_are_refused():
    with pytest.raises(ValueError, match="one output for each pair, got 1 outputs and 2 pairs"):
        training.exact_match_by_length(["X"], [Pair("a", "X")] * 2)


def random_alignment(seed):
    """Weights and gold links of three pairs, with targets of no, one and several links."""
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(5), size=(3, 6))
    return weights, rng.random((3, 6, 5)) < 0.25


@pytest.mark.parametrize("seed", range(20))
def test_the_error_rate_is_that_of_the_sets_of_links(seed):
    weights, gold = random_alignment(seed)
    counted = {(b, t) for b, t, _ in np.argwhere(gold)}
    possible = {(b, t, s) for b, t, s in np.argwhere(gold)}
    sure = {(b, t, s) for b, t, s in possible if sum(link[:2] == (b, t) for link in possible) == 1}
    links = {(b, t, max(range(5), key=lambda s: weights[b, t, s])) for b, t in counted}
    expected = 1 - (len(links & sure) + len(links & possible)) / (len(links) + len(sure))
    assert training.alignment_error_rate(weights, gold) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(20))
def test_the_mass_on_gold_is_the_mean_of_the_weights_on_links(seed):
    weights, gold = random_alignment(seed)
    masses = [weights[b, t][gold[b, t]].sum() for b in range(3) for t in range(6) if gold[b, t].any()]
    assert training.mass_on_gold(weights, gold) == pytest.approx(np.mean(masses))


def test_a_perfect_map_has_no_errors_even_where_a_target_has_several_links():
    gold = np.array([[True, False, False], [False, True, True], [False, False, False]])
    for chosen in (1, 2):
        weights = np.eye(3)[[0, chosen, 0]]
        assert training.alignment_error_rate(weights, gold) == 0
        assert training.mass_on_gold(weights, gold) == 1
    weights = np.eye(3)[[2, 0, 0]]
    assert training.alignment_error_rate(weights, gold) == 1
    assert training.mass_on_gold(weights, gold) == 0


@pytest.mark.parametrize("measure", [training.alignment_error_rate, training.mass_on_gold])
@pytest.mark.parametrize(
    ("weights", "gold", "error", "message"),
    [
        (np.ones((2, 2)), np.ones((2, 3), bool), ValueError, r"the same shape, got \(2, 2\) and \(2, 3\)"),
        (np.ones((2, 2)), np.eye(2), TypeError, "gold must be boolean .True = a gold link., got float64"),
        (np.ones((2, 2)), np.zeros((2, 2), bool), ValueError, "gold must hold at least one link, got none"),
    ],
)
def test_weights_that_cannot_be_compared_are_refused(measure, weights, gold, error, message):
    with pytest.raises(error, match=message):
        measure(weights, gold)
