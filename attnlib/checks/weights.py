"""Checks of scores turned into weights: softmax, masked softmax, and the slopes and the spread of chapter 4."""

import numpy as np

import attnlib.weights as right
from attnlib.checks.bank import Answer, Mistake, softmax_along
from attnlib.checks.check import Check
from attnlib.checks.examples import EXTRA, EXTREME, Example, normals

# --- softmax ---

softmax = Check(
    reference=lambda scores, axis=-1: softmax_along(1.0 * scores, axis),
    answer=Answer(
        """
def softmax(scores, axis=-1):
    along = axis
    numbers = scores * 1.0
    peak = numbers.max(axis=along, keepdims=True)
    positive = np.exp(numbers - peak)
    total = positive.sum(axis=along, keepdims=True)
    weights = positive / total
    return weights
""",
        again=softmax_along,
    ),
    returns={"weights": "key"},
    about=(4, "The softmax"),
    not_checked="speed",
    examples=[
        Example("one row", (np.array([0.0, 1.0, 3.0]),)),
        Example("two rows of two", (np.array([[0.0, 1.0], [2.0, 5.0]]),)),
        Example("two rows of three", (np.array([[1.0, 0.0, -1.0], [-0.5, -2.0, 0.0]]),)),
        Example("a batch", normals((2, 3, 4))),
        Example("scores below zero", (np.array([-20.0, -21.0, -23.0]),)),
        Example("along the first axis", (np.array([[1.0, 0.0, -1.0], [-0.5, -2.0, 0.0]]),), {"axis": 0}),
        Example("a row of huge scores", (np.array([[1000.0, 1001.0], [0.0, 1.0]]),), kind=EXTREME),
        Example("scores far below zero", (np.array([-1000.0, -1001.0, -1003.0]),), kind=EXTREME),
        Example("scores far apart", (np.array([0.0, -1000.0, 1.0]),), kind=EXTREME),
        Example("scores very far apart", (np.array([[0.0, -3000.0, 1.0], [0.0, 3000.0, 1.0]]),), kind=EXTREME),
        Example("a score of minus infinity", (np.array([0.0, -np.inf, 1.0]),), kind=EXTREME),
        Example("whole numbers", (np.array([[0, 1, 3]]),), kind=EXTREME, may_refuse=True),
        Example(
            "every score minus infinity",
            (np.array([-np.inf, -np.inf]),),
            kind=EXTRA,
            remark="attnlib's gives zeros there, so that nothing is learned from an empty row; yours does not.",
        ),
    ],
    mistakes=[
        Mistake(
            "sm_axis0",
            "the softmax runs along the wrong axis: your columns sum to 1, and each row should.",
            4,
            {"along": "0"},
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "sm_all",
            "you divide by the sum of all entries: the whole table sums to 1, and each row should.",
            4,
            {"total": "positive.sum()"},
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "sm_unstable",
            "right for small scores, but the exponential of a large one overflows, and of a very negative one becomes "
            "0: inf/inf and 0/0 are nan. Which number may be added to all scores without changing the weights?",
            4,
            {"peak": "0.0"},
            section="What the computer does",
        ),
        Mistake(
            "sm_globalmax",
            "you subtract the maximum of the whole array: in a row far below it every exponential becomes 0, and 0/0 "
            "is nan. Every row needs its own.",
            4,
            {"peak": "numbers.max()"},
            section="What the computer does",
        ),
        Mistake(
            "sm_nokeep",
            "a maximum or a sum over an axis has lost that axis, and what is left lines up with the wrong one.",
            4,
            (
                {"total": "positive.sum(axis=along)"},
                {"peak": "numbers.max(axis=along)"},
                {"peak": "numbers.max(axis=along)", "total": "positive.sum(axis=along)"},
            ),
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "sm_noexp",
            "the exponential is missing: each score is divided by the sum of the scores.",
            4,
            {"positive": "numbers"},
            section="Why exponentials",
        ),
        Mistake(
            "sm_neg",
            "the sign is turned round: the highest score gets the smallest weight.",
            4,
            (
                {"peak": "numbers.min(axis=along, keepdims=True)", "positive": "np.exp(-(numbers - peak))"},
                {"positive": "np.exp(-(numbers - peak))"},
                {"positive": "np.exp(-numbers)"},
            ),
        ),
        Mistake("sm_log", "you return the logarithms of the weights.", 4, {"weights": "np.log(positive / total)"}),
        Mistake(
            "sm_ignoreaxis",
            "the argument for the axis is ignored: the last axis is always taken.",
            4,
            {"along": "-1"},
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "sm_unnorm",
            "the exponentials are returned as they are: nothing divides them by their sum.",
            4,
            {"total": "1.0"},
        ),
        Mistake(
            "sm_int",
            "for whole numbers the weights come out as whole numbers, 0 or 1: the array for the result was made with "
            "the type of the input.",
            4,
            {"weights": "(positive / total).astype(scores.dtype)"},
            section="What the computer does",
        ),
        Mistake(
            "sm_base2",
            "powers of 2 stand where powers of e are meant.",
            4,
            {"positive": "2 ** (numbers - peak)"},
            section="Why exponentials",
        ),
        Mistake(
            "sm_sigmoid",
            "this is the logistic function of each score alone: the entries of a row do not compete.",
            4,
            {"weights": "1 / (1 + np.exp(-numbers))"},
            section="Why exponentials",
        ),
        Mistake(
            "sm_twice",
            "a softmax was taken of weights: the softmax is applied twice, and the result is too even.",
            4,
            {"weights": "again(positive / total, along)"},
        ),
        Mistake(
            "sm_eps",
            "a small number added to the sum takes a little from every weight: the rows sum to less than 1. "
            "When can the sum be 0, and what prevents it?",
            4,
            # after a shift less than 1e-4 does no visible harm
            (
                *({"total": f"positive.sum(axis=along, keepdims=True) + {eps}"} for eps in ("1e-1", "1e-2", "1e-3")),
                *(
                    {"peak": "0.0", "total": f"positive.sum(axis=along, keepdims=True) + {eps}"}
                    for eps in ("1e-4", "1e-5", "1e-6", "1e-7", "1e-8", "1e-9", "1e-10", "1e-12")
                ),
            ),
            section="What the computer does",
        ),
        Mistake(
            "sm_argmax",
            "all weight goes to the highest score: this is the argmax, which the softmax becomes at temperature 0.",
            4,
            {"weights": "(numbers == numbers.max(axis=along, keepdims=True)) * 1.0"},
            section="Temperature",
        ),
        Mistake(
            "sm_shiftonly",
            "the highest score is subtracted from the scores above the line of the fraction and not below it (or the "
            "other way round): both must be shifted alike.",
            4,
            (
                {"total": "np.exp(numbers).sum(axis=along, keepdims=True)"},
                {"positive": "np.exp(numbers)", "total": "np.exp(numbers - peak).sum(axis=along, keepdims=True)"},
            ),
            section="What the computer does",
        ),
        Mistake(
            "sm_dividemax",
            "the scores are divided by the highest one: that changes their differences. Only a shift leaves the "
            "weights as they are.",
            4,
            {"positive": "np.exp(numbers / peak)"},
            section="Temperature",
        ),
        Mistake(
            "sm_axis1",
            "the softmax runs along axis 1, which is the last axis of a table, but not of one row and not of a batch.",
            4,
            {"along": "1"},
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "sm_zeropeak",
            "the larger of 0 and the highest score is subtracted: a row of very negative scores is not "
            "shifted, and 0/0 is nan.",
            4,
            {"peak": "np.maximum(numbers.max(axis=along, keepdims=True), 0)"},
            section="What the computer does",
        ),
        Mistake(
            "sm_rawsum",
            "the exponentials are divided by the sum of the scores; they should be divided by their own sum.",
            4,
            (
                {"total": "numbers.sum(axis=along, keepdims=True)"},
                {"peak": "0.0", "total": "numbers.sum(axis=along, keepdims=True)"},
            ),
            section="Why exponentials",
        ),
        Mistake(
            "sm_ones",
            "every weight is 1: the softmax runs along an axis of length 1.",
            4,
            {"weights": "np.ones_like(numbers)"},
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "sm_onlyshift",
            "the scores are shifted, and that is all: nothing is turned into positive numbers, and nothing divides.",
            4,
            {"weights": "numbers - peak"},
            section="Why exponentials",
        ),
        Mistake(
            "sm_expbelow",
            "the exponential stands below the line of the fraction only: above it are the scores themselves.",
            4,
            (
                {"positive": "numbers", "total": "np.exp(numbers).sum(axis=along, keepdims=True)"},
                {"positive": "numbers - peak", "total": "np.exp(numbers - peak).sum(axis=along, keepdims=True)"},
            ),
            section="Why exponentials",
        ),
        Mistake("sm_identity", "the scores come back as they are.", 4, {"weights": "numbers"}),
        Mistake(
            "sm_sharesfirst",
            "the scores are divided by their sum first and the exponential comes after: nothing makes the "
            "results sum to 1.",
            4,
            ({"weights": "np.exp(numbers / numbers.sum(axis=along, keepdims=True))"},),
            section="Why exponentials",
        ),
        Mistake(
            "sm_whole",
            "the weights are cut to whole numbers: the array for the result was made for whole numbers.",
            4,
            {"weights": "(positive / total).astype(int)"},
            section="What the computer does",
        ),
        Mistake(
            "sm_clip",
            "large scores are cut off: two scores beyond the limit get the same weight, though their "
            "difference counts.",
            4,
            tuple(
                {"peak": "0.0", "positive": f"np.exp(np.clip(numbers, -{top}, {top}))"}
                for top in (10, 20, 50, 80, 88, 100, 500, 700, 709)
            ),
            section="What the computer does",
        ),
        Mistake(
            "sm_min",
            "the smallest score is subtracted, so the exponents are positive and can be huge. Which one "
            "keeps them from overflowing?",
            4,
            {"peak": "numbers.min(axis=along, keepdims=True)"},
            section="What the computer does",
        ),
        Mistake(
            "sm_mean",
            "the mean of the scores is subtracted: what lies far above it still overflows.",
            4,
            {"peak": "numbers.mean(axis=along, keepdims=True)"},
            section="What the computer does",
        ),
        Mistake(
            "sm_abs",
            "the largest size of a score is subtracted, without its sign: a row of very negative scores is "
            "pushed further down, to 0/0.",
            4,
            {"peak": "np.abs(numbers).max(axis=along, keepdims=True)"},
            section="What the computer does",
        ),
        Mistake(
            "sm_standardise",
            "the scores are standardised (divided by their spread): that is another temperature for every "
            "row. Only a shift leaves the weights as they are.",
            4,
            {
                "positive": "np.exp((numbers - numbers.mean(axis=along, keepdims=True))"
                " / numbers.std(axis=along, keepdims=True))"
            },
            section="Temperature",
        ),
        Mistake(
            "sm_rounded",
            "the weights are rounded: rounding is for printing.",
            4,
            tuple({"weights": f"np.round(positive / total, {digits})"} for digits in (1, 2, 3, 4)),
        ),
        Mistake(
            "sm_middle",
            "the lost axis is put back by hand in a place that fits a table only.",
            4,
            (
                {"peak": "0.0", "total": "positive.sum(axis=along)[:, None]"},
                {"peak": "numbers.max(axis=along).reshape(-1, 1)", "total": "positive.sum(axis=along).reshape(-1, 1)"},
            ),
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "sm_hidden",
            "nan is replaced by 0 at the end: that hides the overflow, and the highest score gets no weight.",
            4,
            (
                {"peak": "0.0", "weights": "np.nan_to_num(positive / total)"},
                {"peak": "numbers.max()", "weights": "np.nan_to_num(positive / total)"},
            ),
            section="What the computer does",
        ),
        Mistake(
            "sm_notfirst",
            "the first key is missing in the sum: a loop starts at 1.",
            4,
            {"total": "positive[..., 1:].sum(axis=-1, keepdims=True)"},
        ),
    ],
)


