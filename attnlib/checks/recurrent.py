"""Checks of a recurrent network's states and of two measures, chapter 1: exact match and the factor per step."""

from itertools import accumulate

import numpy as np

from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.check import Check
from attnlib.checks.examples import EXTREME, Example, normals

# --- the states of a recurrent cell ---


def _states(inputs, w_input, w_state):
    states, state = [], np.zeros((*inputs.shape[:-2], w_state.shape[0]))
    for t in range(inputs.shape[-2]):
        state = np.tanh(inputs[..., t, :] @ w_input + state @ w_state)
        states.append(state)
    return np.stack(states, axis=-2)


def _cell(inputs, d_state):
    """Inputs of a shape, and matrices for them of half the size, so that tanh stays off its ends."""
    inputs, w_input, w_state = normals(inputs, (inputs[-1], d_state), (d_state, d_state))
    return inputs, w_input / 2, w_state / 2


def _one_by_one(x, state, w_input, w_state):
    """A state in which each number is changed in its place, so that the later ones are made with the new ones."""
    state = state.copy()
    for j in range(state.shape[-1]):
        state[..., j] = np.tanh(x @ w_input[:, j] + state @ w_state[:, j])
    return state


rnn_states = Check(
    reference=_states,
    answer=Answer(
        """
def rnn_states(inputs, w_input, w_state):
    given = np.moveaxis(inputs, -2, 0)
    start = np.zeros((*inputs.shape[:-2], len(w_state)))
    inner = lambda x, state: x @ w_input + state @ w_state
    step = lambda state, x: np.tanh(inner(x, state))
    found = list(accumulate(given, step, initial=start))
    states = np.stack(found[1:], axis=-2)
    return states
""",
        accumulate=accumulate,
        one_by_one=_one_by_one,
    ),
    returns={"states": "time, d_state"},
    exercise="layers.Encoder",
    about=(1, "A real network, step by step"),
    keeps_precision=False,
    not_checked="speed",
    examples=[
        Example(
            "two steps", (np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.5, -0.2], [0.1, 0.4]]), _cell((2, 2), 2)[2])
        ),
        Example("all sizes different", _cell((3, 4), 2)),
        Example("everything of one size", _cell((3, 3), 3)),
        Example("one step", _cell((1, 3), 2)),
        Example("a batch", _cell((2, 3, 4), 3)),
        Example("a batch with everything of one size", _cell((3, 3, 3), 3)),
        Example("a long sequence", _cell((8, 2), 2)),
        Example(
            "huge inputs",
            (np.array([[1000.0, -900.0], [0.5, 1000.0], [-1000.0, 0.1]]), np.eye(2), np.eye(2)),
            kind=EXTREME,
        ),
        Example(
            "whole numbers",
            (np.array([[1, 0], [0, 2]]), np.array([[1, 0], [-1, 1]]), np.array([[1, 1], [0, 1]])),
            kind=EXTREME,
            may_refuse=True,
        ),
    ],
    mistakes=[
        Mistake(
            "rn_nostate",
            "the state of the step before takes no part: every step starts again from zeros.",
            1,
            {"inner": "lambda x, state: x @ w_input"},
        ),
        Mistake(
            "rn_nomatrix",
            "the state of the step before is added as it is: it has a matrix of its own, which it must meet first.",
            1,
            {"inner": "lambda x, state: x @ w_input + state"},
        ),
        Mistake(
            "rn_notanh",
            "tanh is missing: each state should lie between -1 and 1.",
            1,
            {"step": "lambda state, x: inner(x, state)"},
        ),
        Mistake(
            "rn_tanhpart",
            "tanh is taken of one of the two parts; it should be taken of their sum.",
            1,
            (
                {"step": "lambda state, x: x @ w_input + np.tanh(state @ w_state)"},
                {"step": "lambda state, x: x @ w_input + np.tanh(state) @ w_state"},
                {"step": "lambda state, x: np.tanh(x @ w_input) + state @ w_state"},
                {"step": "lambda state, x: np.tanh(x @ w_input) + np.tanh(state @ w_state)"},
                {"step": "lambda state, x: np.tanh(x) @ w_input + state @ w_state"},
            ),
        ),
        Mistake(
            "rn_tanhtwice",
            "tanh is applied twice: once for each step is enough.",
            1,
            (
                {"step": "lambda state, x: np.tanh(np.tanh(inner(x, state)))"},
                {"inner": "lambda x, state: x @ w_input + np.tanh(state) @ w_state"},
                {"inner": "lambda x, state: x @ w_input + np.tanh(state @ w_state)"},
                {"inner": "lambda x, state: np.tanh(x @ w_input) + state @ w_state"},
                {"inner": "lambda x, state: np.tanh(x @ w_input) + np.tanh(state @ w_state)"},
                {"states": "np.tanh(np.stack(found[1:], axis=-2))"},
            ),
        ),
        Mistake(
            "rn_tanhend",
            "tanh is taken once, at the end; every step should take it before it hands its state on.",
            1,
            {"step": "lambda state, x: inner(x, state)", "states": "np.tanh(np.stack(found[1:], axis=-2))"},
        ),
        Mistake(
            "rn_last",
            "only the last state comes back; one for each step is asked for.",
            1,
            (
                {"states": "found[-1]"},
                {"states": "found[-1][..., None, :]"},
            ),
        ),
        Mistake(
            "rn_backwards",
            "the inputs are read from the last to the first.",
            1,
            (
                {"given": "np.moveaxis(inputs, -2, 0)[::-1]"},
                {"given": "np.moveaxis(inputs, -2, 0)[::-1]", "states": "np.stack(found[:0:-1], axis=-2)"},
            ),
        ),
        Mistake(
            "rn_reversed",
            "the states come back in the reverse order: the last one stands first.",
            1,
            {"states": "np.stack(found[:0:-1], axis=-2)"},
        ),
        Mistake(
            "rn_before",
            "one step late: row t has not read input t yet, and the first row is zeros. Either the state is kept "
            "before the step and not after it, or each step reads the input of the step before.",
            1,
            (
                {"states": "np.stack(found[:-1], axis=-2)"},
                {
                    "given": "np.roll(np.moveaxis(inputs, -2, 0), 1, axis=0) * (np.arange(inputs.shape[-2]) > 0)"
                    ".reshape(-1, *[1] * (inputs.ndim - 1))"
                },
            ),
        ),
        Mistake(
            "rn_wrapped",
            "the first step reads the last input: an index of t - 1 is -1 there, and Python counts that from the end.",
            1,
            {"given": "np.roll(np.moveaxis(inputs, -2, 0), 1, axis=0)"},
        ),
        Mistake(
            "rn_toomany",
            "one state too many: the zeros of the start come back as well.",
            1,
            {"states": "np.stack(found, axis=-2)"},
        ),
        Mistake(
            "rn_skipfirst",
            "the first step is skipped: a loop starts at 1.",
            1,
            (
                {"given": "np.moveaxis(inputs, -2, 0)[1:]"},
                {"given": "np.moveaxis(inputs, -2, 0)[1:]", "states": "np.stack(found, axis=-2)"},
            ),
        ),
        Mistake(
            "rn_skiplast",
            "the last step is missing: a loop stops one too early.",
            1,
            (
                {"given": "np.moveaxis(inputs, -2, 0)[:-1]"},
                {"given": "np.moveaxis(inputs, -2, 0)[:-1]", "states": "np.stack([*found[1:], 0 * start], axis=-2)"},
            ),
        ),
        Mistake(
            "rn_onestep",
            "only the first input is read: a `return` stands inside the loop.",
            1,
            (
                {"states": "found[1]"},
                {"states": "found[1][..., None, :]"},
                {"states": "np.stack([found[1], *[0 * start] * (len(given) - 1)], axis=-2)"},
            ),
        ),
        Mistake(
            "rn_transposed",
            "the matrix of the state is transposed: the state is a row and stands on its left.",
            1,
            (
                {"inner": "lambda x, state: x @ w_input + state @ w_state.T"},
                {"inner": "lambda x, state: x @ w_input + w_state @ state"},
            ),
        ),
        Mistake(
            "rn_columns",
            "the matrices stand in front, as for columns, or are transposed: inputs and states are rows here, and a "
            "row stands on the left of its matrix.",
            1,
            (
                {"inner": "lambda x, state: w_input @ x + w_state @ state"},
                {"inner": "lambda x, state: x @ w_input.T + state @ w_state.T"},
                {"inner": "lambda x, state: w_input @ x + state @ w_state"},
            ),
        ),
        Mistake(
            "rn_matrixfirst",
            "the matrix stands in front of the vector. With a transposed matrix that fits one sequence; in a batch the "
            "states of a step are a table, one row for each sequence, and its rows must meet the matrix.",
            1,
            (
                {"inner": "lambda x, state: w_input.T @ x + w_state.T @ state"},
                {"inner": "lambda x, state: x @ w_input + w_state.T @ state"},
            ),
        ),
        Mistake(
            "rn_swapped",
            "the two matrices have changed places: one is for the inputs, the other for the state.",
            1,
            {"inner": "lambda x, state: x @ w_state + state @ w_input"},
        ),
        Mistake(
            "rn_noinput",
            "the inputs are added as they are: they have a matrix of their own, which they must meet first.",
            1,
            {"inner": "lambda x, state: x + state @ w_state"},
        ),
        Mistake(
            "rn_onematrix",
            "the sum of input and state meets one matrix: each of the two has its own.",
            1,
            (
                {"inner": "lambda x, state: (x + state) @ w_state"},
                {"inner": "lambda x, state: (x + state) @ w_input"},
                {"inner": "lambda x, state: (x @ w_input + state) @ w_state"},
            ),
        ),
        Mistake(
            "rn_product",
            "the two parts are multiplied where their sum is meant: nothing can leave the zeros of the start.",
            1,
            {"inner": "lambda x, state: (x @ w_input) * (state @ w_state)"},
        ),
        Mistake(
            "rn_minus",
            "the part of the state is subtracted where it should be added.",
            1,
            {"inner": "lambda x, state: x @ w_input - state @ w_state"},
        ),
        Mistake(
            "rn_sigmoid",
            "this is the logistic function, from 0 to 1, in the place of tanh, which goes from -1 to 1.",
            1,
            {"step": "lambda state, x: 1 / (1 + np.exp(-inner(x, state)))"},
        ),
        Mistake(
            "rn_relu",
            "negative numbers are cut off (ReLU) where tanh is asked for.",
            1,
            {"step": "lambda state, x: np.maximum(inner(x, state), 0)"},
        ),
        Mistake(
            "rn_clip",
            "the numbers are cut off at -1 and 1; tanh bends towards these ends.",
            1,
            {"step": "lambda state, x: np.clip(inner(x, state), -1, 1)"},
        ),
        Mistake(
            "rn_residual",
            "the state of the step before is added to the new one; the new one takes its place.",
            1,
            ({"step": "lambda state, x: state + np.tanh(inner(x, state))"},),
        ),
        Mistake(
            "rn_shared",
            "every row holds the last state. If you collect the states in a list, it holds one array many times: "
            "changed in place, that array changes in every row.",
            1,
            {"states": "np.stack([found[-1]] * len(given), axis=-2)"},
        ),
        Mistake(
            "rn_timefirst",
            "for a batch the axes come as (time, batch, d_state); time should stand before the last axis, as in the "
            "inputs.",
            1,
            {"states": "np.stack(found[1:])"},
        ),
        Mistake(
            "rn_timelast",
            "the axes come as (d_state, time): the states stand in columns, and they should stand in rows.",
            1,
            {"states": "np.stack(found[1:], axis=-1)"},
        ),
        Mistake(
            "rn_side",
            "the states are joined end to end into one long row; each should be a row of its own.",
            1,
            {"states": "np.concatenate(found[1:], axis=-1)"},
        ),
        Mistake(
            "rn_batchtime",
            "the loop runs over the first axis: in a batch that is the sequences, and time comes after it.",
            1,
            (
                {"given": "inputs", "start": "np.zeros(len(w_state))", "states": "np.stack(found[1:])"},
                {"given": "inputs", "start": "np.zeros((*inputs.shape[1:-1], len(w_state)))"},
                {"given": "[inputs[..., t, :] for t in range(len(inputs))]"},
            ),
        ),
        Mistake(
            "rn_likeinputs",
            "the array for the states is made like the inputs: a state has d_state numbers, an input has d_input.",
            1,
            (
                {
                    "start": "np.zeros_like(inputs[..., 0, :])",
                    "states": "np.stack(found[1:], axis=-2).astype(inputs.dtype)",
                },
                {"start": "np.zeros_like(inputs[..., 0, :])"},
            ),
            names=("zeros_like", "empty_like", "ones_like"),
        ),
        Mistake(
            "rn_elementwise",
            "`*` multiplies entry by entry; the row of numbers has to meet every column of its matrix.",
            1,
            (
                {"inner": "lambda x, state: x @ w_input + state * w_state"},
                {"inner": "lambda x, state: x * w_input + state @ w_state"},
                {"inner": "lambda x, state: x * w_input + state * w_state"},
            ),
        ),
        Mistake(
            "rn_carried",
            "the state goes over from one sequence of the batch to the next; every sequence starts from zeros.",
            1,
            {
                "given": "inputs.reshape(-1, inputs.shape[-1])",
                "start": "np.zeros(len(w_state))",
                "states": "np.stack(found[1:]).reshape(*inputs.shape[:-1], -1)",
            },
        ),
        Mistake(
            "rn_start",
            "the first step finds something other than zeros in the place of a state.",
            1,
            (
                {"start": "np.ones((*inputs.shape[:-2], len(w_state)))"},
                {"start": "np.broadcast_to(w_state[0], (*inputs.shape[:-2], len(w_state)))"},
            ),
        ),
        Mistake(
            "rn_firsttwice",
            "the first input is read twice: once for the start, and once more in the loop.",
            1,
            (
                {"start": "given[0] @ w_input"},
                {"start": "np.tanh(given[0] @ w_input)"},
            ),
        ),
        Mistake(
            "rn_rawfirst",
            "the first state is made without tanh, before the loop.",
            1,
            {"found": "[start, *accumulate(given[1:], step, initial=given[0] @ w_input)]"},
        ),
        Mistake(
            "rn_onebyone",
            "the numbers of a state are changed one after the other in one array, so that the later ones are made with "
            "new numbers: keep the old state until the new one is whole.",
            1,
            {"step": "lambda state, x: one_by_one(x, state, w_input, w_state)"},
        ),
        Mistake(
            "rn_window",
            "a step reads the input before it and not the state: whatever came earlier is forgotten.",
            1,
            {
                "found": "[start, *(np.tanh(inner(x, before)) for x, before in"
                " zip(given, [start, *np.tanh(given @ w_input)]))]"
            },
        ),
        Mistake(
            "rn_nostep",
            "the matrix of the state meets the input of the same step; it is there for the state of the step before.",
            1,
            (
                {"inner": "lambda x, state: x @ w_input + x @ w_input @ w_state"},
                {"inner": "lambda x, state: x @ w_input + np.tanh(x @ w_input) @ w_state"},
                {"inner": "lambda x, state: x @ w_input @ w_state"},
            ),
        ),
        Mistake(
            "rn_cumulative",
            "the states are added up on the way: each row should hold one state.",
            1,
            {"states": "np.cumsum(np.stack(found[1:], axis=-2), axis=-2)"},
        ),
        Mistake(
            "rn_overflow",
            "right for small numbers, but the exponential of a large one overflows, and inf/inf is nan: the library's "
            "own tanh avoids that.",
            1,
            {
                "step": "lambda state, x: (np.exp(inner(x, state)) - np.exp(-inner(x, state)))"
                " / (np.exp(inner(x, state)) + np.exp(-inner(x, state)))"
            },
        ),
        Mistake(
            "rn_whole",
            "the states are cut to whole numbers: the array for the result was made with the type of the inputs.",
            1,
            ({"states": "np.stack(found[1:], axis=-2).astype(inputs.dtype)"},),
        ),
        Mistake(
            "rn_rounded",
            "the states are rounded: rounding is for printing.",
            1,
            tuple({"states": f"np.round(np.stack(found[1:], axis=-2), {digits})"} for digits in (1, 2, 3)),
            alone=True,
        ),
    ],
)


