"""Checks of a decoder that attends: one step of it, what it reads while it is trained, and how it writes."""

import operator

import numpy as np

from attnlib.arguments import namespace_of
from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.check import Check
from attnlib.checks.examples import EXTREME, Example, normals
from attnlib.weights import softmax

# --- one step ---


def _luong_step(state, encoder_states, w_combine):
    weights = softmax(np.einsum("...d,...sd->...s", state, encoder_states))
    context = np.einsum("...s,...sd->...d", weights, encoder_states)
    return np.tanh(np.concatenate([context, state], axis=-1) @ w_combine), weights


def _step_of(*batch, n_source, d_state):
    """Arguments of these sizes. They are small, so that the tanh stays away from its flat ends."""
    arrays = normals((*batch, d_state), (*batch, n_source, d_state), (2 * d_state, d_state))
    return tuple(0.5 * x for x in arrays)


_ONE_STEP = (
    np.array([1.0, 0.5]),
    np.array([[1.0, 0.0], [0.0, 1.0], [0.5, -1.0]]),
    np.array([[1.0, 0.5], [0.0, 1.0], [0.5, -1.0], [-0.5, 0.0]]),
)

luong_step = Check(
    reference=_luong_step,
    answer=Answer("""
def luong_step(state, encoder_states, w_combine):
    read = encoder_states
    scores = (read @ state[..., None])[..., 0]
    weights = softmax(scores)
    shares = weights
    context = (shares[..., None, :] @ read)[..., 0, :]
    joined = np.concatenate([context, state], axis=-1)
    combined = joined @ w_combine
    attentional = np.tanh(combined)
    answer = (attentional, weights)
    return answer
"""),
    returns={"attentional": "d_state", "weights": "source"},
    exercise="layers.LuongDecoder",
    about=(6, "What is done with the answer"),
    not_checked="speed, and batches with more than one axis",
    examples=[
        Example("three encoder states", _ONE_STEP),
        Example("all sizes different", _step_of(n_source=5, d_state=3)),
        Example("as many encoder states as numbers in each", _step_of(n_source=3, d_state=3)),
        Example("a batch", _step_of(2, n_source=5, d_state=4)),
        Example("a batch, all sizes equal", _step_of(3, n_source=3, d_state=3)),
        Example("a batch of one sentence", _step_of(1, n_source=4, d_state=3)),
        Example("huge scores", (1000 * _ONE_STEP[0], *_ONE_STEP[1:]), kind=EXTREME),
    ],
    mistakes=[
        Mistake(
            "lu_order",
            "state and context stand in the wrong order before the matrix: the upper half of its rows is made for the "
            "context, the lower half for the state.",
            6,
            {"joined": "np.concatenate([state, context], axis=-1)"},
        ),
        Mistake(
            "lu_notanh",
            "the tanh is missing: what comes out of the matrix goes through it once more.",
            6,
            {"attentional": "combined"},
        ),
        Mistake(
            "lu_tanhfirst",
            "the tanh comes before the matrix; it belongs behind it, around the whole product.",
            6,
            (
                {"combined": "np.tanh(joined) @ w_combine", "attentional": "combined"},
                {"joined": "np.concatenate([np.tanh(context), state], axis=-1)", "attentional": "combined"},
            ),
        ),
        Mistake(
            "lu_tanhtwice",
            "the tanh is taken twice: before the matrix and behind it. Once is enough, behind it.",
            6,
            (
                {"combined": "np.tanh(joined) @ w_combine"},
                {"joined": "np.concatenate([np.tanh(context), state], axis=-1)"},
                {"attentional": "np.tanh(np.tanh(combined))"},
            ),
        ),
        Mistake(
            "lu_function",
            "what comes out of the matrix goes through another function than the tanh.",
            6,
            (
                {"attentional": "1 / (1 + np.exp(-combined))"},
                {"attentional": "np.maximum(combined, 0)"},
                {"attentional": "softmax(combined)"},
            ),
        ),
        Mistake(
            "lu_nocontext",
            "the context is left out: the result depends on the state alone, and the source is not heard.",
            6,
            (
                {"context": "np.zeros_like(state)"},
                {"combined": "state @ w_combine[: state.shape[-1]]"},
                {"answer": "(state, weights)"},
                {"answer": "(np.tanh(state), weights)"},
            ),
        ),
        Mistake(
            "lu_nostate",
            "the state is left out: only the context goes through the matrix. Both do, one behind the other.",
            6,
            (
                {"joined": "np.concatenate([context, context], axis=-1)"},
                {"combined": "context @ w_combine[: state.shape[-1]]"},
                {"combined": "context @ w_combine[state.shape[-1] :]"},
            ),
        ),
        Mistake(
            "lu_ownstate",
            "the weights are applied to the decoder's own state, or the state stands in the place of the context: "
            "mix the encoder's states.",
            6,
            {"context": "state"},
        ),
        Mistake(
            "lu_sum",
            "context and state are added (or multiplied); they stand one behind the other, in a vector twice as long.",
            6,
            (
                {"combined": "(context + state) @ w_combine[: state.shape[-1]]"},
                {"combined": "(context + state) @ w_combine[state.shape[-1] :]"},
                {"combined": "context + state"},
                {"combined": "(context * state) @ w_combine[: state.shape[-1]]"},
            ),
        ),
        Mistake(
            "lu_nomatrix",
            "the matrix is not used: the context itself, or context and state as they were joined, come back.",
            6,
            (
                {"answer": "(context, weights)"},
                {"answer": "(joined, weights)"},
                {"combined": "context"},
                {"combined": "joined"},
            ),
        ),
        Mistake(
            "lu_matrixT",
            "the matrix is turned round: it has a row for every number that goes in, so the vector stands on its left. "
            "The weight of a linear layer in torch lies the other way.",
            6,
            (
                {"combined": "joined @ w_combine.T"},
                {"combined": "joined @ w_combine.reshape(w_combine.shape[::-1]).T"},
            ),
            names=("T", "t", "mT", "linear", "transpose", "swapaxes", "weight"),
        ),
        Mistake(
            "lu_onesentence",
            "right for one sentence and wrong for a batch, which has one more axis in front: count axes from the end, "
            "also where context and state are joined. `.T` turns round all axes.",
            6,
            (
                {"joined": "np.concatenate([context, state], axis=0)"},
                {"scores": "state @ read.T"},
                {"scores": "read @ state.T"},
                {"scores": "read @ state"},
                {"scores": "np.dot(read, state)"},
            ),
            names=("concatenate", "concat", "cat", "append", "T", "t", "dot", "matmul"),
        ),
        Mistake(
            "lu_onlybatch",
            "right for a batch and wrong for one sentence: context and state are joined along axis 1, which a vector "
            "does not have. It is their last axis that is meant.",
            6,
            {"joined": "np.concatenate([context, state], axis=1)"},
            names=("concatenate", "concat", "cat", "append"),
        ),
        Mistake(
            "lu_stacked",
            "context and state are stacked, which makes a new axis; they stand one behind the other, in one vector "
            "twice as long.",
            6,
            (
                {"joined": "np.stack([context, state])"},
                {"joined": "np.vstack([context, state])"},
                {"joined": "np.column_stack([context, state])"},
            ),
            names=("stack", "vstack", "row_stack", "column_stack", "array"),
        ),
        Mistake(
            "lu_interleaved",
            "the numbers of context and state alternate; the whole context comes first, then the whole state.",
            6,
            {"joined": "np.stack([context, state], axis=-1).reshape(*state.shape[:-1], -1)"},
        ),
        Mistake(
            "lu_nosoftmax",
            "the softmax is missing: the scores themselves are used as weights.",
            6,
            {"weights": "scores"},
        ),
        Mistake(
            "lu_squeezed",
            "right until a batch holds one sentence: `squeeze` takes away every axis of length 1, and that of the "
            "batch may be one of them. Say which axis is to go.",
            6,
            (
                {"scores": "(read @ state[..., None]).squeeze()"},
                {"context": "(shares[..., None, :] @ read).squeeze()"},
                {
                    "context": "(shares[..., None, :] @ read).squeeze()",
                    "joined": "np.concatenate([context, state.squeeze()], axis=-1)",
                },
                {"answer": "(attentional.squeeze(), weights.squeeze())"},
            ),
            names=("squeeze",),
        ),
        Mistake(
            "lu_noexp",
            "the scores are divided by their sum: that makes them sum to 1, but the softmax takes exponentials first, "
            "and no weight of it is 0 or negative.",
            6,
            {"weights": "scores / scores.sum(axis=-1, keepdims=True)"},
        ),
        Mistake(
            "lu_sigmoid",
            "each score goes through the logistic function on its own, so that the weights do not sum to 1.",
            6,
            {"weights": "1 / (1 + np.exp(-scores))"},
        ),
        Mistake(
            "lu_axis",
            "the softmax runs along the first axis, which in a batch counts the sentences. The weights of each "
            "sentence sum to 1, over its source.",
            6,
            {"weights": "softmax(scores, axis=0)"},
        ),
        Mistake(
            "lu_all",
            "the softmax divides by the sum over the whole batch: the weights of each sentence should sum to 1.",
            6,
            {"weights": "np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()"},
        ),
        Mistake(
            "lu_ones",
            "every weight is 1: the softmax runs along an axis of length 1, or nothing is normalised.",
            6,
            {"weights": "np.ones_like(scores)"},
        ),
        Mistake(
            "lu_twice",
            "the softmax is taken twice: the weights are too even.",
            6,
            ({"weights": "softmax(softmax(scores))"}, {"shares": "softmax(weights)"}),
        ),
        Mistake(
            "lu_unstable",
            "the exponential is taken of the scores as they are, and overflows for large ones: 'inf / inf' is nan.",
            4,
            {"weights": "np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)"},
            section="What the computer does",
        ),
        Mistake(
            "lu_scaled",
            "the scores are divided by something (the root of d_state, d_state, or the number of encoder states); "
            "here they are the dot products themselves.",
            6,
            (
                {"weights": "softmax(scores / state.shape[-1] ** 0.5)"},
                {"weights": "softmax(scores / state.shape[-1])"},
                {"weights": "softmax(scores / read.shape[-2] ** 0.5)"},
                {"weights": "softmax(scores / read.shape[-2])"},
            ),
        ),
        Mistake(
            "lu_cosine",
            "this is the cosine: the vectors are divided by their lengths. The scores are plain dot products.",
            3,
            (
                {
                    "weights": "softmax(scores / np.linalg.norm(read, axis=-1)"
                    " / np.linalg.norm(state, axis=-1, keepdims=True))"
                },
            ),
        ),
        Mistake(
            "lu_distance",
            "the scores come from distances between the states; asked are dot products.",
            3,
            (
                {"scores": "-((read - state[..., None, :]) ** 2).sum(axis=-1)"},
                {"scores": "-np.linalg.norm(read - state[..., None, :], axis=-1)"},
                {"scores": "((read - state[..., None, :]) ** 2).sum(axis=-1)"},
            ),
        ),
        Mistake(
            "lu_mean",
            "the context is the plain mean or sum of the encoder states: the weights are not used.",
            6,
            ({"context": "read.mean(axis=-2)"}, {"context": "read.sum(axis=-2)"}),
        ),
        Mistake(
            "lu_meanofparts",
            "the weighted states are averaged; the weights have shared out one whole already, so add them up.",
            6,
            {"context": "(shares[..., None] * read).mean(axis=-2)"},
        ),
        Mistake(
            "lu_even",
            "every encoder state has the same weight: the scores are not used.",
            6,
            {"weights": "np.full(scores.shape, 1 / scores.shape[-1])"},
        ),
        Mistake(
            "lu_hard",
            "the encoder state with the highest score is taken alone; asked is a mixture of all of them by weight.",
            6,
            (
                {"weights": "np.eye(scores.shape[-1])[scores.argmax(axis=-1)]"},
                {"shares": "np.eye(scores.shape[-1])[scores.argmax(axis=-1)]"},
                {"shares": "weights * (weights == weights.max(axis=-1, keepdims=True))"},
            ),
        ),
        Mistake(
            "lu_laststate",
            "the encoder's last (or first) state stands in the place of the context: one vector for the whole source, "
            "which is what attention replaces.",
            6,
            ({"context": "read[..., -1, :]"}, {"context": "read[..., 0, :]"}),
        ),
        Mistake(
            "lu_sign",
            "the sign of the scores is turned round: the encoder state that fits least gets the largest weight.",
            6,
            {"weights": "softmax(-scores)"},
        ),
        Mistake(
            "lu_untransposed",
            "the state is multiplied with the table of encoder states from the wrong side: it should meet every row. "
            "That works only where there are as many rows as columns, and gives other scores even there.",
            6,
            {"scores": "(state[..., None, :] @ read)[..., 0, :]"},
        ),
        Mistake(
            "lu_columns",
            "the weights are applied to the columns of the encoder states: each weight belongs to a row.",
            6,
            {"context": "(read @ shares[..., None])[..., 0]"},
        ),
        Mistake(
            "lu_batchmix",
            "the sentences of a batch are mixed: the state of one meets the encoder states of another.",
            6,
            (
                {"scores": "read @ (state if state.ndim < 2 else state[0])"},
                {"read": "encoder_states if encoder_states.ndim < 3 else encoder_states[:1]"},
            ),
        ),
        Mistake(
            "lu_residual",
            "the state is added to the result once more.",
            6,
            ({"attentional": "np.tanh(combined) + state"}, {"attentional": "np.tanh(combined + state)"}),
        ),
        Mistake(
            "lu_swapped",
            "the two results have changed places: the attentional state comes first, then the weights.",
            6,
            {"answer": "(weights, attentional)"},
        ),
        Mistake(
            "lu_onlystate",
            "only the attentional state comes back; the weights are asked for too.",
            6,
            {"answer": "attentional"},
        ),
        Mistake(
            "lu_onlyweights",
            "only the weights come back; the attentional state that is made with them is asked for too.",
            6,
            ({"answer": "weights"}, {"answer": "(weights, weights)"}),
        ),
        Mistake(
            "lu_scores",
            "the scores come back where the weights are asked for, before the softmax.",
            6,
            {"answer": "(attentional, scores)"},
        ),
        Mistake(
            "lu_contextback",
            "the context comes back as well, or in the place of the weights: asked are the attentional state and the "
            "weights.",
            6,
            (
                {"answer": "(attentional, context)"},
                {"answer": "(attentional, context, weights)"},
                {"answer": "(attentional, weights, context)"},
                {"answer": "(context, attentional)"},
            ),
        ),
    ],
)