# --- masked softmax ---


def mask_mistakes(scores, mask="mask"):
    """Wrong ways to use a mask, for answers with the lines `masked` and `weights`.

    Args:
        scores: the name of what they mask.
        mask: the name of the mask, once it has all axes.
    """

    def fill(number):
        return {"masked": f"{scores} if mask is None else np.where({mask}, {scores}, {number})"}

    return [
        Mistake("mk_none", "the mask is ignored.", 8, {"masked": scores}),
        Mistake(
            "mk_inv",
            'the mask is read the wrong way round: here True means "may attend". (The masks of torch\'s '
            "nn.MultiheadAttention mean the opposite.)",
            8,
            {"masked": f"{scores} if mask is None else np.where({mask}, -np.inf, {scores})"},
        ),
        Mistake(
            "mk_mul",
            "forbidden scores become 0, or nearly: the exponential of 0 is 1, so forbidden keys still get weight.",
            8,
            (fill("0.0"), {"masked": f"{scores} if mask is None else {scores} * {mask}"}),
        ),
        Mistake(
            "mk_1e-9",
            "forbidden scores become 0, or nearly: the exponential of 0 is 1, so forbidden keys still get weight.",
            8,
            (fill("1e-9"), fill("-1e-9")),
        ),
        Mistake(
            "mk_after",
            "the mask comes after the softmax: the allowed weights no longer sum to 1.",
            8,
            {"masked": scores, "weights": f"softmax({scores}) * (1 if mask is None else {mask})"},
        ),
        Mistake(
            "mk_small",
            "forbidden scores get a number that is not small enough: where the allowed scores are small too, "
            "forbidden keys keep weight.",
            8,
            (
                *(fill(-number) for number in (1, 2, np.e, 3, 4, 5, 7, 10, 20, 30, 50, 99, 100, 500, 999, 1000)),
                *(
                    {"masked": f"{scores} if mask is None else {scores} + np.where({mask}, 0, {number})"}
                    for number in ("-5.0", "-10.0")
                ),
            ),
        ),
        Mistake(
            "mk_pos",
            "forbidden scores become very large: all weight goes to the forbidden keys.",
            8,
            (fill("1e9"), fill("1e4"), fill("1e30")),
        ),
        Mistake(
            "mk_T",
            "the mask is transposed: its rows are queries and its columns are keys, as in the scores.",
            8,
            {"masked": f"{scores} if mask is None else np.where(np.swapaxes({mask}, -1, -2), {scores}, -np.inf)"},
        ),
        Mistake(
            "mk_addbool",
            "the mask itself is added to the scores: True counts as 1, so allowed scores grow by 1 and nothing is "
            "forbidden.",
            8,
            {"masked": f"{scores} if mask is None else {scores} + {mask}"},
        ),
        Mistake(
            "mk_nonone",
            "without a mask everything is forbidden: None counts as False.",
            8,
            {"masked": f"np.where({mask}, {scores}, -np.inf)"},
            alone=True,
        ),
        Mistake(
            "mk_infinity",
            "infinity stands where it makes nan: 0 times infinity and infinity minus infinity are nan. Only forbidden "
            "scores become infinite, and with a minus.",
            8,
            ({"masked": f"{scores} if mask is None else {scores} + (1.0 - {mask}) * -np.inf"}, fill("np.inf")),
            alone=True,
        ),
        Mistake(
            "mk_rowstoo",
            "queries are masked as well as keys: only keys are padding that nobody may look at.",
            8,
            tuple(
                {
                    "masked": f"{scores} if mask is None else "
                    f"np.where({mask} & np.swapaxes({mask}, -1, -2), {scores}, {number})"
                }
                for number in ("-np.inf", "-1e9")
            ),
        ),
        Mistake(
            "mk_timesinf",
            "forbidden scores are multiplied by minus infinity: a negative one becomes plus infinity.",
            8,
            {"masked": f"{scores} if mask is None else {scores} * np.where({mask}, 1.0, -np.inf)"},
        ),
        Mistake(
            "mk_afterinf",
            "minus infinity is put into the weights, after the softmax; it belongs into the scores.",
            8,
            {
                "masked": scores,
                "weights": f"softmax({scores}) if mask is None else np.where({mask}, softmax({scores}), -np.inf)",
            },
        ),
    ]


