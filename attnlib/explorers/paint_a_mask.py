"""Paint a mask over a few scores and choose how it is applied; see weights, their sums, and what went wrong."""

import math

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, minus
from attnlib.weights import masked_softmax

FINE = "in order"


def _plain(scores):
    """A softmax as most write it: nothing is done about a row that has no finite score."""
    with np.errstate(invalid="ignore"):
        positive = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return positive / positive.sum(axis=-1, keepdims=True)


def _renormalised(scores, mask):
    weights = _plain(scores) * mask
    with np.errstate(invalid="ignore"):
        return weights / weights.sum(axis=-1, keepdims=True)


WAYS = {  # what each way is called, and the weights that it makes of scores and mask (True = may attend)
    "attnlib": ("attnlib", masked_softmax),
    "infinite": ("-∞ in place of the score", lambda scores, mask: _plain(np.where(mask, scores, -np.inf))),
    "finite": ("-10⁹ in place of the score", lambda scores, mask: _plain(np.where(mask, scores, -1e9))),
    "added": ("-10000 added to the score", lambda scores, mask: _plain(scores + np.where(mask, 0.0, -1e4))),
    "renormalised": ("0 in place of the weight, renormalised", _renormalised),
    "zeroed": ("0 in place of the weight", lambda scores, mask: _plain(scores) * mask),
    "inverted": ("-∞, the mask read the wrong way round", lambda scores, mask: _plain(np.where(mask, -np.inf, scores))),
}