# --- what a decoder reads in training ---


def _decoder_inputs(targets, start):
    return np.concatenate([np.full_like(targets[:, :1], start), targets[:, :-1]], axis=1)


decoder_inputs = Check(
    reference=_decoder_inputs,
    answer=Answer("""
def decoder_inputs(targets, start):
    known = targets
    first = np.full((len(known), 1), start)
    others = known[:, :-1]
    inputs = np.concatenate([first, others], axis=1)
    answer = inputs
    return answer
"""),
    returns={"inputs": "batch, target"},
    exercise="training.next_symbol_loss",
    about=(6, "Forced and free"),
    learns=False,
    not_checked="targets on a graphics card",
    examples=[
        Example("one sentence", (np.array([[5, 3, 8]]), 1)),
        Example("two sentences", (np.array([[5, 3, 8, 6], [4, 7, 9, 2]]), 1)),
        Example("as many sentences as symbols", (np.array([[5, 3, 8], [4, 7, 9], [6, 9, 2]]), 10)),
        Example("another start", (np.array([[14, 12, 15], [13, 18, 16]]), 11)),
        Example("padding behind a sentence", (np.array([[6, 4, 4, 2, 0], [3, 3, 5, 7, 2], [9, 2, 0, 0, 0]]), 1)),
        Example("sentences of one symbol", (np.array([[7], [4]]), 3)),
    ],
    mistakes=[
        Mistake(
            "di_leak",
            "these are the targets themselves: at each step the decoder would read the very symbol that it is to "
            "write, and would learn to copy it. It may read only what stands before.",
            6,
            ({"answer": "known"}, {"answer": "known.copy()"}),
        ),
        Mistake(
            "di_future",
            "the targets are shifted the other way: each step reads the symbol after the one that it is to write, "
            "from the future.",
            6,
            (
                {"inputs": "known[:, 1:]"},
                {"inputs": "np.concatenate([known[:, 1:], first], axis=1)"},
                {"inputs": "np.concatenate([known[:, 1:], 0 * first], axis=1)"},
                {"inputs": "np.roll(known, -1, axis=1)"},
                {"inputs": "np.concatenate([known[:, 1:], known[:, -1:]], axis=1)"},
                {"inputs": "np.concatenate([first, known[:, 2:], known[:, -1:]], axis=1)[:, : known.shape[1]]"},
            ),
        ),
        Mistake(
            "di_wraps",
            "the targets are rolled, so the last symbol comes round to the front: it is the start that belongs there.",
            6,
            ({"first": "known[:, -1:]"}, {"inputs": "np.roll(known, 1)"}),
        ),
        Mistake(
            "di_long",
            "one symbol too many: the start stands in front and the last target is still there. No step reads the "
            "last target, because nothing is written after it.",
            6,
            {"others": "known"},
        ),
        Mistake(
            "di_behind",
            "the start is put behind the targets; it is what the first step reads.",
            6,
            (
                {"inputs": "np.concatenate([others, first], axis=1)"},
                {"inputs": "np.concatenate([known, first], axis=1)"},
            ),
        ),
        Mistake(
            "di_overwrites",
            "the start takes the place of the first symbol, and nothing is shifted: from the second step on the "
            "decoder reads the symbol that it is to write.",
            6,
            {"others": "known[:, 1:]"},
        ),
        Mistake(
            "di_batch",
            "the shift goes along the first axis, from sentence to sentence. It belongs inside each sentence, from "
            "symbol to symbol.",
            6,
            (
                {"inputs": "np.concatenate([np.full_like(known[:1], start), known[:-1]], axis=0)"},
                {"inputs": "np.concatenate([np.full_like(known[:1], start), known], axis=0)"},
                {"inputs": "np.roll(known, 1, axis=0)"},
            ),
        ),
        Mistake(
            "di_nostart",
            "the start is missing in front: the last symbol is dropped, and the first step has nothing to read.",
            6,
            {"inputs": "others"},
        ),
        Mistake(
            "di_fixed",
            "something else stands at the front than the start that the function is given: padding, or a number that "
            "is written into the code.",
            6,
            (
                *({"first": f"np.full((len(known), 1), {n})"} for n in (0, 1, 2, -1, 3)),
                {"first": "known[:, :1]"},
                {"first": "np.full((len(known), 1), start + 1)"},
            ),
        ),
        Mistake(
            "di_onlystart",
            "every step reads the start: nothing of the targets is there.",
            6,
            (
                {"inputs": "np.full_like(known, start)"},
                {"inputs": "first"},
                {"others": "0 * known[:, :-1]"},
            ),
        ),
        Mistake(
            "di_repeated",
            "from the second step on every step reads the first symbol: a loop from left to right overwrites each "
            "symbol before it is handed on.",
            6,
            {"others": "np.repeat(known[:, :1], known.shape[1] - 1, axis=1)"},
        ),
        Mistake(
            "di_two",
            "the targets are shifted by two places; one is enough.",
            6,
            (
                {"inputs": "np.concatenate([first, first, known[:, :-2]], axis=1)[:, : known.shape[1]]"},
                {"others": "known[:, :-2]"},
            ),
        ),
        Mistake(
            "di_flat",
            "the sentences are strung together in one row: inserting and appending do that unless they are told an "
            "axis.",
            6,
            (
                {"inputs": "np.insert(known, 0, start)"},
                {"inputs": "np.insert(known, 0, start)[:-1]"},
                {"inputs": "np.insert(known, 0, start)[:-1].reshape(known.shape)"},
                {"inputs": "np.append(first, others)"},
            ),
        ),
        Mistake(
            "di_firstsentence",
            "the start is put before the first sentence only; every sentence of the batch begins with it.",
            6,
            (
                {"first": "np.concatenate([[[start]], known[1:, -1:]])"},
                {"first": "np.concatenate([[[start]], known[1:, :1]])"},
                {"first": "np.concatenate([[[start]], 0 * known[1:, :1]])"},
            ),
        ),
        Mistake(
            "di_onesentence",
            "only one sentence comes back; the function is given a batch of them.",
            6,
            ({"answer": "inputs[0]"}, {"answer": "inputs[:1]"}, {"answer": "inputs[-1]"}),
        ),
        Mistake(
            "di_reversed",
            "the symbols are turned round: the decoder reads them in the order in which it writes them.",
            6,
            (
                {"answer": "inputs[:, ::-1]"},
                {"answer": "known[:, ::-1]"},
                {"others": "known[:, ::-1][:, :-1]"},
                {"others": "known[:, :-1][:, ::-1]"},
            ),
        ),
        Mistake(
            "di_transposed",
            "the table is transposed: each sentence is a row.",
            6,
            {"answer": "inputs.T"},
        ),
        Mistake(
            "di_both",
            "a pair comes back; asked is only what the decoder reads.",
            6,
            ({"answer": "(inputs, known)"}, {"answer": "(known, inputs)"}, {"answer": "(inputs, known[:, 1:])"}),
        ),
        Mistake(
            "di_moved",
            "the start is added to the symbols, as a number; it is a symbol of its own and stands in front of them.",
            6,
            ({"answer": "known + start"}, {"answer": "np.concatenate([first, others + start], axis=1)"}),
        ),
    ],
)


