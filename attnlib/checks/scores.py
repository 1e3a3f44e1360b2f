"""Checks of the score functions."""

import numpy as np

import attnlib.scores as right
from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.check import Check
from attnlib.checks.examples import Example, normals


def _common(scores, scale, keys="keys", pairs=()):
    """Mistakes that all score functions share.

    Args:
        scores: the line with the result.
        scale: widths by which someone may divide; none where a division is asked for.
        keys: what is multiplied with the queries.
        pairs: the result where each query meets the key at its own place, in other words.
    """
    scaled = Mistake(
        "sc_scaled",
        "the scores are divided by the root of a width; this score has no scale.",
        3,
        tuple({"answer": f"{scores} / {width} ** 0.5"} for width in scale)
        + tuple({"answer": f"{scores} / {width}"} for width in scale),
    )
    return [
        *([scaled] if scale else []),
        Mistake(
            "sc_transposed",
            "the table is transposed: its rows are keys. Rows are queries here.",
            3,
            {"answer": f"np.swapaxes({scores}, -1, -2)"},
        ),
        Mistake(
            "sc_softmax",
            "the softmax is taken already: scores are asked for, before the softmax.",
            4,
            {"answer": f"softmax({scores})"},
            section="The softmax",
        ),
        Mistake("sc_sign", "the sign is turned round.", 3, {"answer": f"-({scores})"}),
        Mistake(
            "sc_batchmix",
            "the sequences of a batch are mixed: each query also meets the keys of another sequence.",
            5,
            (
                {"met": f"{keys} if {keys}.ndim < 3 else {keys}[:1]"},
                {"met": f"{keys} if {keys}.ndim < 3 else {keys}.sum(0, keepdims=True)"},
            ),
            section="Many queries at once",
        ),
        Mistake(
            "sc_pairs",
            "each query meets one key only, the one at its own place: there should be a score for every pair.",
            3,
            (
                {"answer": f"np.diagonal({scores}, axis1=-2, axis2=-1)"},
                {"answer": f"np.diagonal({scores}, axis1=-2, axis2=-1)[..., None]"},
                *({"answer": one} for one in pairs),
            ),
        ),
        Mistake(
            "sc_whole",
            "the scores are cut to whole numbers: the array for the result was made for whole numbers.",
            3,
            ({"answer": f"{scores}.astype(int)"}, {"answer": f"np.trunc({scores})"}),
        ),
        Mistake(
            "sc_short",
            "the last row or column stays empty: a loop stops one too early. `range(n)` already leaves out n.",
            3,
            (
                {"answer": f"{scores} * (np.arange({scores}.shape[-1]) < {scores}.shape[-1] - 1)"},
                {
                    "answer": f"{scores} * (np.arange({scores}.shape[-1]) < {scores}.shape[-1] - 1)"
                    f" * (np.arange({scores}.shape[-2]) < {scores}.shape[-2] - 1)[:, None]"
                },
            ),
        ),
    ]


def _not_transposed(prefix, asked):
    """Mistakes with the axes of the keys in a product with them; `asked` is the line that is multiplied."""
    return [
        Mistake(
            f"{prefix}_dotT",
            "the axes are exchanged in a way that fits one sequence and not a batch (`.T` turns round all axes): only "
            "the last two should change places.",
            5,
            {"scores": f"{asked} @ met.T"},
            names=("T", "t", "transpose"),
            section="Many queries at once",
        ),
        Mistake(
            f"{prefix}_noT",
            "the keys are multiplied as they are: rows of queries meet columns of keys. Rows should meet rows.",
            3,
            {"scores": f"{asked} @ met"},
        ),
    ]


