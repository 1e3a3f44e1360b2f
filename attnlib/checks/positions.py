"""Checks of chapter 10: sinusoidal and rotary positions, and how far a function is from not caring about the order."""

import numpy as np

import attnlib.positions as right
from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.check import Check
from attnlib.checks.examples import EXTRA, Example, normals
from attnlib.single_head import attention

# --- sinusoidal positions ---

_OWN = "positions / 10000.0 ** (np.arange(d_model) / d_model)"

sinusoidal_positions = Check(
    reference=right.sinusoidal_positions,
    answer=Answer("""
def sinusoidal_positions(n_tokens, d_model):
    positions = np.arange(n_tokens)[:, None]
    pairs = np.arange(d_model // 2)
    exponents = 2 * pairs / d_model
    base = 10000.0
    angles = positions / base ** exponents
    sines = np.sin(angles)
    cosines = np.cos(angles)
    waves = np.stack([sines, cosines], axis=-1)
    table = waves.reshape(n_tokens, d_model)
    return table
"""),
    returns={"positions": "token, d_model"},
    not_checked="odd widths",
    about=(10, "Clocks"),
    examples=[
        Example("one pair", (3, 2)),
        Example("two pairs", (3, 4)),
        Example("as many tokens as features", (6, 6)),
        Example("one token", (1, 4)),
        Example("more tokens than features", (20, 6)),
        Example("more features than tokens", (4, 16)),
    ],
    mistakes=[
        Mistake(
            "si_halves",
            "the sines stand in one half of the features and the cosines in the other; here they take turns.",
            10,
            (
                {"table": "np.concatenate([sines, cosines], axis=-1)"},
                {"table": "np.concatenate([cosines, sines], axis=-1)"},
            ),
        ),
        Mistake(
            "si_swapped",
            "sine and cosine have changed places: position 0 begins with sin(0) = 0.",
            10,
            {"waves": "np.stack([cosines, sines], axis=-1)"},
        ),
        Mistake(
            "si_columns",
            "every column has a frequency of its own, or the cosines have others than the sines; the two of a pair "
            "share one.",
            10,
            (
                {"cosines": "np.cos(positions / base ** ((2 * pairs + 1) / d_model))"},
                {
                    "cosines": "np.cos(positions / base ** ((4 * pairs + 2) / d_model))",
                    "exponents": "4 * pairs / d_model",
                },
                {"cosines": "np.cos(positions / base ** ((4 * pairs + 2) / d_model))"},
                {"cosines": "np.cos(positions / base ** (2 * (pairs + 1) / d_model))"},
            ),
        ),
        Mistake(
            "si_doubled",
            "the frequencies fall too fast: a column's number, which is even already, is doubled once more, or the "
            "exponent is divided by half of the width.",
            10,
            {"exponents": "4 * pairs / d_model"},
        ),
        Mistake(
            "si_half",
            "the frequencies fall too slowly: the number of the pair stands where the number of its first column is "
            "meant, or the base is 100.",
            10,
            {"exponents": "pairs / d_model"},
        ),
        Mistake(
            "si_ends",
            "the exponents run from 0 to 1, both ends included (as in tensor2tensor); here they stop before 1.",
            10,
            ({"exponents": "pairs / max(d_model // 2 - 1, 1)"}, {"exponents": "pairs / (d_model // 2 - 1)"}),
        ),
        Mistake(
            "si_first",
            "the exponents begin too high: that of the first pair is 0, and its angle is the position itself.",
            10,
            ({"exponents": "(2 * pairs + 1) / d_model"}, {"exponents": "(2 * pairs + 2) / d_model"}),
        ),
        Mistake(
            "si_precedence",
            "a power comes before a division, and divisions come one after the other: the exponent needs parentheses "
            "of its own.",
            10,
            (
                {"angles": "positions / (base ** (2 * pairs) / d_model)"},
                {"angles": "positions / base ** (2 * pairs) / d_model"},
                {"angles": "positions * np.exp(2 * pairs * (-np.log(base) / d_model // 2))"},
            ),
        ),
        Mistake(
            "si_alike",
            "all pairs have the same frequency: the exponent is 0 everywhere, as `//` makes it, or the frequency is "
            "left out.",
            10,
            (
                {"exponents": "2 * pairs // d_model"},
                {"waves": "np.stack([np.sin(0 * angles + positions), np.cos(0 * angles + positions)], axis=-1)"},
            ),
        ),
        Mistake(
            "si_still",
            "all pairs but the first stand still, or nearly: the exponent is not divided by the width, or the angles "
            "are rounded to whole numbers, as `//` does.",
            10,
            (
                {"exponents": "2 * pairs"},
                {"exponents": "pairs"},
                {"angles": "positions // base ** exponents"},
                {"angles": "np.round(positions / base ** exponents)"},
            ),
        ),
        Mistake(
            "si_overlap",
            "the pairs overlap: each is written one place behind the one before, and its cosine is written over.",
            10,
            {
                "table": "np.concatenate([sines, cosines[:, -1:], np.zeros((n_tokens, d_model // 2 - 1))], axis=-1)",
            },
        ),
        Mistake(
            "si_outside",
            "sine and cosine are taken of the position, and divided afterwards: how fast a hand turns belongs into the "
            "angle.",
            10,
            {"sines": "np.sin(positions) / base ** exponents", "cosines": "np.cos(positions) / base ** exponents"},
        ),
        Mistake(
            "si_one",
            "the positions are counted from 1; the first token stands at 0.",
            10,
            {"positions": "1 + np.arange(n_tokens)[:, None]"},
        ),
        Mistake(
            "si_base",
            "another number than 10000 is raised to the exponents.",
            10,
            tuple({"base": base} for base in ("1000.0", "100000.0", "np.e", "np.exp(4)")),
        ),
        Mistake(
            "si_power",
            "base and exponent have changed places, or 10000 is multiplied where it should be raised to a power.",
            10,
            (
                {"angles": "positions * exponents ** (1 / 10000)"},
                {"angles": "positions * exponents ** 10000"},
                {"angles": "positions / exponents ** 10000"},
                {"angles": "positions / (10000 * exponents)"},
                {"angles": "positions * exponents / 10000"},
                {"angles": "(positions / 10000.0) ** exponents"},
            ),
        ),
        Mistake(
            "si_multiplied",
            "the positions are multiplied by the powers of 10000: the pairs should become slower, not faster.",
            10,
            {"angles": "positions * base ** exponents"},
        ),
        Mistake(
            "si_reversed",
            "the frequencies come in the reverse order: the first pair is the fastest.",
            10,
            ({"pairs": "np.arange(d_model // 2)[::-1]"}, {"waves": "np.stack([sines, cosines], axis=-1)[:, ::-1]"}),
        ),
        Mistake(
            "si_degrees",
            "the angles are turned into degrees, radians or full turns; they are radians as they are.",
            10,
            (
                {"angles": "np.radians(positions / base ** exponents)"},
                {"angles": "np.degrees(positions / base ** exponents)"},
                {"angles": "2 * np.pi * positions / base ** exponents"},
                {"angles": "np.pi * positions / base ** exponents"},
            ),
        ),
        Mistake(
            "si_tokens",
            "the exponents are divided by the number of tokens; they depend on the width only.",
            10,
            {"exponents": "2 * pairs / n_tokens"},
        ),
        Mistake(
            "si_shares",
            "the positions are divided by their number, or by the last one: a token's vector should not depend on how "
            "many others there are.",
            10,
            (
                {"positions": "np.arange(n_tokens)[:, None] / n_tokens"},
                {"positions": "np.arange(n_tokens)[:, None] / max(n_tokens - 1, 1)"},
            ),
        ),
        Mistake(
            "si_transposed",
            "tokens and features have changed places: each token has a row.",
            10,
            {"table": "waves.reshape(n_tokens, d_model).T"},
        ),
        Mistake(
            "si_cut",
            "sines and cosines are put one behind the other, and a reshape then cuts them into rows: it keeps the "
            "order of the numbers.",
            10,
            {"waves": "np.stack([sines, cosines])"},
        ),
        Mistake(
            "si_onlysine",
            "there are only sines or only cosines, or every second feature stays empty.",
            10,
            (
                {"waves": "np.stack([sines, sines], axis=-1)"},
                {"waves": "np.stack([cosines, cosines], axis=-1)"},
                {"table": f"np.sin({_OWN})"},
                {"waves": "np.stack([sines, 0 * sines], axis=-1)"},
                {"waves": "np.stack([0 * sines, cosines], axis=-1)"},
                {"waves": "np.stack([cosines, 0 * sines], axis=-1)"},
                {"waves": "np.stack([0 * sines, sines], axis=-1)"},
                {"table": "sines"},
            ),
        ),
        Mistake(
            "si_rows",
            "sine or cosine is chosen by the position, as if rows took turns; it is the features that do.",
            10,
            (
                {"table": f"np.where(positions % 2 == 0, np.sin({_OWN}), np.cos({_OWN}))"},
                {"table": "np.where(positions % 2 == 0, np.repeat(sines, 2, axis=-1), np.repeat(cosines, 2, axis=-1))"},
            ),
        ),
        Mistake(
            "si_sign",
            "a sign is turned round: of the angles, the sines or the cosines.",
            10,
            ({"sines": "-np.sin(angles)"}, {"cosines": "-np.cos(angles)"}),
        ),
        Mistake(
            "si_zerorow",
            "position 0 gets zeros, as a padding symbol would: it has a sine and a cosine like the others.",
            10,
            {"table": "waves.reshape(n_tokens, d_model) * (positions > 0)"},
        ),
        Mistake(
            "si_added",
            "sine and cosine of a pair are added up, or multiplied; each has a feature of its own.",
            10,
            (
                {"table": "np.repeat(sines + cosines, 2, axis=-1)"},
                {"table": "sines + cosines"},
                {"table": "sines * cosines"},
            ),
        ),
        Mistake(
            "si_angles",
            "the angles come back; their sines and cosines are asked for.",
            10,
            ({"table": "angles"}, {"waves": "np.stack([angles, angles], axis=-1)"}, {"table": _OWN}),
        ),
        Mistake(
            "si_scaled",
            "the numbers are scaled by the root of the width, or so that each row has length 1; sines and cosines are "
            "used as they are.",
            10,
            (
                {"table": "waves.reshape(n_tokens, d_model) / d_model ** 0.5"},
                {"table": "waves.reshape(n_tokens, d_model) * d_model ** 0.5"},
                {"table": "waves.reshape(n_tokens, d_model) / (d_model / 2) ** 0.5"},
            ),
        ),
        Mistake(
            "si_batch",
            "there is an axis of length 1 for a batch in front; asked is one table.",
            10,
            ({"table": "waves.reshape(1, n_tokens, d_model)"}, {"table": "waves.reshape(n_tokens, 1, d_model)"}),
        ),
        Mistake("si_unmerged", "sine and cosine still stand on an axis of their own.", 10, {"table": "waves"}),
        Mistake(
            "si_whole",
            "the table holds whole numbers, so that everything behind the point is cut off.",
            10,
            {"table": "waves.reshape(n_tokens, d_model).astype(int)"},
        ),
        Mistake(
            "si_rounded",
            "the numbers are rounded: rounding is for printing.",
            10,
            tuple({"table": f"np.round(waves.reshape(n_tokens, d_model), {digits})"} for digits in (2, 3)),
            alone=True,
        ),
    ],
)