_irregular = np.array([[True, True, False], [False, True, True], [True, False, False]])
_padding = np.array([[[True, True, True, False]], [[True, True, False, False]]])

masked_softmax = Check(
    reference=right.masked_softmax,
    answer=Answer("""
def masked_softmax(scores, mask=None):
    masked = scores if mask is None else np.where(mask, scores, -np.inf)
    weights = softmax(masked)
    return weights
"""),
    returns={"weights": "query, key"},
    about=(4, "The softmax"),
    not_checked="speed",
    examples=[
        Example("one query", (np.array([[0.0, 1.0, 3.0]]), np.array([[True, True, False]]))),
        Example("three queries", (*normals((3, 3)), _irregular)),
        Example("a batch with padding", (*normals((2, 3, 4)), _padding)),
        Example("no mask", normals((2, 3))),
        Example("low scores", (np.array([[-95.0, -96.0, -94.0]]), np.array([[True, True, False]])), kind=EXTREME),
        Example(
            "very low scores", (np.array([[-995.0, -996.0, -994.0]]), np.array([[True, True, False]])), kind=EXTREME
        ),
        Example(
            "rows far apart",
            (
                np.array([[0.0, 0.0, 3.0], [-1000.0, 3000.0, 5.0], [-3000.0, -3001.0, -6000.0]]),
                np.array([[True, True, False], [True, True, False], [True, True, True]]),
            ),
            kind=EXTREME,
        ),
        Example(
            "a row with nothing allowed",
            (np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([[True, False], [False, False]])),
            kind=EXTRA,
            remark="the course's rule is weights of 0 there, and yours does something else. Chapter 8 is about it.",
        ),
        Example(
            "scores below minus a million",
            (np.array([[-2e6, -2e6, 0.0]]), np.array([[True, True, False]])),
            kind=EXTRA,
            remark="forbidden keys get weight there: what is only large can be reached, minus infinity cannot.",
        ),
        Example(
            "a huge forbidden score",
            (np.array([[0.0, 1.0, 1000.0]]), np.array([[True, True, False]])),
            kind=EXTRA,
            remark="a softmax of all scores, forbidden ones too, leaves 0/0 for the allowed ones.",
        ),
    ],
    mistakes=[
        *mask_mistakes("scores"),
        Mistake(
            "mk_axis",
            "the softmax runs along the wrong axis: your columns sum to 1, and each row should.",
            4,
            (
                {"weights": "softmax(masked, axis=-2)"},
                {
                    "masked": "scores if mask is None else np.where(mask, scores, -1e9)",
                    "weights": "softmax(masked, axis=-2)",
                },
            ),
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "mk_secondsoftmax",
            "a second softmax comes after the masked one, and gives forbidden keys weight again.",
            8,
            {"weights": "softmax(softmax(masked))"},
        ),
        Mistake(
            "mk_nosoftmax",
            "the masked scores come back: the softmax is missing.",
            4,
            {"weights": "masked"},
        ),
        Mistake(
            "mk_table",
            "the weights of the whole table sum to 1; each row should.",
            4,
            (
                {"weights": "np.exp(masked) / np.exp(masked).sum()"},
                {"weights": "np.exp(masked - masked.max()) / np.exp(masked - masked.max()).sum()"},
            ),
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "mk_nokeep",
            "a sum over an axis has lost that axis, and what is left lines up with the wrong one.",
            4,
            {"weights": "np.exp(masked) / np.exp(masked).sum(axis=-1)"},
            section="Softmax over positions, softmax over classes",
        ),
        Mistake(
            "mk_unstable",
            "the exponential is taken of the scores as they are: for large ones it overflows, for very negative ones "
            "it becomes 0, and then there is nothing to divide by.",
            4,
            {"weights": "np.exp(masked) / np.exp(masked).sum(axis=-1, keepdims=True)"},
            section="What the computer does",
        ),
    ],
)