dot_scores = Check(
    reference=right.dot_scores,
    answer=Answer("""
def dot_scores(queries, keys):
    met = keys
    asked = queries
    scores = asked @ np.swapaxes(met, -1, -2)
    answer = scores
    return answer
"""),
    returns={"scores": "query, key"},
    about=(3, "The dot score"),
    not_checked="speed",
    examples=[
        Example("two queries, two keys", (np.array([[1.0, 2.0], [0.0, 3.0]]), np.array([[1.0, 0.0], [4.0, 1.0]]))),
        Example("all sizes different", normals((2, 3), (4, 3))),
        Example("all sizes equal", normals((3, 3), (3, 3))),
        Example("a batch", normals((2, 3, 4), (2, 5, 4))),
        Example("as many queries as sequences", normals((3, 3, 2), (3, 4, 2))),
    ],
    mistakes=[
        *_common("scores", ("queries.shape[-1]", "keys.shape[-2]")),
        *_not_transposed("ds", "asked"),
        Mistake(
            "ds_reshape",
            "a reshape (or `.view`) to the transposed shape keeps the numbers in their order: it mixes the keys.",
            3,
            {"scores": "asked @ met.reshape(*met.shape[:-2], met.shape[-1], met.shape[-2])"},
        ),
        Mistake(
            "ds_alongkeys",
            "the products are summed along the wrong axis: a dot product sums over the features.",
            3,
            {"scores": "(asked[..., :, None, :] * met[..., None, :, :]).sum(-2)"},
        ),
        Mistake(
            "ds_everybatch",
            "for batches, np.dot, np.inner and tensordot pair every sequence with every other one.",
            5,
            {"scores": "np.dot(asked, np.swapaxes(met, -1, -2))"},
            section="Many queries at once",
        ),
        Mistake(
            "ds_onefeature",
            "one feature is left out of the sum: a loop starts at 1, or stops one too early.",
            3,
            (
                {"scores": "asked[..., 1:] @ np.swapaxes(met[..., 1:], -1, -2)"},
                {"scores": "asked[..., :-1] @ np.swapaxes(met[..., :-1], -1, -2)"},
            ),
        ),
        Mistake("ds_absolute", "the sign of the scores is lost.", 3, {"answer": "np.abs(scores)"}),
        Mistake(
            "ds_cosine",
            "this is the cosine: the vectors are divided by their lengths first. The dot product is not.",
            3,
            {
                "scores": "(asked / np.linalg.norm(asked, axis=-1, keepdims=True))"
                " @ np.swapaxes(met / np.linalg.norm(met, axis=-1, keepdims=True), -1, -2)"
            },
        ),
        Mistake(
            "ds_distance",
            "this is a distance between query and key, not their dot product.",
            3,
            tuple(
                {"scores": f"{form}(((asked[..., :, None, :] - met[..., None, :, :]) ** 2).sum(-1)){root}"}
                for form in ("", "-")
                for root in ("", " ** 0.5")
            ),
        ),
        Mistake(
            "ds_products",
            "the products of the features are there, but they are not summed.",
            3,
            ({"answer": "asked * met"}, {"answer": "asked[..., :, None, :] * met[..., None, :, :]"}),
        ),
        Mistake(
            "ds_self",
            "the queries meet themselves: the keys are not used.",
            3,
            {"scores": "asked @ np.swapaxes(asked, -1, -2)"},
        ),
    ],
)