# --- writing, symbol by symbol ---


def _writer(text, *, start, end, n_symbols, position=0):
    """The step of a decoder that writes a text if it is given what it wrote and the state that came back.

    The state holds the position and the symbol that was read last, 0 at the beginning.
    """
    (table,) = normals((position + len(text) + 3, n_symbols, n_symbols))  # (position, symbol read, symbol to write)
    table[-1, :, end] += 10  # whatever it is given, it comes to an end
    before = dict(enumerate((0, start, *text), position))  # position -> the symbol that is read one step earlier
    for place, (read, symbol) in enumerate(zip((start, *text), (*text, end), strict=True), position):
        row = table[place, read]
        row[symbol] = row.max() + 0.5
        row[row.argmin()] = -row[symbol] - 1

    def step(symbol, state):
        """The scores of the next symbol (symbol,), and the next state."""
        try:
            read = operator.index(symbol)
        except TypeError:
            raise TypeError(f"step takes the number of one symbol, got {type(symbol).__name__}") from None
        if read not in range(n_symbols):
            raise ValueError(f"step takes the number of a symbol from 0 to {n_symbols - 1}, got {read}")
        xp = namespace_of(state=state)
        place = min(max(int(state[0]), 0), len(table) - 1)
        other = int(state[1]) - before.get(place, int(state[1]))  # 0 if the state has read what was written
        scores = table[place, (read + 2 * other) % n_symbols]
        after = xp.asarray([float(state[0]) + 1, float(read)], dtype=state.dtype)
        return xp.asarray(scores, dtype=state.dtype, copy=True), after

    return step