# --- the share of sequences that are right from end to end ---


def _exact_match(outputs, targets):
    return sum(tuple(a) == tuple(b) for a, b in zip(outputs, targets, strict=True)) / len(targets)


def _of_symbols(*texts):
    """Sequences of symbols, given as texts with spaces."""
    return [tuple(text.split()) for text in texts]


exact_match = Check(
    reference=_exact_match,
    answer=Answer("""
def exact_match(outputs, targets):
    pairs = list(zip(outputs, targets))
    equal = lambda a, b: a == b
    right = [equal(a, b) for a, b in pairs]
    share = sum(right) / len(right)
    return share
"""),
    returns={"share": ""},
    exercise="training.exact_match_by_length",
    about=(1, "A real network, step by step"),
    learns=False,
    not_checked="outputs without targets",
    examples=[
        Example("one of two", (_of_symbols("A B", "C"), _of_symbols("A B", "D"))),
        Example("too short", (_of_symbols("A", "B", "A B"), _of_symbols("A B", "A B", "A B"))),
        Example("too long", (_of_symbols("A B C", "C A B", "A B"), _of_symbols("A B", "A B", "A B"))),
        Example("all right", (_of_symbols("A B", "B"), _of_symbols("A B", "B"))),
        Example("none right", (_of_symbols("A C B", "C C"), _of_symbols("A B B", "C D"))),
        Example("other orders", (_of_symbols("B A", "A A B", "C D", "D"), _of_symbols("A B", "A B B", "C D", "D"))),
        Example(
            "symbols of several letters",
            (_of_symbols("AB", "ja nein", "A BC", "A"), _of_symbols("A B", "ja nein", "AB C", "B")),
        ),
        Example("the same again and again", (_of_symbols("A", "A", "A", "B C"), _of_symbols("A", "A", "B", "B C"))),
        Example(
            "targets of others",
            (_of_symbols("A", "B", "C D", "C", "E"), _of_symbols("B", "A", "C D", "E", "F")),
        ),
        Example("an empty output", (_of_symbols("", "A B", "A"), _of_symbols("A", "A B", "A"))),
        Example(
            "wrong in the middle, at the beginning, at the end",
            (_of_symbols("A C B D", "C B", "A C", "D D D", "D"), _of_symbols("A B B D", "A B", "A B", "D D D", "D")),
        ),
    ],
    mistakes=[
        Mistake(
            "em_symbols",
            "this is a share of right symbols: a sequence with one wrong symbol should count nothing.",
            1,
            (
                *(
                    {"share": f"sum(x == y for a, b in pairs for x, y in zip(a, b)) / sum({size} for a, b in pairs)"}
                    for size in ("len(b)", "len(a)", "max(len(a), len(b))", "min(len(a), len(b))")
                ),
                *(
                    {"right": f"[sum(x == y for x, y in zip(a, b)) / max(1, {size}) for a, b in pairs]"}
                    for size in ("len(b)", "len(a)", "max(len(a), len(b))", "min(len(a), len(b))")
                ),
            ),
        ),
        Mistake(
            "em_prefix",
            "a sequence that ends too early, or goes on too long, counts as right: only the symbols that both have are "
            "compared, as `zip` does.",
            1,
            (
                {"equal": "lambda a, b: all(x == y for x, y in zip(a, b))"},
                {"equal": "lambda a, b: a[: len(b)] == b"},
                {"equal": "lambda a, b: a == b[: len(a)]"},
                {"equal": "lambda a, b: all(a[i] == b[i] for i in range(len(b)))"},
                {"equal": "lambda a, b: all(a[i] == b[i] for i in range(len(a)))"},
            ),
        ),
        Mistake(
            "em_order",
            "the order of the symbols, or how often each one stands there, makes no difference: sets, sorted lists and "
            "counts forget it.",
            1,
            (
                {"equal": "lambda a, b: set(a) == set(b)"},
                {"equal": "lambda a, b: sorted(a) == sorted(b)"},
                {"equal": "lambda a, b: len(a) == len(b) and set(a) == set(b)"},
            ),
        ),
        Mistake(
            "em_contained",
            "an output counts as right if it contains the symbols of its target, whatever else it contains.",
            1,
            (
                {"equal": "lambda a, b: all(y in a for y in b)"},
                {"equal": "lambda a, b: ' '.join(b) in ' '.join(a)"},
                {"equal": "lambda a, b: ''.join(b) in ''.join(a)"},
                {"equal": "lambda a, b: all(x in b for x in a)"},
            ),
        ),
        Mistake(
            "em_count",
            "this is how many are right; the share of them is asked for.",
            1,
            ({"share": "sum(right)"}, {"share": "float(sum(right))"}),
        ),
        Mistake(
            "em_wrong",
            "this is the share of wrong ones.",
            1,
            ({"share": "1 - sum(right) / len(right)"}, {"equal": "lambda a, b: a != b"}),
        ),
        Mistake(
            "em_onesymbol",
            "of each sequence only an end is compared: its first symbol, its last one, or both.",
            1,
            (
                {"equal": "lambda a, b: a[:1] == b[:1]"},
                {"equal": "lambda a, b: a[-1:] == b[-1:]"},
                {"equal": "lambda a, b: a[0] == b[0]"},
                {"equal": "lambda a, b: a[-1] == b[-1]"},
                {"equal": "lambda a, b: a[:1] == b[:1] and a[-1:] == b[-1:]"},
            ),
        ),
        Mistake(
            "em_anysymbol",
            "one right symbol makes the whole sequence count as right.",
            1,
            {"equal": "lambda a, b: any(x == y for x, y in zip(a, b))"},
        ),
        Mistake(
            "em_never",
            "no output counts as right, not even an equal one: `is` asks whether two things are one and the same in "
            "memory, and a tuple never equals a list or a text.",
            1,
            ({"equal": "lambda a, b: a is b"}, {"equal": "lambda a, b: False"}),
        ),
        Mistake(
            "em_lengths",
            "the lengths are compared, not the symbols.",
            1,
            {"equal": "lambda a, b: len(a) == len(b)"},
        ),
        Mistake(
            "em_distinct",
            "what comes several times counts once: a set keeps one of each.",
            1,
            (
                {"share": "sum(right) / len(set(targets))"},
                {"share": "sum(right) / len(set(outputs))"},
                {"share": "len(set(outputs) & set(targets)) / len(set(targets))"},
                {"share": "len(set(outputs) & set(targets)) / len(targets)"},
                {"share": "sum(a == b for a, b in set(pairs)) / len(set(pairs))"},
                {"share": "sum(a == b for a, b in set(pairs)) / len(pairs)"},
                {"share": "sum(a == b for a, b in dict(pairs).items()) / len(dict(pairs))"},
                {"share": "sum(a == b for a, b in dict(pairs).items()) / len(pairs)"},
            ),
        ),
        Mistake(
            "em_anyplace",
            "an output counts as right if it is anybody's target: each has its own.",
            1,
            ({"right": "[a in targets for a in outputs]"}, {"right": "[b in outputs for b in targets]"}),
        ),
        Mistake(
            "em_joined",
            "the symbols are joined into one text: then one symbol of two letters is the same as two symbols of one.",
            1,
            {"equal": "lambda a, b: ''.join(a) == ''.join(b)"},
        ),
        Mistake(
            "em_all",
            "this says whether all are right, as a division by `//` does, too; the share of right ones is asked for.",
            1,
            (
                {"share": "all(right)"},
                {"share": "float(all(right))"},
                {"share": "int(all(right))"},
                {"share": "sum(right) // len(right)"},
            ),
        ),
        Mistake(
            "em_any",
            "this says whether any is right; the share of right ones is asked for.",
            1,
            ({"share": "any(right)"}, {"share": "float(any(right))"}),
        ),
        Mistake(
            "em_flag",
            'after the first wrong sequence none counts: does the loop end there, or is what says "wrong" not set back '
            "for the next one?",
            1,
            {"share": "sum(all(right[: i + 1]) for i in range(len(right))) / len(right)"},
        ),
        Mistake(
            "em_list",
            "for each sequence comes back whether it is right; one number for all of them is asked for.",
            1,
            ({"share": "right"}, {"share": "np.array(right)"}, {"share": "np.array(right) * 1.0"}),
        ),
        Mistake(
            "em_percent",
            "these are percent; a share lies between 0 and 1.",
            1,
            {"share": "100 * sum(right) / len(right)"},
        ),
        Mistake(
            "em_below",
            "the number of right sequences is divided by a number of symbols; divide by the number of sequences.",
            1,
            (
                {"share": "sum(right) / sum(len(b) for b in targets)"},
                {"share": "sum(right) / sum(len(a) for a in outputs)"},
                {"share": "sum(right) / max(len(b) for b in targets)"},
                {"share": "sum(right) / len(targets[0])"},
            ),
        ),
        Mistake(
            "em_first",
            "only the first pair is looked at: a `return` stands inside the loop.",
            1,
            ({"share": "float(right[0])"}, {"share": "right[0] / len(right)"}, {"share": "right[0]"}),
        ),
        Mistake(
            "em_skip",
            "one pair is left out, the first or the last: where does the loop begin, and where does it stop?",
            1,
            (
                {"share": "sum(right[1:]) / len(right)"},
                {"share": "sum(right[:-1]) / len(right)"},
                {"share": "sum(right[1:]) / len(right[1:])"},
                {"share": "sum(right[:-1]) / len(right[:-1])"},
            ),
        ),
        Mistake(
            "em_product",
            "the number of right ones and the number of all are multiplied; a share divides the one by the other.",
            1,
            {"share": "sum(right) * len(right)"},
        ),
        Mistake(
            "em_inverse",
            "the share stands upside down: all by the right ones.",
            1,
            {"share": "len(right) / sum(right)"},
        ),
        Mistake(
            "em_odds",
            "the right ones are divided by the wrong ones; divide by all.",
            1,
            {"share": "sum(right) / (len(right) - sum(right))"},
        ),
        Mistake(
            "em_rounded",
            "the share is rounded: rounding is for printing.",
            1,
            tuple({"share": f"round(sum(right) / len(right), {digits})"} for digits in (0, 1, 2)),
            alone=True,
        ),
    ],
)