general_scores = Check(
    reference=right.general_scores,
    answer=Answer("""
def general_scores(queries, keys, w):
    met = keys
    matrix = w
    turned = queries @ matrix
    scores = turned @ np.swapaxes(met, -1, -2)
    answer = scores
    return answer
"""),
    returns={"scores": "query, key"},
    about=(3, "The general score"),
    not_checked="speed",
    examples=[
        Example(
            "two queries, two keys",
            (
                np.array([[1.0, 2.0], [0.0, 3.0]]),
                np.array([[1.0, 0.0], [4.0, 1.0]]),
                np.array([[1.0, 2.0], [0.0, -1.0]]),
            ),
        ),
        Example("all sizes different", normals((2, 3), (5, 4), (3, 4))),
        Example("all sizes equal", normals((3, 3), (3, 3), (3, 3))),
        Example("a batch", normals((2, 3, 4), (2, 5, 6), (4, 6))),
        Example("a batch of equal widths", normals((2, 3, 4), (2, 5, 4), (4, 4))),
    ],
    mistakes=[
        *_common("scores", ("keys.shape[-1]", "queries.shape[-1]")),
        Mistake(
            "ge_WT",
            "the matrix is transposed: its rows belong to the queries. (torch.nn.Linear keeps its matrix transposed.)",
            3,
            {"matrix": "w.T"},
        ),
        Mistake("ge_noW", "the matrix is not used.", 3, {"turned": "queries"}),
        Mistake(
            "ge_both",
            "the matrix is applied twice, to the queries and to the keys.",
            3,
            {"scores": "turned @ np.swapaxes(met @ matrix, -1, -2)"},
        ),
        *_not_transposed("ge", "turned"),
        Mistake(
            "ge_elementwise",
            "the matrix is multiplied entry by entry: `*` is no matrix product.",
            3,
            {"turned": "queries * matrix"},
        ),
        Mistake(
            "ge_tanh",
            "there is a tanh, which belongs to the additive score.",
            3,
            ({"scores": "np.tanh(turned) @ np.swapaxes(met, -1, -2)"}, {"answer": "np.tanh(scores)"}),
        ),
    ],
)