# --- the slopes of the softmax, chapter 4 ---

softmax_jacobian = Check(
    reference=right.softmax_jacobian,
    answer=Answer("""
def softmax_jacobian(weights):
    own = np.diag(weights)
    others = np.outer(weights, weights)
    jacobian = own - others
    return jacobian
"""),
    returns={"jacobian": "weight, score"},
    about=(4, "The Jacobian: what moves when a score moves?"),
    learns=False,
    not_checked="several rows of weights at once",
    examples=[
        Example("three keys", (np.array([0.7, 0.2, 0.1]),)),
        Example("two keys", (np.array([0.25, 0.75]),)),
        Example("equal weights", (np.full(4, 0.25),)),
        Example("one key has everything", (np.array([1.0, 0.0, 0.0]),)),
    ],
    mistakes=[
        Mistake(
            "ja_diagonal",
            "only the diagonal is there: a score also moves the weights of the other keys.",
            4,
            {"jacobian": "np.diag(weights * (1 - weights))"},
        ),
        Mistake("ja_sign", "every sign is turned round.", 4, {"jacobian": "others - own"}),
        Mistake("ja_own", "the part with products of two weights is missing.", 4, {"jacobian": "own"}),
        Mistake("ja_others", "the diagonal is wrong: the case i = j has one more term.", 4, {"jacobian": "-others"}),
        Mistake("ja_plus", "the products of two weights have the wrong sign.", 4, {"jacobian": "own + others"}),
        Mistake(
            "ja_eye",
            "ones stand on the diagonal, before anything is subtracted; the slope of a weight with its own "
            "score depends on the weight.",
            4,
            {"own": "np.eye(len(weights))"},
        ),
        Mistake(
            "ja_offsign",
            "off the diagonal the sign is turned round: when a score grows, do the other weights grow or shrink?",
            4,
            {"jacobian": "np.diag(weights - 2 * weights**2) + others"},
        ),
        Mistake(
            "ja_everywhere",
            "the formula of the diagonal is used everywhere; off the diagonal there is another one.",
            4,
            {"jacobian": "weights[:, None] * (1 - weights[None, :])"},
        ),
        Mistake(
            "ja_vector",
            "this is the diagonal alone, as a row; a table is asked for: every weight, every score.",
            4,
            {"jacobian": "weights * (1 - weights)"},
        ),
        Mistake(
            "ja_nofactor",
            "the factor w_i in front is missing.",
            4,
            {"jacobian": "np.eye(len(weights)) - weights"},
        ),
        Mistake(
            "ja_inner",
            "for one axis `@` gives the dot product, one number; a product of every weight with every weight is meant.",
            4,
            {"others": "weights @ weights"},
        ),
        Mistake(
            "ja_columns",
            "both weights come from the same key: the factor in front belongs to the row.",
            4,
            (
                {"jacobian": "weights * (np.eye(len(weights)) - weights)"},
                {"others": "weights * weights + 0 * own"},
            ),
        ),
        Mistake(
            "ja_half",
            "one half of the table is empty: the loop stops at the diagonal.",
            4,
            ({"jacobian": "np.tril(own - others)"}, {"jacobian": "np.triu(own - others)"}),
        ),
        Mistake(
            "ja_onediagonal",
            "the factor w_i is missing on the diagonal.",
            4,
            {"jacobian": "np.diag(1 - weights) - others + np.diag(weights * weights)"},
        ),
        Mistake(
            "ja_scores",
            "a softmax is taken of the weights: the function is given weights already.",
            4,
            ({"own": "np.diag(softmax(weights))", "others": "np.outer(softmax(weights), softmax(weights))"},),
        ),
    ],
)


