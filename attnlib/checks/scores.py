"""Checks of the score functions."""

import numpy as np

import attnlib.scores as right
from attnlib.checks.bank import Answer, Mistake
from attnlib.checks.check import Check
from attnlib.checks.examples import Example, normals


def _common(scores, scale):
    """Mistakes that all score functions share; `scores` is the line with the result, `scale` a width to divide by."""
    return [
        Mistake(
            "sc_transposed",
            "the table is transposed: its rows are keys. Rows are queries here.",
            3,
            {"answer": f"np.swapaxes({scores}, -1, -2)"},
        ),
        Mistake(
            "sc_scaled",
            "the scores are divided by the root of a width; this score has no scale.",
            3,
            tuple({"answer": f"{scores} / {width} ** 0.5"} for width in scale)
            + tuple({"answer": f"{scores} / {width}"} for width in scale),
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
                {"met": "keys if keys.ndim < 3 else keys[:1]"},
                {"met": "keys if keys.ndim < 3 else keys.sum(0, keepdims=True)"},
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
