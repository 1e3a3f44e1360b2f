"""Make queries and keys wider and choose the divisor; see scores, weights and the typical gradient follow."""

import math

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, minus
from attnlib.weights import entropy, softmax

DIVISORS = {"none": lambda d_key: 1.0, "root of d_k": lambda d_key: d_key**0.5, "d_k": lambda d_key: float(d_key)}
LEFT, WIDTH = 34, 268  # where the axes begin, and how long they are, in a drawing that is 320 wide
FLOOR = 4  # the axis of the gradient begins at ten to the minus 4


class WidthAndSoftmax(Explorer):
    """The scores of one query at many widths, divided by nothing, by the root of the width or by the width.

    Args:
        scores: for each of the widths 1, 2, 4, ..., a list with the dot products of the query and its keys, undivided.
        typical: for each divisor ("none", "root of d_k", "d_k") the typical length of the gradient with respect to the
            scores at each of the widths.
        d_key: the width that is shown.
        divisor: the divisor that is shown.

    Raises:
        traitlets.TraitError: if there are fewer than two or more than eleven widths, fewer than two keys, not as many
            keys or lengths at each width, a number that is not finite, a length that is not positive, or a width or
            a divisor that is not there.

    Example:
        >>> flat = {name: [0.1, 0.1] for name in ["none", "root of d_k", "d_k"]}
        >>> WidthAndSoftmax(scores=[[1.0, 0.0], [2.0, 0.0]], typical=flat, d_key=2, divisor="d_k").weights.round(3)
        array([0.731, 0.269])
    """

    kind = "width_and_softmax"
    label = "Interactive figure: the width of the keys, the divisor and the softmax"
    scores = traitlets.List(traitlets.List(traitlets.Float(), minlen=2), minlen=2, maxlen=11).tag(sync=True)
    typical = traitlets.Dict().tag(sync=True)
    d_key = traitlets.Int(1).tag(sync=True)
    divisor = traitlets.Enum(list(DIVISORS), "none").tag(sync=True)

    @traitlets.validate("scores", "typical", "d_key")
    def _fits(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        with_it = {"scores": self.scores, "typical": self.typical, "d_key": self.d_key, name: value}
        scores, typical, n = with_it["scores"], with_it["typical"], len(with_it["scores"])
        if name == "scores" and (len({len(row) for row in scores}) > 1 or not np.isfinite(scores).all()):
            raise traitlets.TraitError("scores must be finite numbers, as many at each width")
        complete = set(typical) == set(DIVISORS) and all(_are_lengths(x, n) for x in typical.values())
        if name == "typical" and not complete:
            raise traitlets.TraitError(f"typical must have {n} positive lengths for each of {', '.join(DIVISORS)}")
        if name == "d_key" and value not in [2**i for i in range(n)]:
            raise traitlets.TraitError(f"d_key must be a power of 2 from 1 to {2 ** (n - 1)}, got {value}")
        return value

    def __repr__(self):
        n_widths, n_keys = np.shape(self.scores)
        return f"WidthAndSoftmax({n_widths} widths, {n_keys} keys, d_key={self.d_key}, divisor={self.divisor!r})"

    @property
    def divided(self):
        """The scores at the present width, divided."""
        return np.asarray(self.scores[self.d_key.bit_length() - 1]) / DIVISORS[self.divisor](self.d_key)

    @property
    def weights(self):
        """The weights of these scores, from `attnlib.softmax`."""
        return softmax(self.divided)

    def picture(self):
        """Three small drawings, with their numbers in the text above them."""
        scores, weights, typical = self.divided, self.weights, self.typical[self.divisor][self.d_key.bit_length() - 1]
        n, spread = len(scores), float(entropy(weights))
        end = 50 * math.ceil(np.abs(self.scores).max() / 50)
        ticks = [(LEFT + WIDTH * i / 4, minus(f"{end * (i - 2) / 2:g}")) for i in range(5)]
        powers = [(LEFT + WIDTH * i / FLOOR, f"{10.0 ** (i - FLOOR):g}") for i in range(FLOOR + 1)]
        levels = "".join(
            f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{text}</text>'
            f'<path class="am-axis" d="M{LEFT} {y}h{WIDTH}"/>'
            for y, text in [(10, "1"), (85, "0.5"), (160, "0")]
        )
        return f"""{CONTROLS}
<p><strong>Width <span data-part="width">{self.d_key}</span>, \
divisor <span data-part="divisor">{round(DIVISORS[self.divisor](self.d_key), 1):g}</span></strong></p>
<div class="am-panels">
<div class="am-plot">
<p>The scores of {n} keys, a line for each: spread <b data-part="spread">{scores.std():.3f}</b></p>
<svg viewBox="0 0 320 72" aria-hidden="true">{_axis(ticks, 50)}\
<path class="am-lines" data-part="scores" d="{_lines(scores, end)}"/></svg>
<p>Length of the gradient with respect to the scores, for a typical query: <b data-part="typical">{typical:g}</b></p>
<svg viewBox="0 0 320 52" aria-hidden="true">{_axis(powers, 30)}\
<path class="am-needle" data-part="length" d="{_needle(typical)}"/></svg>
</div>
<div class="am-plot">
<p>The weights, from the largest, <b data-part="largest">{weights.max():.3f}</b>. Entropy \
<b data-part="entropy">{spread:.3f}</b> of at most {math.log(n):.3f}: as spread out as \
<b data-part="keys">{math.exp(spread):.1f}</b> equal weights</p>
<svg viewBox="0 0 320 166" aria-hidden="true">{levels}\
<path class="am-filled" data-part="weights" d="{_bars(weights)}"/></svg>
</div>
</div>
{STATUS}"""


def _are_lengths(numbers, n):
    return len(numbers) == n and all(0 < x < math.inf for x in numbers)


def _axis(ticks, y):
    """A line with ticks and the text below each."""
    marks = "".join(f"M{x:g} {y}v4" for x, _ in ticks)
    texts = "".join(f'<text x="{x:g}" y="{y + 18}" text-anchor="middle">{text}</text>' for x, text in ticks)
    return f'<path class="am-axis" d="M{LEFT} {y}h{WIDTH}{marks}"/>{texts}'


def _lines(scores, end):
    return "".join(f"M{LEFT + WIDTH * (s + end) / (2 * end):.2f} 6v40" for s in scores)


def _bars(weights):
    """Bars side by side on the level 0, at 160, the largest first; a weight of 1 reaches the level at 10."""
    step = WIDTH / len(weights)
    tall = np.sort(weights)[::-1] * 150
    return "".join(f"M{LEFT + i * step:.2f} 160v{-h:.2f}h{0.8 * step:.2f}V160z" for i, h in enumerate(tall))


def _needle(length):
    """A line at the length, on a logarithmic axis; one beyond its ends stands at the end."""
    share = min(max(1 + math.log10(length) / FLOOR, 0), 1)
    return f"M{LEFT + WIDTH * share:.2f} 4v26"