# --- how fast norms fall or grow ---


def _factor(norms):
    distance = np.arange(len(norms)) - (len(norms) - 1) / 2
    return np.exp((distance * np.log(norms)).sum() / (distance**2).sum())


factor_per_step = Check(
    reference=_factor,
    answer=Answer("""
def factor_per_step(norms):
    distance = np.arange(len(norms))
    heights = np.log(norms)
    line = np.polyfit(distance, heights, 1)
    slope = line[0]
    factor = np.exp(slope)
    return factor
"""),
    returns={"factor": ""},
    exercise="training.train",
    about=(1, "How far back does learning reach?"),
    learns=False,
    not_checked="norms of zero",
    examples=[
        Example("halved each time", (np.array([8.0, 4.0, 2.0, 1.0]),)),
        Example("three norms", (np.array([2.0, 3.0, 2.5]),)),
        Example("not quite regular", (np.array([5.0, 2.0, 2.5, 0.6, 0.5]),)),
        Example("growing", (np.array([0.3, 0.5, 0.4, 1.2, 1.5, 4.0]),)),
        Example("an odd end", (np.array([1.0, 0.9, 0.8, 0.75, 0.1]),)),
        Example("all the same", (np.array([3.0, 3.0, 3.0]),)),
        Example("twelve norms", (np.exp(np.linspace(1.0, -3.0, 12) + normals((12,))[0] / 4),)),
        Example("tiny norms", (np.array([1e-10, 3e-14, 1e-16, 2e-20]),), kind=EXTREME),
        Example("huge norms", (np.array([1e3, 2e8, 3e12, 1e17]),), kind=EXTREME),
    ],
    mistakes=[
        Mistake(
            "fa_slope",
            "this is the slope of the line through the logarithms, or minus that: which factor has this logarithm?",
            1,
            ({"factor": "slope"}, {"factor": "-slope"}),
        ),
        Mistake(
            "fa_base",
            "the logarithms have one base, and the power at the end has another.",
            1,
            (
                {"heights": "np.log10(norms)"},
                {"factor": "10.0 ** slope"},
                {"heights": "np.log2(norms)"},
                {"factor": "2.0 ** slope"},
                {"heights": "np.log10(norms)", "factor": "2.0 ** slope"},
                {"heights": "np.log2(norms)", "factor": "10.0 ** slope"},
            ),
        ),
        Mistake(
            "fa_meanratio",
            "this is the mean of the ratios of neighbours, in which one large ratio outweighs many small ones. The "
            "line through the logarithms is asked for.",
            1,
            ({"factor": "np.mean(norms[1:] / norms[:-1])"}, {"factor": "np.sum(norms[1:] / norms[:-1]) / len(norms)"}),
        ),
        Mistake(
            "fa_medianratio",
            "this is the median of the ratios of neighbours; the line through the logarithms is asked for.",
            1,
            {"factor": "np.median(norms[1:] / norms[:-1])"},
        ),
        Mistake(
            "fa_ends",
            "a sensible estimate, but it uses the first and the last norm only (in a mean of logarithms of ratios the "
            "others cancel): one odd end decides. The line is asked for because every norm has a say in it.",
            1,
            {"factor": "(norms[-1] / norms[0]) ** (1 / (len(norms) - 1))"},
        ),
        Mistake(
            "fa_noroot",
            "this is the change over the whole way, from the first norm to the last; the factor of one step is asked "
            "for.",
            1,
            (
                {"factor": "norms[-1] / norms[0]"},
                {"distance": "np.linspace(0, 1, len(norms))"},
                {"distance": "np.arange(len(norms)) / len(norms)"},
            ),
        ),
        Mistake(
            "fa_rootn",
            "the root has one step too many, and only the first and the last norm are used: between n norms there are "
            "n - 1 steps, and a line through all logarithms is asked for.",
            1,
            {"factor": "(norms[-1] / norms[0]) ** (1 / len(norms))"},
        ),
        Mistake(
            "fa_inverse",
            "the factor of a step backwards: norms that shrink should give a factor below 1.",
            1,
            (
                {"factor": "np.exp(-slope)"},
                {"factor": "(norms[0] / norms[-1]) ** (1 / (len(norms) - 1))"},
                {"factor": "np.mean(norms[:-1] / norms[1:])"},
            ),
        ),
        Mistake(
            "fa_nolog",
            "the line goes through the norms themselves. A constant factor makes a curve of them; their logarithms lie "
            "on a line.",
            1,
            (
                {"heights": "norms", "factor": "slope"},
                {"heights": "norms"},
                {"heights": "norms", "factor": "1 + slope"},
            ),
        ),
        Mistake(
            "fa_difference",
            "differences of norms are averaged: a factor tells how many times larger the next norm is, not how much.",
            1,
            (
                {"factor": "np.mean(np.diff(norms))"},
                {"factor": "np.mean(norms[:-1] - norms[1:])"},
                {"factor": "np.exp(np.mean(np.diff(norms)))"},
            ),
        ),
        Mistake(
            "fa_logratio",
            "this is the mean of the differences of logarithms: the power at the end is missing, and only the first "
            "and the last norm are left in it.",
            1,
            {"factor": "np.mean(np.diff(heights))"},
        ),
        Mistake(
            "fa_height",
            "this is the height of the line at its beginning, the other number of the fit; the slope is asked for.",
            1,
            ({"slope": "line[1]"}, {"factor": "line[1]"}),
        ),
        Mistake(
            "fa_exchanged",
            "the two axes of the fit have changed places: the logarithms belong above the distances.",
            1,
            (
                {"line": "np.polyfit(heights, distance, 1)"},
                {"line": "np.polyfit(heights, distance, 1)", "factor": "slope"},
                {"line": "np.polyfit(heights, distance, 1)", "factor": "np.exp(1 / slope)"},
            ),
        ),
        Mistake(
            "fa_origin",
            "the line is forced through zero, or through the first point: its height at the beginning is free, too.",
            1,
            (
                {"slope": "(distance * heights).sum() / (distance**2).sum()"},
                {"slope": "((distance + 1) * heights).sum() / ((distance + 1) ** 2).sum()"},
                {"slope": "(distance * (heights - heights[0])).sum() / (distance**2).sum()"},
            ),
        ),
        Mistake(
            "fa_loglog",
            "the distances became logarithms, too: only the norms do.",
            1,
            {"distance": "np.log(np.arange(1, len(norms) + 1))"},
        ),
        Mistake(
            "fa_change",
            "this is by how much of itself a norm changes; a factor of 1 means no change.",
            1,
            ({"factor": "np.exp(slope) - 1"}, {"factor": "1 - np.exp(slope)"}),
        ),
        Mistake(
            "fa_oneratio",
            "only two neighbours are compared; all norms should have a say.",
            1,
            ({"factor": "norms[1] / norms[0]"}, {"factor": "norms[-1] / norms[-2]"}),
        ),
        Mistake(
            "fa_freedom",
            "the slope is off by the factor n / (n - 1), or by its inverse: covariance and variance divide by "
            "different numbers by default, and distances that end at n do not grow by 1.",
            1,
            (
                {"slope": "np.cov(distance, heights)[0, 1] / np.var(distance)"},
                {"slope": "np.cov(distance, heights, bias=True)[0, 1] / np.var(distance, ddof=1)"},
                {"distance": "np.linspace(0, len(norms), len(norms))"},
            ),
        ),
        Mistake(
            "fa_window",
            "this slope belongs to another axis: `Polynomial.fit` squeezes the distances into the range from -1 to 1 "
            "until it is told otherwise.",
            1,
            {"slope": "line[0] * (len(norms) - 1) / 2"},
        ),
        Mistake(
            "fa_correlation",
            "this is the correlation of distances and logarithms: how well a line fits, not how steep it is.",
            1,
            ({"slope": "np.corrcoef(distance, heights)[0, 1]"}, {"factor": "np.corrcoef(distance, heights)[0, 1]"}),
        ),
        Mistake(
            "fa_both",
            "both numbers of the fit come back, the slope and the height; one factor is asked for.",
            1,
            ({"factor": "np.exp(line)"}, {"factor": "line"}),
        ),
        Mistake(
            "fa_parabola",
            "the fit has another degree than a straight line.",
            1,
            (
                {"line": "np.polyfit(distance, heights, 2)"},
                {"line": "np.polyfit(distance, heights, 2)[1:]"},
            ),
        ),
        Mistake(
            "fa_level",
            "this is the mean of the norms, or of their logarithms: how large they are, and not how they change.",
            1,
            ({"slope": "np.mean(heights)"}, {"factor": "np.mean(heights)"}, {"factor": "np.mean(norms)"}),
        ),
        Mistake(
            "fa_offset",
            "a number is added to the norms before the logarithm: tiny norms disappear in it.",
            1,
            tuple(
                {"heights": f"np.log(norms + {eps})"}
                for eps in ("1.0", "1e-3", "1e-4", "1e-5", "1e-6", "1e-7", "1e-8", "1e-9", "1e-10", "1e-12")
            ),
        ),
        Mistake(
            "fa_left",
            "a norm is left out of the fit, the first or the last one.",
            1,
            (
                {"heights": "np.log(norms[1:])", "distance": "np.arange(len(norms) - 1)"},
                {"heights": "np.log(norms[:-1])", "distance": "np.arange(len(norms) - 1)"},
            ),
        ),
        Mistake(
            "fa_rounded",
            "the factor is rounded: rounding is for printing.",
            1,
            tuple({"factor": f"np.round(np.exp(slope), {digits})"} for digits in (0, 1, 2, 3)),
            alone=True,
        ),
    ],
)