# --- rotary positions ---


def _rotary(queries_or_keys):
    return right.rotary(np.asarray(queries_or_keys, dtype=float))


_FRONT = "x[..., : x.shape[-1] // 2]"
_BACK = "x[..., x.shape[-1] // 2 :]"
_TURNED_BACK = f"np.concatenate([-{_BACK}, {_FRONT}], axis=-1)"
_CROSSED = "np.stack([-x[..., 1::2], x[..., 0::2]], axis=-1).reshape(x.shape)"
_SIDE_BY_SIDE = "np.concatenate([new_first, new_second], axis=-1)"
_SINES = "np.stack([sin, cos], axis=-1).reshape(x.shape[-2:])"
_MERGED = "np.stack([new_first, new_second], axis=-1).reshape(x.shape)"

rotary = Check(
    reference=_rotary,
    answer=Answer("""
def rotary(queries_or_keys):
    x = queries_or_keys
    positions = np.arange(x.shape[-2])[:, None]
    pairs = np.arange(x.shape[-1] // 2)
    exponents = 2 * pairs / x.shape[-1]
    base = 10000.0
    angles = positions / base ** exponents
    cos = np.cos(angles)
    sin = np.sin(angles)
    first = x[..., 0::2]
    second = x[..., 1::2]
    new_first = first * cos - second * sin
    new_second = first * sin + second * cos
    turned = np.stack([new_first, new_second], axis=-1)
    answer = turned.reshape(x.shape)
    return answer
"""),
    returns={"turned": "token, d_key"},
    keeps_precision=False,
    not_checked="positions other than 0, 1, 2, ..., and odd widths",
    about=(10, "Turning queries and keys"),
    examples=[
        Example("two tokens, one pair", (np.array([[1.0, 2.0], [1.0, 0.0]]),)),
        Example("two pairs", (np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0], [0.0, 2.0, 3.0, 0.0]]),)),
        Example("all sizes different", normals((5, 8))),
        Example("as many tokens as features", normals((4, 4))),
        Example("a batch", normals((3, 5, 6))),
        Example("a batch with everything of one size", normals((4, 4, 4))),
        Example("more tokens than features", normals((12, 2))),
        Example("one token", normals((1, 4))),
        Example(
            "whole numbers",
            (np.array([[1, 2, 3, 4], [4, 3, 2, 1], [5, 0, 0, 5]]),),
            kind=EXTRA,
            may_refuse=True,
            remark="the results are cut to whole numbers: something, perhaps the array that they are written into, has "
            "the dtype of the input. Refusing whole numbers is fine.",
        ),
    ],
    mistakes=[
        Mistake(
            "ro_halves",
            "feature i is turned with feature i + d_key / 2, as some programs do; here neighbours are pairs.",
            10,
            {"first": _FRONT, "second": _BACK, "answer": _SIDE_BY_SIDE},
        ),
        Mistake(
            "ro_order",
            "pairs are taken in one way and put back in another: every feature should come back where it stood.",
            10,
            (
                {"answer": _SIDE_BY_SIDE},
                {"first": _FRONT, "second": _BACK},
                {"turned": "np.stack([new_first, new_second])"},
            ),
        ),
        Mistake(
            "ro_mixed",
            "two conventions are mixed: cosines and sines are laid out for neighbours, and the features for halves, or "
            "the other way round.",
            10,
            (
                {"answer": f"x * np.repeat(cos, 2, axis=-1) + {_TURNED_BACK} * np.repeat(sin, 2, axis=-1)"},
                {"answer": f"x * np.tile(cos, 2) + {_CROSSED} * np.tile(sin, 2)"},
            ),
        ),
        Mistake(
            "ro_otherway",
            "the pairs are turned the other way: the angle has the wrong sign.",
            10,
            (
                {"sin": "-np.sin(angles)"},
                {
                    "sin": "np.sin(angles)",
                    "first": "x[..., 1::2]",
                    "second": "x[..., 0::2]",
                    "answer": "turned[..., ::-1].reshape(x.shape)",
                },
            ),
        ),
        Mistake(
            "ro_sign",
            "one sign is wrong: the vectors no longer keep their lengths, as they do when they are turned.",
            10,
            (
                {"new_first": "first * cos + second * sin"},
                {"new_second": "second * cos - first * sin"},
                {"new_second": "first * sin - second * cos"},
                {"new_first": "second * sin - first * cos"},
            ),
        ),
        Mistake(
            "ro_swapped",
            "cosine and sine have changed places: at position 0 nothing should move.",
            10,
            (
                {"cos": "np.sin(angles)", "sin": "np.cos(angles)"},
                {"new_first": "first * sin - second * cos", "new_second": "first * cos + second * sin"},
            ),
        ),
        Mistake(
            "ro_updated",
            "the second feature of a pair is made with the new first one: both need the old pair.",
            10,
            (
                {"new_second": "new_first * sin + second * cos"},
                {"new_first": "first * cos - (first * sin + second * cos) * sin"},
            ),
        ),
        Mistake(
            "ro_crossed",
            "a feature is mixed with itself, or with a neighbour from another pair; its partner is the other one of "
            "its own pair.",
            10,
            (
                {"answer": "x * np.repeat(cos, 2, axis=-1) + x * np.repeat(sin, 2, axis=-1)"},
                {"answer": "x * np.repeat(cos, 2, axis=-1) + np.roll(x, 1, axis=-1) * np.repeat(sin, 2, axis=-1)"},
                {"answer": "x * np.repeat(cos, 2, axis=-1) - np.roll(x, -1, axis=-1) * np.repeat(sin, 2, axis=-1)"},
                {"answer": "x * np.repeat(cos, 2, axis=-1) + np.roll(x, -1, axis=-1) * np.repeat(sin, 2, axis=-1)"},
            ),
        ),
        Mistake(
            "ro_one",
            "the positions are counted from 1: the first token should stay as it is.",
            10,
            {"positions": "1 + np.arange(x.shape[-2])[:, None]"},
        ),
        Mistake(
            "ro_added",
            "sines and cosines are added; queries and keys are turned here, pair by pair.",
            10,
            (
                {"answer": f"x + {_SINES}"},
                {"answer": "x + np.concatenate([sin, cos], axis=-1)"},
                {"answer": "x + np.stack([cos, sin], axis=-1).reshape(x.shape[-2:])"},
            ),
        ),
        Mistake(
            "ro_multiplied",
            "each feature is multiplied by a number of its own, or one of the four products is missing: turning mixes "
            "the two features of a pair.",
            10,
            (
                {"new_first": "first * cos", "new_second": "second * sin"},
                {"new_first": "first * sin", "new_second": "second * cos"},
                {"new_first": "first * cos", "new_second": "second * cos"},
                {"new_first": "first * cos"},
                {"new_second": "second * cos"},
                {"new_first": "-second * sin", "new_second": "first * sin"},
            ),
        ),
        Mistake(
            "ro_alike",
            "all pairs are turned by the same angle: the exponent is 0 everywhere, as `//` makes it, or the frequency "
            "is left out, or that of one pair is used for all.",
            10,
            (
                {"exponents": "2 * pairs // x.shape[-1]"},
                {"exponents": "0 * pairs + 2 * (x.shape[-1] // 2 - 1) / x.shape[-1]"},
            ),
        ),
        Mistake(
            "ro_doubled",
            "the angles fall too fast from pair to pair: a column's number, which is even already, is doubled once "
            "more, or the exponent is divided by half of the width.",
            10,
            {"exponents": "4 * pairs / x.shape[-1]"},
        ),
        Mistake(
            "ro_half",
            "the angles fall too slowly from pair to pair: the number of the pair stands where the number of its "
            "first feature is meant, or the base is 100.",
            10,
            {"exponents": "pairs / x.shape[-1]"},
        ),
        Mistake(
            "ro_columns",
            "every feature has an angle of its own; the two of a pair share one.",
            10,
            (
                {
                    "new_second": "first * np.sin(positions / 10000.0 ** ((2 * pairs + 1) / x.shape[-1]))"
                    " + second * np.cos(positions / 10000.0 ** ((2 * pairs + 1) / x.shape[-1]))"
                },
            ),
        ),
        Mistake(
            "ro_ends",
            "the exponents run from 0 to 1, both ends included; here they stop before 1.",
            10,
            ({"exponents": "pairs / max(x.shape[-1] // 2 - 1, 1)"}, {"exponents": "pairs / (x.shape[-1] // 2 - 1)"}),
        ),
        Mistake(
            "ro_first",
            "the exponents begin too high: that of the first pair is 0, and its angle is the position itself.",
            10,
            ({"exponents": "(2 * pairs + 1) / x.shape[-1]"}, {"exponents": "(2 * pairs + 2) / x.shape[-1]"}),
        ),
        Mistake(
            "ro_base",
            "another number than 10000 is raised to the exponents.",
            10,
            tuple({"base": base} for base in ("1000.0", "100000.0", "500000.0")),
        ),
        Mistake(
            "ro_faster",
            "the positions are multiplied by the powers of 10000: the pairs should become slower, not faster.",
            10,
            {"angles": "positions * base ** exponents"},
        ),
        Mistake(
            "ro_reversed",
            "the angles of the pairs come in the reverse order: the first pair is the fastest.",
            10,
            {"pairs": "np.arange(x.shape[-1] // 2)[::-1]"},
        ),
        Mistake(
            "ro_degrees",
            "the angles are turned into degrees, radians or full turns; they are radians as they are.",
            10,
            (
                {"angles": "np.radians(positions / base ** exponents)"},
                {"angles": "np.degrees(positions / base ** exponents)"},
                {"angles": "2 * np.pi * positions / base ** exponents"},
            ),
        ),
        Mistake(
            "ro_tokens",
            "the exponents are divided by the number of tokens; they depend on the width only.",
            10,
            {"exponents": "2 * pairs / x.shape[-2]"},
        ),
        Mistake(
            "ro_batch",
            "the positions are counted along the first axis, which is the batch where there is one.",
            10,
            (
                {"positions": "np.arange(len(x)).reshape(-1, *[1] * (x.ndim - 1))"},
                {"positions": "np.arange(len(x))[:, None]"},
            ),
            names=("len", "shape", "size"),
        ),
        Mistake(
            "ro_axis1",
            "the positions are counted along axis 1, which is the tokens of a batch, but the features of one sequence.",
            10,
            {"positions": "np.arange(x.shape[1])[:, None]"},
            names=("shape", "size"),
        ),
        Mistake(
            "ro_constant",
            "every token is turned by the same angle: it should grow with the position.",
            10,
            (
                {"positions": "np.ones((x.shape[-2], 1))"},
                {"positions": "np.full((x.shape[-2], 1), x.shape[-2])"},
                {"positions": "np.full((x.shape[-2], 1), x.shape[-2] - 1)"},
            ),
        ),
        Mistake(
            "ro_backwards",
            "the positions are counted from the last token to the first.",
            10,
            {"positions": "np.arange(x.shape[-2])[::-1, None]"},
        ),
        Mistake(
            "ro_shares",
            "the positions are divided by their number, or by the last one: how far a token is turned should not "
            "depend on how many others there are.",
            10,
            (
                {"positions": "np.arange(x.shape[-2])[:, None] / x.shape[-2]"},
                {"positions": "np.arange(x.shape[-2])[:, None] / max(x.shape[-2] - 1, 1)"},
            ),
        ),
        Mistake(
            "ro_part",
            "only some of the features are turned, one half or one pair; the others stay as they were, become 0 or are "
            "missing. Or they turn by next to nothing: is the exponent divided by the width?",
            10,
            (
                {"answer": f"np.where(np.arange(x.shape[-1]) < x.shape[-1] // 2, {_MERGED}, x)"},
                {"answer": f"np.where(np.arange(x.shape[-1]) < 2, {_MERGED}, x)"},
                {"answer": f"np.where(np.arange(x.shape[-1]) < 2, {_MERGED}, 0)"},
                {"answer": "new_first"},
                {"exponents": "2 * pairs"},
                {"exponents": "pairs"},
            ),
        ),
        Mistake(
            "ro_onetoken",
            "only one token is turned, or only one comes back: a loop ends early.",
            10,
            (
                {"answer": f"np.where(np.arange(x.shape[-2])[:, None] < 2, {_MERGED}, x)"},
                {"answer": f"np.where(np.arange(x.shape[-2])[:, None] == x.shape[-2] - 1, {_MERGED}, x)"},
                {"answer": f"{_MERGED}[..., -1, :]"},
            ),
        ),
        Mistake(
            "ro_pairswapped",
            "the two features of each pair come back in the other order.",
            10,
            {"turned": "np.stack([new_second, new_first], axis=-1)"},
        ),
        Mistake("ro_twice", "every pair is turned twice as far.", 10, {"angles": "2 * positions / base ** exponents"}),
        Mistake(
            "ro_residual",
            "what went in is added to what is turned; the turned vectors alone are asked for.",
            10,
            {"answer": "x + turned.reshape(x.shape)"},
        ),
        Mistake(
            "ro_counted",
            "the positions run on from one sequence of a batch to the next: each sequence begins at 0.",
            10,
            {"positions": "np.arange(x.size // x.shape[-1]).reshape(*x.shape[:-1], 1)"},
        ),
        Mistake("ro_nothing", "the numbers come back as they went in.", 10, {"answer": "x"}),
        Mistake(
            "ro_unmerged",
            "the two features of a pair still stand on an axis of their own.",
            10,
            ({"answer": "turned"}, {"turned": "np.stack([new_first, new_second])", "answer": "turned"}),
        ),
        Mistake(
            "ro_scaled",
            "the result is scaled by the root of the width, or to length 1; turning keeps lengths.",
            10,
            (
                {"answer": "turned.reshape(x.shape) / x.shape[-1] ** 0.5"},
                {"answer": "turned.reshape(x.shape) * x.shape[-1] ** 0.5"},
                {"answer": "turned.reshape(x.shape) / np.linalg.norm(x, axis=-1, keepdims=True)"},
            ),
        ),
    ],
)