def _distributions(*shape):
    """Weights of this shape: the softmax of normal numbers."""
    return right.softmax(*normals(shape))


softmax_backward = Check(
    reference=lambda weights, gradient: weights * (gradient - (weights * gradient).sum(axis=-1, keepdims=True)),
    answer=Answer("""
def softmax_backward(weights, gradient):
    shares = weights
    products = shares * gradient
    total = products.sum(axis=-1, keepdims=True)
    centred = gradient - total
    slopes = shares * centred
    answer = slopes
    return answer
"""),
    returns={"slopes": "key"},
    exercise="softmax_jacobian",
    learns=False,
    not_checked="speed and memory",
    about=(11, "What is left of the gradient"),
    examples=[
        Example("three keys", (np.array([0.5, 0.25, 0.25]), np.array([4.0, 0.0, 2.0]))),
        Example("two rows of two", (np.array([[0.5, 0.5], [0.75, 0.25]]), np.array([[1.0, -1.0], [4.0, 8.0]]))),
        Example("three rows of three", (_distributions(3, 3), normals((1, 3, 3))[0][0])),
        Example("all sizes different", (_distributions(2, 3, 5), normals((1, 2, 3, 5))[0][0])),
        Example("a batch, all sizes equal", (_distributions(3, 3, 3), normals((1, 3, 3, 3))[0][0])),
        Example("one key has everything", (np.array([1.0, 0.0, 0.0]), np.array([2.0, -1.0, 3.0]))),
    ],
    mistakes=[
        Mistake(
            "sb_product",
            "each gradient is multiplied by its weight, and nothing is taken away: a score also moves the weights of "
            "the other keys.",
            11,
            {"slopes": "products"},
        ),
        Mistake(
            "sb_diagonal",
            "only the diagonal of the Jacobian is used: each score gets the gradient of its own weight alone, but it "
            "moves the other weights of its row too.",
            11,
            {"slopes": "weights * (1 - weights) * gradient"},
        ),
        Mistake(
            "sb_nogradient",
            "this is the slope of each weight with its own score; the gradient that comes in is not used.",
            11,
            {"slopes": "weights * (1 - weights)"},
        ),
        Mistake(
            "sb_nofactor",
            "the weight in front is missing: a key without weight should get no gradient.",
            11,
            {"slopes": "centred"},
        ),
        Mistake(
            "sb_axis",
            "the sum runs along the wrong axis: each row of weights, one query's, has a sum of its own.",
            11,
            tuple({"total": f"products.sum(axis={axis}, keepdims=True)"} for axis in (0, -2, 1)),
        ),
        Mistake(
            "sb_all",
            "the sum runs over the whole array: each row of weights, one query's, has a sum of its own.",
            11,
            (
                {"total": "products.sum()"},
                {"total": "products.sum(axis=(-2, -1), keepdims=True) if products.ndim > 2 else products.sum()"},
            ),
        ),
        Mistake(
            "sb_nokeep",
            "a sum over an axis has lost that axis, and what is left lines up with the wrong one.",
            11,
            {"total": "products.sum(axis=-1)"},
        ),
        Mistake(
            "sb_mean",
            "the products are averaged; they are added up.",
            11,
            {"total": "products.mean(axis=-1, keepdims=True)"},
        ),
        Mistake(
            "sb_plainsum",
            "what is taken away is the plain sum, mean or maximum of the gradients; the weights have a part in it.",
            11,
            (
                {"total": "gradient.max(axis=-1, keepdims=True)"},
                {"total": "gradient.sum(axis=-1, keepdims=True)"},
                {"total": "gradient.mean(axis=-1, keepdims=True)"},
            ),
        ),
        Mistake("sb_sign", "every sign is turned round.", 11, {"centred": "total - gradient"}),
        Mistake("sb_plus", "the sum is added; it is taken away.", 11, {"centred": "gradient + total"}),
        Mistake(
            "sb_unweighted",
            "the whole sum is taken away from every product: each key should lose the share that its weight says.",
            11,
            {"slopes": "products - total"},
        ),
        Mistake(
            "sb_firstterm",
            "the gradient itself stands where its product with the weight is meant: a key without weight should get "
            "nothing.",
            11,
            {"slopes": "gradient - shares * total"},
        ),
        Mistake(
            "sb_owntwice",
            "the own key is taken away twice: w (1 - w) has its part of the sum in it already.",
            11,
            {"slopes": "shares * (1 - shares) * gradient - shares * total"},
        ),
        Mistake(
            "sb_log",
            "this is the way back through the logarithm of a softmax; here there is no logarithm.",
            11,
            {"slopes": "gradient - weights * gradient.sum(axis=-1, keepdims=True)"},
        ),
        Mistake(
            "sb_crossentropy",
            "weights minus something is the gradient of a softmax and a cross entropy together; here any gradient may "
            "come in.",
            11,
            ({"slopes": "weights - gradient"}, {"slopes": "gradient - weights"}),
        ),
        Mistake(
            "sb_one",
            "1 is taken away from each gradient: the weights are summed, without the gradients.",
            11,
            {"total": "weights.sum(axis=-1, keepdims=True)"},
        ),
        Mistake(
            "sb_again",
            "a softmax is taken of the weights: the function is given weights already.",
            11,
            {"shares": "softmax(weights)"},
        ),
        Mistake(
            "sb_roles",
            "weights and gradient have changed places.",
            11,
            {"slopes": "gradient * (weights - total)"},
        ),
        Mistake(
            "sb_matmul",
            "for tables `@` and np.dot make a table of all rows with all rows, or with columns; every row of weights "
            "meets its own row of gradients only.",
            11,
            (
                {"total": "weights @ gradient"},
                {"total": "np.dot(weights, gradient)"},
                {"total": "weights @ (gradient if gradient.ndim < 2 else np.swapaxes(gradient, -1, -2))"},
                {"total": "weights @ gradient.T"},
            ),
        ),
        Mistake(
            "sb_table",
            "this is the table of all slopes, every weight with every score: the gradients still have to be summed "
            "over the weights.",
            11,
            (
                {"answer": "weights[..., None] * (np.eye(weights.shape[-1]) - weights[..., None, :])"},
                {
                    "answer": "weights[..., None] * (np.eye(weights.shape[-1]) - weights[..., None, :])"
                    " * gradient[..., None, :]"
                },
                {
                    "answer": "weights[..., None] * (np.eye(weights.shape[-1]) - weights[..., None, :])"
                    " * gradient[..., None]"
                },
            ),
        ),
        Mistake(
            "sb_onerow",
            "the Jacobian is built for one row of weights, as with `diag` and `outer`; for a table of weights each row "
            "has one of its own.",
            11,
            (
                {"answer": "(np.diag(weights) - np.outer(weights, weights)) @ gradient"},
                {"answer": "(np.diagflat(weights) - np.outer(weights, weights)) @ gradient"},
                {"answer": "(np.eye(len(weights)) * weights - np.outer(weights, weights)) @ gradient"},
            ),
            names=("diag", "diagflat", "outer", "softmax_jacobian"),
        ),
        Mistake(
            "sb_squares",
            "one weight too many is multiplied in: the slope of a weight has it once in front.",
            11,
            (
                {"slopes": "weights * weights * centred"},
                {"products": "shares * shares * gradient"},
                {"slopes": "shares * (products - total)"},
            ),
        ),
        Mistake(
            "sb_others",
            "the own key is left out of the sum, which runs over all keys of the row.",
            11,
            {"total": "products.sum(axis=-1, keepdims=True) - products"},
        ),
        Mistake(
            "sb_total",
            "the sum itself comes back; it is one step of the way.",
            11,
            (
                {"answer": "total + 0 * shares"},
                {"answer": "total"},
                {"answer": "total[..., 0]"},
                {"answer": "shares * total"},
            ),
        ),
    ],
)


