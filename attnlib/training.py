"""Training: one loop for every chapter, greedy decoding, and measures of what was learned."""

import sys
import time
from contextlib import contextmanager

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from attnlib.arguments import is_whole
from attnlib.tasks import END, PADDING, SPECIAL_SYMBOLS, START


def train(model, loss, n_steps, learning_rate):
    """Change a model's parameters step by step so that its loss falls, in float64 and on one thread.

    Adam with a learning rate that rises over the first tenth of the steps and then falls (`OneCycleLR`), and gradients
    clipped to norm 1. The same seeds give the same parameters: seed the model with `torch.manual_seed` before it is
    made, and the loss with a generator. An interruption ends the training, and what was learned so far is kept. A line
    shows how far it is where somebody looks on (a terminal, live Jupyter), and is gone at the end.

    Args:
        model: a `torch.nn.Module`; it is changed in place, and its parameters become float64.
        loss: a function without arguments that draws a batch and returns its mean loss, such as `next_symbol_loss`.
        n_steps: how many steps are made.
        learning_rate: the highest learning rate.

    Returns:
        The history: a list with the loss of each step.

    Raises:
        ValueError: if `n_steps` is not a positive whole number.

    Example:
        >>> model = torch.nn.Linear(1, 1)
        >>> history = train(model, lambda: (model.weight - 3).square().mean(), n_steps=200, learning_rate=0.1)
        >>> len(history), history[-1] < 1e-6
        (200, True)
    """
    if not is_whole(n_steps) or n_steps < 1:
        raise ValueError(f"n_steps must be a positive whole number, got {n_steps!r}")
    model.double()
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    rising = 0.1 if n_steps != 10 else 0.2  # OneCycleLR divides by rising * n_steps - 1
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, n_steps, pct_start=rising)
    history = []
    with _one_thread(), _progress_line() as show:
        try:
            for step in range(1, n_steps + 1):
                optimizer.zero_grad()
                value = loss()
                value.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                history.append(value.item())
                show(f"step {step} of {n_steps}, loss {history[-1]:.3f}")
        except KeyboardInterrupt:
            print(f"interrupted: the model keeps what it has learned in {len(history)} of {n_steps} steps")
    return history


@contextmanager
def _one_thread():
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n_threads)


@contextmanager
def _progress_line():
    """A function that shows a text in place of the one before, five times a second at most; at the end it is gone."""
    write, last = _live_writer(), time.monotonic()

    def show(text):
        nonlocal last
        if time.monotonic() - last > 0.2:
            write(text)
            last = time.monotonic()

    try:
        yield show
    finally:
        write("")


def _live_writer():
    """A function that writes a line over the one before where somebody looks on, and does nothing elsewhere."""
    if "IPython" in sys.modules:
        from IPython import display, get_ipython

        kernel = getattr(get_ipython(), "kernel", None)
        # what runs notebooks to store or compare their outputs says that nobody is there to be asked for input
        if getattr(kernel, "_allow_stdin", False):
            handle = display.display({"text/plain": ""}, raw=True, display_id=True)
            return lambda text: handle.update({"text/plain": text}, raw=True)
    if sys.stderr.isatty():
        return lambda text: print(f"\r{text:<60}\r", end="", file=sys.stderr, flush=True)
    return lambda text: None


# --- sequences ---


def next_symbol_loss(model, problem, rng, batch_size=64):
    """The loss of an `EncoderDecoder` on random batches of a problem: mean cross entropy of the next target symbol.

    The decoder reads the right symbols so far ("teacher forcing"). All sources of a batch have one length, which is
    drawn as often as it occurs. Returns a function without arguments, for `train`.

    Example:
        >>> from attnlib import layers, tasks
        >>> rng, _ = np.random.default_rng(0), torch.manual_seed(0)
        >>> problem = tasks.Problem(train=tasks.copying(rng, [2] * 500), test=tasks.copying(rng, [2] * 50))
        >>> n_symbols = len(problem.source_vocabulary)
        >>> model = layers.EncoderDecoder(layers.Encoder(n_symbols, 8, 16), layers.LuongDecoder(n_symbols, 8, 16))
        >>> history = train(model, next_symbol_loss(model, problem, rng), n_steps=150, learning_rate=0.02)
        >>> outputs, weights = greedy_decode(model, problem, [pair.source for pair in problem.test])
        >>> exact_match_by_length(outputs, problem.test)
        {2: 1.0}
    """
    sources, lengths, targets = _encode(problem, problem.train)
    alike = {length: np.flatnonzero(lengths == length) for length in np.unique(lengths)}

    def loss():
        choice = alike[lengths[rng.integers(len(lengths))]]
        batch = choice[rng.integers(len(choice), size=batch_size)]
        length = lengths[batch[0]]
        expected = targets[batch]
        expected = torch.from_numpy(expected[:, (expected != PADDING).any(axis=0)])  # (batch, target)
        read = torch.from_numpy(sources[batch, :length])  # (batch, source)
        scores, _ = model(read, torch.from_numpy(lengths[batch]), _shifted(expected))
        return cross_entropy(scores.mT, expected, ignore_index=PADDING)

    return loss


def _encode(problem, pairs):
    """Numbers of the sources (pair, source), their lengths (pair,), and numbers of the targets with their end."""
    sources, lengths = problem.source_vocabulary.encode([pair.source for pair in pairs])
    targets, _ = problem.target_vocabulary.encode([(*pair.target, SPECIAL_SYMBOLS[END]) for pair in pairs])
    return sources, lengths, targets