# --- what the order of the tokens changes ---


def self_attention(tokens):
    """Self-attention without matrices: it does not care about the order."""
    return attention(tokens, tokens, tokens)[0]


def minus_the_mean(tokens):
    """Each token without the mean of all."""
    return tokens - tokens.mean(0)


def plus_the_places(tokens):
    """Each token and the number of its place, counted from 1, in every feature."""
    return tokens + _places(tokens)


def minus_the_places(tokens):
    """Each token without the number of its place, counted from 1, in every feature."""
    return tokens - _places(tokens)


def times_the_places(tokens):
    """Each token times the number of its place, counted from 1."""
    return tokens * _places(tokens)


def running_mean(tokens):
    """The mean of each token and all those before it."""
    return tokens.cumsum(0) / _places(tokens)


def differences(tokens):
    """How much more there is than in the token before: one feature less than before, the last one."""
    return (tokens - tokens[[0, *range(len(tokens) - 1)]])[:, :-1]


def half_of_the_first(tokens):
    """The tokens, of which the first one is halved."""
    return tokens * (1 - (_places(tokens) < 2) * 0.5)


def first_backwards(tokens):
    """The tokens, the first one with its features in the reverse order."""
    is_first = 1 * (_places(tokens) < 2)
    return tokens * (1 - is_first) + tokens[:, [*range(tokens.shape[1])][::-1]] * is_first


