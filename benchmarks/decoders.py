"""Speed of training a decoder with attention, as ratios measured in one run.

    python benchmarks/decoders.py [--rounds 100]

One thread and float64, as the course trains. The candidates of a row take turns and compute the same numbers, which
is checked. A ratio is the median over all turns of one processor time over the other.

The plain model is written with nn.Embedding, nn.GRU, nn.Linear, matmul and softmax, without masks. The loop of the
tutorials has a nn.GRUCell that goes through the target step by step, attends at each step and adds up the losses.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from turns import in_turns, row

from attnlib import layers, tasks, training

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


class Plain(nn.Module):
    """An encoder and a Luong decoder as one class, written out."""

    def __init__(self, n_source, n_target, d_embedding, d_state):
        super().__init__()
        self.source_embedding = nn.Embedding(n_source, d_embedding)
        self.target_embedding = nn.Embedding(n_target, d_embedding)
        self.encoder = nn.GRU(d_embedding, d_state // 2, batch_first=True, bidirectional=True)
        self.decoder = nn.GRU(d_embedding, d_state, batch_first=True)
        self.combine = nn.Linear(2 * d_state, d_state, bias=False)
        self.readout = nn.Linear(d_state, n_target)

    def encode(self, sources):
        """States (batch, source, d_state) and the last state of both directions (batch, d_state)."""
        states, last = self.encoder(self.source_embedding(sources))
        return states, torch.cat([last[0], last[1]], dim=-1)

    def forward(self, sources, lengths, targets):
        """Scores and weights, as `layers.EncoderDecoder` returns them; the lengths must all be the same."""
        states, last = self.encode(sources)
        queries, _ = self.decoder(self.target_embedding(targets), last[None])
        scores = torch.matmul(queries, states.transpose(-2, -1)) / queries.shape[-1] ** 0.5
        weights = torch.softmax(scores, dim=-1)
        context = torch.matmul(weights, states)
        return self.readout(torch.tanh(self.combine(torch.cat([context, queries], dim=-1)))), weights


class StepByStep(Plain):
    """The same model; its decoder is a cell that is called once for every target symbol."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.decoder = nn.GRUCell(self.decoder.input_size, self.decoder.hidden_size)

    def step(self, symbols, state, states):
        """Scores of the next symbols (batch, symbol) and the next state."""
        state = self.decoder(self.target_embedding(symbols), state)
        scores = torch.bmm(states, state.unsqueeze(2)).squeeze(2) / state.shape[-1] ** 0.5
        weights = torch.softmax(scores, dim=-1)
        context = torch.bmm(weights.unsqueeze(1), states).squeeze(1)
        return self.readout(torch.tanh(self.combine(torch.cat([context, state], dim=1)))), state


def course_model(n_source, n_target, d_embedding, d_state):
    """The same model, of attnlib's layers."""
    encoder = layers.Encoder(n_source, d_embedding, d_state)
    return layers.EncoderDecoder(encoder, layers.LuongDecoder(n_target, d_embedding, d_state))


def with_parameters_of(model, other):
    """The model with the parameters of attnlib's one."""
    places = {
        "encoder.embedding": "source_embedding",
        "decoder.embedding": "target_embedding",
        "encoder.recurrent": "encoder",
        "decoder.recurrent": "decoder",
        "decoder.combine": "combine",
        "decoder.readout": "readout",
    }
    values = {}
    for name, value in other.state_dict().items():
        place, parameter = name.rsplit(".", 1)
        is_cell = isinstance(getattr(model, places[place]), nn.GRUCell)
        values[f"{places[place]}.{parameter.removesuffix('_l0') if is_cell else parameter}"] = value.clone()
    model.load_state_dict(values)
    return model


def ratio_of(times):
    """The median over the rounds of the first candidate's time over the second's: a slow moment hits both."""
    return statistics.median(ours / other for ours, other in zip(*times.values(), strict=True))


# --- one step of training ---