def _measured_jacobian(scores, step):
    moves = step * np.eye(len(scores))
    columns = [(right.softmax(scores + move) - right.softmax(scores - move)) / (2 * step) for move in moves]
    return np.stack(columns, axis=-1)


measured_jacobian = Check(
    reference=_measured_jacobian,
    answer=Answer("""
def measured_jacobian(scores, step):
    move = step * np.eye(len(scores))
    up = softmax(scores + move)
    down = softmax(scores - move)
    change = up - down
    width = 2 * step
    jacobian = (change / width).T
    return jacobian
"""),
    returns={"jacobian": "weight, score"},
    about=(4, "The Jacobian: what moves when a score moves?"),
    exercise="softmax_jacobian",
    learns=False,
    not_checked="several rows of scores at once",
    examples=[
        Example("three keys", (np.array([1.0, 0.5, -0.3]), 0.1)),
        Example("two keys, a large step", (np.array([0.0, 1.0]), 0.5)),
        Example("three keys, a small step", (np.array([1.0, 0.5, -0.3]), 0.01)),
        Example("four keys", (np.array([5.0, 2.0, 1.0, 3.0]), 0.3)),
    ],
    mistakes=[
        Mistake(
            "mj_forward",
            "the difference is taken to one side only, from the place itself: move up and down.",
            4,
            (
                {"down": "softmax(scores)", "width": "step"},
                {"up": "softmax(scores)", "width": "step"},
            ),
            alone=True,
        ),
        Mistake(
            "mj_half",
            "twice too large: how far apart are the two points that you compare?",
            4,
            {"width": "step"},
        ),
        Mistake(
            "mj_double",
            "half of the right size: you move to one side only and divide by the distance of two moves.",
            4,
            ({"down": "softmax(scores)"}, {"up": "softmax(scores)"}),
            alone=True,
        ),
        Mistake(
            "mj_difference",
            "a slope is a difference divided by the distance: the division is missing.",
            4,
            {"width": "1.0"},
        ),
        Mistake(
            "mj_zero",
            "the table is 0: both results are the same. Are all scores moved at once, which changes no "
            "weight, or are there two names for one array?",
            4,
            (
                {"jacobian": "np.zeros((len(scores), len(scores)))"},
                {"jacobian": "np.zeros(len(scores))"},
                {"move": "step * np.ones((len(scores), len(scores)))"},
            ),
        ),
        Mistake(
            "mj_transposed",
            "rows and columns have changed places: column j holds what moving score j does.",
            4,
            {"jacobian": "change / width"},
        ),
        Mistake("mj_sign", "every sign is turned round: which of the two is subtracted?", 4, {"change": "down - up"}),
        Mistake(
            "mj_added",
            "the two results are added where their difference is meant.",
            4,
            {"change": "up + down"},
        ),
        Mistake(
            "mj_weights",
            "the weights are moved and not the scores.",
            4,
            {"up": "softmax(softmax(scores) + move)", "down": "softmax(softmax(scores) - move)"},
        ),
        Mistake(
            "mj_precedence",
            "something is divided that should not be, or the other way round: multiplication and division "
            "come from left to right, and before minus.",
            4,
            ({"width": "2 / step"}, {"jacobian": "(up - down / width).T"}),
        ),
        Mistake(
            "mj_replaced",
            "the score is replaced by the step where the step should be added to it.",
            4,
            {
                "up": "softmax(np.where(np.eye(len(scores)) > 0, step, scores))",
                "down": "softmax(np.where(np.eye(len(scores)) > 0, -step, scores))",
            },
        ),
        Mistake(
            "mj_remain",
            "a score that was moved stays moved: every move must start from the scores as they were.",
            4,
            {"move": "step * np.tril(np.ones((len(scores), len(scores))))"},
        ),
        Mistake(
            "mj_fixed",
            "the argument `step` has no effect: these are the slopes for another step, or the exact ones of "
            "the formula.",
            4,
            (
                {"move": "1e-6 * np.eye(len(scores))", "width": "2e-6"},
                {"move": "1e-4 * np.eye(len(scores))", "width": "2e-4"},
            ),
        ),
        Mistake(
            "mj_lastcolumn",
            "the last column is empty: a loop stops one too early.",
            4,
            {"jacobian": "(change / width).T * (np.arange(len(scores)) < len(scores) - 1)"},
        ),
        Mistake(
            "mj_absolute",
            "the sign is lost: a weight can fall when a score grows.",
            4,
            {"jacobian": "np.abs((change / width).T)"},
        ),
        Mistake(
            "mj_own",
            "only the diagonal is there: a score also moves the weights of the other keys.",
            4,
            {"jacobian": "np.diag(np.diag(change / width))"},
        ),
        Mistake(
            "mj_relative",
            "the step is multiplied with the score where it should be added to it.",
            4,
            {"move": "step * np.diag(scores)"},
        ),
    ],
)