def _places(tokens):
    """1, 2, 3 ... below each other, in the library of the tokens."""
    return (0 * tokens[:, :1] + 1).cumsum(0)


def _gap(function, tokens, order):
    return np.abs(function(tokens[order]) - function(tokens)[order]).max()


_NUMBERS = np.array([[2.0, 2.0], [0.0, 4.0], [5.0, 1.0]])

equivariance_gap = Check(
    reference=_gap,
    answer=Answer("""
def equivariance_gap(function, tokens, order):
    moved = tokens[order]
    given = function(moved)
    whole = function(tokens)
    expected = whole[order]
    difference = given - expected
    gap = np.abs(difference).max()
    return gap
"""),
    returns={"gap": ""},
    exercise="properties.assert_permutation_equivariant",
    learns=False,
    not_checked="several sequences at once",
    about=(10, "Blind in general"),
    examples=[
        Example("a function that knows the places", (plus_the_places, _NUMBERS, [1, 2, 0])),
        Example("the other sign", (minus_the_places, _NUMBERS, [1, 2, 0])),
        Example("a function that does not care", (self_attention, *normals((4, 3)), [2, 3, 1, 0])),
        Example("the mean does not care either", (minus_the_mean, *normals((5, 2)), np.array([1, 2, 3, 4, 0]))),
        Example("a running mean", (running_mean, normals((5, 3))[0] / 3, np.array([3, 0, 1, 4, 2]))),
        Example("the first token stays", (times_the_places, *normals((4, 4)), [0, 2, 3, 1])),
        Example("the last token stays, fewer features come back", (differences, *normals((6, 5)), [1, 2, 3, 0, 4, 5])),
        Example("only the first token is changed", (half_of_the_first, *normals((5, 5)), np.array([4, 0, 3, 1, 2]))),
        Example("the features of the first token change places", (first_backwards, *normals((4, 3)), [1, 3, 2, 0])),
        Example("the order stays as it is", (running_mean, *normals((3, 2)), [0, 1, 2])),
    ],
    mistakes=[
        Mistake(
            "eq_outputs",
            "the outputs of the moved tokens are compared with the outputs in the old order: those have to move, too.",
            10,
            {"expected": "whole"},
        ),
        Mistake(
            "eq_inputs",
            "the function is given the tokens in their old order on both sides: on one of them it should see them "
            "moved.",
            10,
            {"moved": "tokens"},
        ),
        Mistake(
            "eq_nothing",
            "both sides are the same by construction: the outputs of moved tokens on one side, moved outputs on the "
            "other.",
            10,
            ({"expected": "given"}, {"expected": "function(tokens[order])"}, {"gap": "0.0"}),
        ),
        Mistake(
            "eq_inverse",
            "the order is applied the wrong way round on one side, or twice: for most orders, the way there is not "
            "the way back.",
            10,
            (
                {"expected": "whole[np.argsort(order)]"},
                {"moved": "tokens[np.argsort(order)]"},
                {"given": "function(moved)[order]", "expected": "whole"},
                {"moved": "tokens[order][order]"},
                {"expected": "whole[order][order]"},
            ),
        ),
        Mistake(
            "eq_bothinverse",
            "another order than the one that is given is tried, such as its inverse or the reverse.",
            10,
            (
                {"moved": "tokens[np.argsort(order)]", "expected": "whole[np.argsort(order)]"},
                {"moved": "tokens[::-1]", "expected": "whole[::-1]"},
                {"moved": "np.roll(tokens, 1, axis=0)", "expected": "np.roll(whole, 1, axis=0)"},
            ),
        ),
        Mistake(
            "eq_signed",
            "the sign is left on: a difference may be large and negative, and the largest number is then another one.",
            10,
            (
                {"gap": "difference.max()"},
                {"gap": "(-difference).max()"},
                {"gap": "difference.min()"},
                {"gap": "np.abs(difference.max())"},
                {"gap": "np.abs(difference.min())"},
            ),
        ),
        Mistake(
            "eq_absolute",
            "the signs are lost before the subtraction: a number and its opposite are not the same output.",
            10,
            (
                {"difference": "np.abs(given) - np.abs(expected)"},
                {"gap": "np.abs(np.abs(given).max() - np.abs(expected).max())"},
                {"gap": "np.abs(given.max() - expected.max())"},
            ),
        ),
        Mistake(
            "eq_mean",
            "the differences are averaged: a large one among many small ones is lost. The largest is asked for.",
            10,
            (
                {"gap": "np.abs(difference).mean()"},
                {"gap": "(difference**2).mean()"},
                {"gap": "(difference**2).mean() ** 0.5"},
                {"gap": "np.abs(difference.mean())"},
                {"gap": "difference.mean()"},
                {"gap": "np.abs(difference).mean(axis=-1).max()"},
                {"gap": "np.abs(difference).mean(axis=0).max()"},
                {"gap": "np.abs(difference.mean(axis=-1)).max()"},
                {"gap": "np.median(np.abs(difference))"},
            ),
        ),
        Mistake(
            "eq_sum",
            "the differences are added up, or the length of a vector of differences is taken: the largest single one "
            "is asked for.",
            10,
            (
                {"gap": "np.abs(difference).sum()"},
                {"gap": "(difference**2).sum()"},
                {"gap": "(difference**2).sum() ** 0.5"},
                {"gap": "difference.sum()"},
                {"gap": "np.abs(difference.sum())"},
                {"gap": "np.abs(difference).sum(axis=-1).max()"},
                {"gap": "np.abs(difference).sum(axis=0).max()"},
                {"gap": "((difference**2).sum(axis=-1) ** 0.5).max()"},
                {"gap": "np.linalg.norm(difference, 2)"},
            ),
        ),
        Mistake(
            "eq_squared",
            "the largest difference is squared.",
            10,
            {"gap": "(difference**2).max()"},
        ),
        Mistake(
            "eq_smallest",
            "the smallest difference is taken; the largest is asked for.",
            10,
            ({"gap": "np.abs(difference).min()"}, {"gap": "np.abs(difference).max(axis=0).min()"}),
        ),
        Mistake(
            "eq_range",
            "this is the range from the lowest to the highest difference; asked is the one that is farthest from 0.",
            10,
            {"gap": "difference.max() - difference.min()"},
        ),
        Mistake(
            "eq_onetoken",
            "only one token or one feature is compared, the first or the last; the largest difference of all is asked "
            "for.",
            10,
            (
                {"gap": "np.abs(difference[0]).max()"},
                {"gap": "np.abs(difference[-1]).max()"},
                {"gap": "np.abs(difference[:, 0]).max()"},
                {"gap": "np.abs(difference[:, -1]).max()"},
                {"gap": "np.abs(difference[0, 0])"},
            ),
        ),
        Mistake(
            "eq_columns",
            "the features are put in order, not the tokens: tokens are rows.",
            10,
            (
                {"moved": "tokens[:, order]", "expected": "whole[:, order]"},
                {"moved": "tokens[:, order]"},
                {"expected": "whole[:, order]"},
                {"moved": "tokens[..., order]", "expected": "whole[..., order]"},
            ),
        ),
        Mistake(
            "eq_sorted",
            "both sides are sorted before they are compared: that forgets which output belongs to which token or "
            "feature.",
            10,
            (
                {"given": "np.sort(function(moved), axis=0)", "expected": "np.sort(whole, axis=0)"},
                {"given": "np.sort(function(moved).ravel())", "expected": "np.sort(whole.ravel())"},
                {"given": "np.sort(function(moved), axis=1)", "expected": "np.sort(whole[order], axis=1)"},
                {"given": "function(moved).mean(axis=0)", "expected": "whole.mean(axis=0)"},
                {"given": "function(moved).sum(axis=0)", "expected": "whole.sum(axis=0)"},
            ),
        ),
        Mistake(
            "eq_yesno",
            "this only says whether there is a gap; asked is how large it is.",
            10,
            (
                {"gap": "np.abs(difference).max() < 1e-6"},
                {"gap": "np.abs(difference).max() > 1e-6"},
                {"gap": "np.allclose(given, expected)"},
                {"gap": "not np.allclose(given, expected)"},
                {"gap": "np.array_equal(given, expected)"},
                {"gap": "float(np.abs(difference).max() > 1e-6)"},
            ),
        ),
        Mistake(
            "eq_array",
            "many differences come back; one number is asked for.",
            10,
            (
                {"gap": "np.abs(difference)"},
                {"gap": "difference"},
                {"gap": "np.abs(difference).max(axis=0)"},
                {"gap": "np.abs(difference).max(axis=-1)"},
                {"gap": "np.abs(difference).max(axis=-1, keepdims=True)"},
            ),
        ),
        Mistake(
            "eq_relative",
            "the difference is divided by the size of the outputs; it is asked for as it is.",
            10,
            (
                {"gap": "np.abs(difference).max() / np.abs(expected).max()"},
                {"gap": "np.abs(difference).max() / np.abs(whole).max()"},
                {"gap": "np.abs(difference / expected).max()"},
                {"gap": "np.linalg.norm(difference) / np.linalg.norm(expected)"},
            ),
        ),
        Mistake(
            "eq_tokens",
            "outputs are compared with tokens: the function belongs on both sides.",
            10,
            (
                {"expected": "tokens[order]"},
                {"given": "moved"},
                {"expected": "tokens"},
                {"given": "moved", "expected": "tokens"},
            ),
        ),
        Mistake(
            "eq_count",
            "this counts how many outputs differ; how large the largest difference is is asked for.",
            10,
            (
                {"gap": "(np.abs(difference) > 1e-6).sum()"},
                {"gap": "(np.abs(difference) > 1e-6).any(axis=-1).sum()"},
                {"gap": "(np.abs(difference) > 1e-6).mean()"},
            ),
        ),
        Mistake(
            "eq_place",
            "this says where the largest difference stands; how large it is is asked for.",
            10,
            {"gap": "np.abs(difference).argmax()"},
        ),
        Mistake(
            "eq_added",
            "the two sides are added where their difference is meant.",
            10,
            {"difference": "given + expected"},
        ),
        Mistake(
            "eq_rounded",
            "the gap is rounded: rounding is for printing.",
            10,
            tuple({"gap": f"np.round(np.abs(difference).max(), {digits})"} for digits in (0, 1, 2)),
            alone=True,
        ),
    ],
)