additive_scores = Check(
    reference=right.additive_scores,
    answer=Answer("""
def additive_scores(queries, keys, w_query, w_key, v):
    met = keys
    a = queries @ w_query
    b = met @ w_key
    inside = a[..., :, None, :] + b[..., None, :, :]
    hidden = np.tanh(inside)
    scores = hidden @ v
    answer = scores
    return answer
"""),
    returns={"scores": "query, key"},
    about=(3, "The additive score"),
    not_checked="speed",
    examples=[
        Example(
            "one query, two keys",
            (
                np.array([[1.0, 0.0]]),
                np.array([[0.0, 1.0], [0.5, 0.5]]),
                np.array([[0.5, 1.0], [0.0, -1.0]]),
                np.array([[1.0, 0.0], [-0.5, 0.5]]),
                np.array([2.0, -1.0]),
            ),
        ),
        Example("all sizes different", normals((2, 3), (5, 4), (3, 6), (4, 6), (6,))),
        Example("all sizes equal", normals(*[(3, 3)] * 4, (3,))),
        Example("a batch", normals((2, 3, 4), (2, 5, 3), (4, 6), (3, 6), (6,))),
        Example("a batch, all sizes equal", normals((3, 3, 3), (3, 3, 3), (3, 3), (3, 3), (3,))),
    ],
    mistakes=[
        *_common("scores", ("v.shape[-1]", "keys.shape[-1]")),
        Mistake(
            "ad_vinside",
            "v is multiplied in before the tanh; it weighs what comes out of it.",
            3,
            {"hidden": "np.tanh(inside * v)", "scores": "hidden.sum(axis=-1)"},
        ),
        Mistake(
            "ad_meanquery",
            "all queries are averaged (or added up) first: every query has a row of its own.",
            3,
            (
                {"a": "np.broadcast_to((queries @ w_query).mean(-2, keepdims=True), (queries @ w_query).shape)"},
                {"a": "np.broadcast_to((queries @ w_query).sum(-2, keepdims=True), (queries @ w_query).shape)"},
            ),
        ),
        Mistake(
            "ad_lastaxis",
            "an axis of length 1 is left at the end, from v as a column.",
            3,
            {"answer": "scores[..., None]"},
        ),
        Mistake("ad_notanh", "the tanh is missing.", 3, {"hidden": "inside"}),
        Mistake(
            "ad_sigmoid",
            "the logistic function stands where tanh is meant.",
            3,
            {"hidden": "1 / (1 + np.exp(-inside))"},
        ),
        Mistake("ad_relu", "ReLU stands where tanh is meant.", 3, {"hidden": "np.maximum(inside, 0)"}),
        Mistake(
            "ad_nov",
            "the hidden numbers are added up without the vector v, which weighs them.",
            3,
            ({"scores": "hidden.sum(axis=-1)"}, {"scores": "hidden.mean(axis=-1)"}),
        ),
        Mistake(
            "ad_hidden",
            "this is the hidden layer: v still has to make one number of it.",
            3,
            ({"answer": "hidden"}, {"answer": "hidden * v"}),
        ),
        Mistake(
            "ad_outside", "tanh comes last; it belongs before v.", 3, {"hidden": "inside", "answer": "np.tanh(scores)"}
        ),
        Mistake(
            "ad_each",
            "tanh is taken of the two parts by themselves; it is taken of their sum.",
            3,
            {"hidden": "np.tanh(a)[..., :, None, :] + np.tanh(b)[..., None, :, :]"},
        ),
        Mistake(
            "ad_product",
            "the two parts are multiplied; they are added.",
            3,
            {"inside": "a[..., :, None, :] * b[..., None, :, :]"},
        ),
        Mistake(
            "ad_difference",
            "one part is subtracted; both are added.",
            3,
            (
                {"inside": "a[..., :, None, :] - b[..., None, :, :]"},
                {"inside": "b[..., None, :, :] - a[..., :, None, :]"},
            ),
        ),
        Mistake(
            "ad_swapped",
            "the two matrices have changed places.",
            3,
            {"a": "queries @ w_key", "b": "met @ w_query"},
        ),
        Mistake(
            "ad_sameW",
            "queries and keys go through the same matrix; each has its own.",
            3,
            ({"b": "met @ w_query"}, {"a": "queries @ w_key"}),
        ),
        Mistake(
            "ad_lined",
            "query i is added to key i: every query has to meet every key, so the two parts need axes of their own.",
            3,
            ({"inside": "a + b"}, {"inside": "(a + b)[..., :, None, :] + 0 * b[..., None, :, :]"}),
        ),
        Mistake(
            "ad_onlykeys",
            "the queries take no part in the scores.",
            3,
            {"inside": "0 * a[..., :, None, :] + b[..., None, :, :]"},
        ),
        Mistake(
            "ad_onlyqueries",
            "the keys take no part in the scores.",
            3,
            {"inside": "a[..., :, None, :] + 0 * b[..., None, :, :]"},
        ),
        Mistake(
            "ad_front",
            "the new axes are counted from the front: right for one sequence, wrong for a batch.",
            5,
            (
                {"inside": "a[:, None, :] + b[None, :, :]"},
                {"inside": "a[:, None] + b[None]"},
            ),
            section="Many queries at once",
        ),
        Mistake(
            "ad_dot",
            "the two parts are multiplied with each other as in a dot product; the additive score adds them.",
            3,
            {"scores": "a @ np.swapaxes(b, -1, -2)"},
        ),
    ],
)


def _products(but=()):
    """Mistakes in the product of queries and keys, from `dot_scores`, before anything is done with it."""
    found = [m for m in dot_scores.bank.mistakes if m.id not in ("sc_batchmix", "ds_cosine", *but)]
    return [m for m in found if not any("answer" in form for form in m.forms)]


_COSINE = (
    "(asked / np.linalg.norm(asked, axis=-1, keepdims=True))"
    " @ np.swapaxes(met / np.linalg.norm(met, axis=-1, keepdims=True), -1, -2)"
)