def trainer(model, batch):
    """A function that makes one step of training on a batch and returns the loss."""
    sources, lengths, inputs, expected = batch
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        scores, _ = model(sources, lengths, inputs)
        loss = cross_entropy(scores.mT, expected)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def one_step(rounds):
    """Forward, backward and Adam: attnlib's layers against the plain model."""
    for what, n_source, n_target, length, n_written, d_embedding, d_state in (
        ("copying, 15 symbols, E = 16, H = 64", 13, 13, 15, 16, 16, 64),
        ("spelling, 7 letters, E = 32, H = 128", 29, 42, 7, 8, 32, 128),
    ):
        rng, _ = np.random.default_rng(0), torch.manual_seed(0)
        expected = torch.from_numpy(rng.integers(3, n_target, size=(64, n_written)))
        inputs = torch.cat([torch.full((64, 1), tasks.START), expected[:, :-1]], dim=1)
        sources = torch.from_numpy(rng.integers(3, n_source, size=(64, length)))
        batch = sources, torch.full((64,), length), inputs, expected
        sizes = n_source, n_target, d_embedding, d_state
        ours = course_model(*sizes)
        plain = with_parameters_of(Plain(*sizes), ours)
        candidates = {"ours": trainer(ours, batch), "plain": trainer(plain, batch)}
        losses = {name: [step() for _ in range(5)] for name, step in candidates.items()}
        assert np.allclose(losses["ours"], losses["plain"], rtol=1e-9), losses
        times = in_turns(candidates, rounds, clock=time.process_time)
        row(f"one step, {what}: layers / plain torch", ratio_of(times), 1.05)
        print(f"    {' and '.join(f'{1000 * statistics.median(each):.1f}' for each in times.values())} ms")


# --- a whole training ---


def batches(problem, rng, batch_size=64):
    """The batches that `next_symbol_loss` draws for this rng: (sources, what is read, what is expected)."""
    sources, lengths = problem.source_vocabulary.encode([pair.source for pair in problem.train])
    end = tasks.SPECIAL_SYMBOLS[tasks.END]
    targets, _ = problem.target_vocabulary.encode([(*pair.target, end) for pair in problem.train])
    alike = {length: np.flatnonzero(lengths == length) for length in np.unique(lengths)}
    while True:
        choice = alike[lengths[rng.integers(len(lengths))]]
        batch = choice[rng.integers(len(choice), size=batch_size)]
        expected = torch.from_numpy(targets[batch])
        yield torch.from_numpy(sources[batch]), expected


def train_step_by_step(model, drawn, n_steps, learning_rate):
    """The loop of the tutorials, with the optimizer and the schedule of `attnlib.training.train`."""
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, n_steps, pct_start=0.1)
    criterion, history = nn.CrossEntropyLoss(), []
    for _ in range(n_steps):
        sources, expected = next(drawn)
        optimizer.zero_grad()
        states, state = model.encode(sources)
        symbols, loss = torch.full_like(expected[:, 0], tasks.START), 0.0
        for i in range(expected.shape[1]):
            scores, state = model.step(symbols, state, states)
            loss = loss + criterion(scores, expected[:, i])
            symbols = expected[:, i]
        loss = loss / expected.shape[1]
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        history.append(loss.item())
    return history


def whole_training(rounds):
    """Target symbols a second: `attnlib.training.train` against the loop of the tutorials."""
    n_steps, length = 20, 15
    rng = np.random.default_rng(0)
    problem = tasks.Problem(train=tasks.copying(rng, [length] * 2000), test=tasks.copying(rng, [length] * 10))
    n_symbols = len(problem.source_vocabulary)
    for d_embedding, d_state in ((16, 64), (32, 128)):
        torch.manual_seed(0)
        sizes = n_symbols, n_symbols, d_embedding, d_state
        ours = course_model(*sizes)
        cell = with_parameters_of(StepByStep(*sizes), ours)
        loss = training.next_symbol_loss(ours, problem, np.random.default_rng(1))
        drawn = batches(problem, np.random.default_rng(1))
        history = {"ours": [], "cell": []}
        candidates = {
            "ours": lambda h=history, m=ours, f=loss: h["ours"].extend(training.train(m, f, n_steps, 1e-3)),
            "cell": lambda h=history, m=cell, d=drawn: h["cell"].extend(train_step_by_step(m, d, n_steps, 1e-3)),
        }
        times = in_turns(candidates, max(rounds // 10, 3), clock=time.process_time)
        assert np.allclose(history["ours"], history["cell"], rtol=1e-6), "not the same training"
        symbols = 64 * (length + 1) * n_steps
        row(f"training, copying, E = {d_embedding}, H = {d_state}: train / loop of the tutorials", ratio_of(times), 1.0)
        speeds = [symbols / statistics.median(each) for each in times.values()]
        print(f"    {' and '.join(f'{speed:,.0f}' for speed in speeds)} target symbols a second")


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=100, help="timings per candidate (default 100)")
    rounds = parser.parse_args().rounds
    print("time / time of the reference: smaller is better; below each row stand both\n")
    one_step(rounds)
    whole_training(rounds)


if __name__ == "__main__":
    main()