# --- a wanted spread, chapter 4 ---


def _spread(scores, temperature):
    return float(np.exp(right.entropy(right.softmax(np.asarray(scores) / temperature))))


def _bisect(too_small, low, high):
    """Where a growing property begins to be large enough."""
    for _ in range(60):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if too_small(middle) else (low, middle)
    return low


def _temperature(scores, spread):
    return _bisect(lambda t: _spread(scores, t) < spread, 1e-3, 1e4)


temperature_for_spread = Check(
    reference=_temperature,
    answer=Answer(
        """
def temperature_for_spread(scores, spread):
    wanted = spread
    measure = lambda w: np.exp(-np.sum(w * np.log(np.maximum(w, 1e-300))))
    at = lambda t: softmax(scores / t)
    found = bisect(lambda t: measure(at(t)) < wanted, 1e-3, 1e4)
    temperature = found
    return temperature
""",
        bisect=_bisect,
    ),
    returns={"temperature": ""},
    about=(4, "Entropy: how spread out are the weights?"),
    exercise="entropy",
    shows=lambda arguments, got: (
        f"at this temperature the spread is {_spread(arguments[0], float(got)):.4g}, asked is {arguments[1]:g}."
        if float(got) > 0
        else "a temperature is larger than 0."
    ),
    tolerance=6e-3,
    learns=False,
    not_checked="more than three digits",
    examples=[
        # in all of them the entropy itself can be as large as the wanted spread, so that this mistake is recognised
        Example("three scores", (np.array([5.0, 2.0, 1.0]), 1.09)),
        Example("nearly everything on one", (np.array([-10.0, -30.0, -20.0]), 1.01)),
        Example("four scores", (np.array([0.0, 1.0, 2.0, 3.0]), 1.3)),
        Example("eight scores", (np.arange(8.0), 2.05)),
        Example("scores far apart", (np.array([500.0, 200.0, 100.0]), 1.09), kind=EXTREME),
        Example("a score far below", (np.array([5.0, 2.0, -1000.0]), 1.05), kind=EXTREME),
    ],
    mistakes=[
        Mistake(
            "te_inverse",
            "this is 1 / T: the scores are divided by the temperature, not multiplied.",
            4,
            {"temperature": "1 / found"},
            section="Temperature",
        ),
        Mistake(
            "te_entropy",
            "the entropy itself is set to the wanted number; asked is the spread, which is e to the entropy.",
            4,
            {"measure": "lambda w: -np.sum(w * np.log(np.maximum(w, 1e-300)))"},
        ),
        Mistake(
            "te_bits",
            "logarithm and exponential do not fit together: an entropy in bits belongs to powers of 2, one in nats to "
            "powers of e.",
            4,
            (
                {"measure": "lambda w: np.exp(-np.sum(w * np.log2(np.maximum(w, 1e-300))))"},
                {"measure": "lambda w: 2 ** -np.sum(w * np.log(np.maximum(w, 1e-300)))"},
            ),
        ),
        Mistake(
            "te_squares",
            "1 over the sum of squared weights is another measure of spread; asked is e to the entropy.",
            4,
            {"measure": "lambda w: 1 / np.sum(w * w)"},
        ),
        Mistake(
            "te_largest",
            "1 over the largest weight is another measure of spread; asked is e to the entropy.",
            4,
            {"measure": "lambda w: 1 / np.max(w)"},
        ),
        Mistake(
            "te_spread",
            "this is the spread that was asked for, not the temperature that gives it.",
            4,
            {"temperature": "wanted"},
        ),
        Mistake("te_logarithm", "this is the logarithm of the temperature.", 4, {"temperature": "np.log(found)"}),
        Mistake(
            "te_fixed",
            "the answer of one example comes back for all: the function must look at its arguments.",
            4,
            {"temperature": "1.81"},
        ),
    ],
)