scaled_dot_scores = Check(
    reference=right.scaled_dot_scores,
    answer=Answer("""
def scaled_dot_scores(queries, keys):
    met = keys
    asked = queries
    scores = asked @ np.swapaxes(met, -1, -2)
    root = queries.shape[-1] ** 0.5
    scaled = scores / root
    answer = scaled
    return answer
"""),
    returns={"scores": "query, key"},
    not_checked="speed",
    about=(11, "The root in the formula"),
    examples=[
        Example(
            "two queries, two keys of width 4",
            (np.array([[1.0, 1.0, 1.0, 1.0], [2.0, 0.0, 0.0, 1.0]]), np.array([[3.0, 0.0, 0.0, 1.0], [0, 1, 0, 2]])),
        ),
        Example("all sizes different", normals((2, 3), (5, 3))),
        Example("all sizes equal", normals((3, 3), (3, 3))),
        Example("a batch", normals((2, 3, 7), (2, 5, 7))),
        Example("as many queries as sequences", normals((3, 3, 2), (3, 4, 2))),
        Example("vectors of width 1", normals((2, 1), (3, 1))),
    ],
    mistakes=[
        Mistake(
            "sd_noscale", "the scores are not divided by anything: these are plain dot products.", 11, {"root": "1"}
        ),
        Mistake(
            "sd_width",
            "the scores are divided by d_key itself (as by a mean, or twice by its root, once with the queries and "
            "once with the keys), and become too small.",
            11,
            {"root": "queries.shape[-1]"},
        ),
        Mistake(
            "sd_mul",
            "the scores are multiplied by the root of d_key, or divided by one over it; they should become smaller.",
            11,
            {"scaled": "scores * root"},
        ),
        Mistake(
            "sd_nkeys",
            "the scale is made of the number of keys; a dot product sums over the width.",
            11,
            tuple({"root": f"{n} ** 0.5"} for n in ("keys.shape[-2]", "keys.shape[0]"))
            + tuple({"root": n} for n in ("keys.shape[-2]", "keys.shape[0]")),
        ),
        Mistake(
            "sd_nqueries",
            "the scale is made of the number of queries; a dot product sums over the width.",
            11,
            ({"root": "queries.shape[-2] ** 0.5"}, {"root": "queries.shape[-2]"}),
        ),
        Mistake(
            "sd_first",
            "the scale is made of the size of the first axis: it counts sequences where there is a batch, and queries "
            "where there is none.",
            11,
            ({"root": "queries.shape[0] ** 0.5"}, {"root": "queries.shape[0]"}),
        ),
        Mistake(
            "sd_second",
            "the width is taken from axis 1: right for one sequence, but in a batch that axis counts the queries or "
            "the keys. Count axes from the end.",
            11,
            ({"root": "queries.shape[1] ** 0.5"}, {"root": "keys.shape[1] ** 0.5"}),
        ),
        Mistake(
            "sd_size",
            "the scale is made of the number of all entries, so that more tokens change it; only the width counts.",
            11,
            ({"root": "queries.size ** 0.5"}, {"root": "keys.size ** 0.5"}, {"root": "scores.size ** 0.5"}),
        ),
        Mistake(
            "sd_axes",
            "the number of axes is taken for the width.",
            11,
            ({"root": "queries.ndim ** 0.5"}, {"root": "queries.ndim"}),
        ),
        Mistake(
            "sd_fixed",
            "a number is written in where the width belongs: the scale is the same for every width.",
            11,
            tuple({"root": f"{n}"} for n in (8, 16, 64, "8**0.5", "512**0.5", "3**0.5", 2, 4)),
        ),
        Mistake(
            "sd_whole",
            "the root of d_key is rounded to a whole number.",
            11,
            (
                {"root": "int(queries.shape[-1] ** 0.5)"},
                {"root": "round(queries.shape[-1] ** 0.5)"},
                {"root": "int(np.ceil(queries.shape[-1] ** 0.5))"},
            ),
        ),
        Mistake(
            "sd_floor",
            "`//` rounds every score down to a whole number.",
            11,
            {"scaled": "scores // root"},
        ),
        Mistake(
            "sd_order",
            "`d ** 1/2` is half of d, because a power comes before a division; and `x / d ** 1/2` divides by d and "
            "then by 2.",
            11,
            ({"root": "queries.shape[-1] / 2"}, {"root": "queries.shape[-1] * 2"}),
        ),
        Mistake(
            "sd_quarter",
            "only one of queries and keys has its part of the scale, or the root is taken twice: the scores stay too "
            "large.",
            11,
            {"root": "queries.shape[-1] ** 0.25"},
        ),
        Mistake(
            "sd_rootofscores",
            "the root is taken of the scores too: no negative score survives that.",
            11,
            (
                {"scaled": "(scores / queries.shape[-1]) ** 0.5"},
                {"scaled": "scores ** 0.5 / root"},
            ),
        ),
        Mistake(
            "sd_log",
            "the logarithm of the width stands where its root is meant.",
            11,
            ({"root": "np.log(queries.shape[-1])"}, {"root": "np.log2(queries.shape[-1])"}),
        ),
        Mistake(
            "sd_standard",
            "the scores are divided by their own spread or by their largest value, so that each depends on all others. "
            "The scale is one number that the width decides.",
            11,
            (
                {"root": "scores.std()"},
                {"root": "scores.std(axis=-1, keepdims=True)"},
                {"scaled": "(scores - scores.mean(-1, keepdims=True)) / scores.std(-1, keepdims=True)"},
                {"root": "np.abs(scores).max()"},
                {"root": "scores.sum(axis=-1, keepdims=True)"},
            ),
        ),
        Mistake(
            "sd_cosine",
            "this is the cosine: every vector is divided by its own length. Here one number divides all scores.",
            11,
            ({"scores": _COSINE, "scaled": "scores"}, {"scores": _COSINE}),
        ),
        Mistake(
            "sd_length",
            "the scores are divided by lengths of queries or keys; one number, which the width decides, divides all.",
            11,
            (
                {"root": "np.linalg.norm(queries, axis=-1, keepdims=True)"},
                {"root": "np.linalg.norm(keys, axis=-1)[..., None, :]"},
                {"root": "np.linalg.norm(queries)"},
                {"root": "np.linalg.norm(keys)"},
            ),
        ),
        Mistake(
            "sd_softmaxfirst",
            "the softmax is taken already, and the scale comes after it: scores are asked for, before the softmax.",
            4,
            {"scaled": "softmax(scores) / root"},
            section="The softmax",
        ),
        *_common("scaled", (), pairs=["(asked * met).sum(-1) / root"]),
        *_products(),
    ],
)