def _to_write(label, text, longest, start=1, end=2, n_symbols=6, position=0):
    step = _writer(text, start=start, end=end, n_symbols=n_symbols, position=position)
    return Example(label, (step, np.array([float(position), 0.0]), start, end, longest))


def _greedy_decode(step, state, start, end, longest):
    written, symbol = [], start
    for _ in range(longest):
        scores, state = step(symbol, state)
        symbol = int(scores.argmax())
        if symbol == end:
            break
        written.append(symbol)
    return written


greedy_decode = Check(
    reference=_greedy_decode,
    answer=Answer("""
def greedy_decode(step, state, start, end, longest):
    first = start
    begin = state
    most = longest
    written = []
    symbol, current = first, begin
    while len(written) < most:
        fed = symbol
        held = current
        pair = step(fed, held)
        scores = pair[0]
        current = pair[1]
        symbol = int(np.argmax(scores))
        done = symbol == end
        if done:
            break
        written.append(symbol)
    answer = written
    return answer
"""),
    returns={"symbols": "written"},
    exercise="training.greedy_decode",
    about=(6, "Forced and free"),
    learns=False,
    lists=True,
    not_checked="several sentences at once",
    examples=[
        _to_write("two symbols", (3, 4), 10),
        _to_write("the end comes at once", (), 10),
        _to_write("the same symbol twice", (4, 4, 5), 10),
        _to_write("other numbers for start and end", (3, 1, 2, 4, 1), 10, start=5, end=0, n_symbols=7),
        _to_write("no end before the longest", (3, 5, 4, 3, 0, 5, 4), 4),
        _to_write("as many symbols as allowed", (5, 3, 0), 3),
        _to_write("one symbol at most", (4, 3, 5, 0), 1),
        _to_write("going on from a later state", (0, 6, 4), 8, start=3, end=5, n_symbols=7, position=2),
    ],
    mistakes=[
        Mistake(
            "gr_keepsend",
            "the end is kept in the list: it says that the text is over and is no part of it. Look for the end before "
            "you put the symbol into the list.",
            6,
            ({"answer": "written + [end] * done"}, {"answer": "written + [end]"}),
        ),
        Mistake(
            "gr_keepsstart",
            "the start is kept in the list: it was read, not written.",
            6,
            ({"answer": "[start] + written"}, {"answer": "[start] + written", "most": "longest - 1"}),
        ),
        Mistake(
            "gr_keepsboth",
            "start and end are kept in the list; asked are the symbols between them.",
            6,
            (
                {"answer": "[start] + written + [end] * done"},
                {"answer": "[start] + written + [end]"},
                {"answer": "[start] + written + [end] * (len(written) < most)", "most": "longest - 1"},
            ),
        ),
        Mistake(
            "gr_samesymbol",
            "the start is read at every step: a step reads the symbol that was written last.",
            6,
            {"fed": "start"},
        ),
        Mistake(
            "gr_samestate",
            "every step goes on from the first state: the state that a step gives back belongs to the next one.",
            6,
            {"held": "state"},
        ),
        Mistake(
            "gr_zerostate",
            "the first step does not go on from the state that the function is given: it starts from zeros.",
            6,
            ({"begin": "0 * state"}, {"begin": "np.zeros_like(state)"}),
        ),
        Mistake(
            "gr_argmin",
            "the symbol with the lowest score is written; the best one has the highest.",
            6,
            ({"symbol": "int(np.argmin(scores))"}, {"symbol": "int(np.argsort(scores)[0])"}),
        ),
        Mistake(
            "gr_second",
            "the symbol with the second highest score is written. Sorting is from small to large, and the last place "
            "is -1.",
            6,
            ({"symbol": "int(np.argsort(scores)[-2])"}, {"symbol": "int(np.argsort(-scores)[1])"}),
        ),
        Mistake(
            "gr_sizes",
            "scores are compared by their size without the sign: a very low score is not a high one.",
            6,
            ({"symbol": "int(np.argmax(np.abs(scores)))"}, {"symbol": "int(np.argmax(scores**2))"}),
        ),
        Mistake(
            "gr_score",
            "the highest score is taken for a symbol; a symbol is the place at which the highest score stands.",
            6,
            ({"symbol": "int(np.max(scores))"}, {"symbol": "round(float(np.max(scores)))"}),
        ),
        Mistake(
            "gr_readsscores",
            "the step is given something else to read than a symbol: scores, one score, or the state. It reads the "
            "number of the symbol that was written last, and its second argument is the state.",
            6,
            ({"fed": "symbol if len(written) == 0 else scores"}, {"symbol": "float(np.max(scores))"}),
            names=("argmax", "max", "argsort", "append", "range", "len", "int"),
        ),
        Mistake(
            "gr_wrongpart",
            "the two results of the step have changed places: the scores come first, then the state.",
            6,
            (
                {"scores": "pair[1]", "current": "pair[0]"},
                {"scores": "pair[1]"},
                {"symbol": "int(np.argmax(held))"},
            ),
        ),
        Mistake(
            "gr_noend",
            "the loop does not stop at the end, or waits for another symbol than the end: it writes on until there "
            "are as many symbols as allowed.",
            6,
            (
                {"done": "False"},
                {"done": "symbol == start"},
                {"done": "symbol is None"},
                {"done": "False", "answer": "[symbol for symbol in written if symbol != end]"},
            ),
        ),
        Mistake(
            "gr_fixedend",
            "the number of the end is written into the code (2, 0, or the last of all); it is an argument.",
            6,
            (
                {"done": "symbol == 2"},
                {"done": "symbol == 0"},
                {"done": "symbol == len(scores) - 1"},
            ),
        ),
        Mistake(
            "gr_fixedstart",
            "the first step reads another symbol than the start that the function is given.",
            6,
            ({"first": "1"}, {"first": "0"}, {"first": "2"}, {"first": "end"}),
        ),
        Mistake(
            "gr_nolimit",
            "where the end does not come, the loop goes on beyond `longest`: there is no limit, or one that is written "
            "into the code. An untrained decoder may never write the end.",
            6,
            tuple({"most": most} for most in ("50", "longest + 50", "5")),
        ),
        Mistake(
            "gr_onemore",
            "one symbol too many where the end does not come: at most `longest` are asked for.",
            6,
            {"most": "longest + 1"},
        ),
        Mistake(
            "gr_oneless",
            "one symbol too few where the end does not come: a range leaves its last number out already, the start is "
            "not counted, and what stands last in the list is a symbol of the text there, not the end.",
            6,
            ({"most": "longest - 1"}, {"answer": "written if done else written[:-1]"}),
        ),
        Mistake(
            "gr_cutslast",
            "the last symbol is cut off as if it were the end, which was never put into the list.",
            6,
            {"answer": "written[:-1]"},
        ),
        Mistake(
            "gr_cutsfirst",
            "the first symbol is cut off as if it were the start.",
            6,
            ({"answer": "written[1:]"}, {"answer": "written[1:] + [end] * done"}),
        ),
        Mistake(
            "gr_onlyfirst",
            "only the first symbol comes back: does `return` stand inside the loop?",
            6,
            {"answer": "written[:1]"},
        ),
        Mistake(
            "gr_onlylast",
            "only the last symbol comes back: each one takes the place of the one before in place of standing behind "
            "it.",
            6,
            ({"answer": "written[-1:]"}, {"answer": "symbol"}, {"answer": "[symbol]"}),
        ),
        Mistake(
            "gr_padded",
            "the list is filled up to its full length; it ends where the text ends.",
            6,
            (
                {"answer": "written + [0] * (longest - len(written))"},
                {"answer": "written + [end] * (longest - len(written))"},
            ),
        ),
        Mistake("gr_empty", "an empty list comes back: nothing is put into it.", 6, {"answer": "[]"}),
        Mistake(
            "gr_reversed",
            "the symbols are in the wrong order: each one belongs behind those before it.",
            6,
            ({"answer": "written[::-1]"}, {"answer": "sorted(written)"}),
        ),
        Mistake(
            "gr_repeat",
            "the loop stops, or a symbol is left out, where the same symbol comes twice; a text may repeat itself.",
            6,
            (
                {"done": "symbol in (end, fed)"},
                {"done": "symbol == end or symbol in written"},
                {"answer": "list(dict.fromkeys(written))"},
                {"answer": "[a for a, b in zip(written, [None, *written]) if a != b]"},
            ),
        ),
        Mistake(
            "gr_early",
            "the loop stops as soon as the end has a high score. It stops when the end is written, that is, when no "
            "symbol has a higher one.",
            6,
            (
                {"done": "scores[end] > 0"},
                {"done": "softmax(scores)[end] > 0.1"},
                {"done": "softmax(scores)[end] > 0.2"},
            ),
        ),
        Mistake(
            "gr_late",
            "the loop stops only where the end has a share above one half (or a score above some number). It stops "
            "where the end has the highest score of all.",
            6,
            (
                {"done": "softmax(scores)[end] > 0.5"},
                {"done": "softmax(scores)[end] > 0.9"},
                {"done": "scores[end] > 5"},
            ),
        ),
        Mistake(
            "gr_twosteps",
            "two steps are made for every symbol: one call of the step gives both the scores and the next state.",
            6,
            (
                {"scores": "step(fed, pair[1])[0]"},
                {"current": "step(fed, pair[1])[1]"},
                {"current": "step(int(np.argmax(pair[0])), pair[1])[1]"},
                {"current": "step(int(np.argmax(pair[0])), held)[1]"},
            ),
        ),
        Mistake(
            "gr_read",
            "the list holds what was read, not what was written: everything stands one place too late, behind the "
            "start.",
            6,
            {"answer": "[start, *written][: len(written)]"},
        ),
        Mistake(
            "gr_count",
            "the number of symbols comes back; asked are the symbols.",
            6,
            ({"answer": "len(written)"}, {"answer": "list(range(len(written)))"}),
        ),
    ],
)