class PaintAMask(Explorer):
    """Scores of a sentence with padding, a mask over them, and one of seven ways to apply it.

    Args:
        scores: a table with a row for each query and a column for each key, two to six of both, finite.
        tokens: the names of the places.
        length: how many of the places hold tokens; the others are padding.
        mask: a table of the same shape, True = may attend; without one, the padding is forbidden.
        way: "attnlib" (its masked softmax), "infinite" or "finite" (minus infinity or -1e9 takes the place of forbidden
            scores), "added" (-10000 is added to them), "zeroed" (forbidden weights become 0 after the softmax),
            "renormalised" (and are divided by their sum) or "inverted" (the mask is read the wrong way round).

    Raises:
        traitlets.TraitError: if the scores are not such a table, the tokens, the mask or the length do not fit them, or
            the way is not one of these.

    Example:
        >>> explorer = PaintAMask(scores=[[1.0, 2.0], [0.0, 0.0]], tokens=["a", "pad."], length=1, way="zeroed")
        >>> explorer.weights.round(2)
        array([[0.27, 0.  ],
               [0.5 , 0.  ]])
        >>> explorer.verdicts[0]
        'sums to 0.27, not to 1'
    """

    kind = "paint_a_mask"
    label = "Interactive figure: paint a mask"
    scores = traitlets.List(traitlets.List(traitlets.Float()), minlen=2, maxlen=6).tag(sync=True)
    tokens = traitlets.List(traitlets.Unicode()).tag(sync=True)
    length = traitlets.Int(1, min=1).tag(sync=True)
    mask = traitlets.List(traitlets.List(traitlets.Bool())).tag(sync=True)
    way = traitlets.Enum(list(WAYS), "attnlib").tag(sync=True)

    def __init__(self, *, scores, tokens, length, mask=None, way="attnlib"):
        scores = np.asarray(scores, dtype=float).tolist()
        if mask is None:
            mask = np.broadcast_to(np.arange(len(scores)) < length, (len(scores), len(scores)))
        super().__init__(scores=scores, tokens=tokens, length=length, mask=np.asarray(mask).tolist(), way=way)

    @traitlets.validate("scores", "tokens", "length", "mask")
    def _fits(self, proposal):
        state = {name: getattr(self, name) for name in ("scores", "tokens", "length", "mask")}
        state[proposal["trait"].name] = proposal["value"]
        n = len(state["scores"])
        for name in ("scores", "mask"):
            if [len(row) for row in state[name]] != [n] * n:
                raise traitlets.TraitError(f"{name} must have {n} rows of {n} entries, got {state[name]}")
        if not all(math.isfinite(score) for row in state["scores"] for score in row):
            raise traitlets.TraitError(f"scores must be finite numbers, got {state['scores']}")
        if len(state["tokens"]) != n or state["length"] > n:
            raise traitlets.TraitError(f"{n} places, but {len(state['tokens'])} tokens and length {state['length']}")
        return proposal["value"]

    def __repr__(self):
        rows = " ".join("".join(str(int(may)) for may in row) for row in self.mask)
        return f"PaintAMask({len(self.tokens)} places, length={self.length}, mask='{rows}', way={self.way!r})"

    @property
    def weights(self):
        """The weights that the present way makes: (query, key)."""
        return WAYS[self.way][1](np.asarray(self.scores), np.asarray(self.mask))

    @property
    def verdicts(self):
        """What can be said of each row of weights, in words."""
        return [_verdict(row, allowed) for row, allowed in zip(self.weights, np.asarray(self.mask), strict=True)]

    def picture(self):
        """Two tables, scores with their mask and weights with their sums, and a line of words for each query."""
        weights, mask, n = self.weights, np.asarray(self.mask), len(self.tokens)
        header = "".join(f'<th scope="col">{token}</th>' for token in self.tokens)
        painted = "\n".join(
            f'<tr><th scope="row">{self.tokens[i]}</th>'
            + "".join(
                f'<td data-part="score" data-allowed="{str(bool(mask[i, j])).lower()}">{minus(f"{score:.2f}")}'
                f'<span class="am-hidden">{"" if mask[i, j] else " forbidden"}</span></td>'
                for j, score in enumerate(row)
            )
            + "</tr>"
            for i, row in enumerate(self.scores)
        )
        rows = "\n".join(
            f'<tr><th scope="row">{self.tokens[i]}</th>'
            + "".join(
                f'<td data-part="weight" data-allowed="{str(bool(mask[i, j])).lower()}" '
                f'data-leak="{str(bool(weight > 0 and not mask[i, j])).lower()}">{_shown(weight)}</td>'
                for j, weight in enumerate(weights[i])
            )
            + f'<td data-part="sum">{_shown(weights[i].sum())}</td></tr>'
            for i in range(n)
        )
        said = "\n".join(
            f'<li data-part="verdict" data-fine="{str(verdict == FINE).lower()}">{token}: {verdict}</li>'
            for token, verdict in zip(self.tokens, self.verdicts, strict=True)
        )
        return f"""{CONTROLS}
<p>The mask is applied as: <span data-part="way">{minus(WAYS[self.way][0])}</span></p>
<div class="am-panels">
<table class="am-painted" data-part="grid">
<caption>Scores <span class="am-note">Striped: forbidden. Rows: queries, columns: keys.</span></caption>
<thead><tr><td></td>{header}</tr></thead>
<tbody>
{painted}
</tbody>
</table>
<table class="am-painted">
<caption>Weights <span class="am-note">Framed: weight on a forbidden key.</span></caption>
<thead><tr><td></td>{header}<th scope="col">sum</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<ul class="am-said">
{said}
</ul>
</div>
{STATUS}"""


def _verdict(weights, allowed):
    total, leak = weights.sum(), weights[~allowed].sum()
    if np.isnan(total):
        return "nan (not a number): no key was left"
    if total == 0:
        return "zeros: it takes nothing"
    if not allowed.any():
        equal = np.ptp(weights) < 1e-9
        return "equal weights on forbidden keys" if equal else "the softmax of its scores, as if there were no mask"
    if leak > 0:
        return f"a leak: {leak:.2f} of the weight is on forbidden keys"
    if abs(total - 1) > 1e-9:
        return f"sums to {total:.2f}, not to 1"
    return FINE


def _shown(number):
    return "nan" if np.isnan(number) else f"{number:.2f}"