cosine_scores = Check(
    reference=lambda queries, keys, temperature: (
        right.dot_scores(
            queries / np.linalg.norm(queries, axis=-1, keepdims=True),
            keys / np.linalg.norm(keys, axis=-1, keepdims=True),
        )
        / temperature
    ),
    answer=Answer("""
def cosine_scores(queries, keys, temperature):
    by_query = np.linalg.norm(queries, axis=-1, keepdims=True)
    by_key = np.linalg.norm(keys, axis=-1, keepdims=True)
    asked = queries / by_query
    directions = keys / by_key
    met = directions
    scores = asked @ np.swapaxes(met, -1, -2)
    divided = scores / temperature
    answer = divided
    return answer
"""),
    returns={"scores": "query, key"},
    exercise="scaled_dot_scores",
    not_checked="vectors of length 0",
    examples=[
        Example("two queries, two keys", (np.array([[3.0, 4.0], [0.0, 2.0]]), np.array([[1.0, 0.0], [6.0, 8.0]]), 0.5)),
        Example("all sizes different", (*normals((2, 3), (5, 3)), 2.0)),
        Example("all sizes equal", (*normals((3, 3), (3, 3)), 0.1)),
        Example("a batch", (*normals((2, 3, 7), (2, 5, 7)), 1.0)),
        Example("a batch, all sizes equal", (*normals((3, 3, 3), (3, 3, 3)), 0.3)),
    ],
    mistakes=[
        Mistake(
            "cs_onlyqueries",
            "only the queries are divided by their lengths: a long key still has larger scores.",
            11,
            {"by_key": "1.0"},
        ),
        Mistake(
            "cs_onlykeys",
            "only the keys are divided by their lengths: a long query still has larger scores.",
            11,
            {"by_query": "1.0"},
        ),
        Mistake(
            "cs_none",
            "nothing is divided by its length: these are dot products over a temperature.",
            11,
            {"by_query": "1.0", "by_key": "1.0"},
        ),
        Mistake(
            "cs_notemp",
            "the temperature has no effect: it is not used, or it divides vectors that are brought to length 1 "
            "afterwards.",
            11,
            {"divided": "scores"},
        ),
        Mistake(
            "cs_times",
            "the scores are multiplied by the temperature: a low temperature should move them apart.",
            11,
            {"divided": "scores * temperature"},
        ),
        Mistake(
            "cs_timesroot",
            "the temperature is not used as it is: its root, square or exponential is taken, or it divides twice.",
            11,
            (
                {"divided": "scores / temperature**2"},
                {"divided": "scores / temperature**0.5"},
                {"divided": "scores * np.exp(temperature)"},
                {"divided": "scores / np.exp(temperature)"},
            ),
        ),
        Mistake(
            "cs_width",
            "the scores are also divided or multiplied by the width or its root: a cosine has no width in it.",
            11,
            (
                {"divided": "scores / temperature / queries.shape[-1]"},
                {"divided": "scores / temperature * queries.shape[-1] ** 0.5"},
                {"divided": "scores * queries.shape[-1] ** 0.5"},
                {"divided": "scores / temperature / queries.shape[-1] ** 0.5"},
                {"divided": "scores / queries.shape[-1] ** 0.5"},
            ),
        ),
        Mistake(
            "cs_axis",
            "the lengths run along the wrong axis: each vector has its own, over its features.",
            11,
            tuple(
                {
                    "by_query": f"np.linalg.norm(queries, axis={axis}, keepdims=True)",
                    "by_key": f"np.linalg.norm(keys, axis={axis}, keepdims=True)",
                }
                for axis in (-2, 0, 1)
            ),
        ),
        Mistake(
            "cs_whole",
            "there is one length for the whole array; each vector has its own.",
            11,
            (
                {"by_query": "np.linalg.norm(queries)", "by_key": "np.linalg.norm(keys)"},
                {
                    "by_query": "((queries**2).sum((-2, -1), keepdims=True)) ** 0.5",
                    "by_key": "((keys**2).sum((-2, -1), keepdims=True)) ** 0.5",
                },
            ),
        ),
        Mistake(
            "cs_squared",
            "the vectors are divided by the squares of their lengths: a root is missing.",
            11,
            (
                {"by_query": "(queries**2).sum(-1, keepdims=True)", "by_key": "(keys**2).sum(-1, keepdims=True)"},
                {"by_query": "(queries**2).sum(-1, keepdims=True)"},
                {"by_key": "(keys**2).sum(-1, keepdims=True)"},
            ),
        ),
        Mistake(
            "cs_rootroot",
            "only the root of both lengths is divided by: half of what makes long vectors count is left.",
            11,
            {
                "by_query": "np.linalg.norm(queries, axis=-1, keepdims=True) ** 0.5",
                "by_key": "np.linalg.norm(keys, axis=-1, keepdims=True) ** 0.5",
            },
        ),
        Mistake(
            "cs_nokeep",
            "a length has lost the axis that it was taken along, and what is left lines up with the wrong one.",
            11,
            (
                {"by_query": "np.linalg.norm(queries, axis=-1)", "by_key": "np.linalg.norm(keys, axis=-1)"},
                {"by_query": "np.linalg.norm(queries, axis=-1)"},
                {"by_key": "np.linalg.norm(keys, axis=-1)"},
            ),
        ),
        Mistake(
            "cs_columns",
            "the table is divided by the lengths of the keys as if they stood beside its rows; a key has a column.",
            11,
            {
                "by_key": "1.0",
                "divided": "scores / np.linalg.norm(keys, axis=-1, keepdims=True) / temperature",
            },
        ),
        Mistake(
            "cs_sum",
            "the absolute numbers of a vector are added up (or the numbers themselves); its length is the root of its "
            "sum of squares.",
            11,
            (
                {
                    "by_query": "np.abs(queries).sum(-1, keepdims=True)",
                    "by_key": "np.abs(keys).sum(-1, keepdims=True)",
                },
                {"by_query": "queries.sum(-1, keepdims=True)", "by_key": "keys.sum(-1, keepdims=True)"},
            ),
        ),
        Mistake(
            "cs_largest",
            "the vectors are divided by their largest number, which is not their length.",
            11,
            (
                {
                    "by_query": "np.abs(queries).max(-1, keepdims=True)",
                    "by_key": "np.abs(keys).max(-1, keepdims=True)",
                },
                {"by_query": "queries.max(-1, keepdims=True)", "by_key": "keys.max(-1, keepdims=True)"},
            ),
        ),
        Mistake(
            "cs_meansquare",
            "the squares are averaged where they should be added up: every score is too large by the width.",
            11,
            {
                "by_query": "(queries**2).mean(-1, keepdims=True) ** 0.5",
                "by_key": "(keys**2).mean(-1, keepdims=True) ** 0.5",
            },
        ),
        Mistake(
            "cs_centred",
            "the mean of each vector is taken away first: that makes a correlation of the cosine.",
            11,
            (
                {
                    "asked": "(queries - queries.mean(-1, keepdims=True))"
                    " / np.linalg.norm(queries - queries.mean(-1, keepdims=True), axis=-1, keepdims=True)",
                    "directions": "(keys - keys.mean(-1, keepdims=True))"
                    " / np.linalg.norm(keys - keys.mean(-1, keepdims=True), axis=-1, keepdims=True)",
                },
                {
                    "asked": "(queries - queries.mean(-1, keepdims=True)) / queries.std(-1, keepdims=True)",
                    "directions": "(keys - keys.mean(-1, keepdims=True)) / keys.std(-1, keepdims=True)",
                },
            ),
        ),
        Mistake(
            "cs_parentheses",
            "`a / b * c` divides by b and then multiplies by c: one of the lengths, or the temperature, ends up above "
            "the line.",
            11,
            (
                {"directions": "keys * by_key"},
                {"asked": "queries * by_query"},
                {"asked": "queries * by_query", "directions": "keys * by_key"},
                {"directions": "keys * by_key", "divided": "scores * temperature"},
            ),
        ),
        Mistake(
            "cs_otherlength",
            "both are divided by the lengths of the same vectors; queries and keys have lengths of their own.",
            11,
            (
                {"by_key": "np.linalg.norm(queries, axis=-1, keepdims=True)"},
                {"by_query": "np.linalg.norm(keys, axis=-1, keepdims=True)"},
            ),
        ),
        Mistake(
            "cs_distance",
            "this is one minus the cosine, a distance: near vectors should have large scores.",
            11,
            ({"scores": "1 - asked @ np.swapaxes(met, -1, -2)"}, {"divided": "1 - scores / temperature"}),
        ),
        Mistake(
            "cs_angle", "this is the angle and not its cosine.", 11, {"divided": "np.arccos(scores) / temperature"}
        ),
        Mistake(
            "cs_byscores",
            "the rows of the scores are brought to length 1, or divided by their sum or largest number: the vectors "
            "should be, before they meet.",
            11,
            tuple(
                {"by_query": "1.0", "by_key": "1.0", "divided": f"scores / {size} / temperature"}
                for size in (
                    "np.linalg.norm(scores, axis=-1, keepdims=True)",
                    "np.abs(scores).max(-1, keepdims=True)",
                    "np.abs(scores).max()",
                    "scores.sum(-1, keepdims=True)",
                )
            ),
        ),
        *_common("divided", (), keys="directions", pairs=["(asked * directions).sum(-1) / temperature"]),
        *_products(),
    ],
)