def _shifted(expected):
    """What a decoder reads to write the expected symbols (batch, target): the start, and all of them but the last."""
    return torch.cat([torch.full_like(expected[:, :1], START), expected[:, :-1]], dim=1)


@torch.no_grad()
def greedy_decode(model, problem, sources, longest=50):
    """Write a target for each source, symbol by symbol, always the symbol with the highest score.

    Args:
        model: a `layers.EncoderDecoder`.
        problem: the `tasks.Problem` that it was trained on.
        sources: sequences of source symbols; one that is not in the vocabulary is a ValueError.
        longest: how many symbols are written at most, the end included.

    Returns:
        The outputs, a list of tuples of symbols, and the weights (output, target, source) with a row for the end, after
        which rows mean nothing; None where there is no attention.
    """
    if not is_whole(longest) or longest < 1:
        raise ValueError(f"longest must be a positive whole number, got {longest!r}")
    ids, lengths = map(torch.from_numpy, problem.source_vocabulary.encode(sources))
    encoded, state = model.encoder(ids, lengths), None
    written, weights = [torch.full_like(ids[:, :1], START)], []
    ended = torch.zeros(len(ids), 1, dtype=torch.bool)
    while len(weights) < longest and not ended.all():
        scores, step_weights, state = model.decoder(written[-1], encoded, state)
        written.append(scores.argmax(dim=-1))  # (batch, 1)
        weights.append(step_weights)
        ended |= written[-1] == END
    outputs = problem.target_vocabulary.decode(torch.cat(written, dim=1))
    return outputs, None if weights[0] is None else torch.cat(weights, dim=1).numpy()


@torch.no_grad()
def forced_weights(model, problem, pairs):
    """The weights (pair, target, source) of a model that reads the right targets, in the rows of `tasks.gold_links`."""
    sources, lengths, targets = map(torch.from_numpy, _encode(problem, pairs))
    _, weights = model(sources, lengths, _shifted(targets))
    if weights is None:
        raise ValueError(f"the model must have attention, got the decoder {type(model.decoder).__name__}")
    return weights.numpy()


# --- measures ---


def exact_match_by_length(outputs, pairs):
    """The share of outputs that are their pair's target from the first to the last symbol, by length of the source.

    Example:
        >>> from attnlib.tasks import Pair
        >>> exact_match_by_length(["AB", "C"], [Pair("ab", "AB"), Pair("d", "D")])
        {1: 0.0, 2: 1.0}
    """
    if len(outputs) != len(pairs):
        raise ValueError(f"there must be one output for each pair, got {len(outputs)} outputs and {len(pairs)} pairs")
    matches = {}
    for output, pair in zip(outputs, pairs, strict=True):
        matches.setdefault(len(pair.source), []).append(tuple(output) == tuple(pair.target))
    return {length: sum(right) / len(right) for length, right in sorted(matches.items())}


def alignment_error_rate(weights, gold):
    """How far the links from each target symbol to its largest weight are from the gold alignment; 0 is best.

    `AER = 1 - (|A & S| + |A & P|) / (|A| + |S|)`, Och and Ney (2003), section 5: A are the links to the largest
    weights, P all gold links, S the sure ones, those of a target with only one. Where every target has one, this is the
    share of wrong links. Targets without a gold link are left out.

    Args:
        weights: (..., target, source).
        gold: boolean (..., target, source), True = a gold link, as `tasks.gold_links` returns them.

    Returns:
        A number from 0 to 1.

    Raises:
        ValueError: if the shapes differ, or there is no gold link.
        TypeError: if `gold` is not boolean.

    Example:
        >>> gold = np.array([[True, False], [False, True]])
        >>> alignment_error_rate(np.array([[0.9, 0.1], [0.6, 0.4]]), gold)
        0.5
    """
    weights, gold = _rows_with_gold(weights, gold)
    sure = gold.sum(axis=-1) == 1
    right = gold[np.arange(len(gold)), weights.argmax(axis=-1)]
    return float(1 - (right[sure].sum() + right.sum()) / (len(right) + sure.sum()))


def mass_on_gold(weights, gold):
    """The weight that lies on gold links, as a mean over the targets that have one; 1 is best.

    Weights and gold links are (..., target, source), as in `alignment_error_rate`, and are refused as there.

    Example:
        >>> gold = np.array([[True, False], [False, True]])
        >>> mass_on_gold(np.array([[0.75, 0.25], [0.5, 0.5]]), gold)
        0.625
    """
    weights, gold = _rows_with_gold(weights, gold)
    return float((weights * gold).sum(axis=-1).mean())


def _rows_with_gold(weights, gold):
    """Weights and gold links (row, source) of the targets that have a gold link."""
    weights, gold = np.asarray(weights), np.asarray(gold)
    if gold.dtype != bool:
        raise TypeError(f"gold must be boolean (True = a gold link), got {gold.dtype}")
    if weights.shape != gold.shape:
        raise ValueError(f"weights and gold must have the same shape, got {weights.shape} and {gold.shape}")
    rows = gold.any(axis=-1)
    if not rows.any():
        raise ValueError("gold must hold at least one link, got none")
    return weights[rows], gold[rows]
