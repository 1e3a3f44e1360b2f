"""Edit scores and the temperature; see weights, entropy and the Jacobian follow."""

import math

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, bar, minus
from attnlib.weights import entropy, softmax, softmax_jacobian


class ScoresToWeights(Explorer):
    """Scores and a temperature, and what follows from them: weights, their entropy and the softmax's Jacobian.

    Args:
        scores: two to six finite numbers, the scores of the keys.
        temperature: a positive number; the scores are divided by it.

    Raises:
        traitlets.TraitError: if there are fewer than two or more than six scores, a score is not finite, or the
            temperature is not between 0.01 and 100.

    Example:
        >>> explorer = ScoresToWeights(scores=[5.0, 2.0, 1.0])
        >>> explorer.weights.round(3)
        array([0.936, 0.047, 0.017])
    """

    kind = "scores_to_weights"
    label = "Interactive figure: scores become weights"
    scores = traitlets.List(traitlets.Float(), minlen=2, maxlen=6).tag(sync=True)
    temperature = traitlets.Float(1.0, min=0.01, max=100.0).tag(sync=True)

    @traitlets.validate("scores")
    def _finite(self, proposal):
        if not all(map(math.isfinite, proposal["value"])):
            raise traitlets.TraitError(f"scores must be finite numbers, got {proposal['value']}")
        return proposal["value"]

    @property
    def weights(self):
        """The weights of the present scores at the present temperature, from `attnlib.softmax`."""
        return softmax(np.asarray(self.scores) / self.temperature)

    def picture(self):
        """Three plain tables: they can be read aloud, copied and printed, and wrap on a narrow screen."""
        weights, n = self.weights, len(self.scores)
        slopes = softmax_jacobian(weights) / self.temperature  # of softmax(scores / temperature)
        rows = "\n".join(
            f'<tr><th scope="row">key {i + 1}</th><td data-part="score">{score:g}</td>'
            f'<td data-part="weight">{weight:.3f}</td><td>{bar(weight)}</td></tr>'
            for i, (score, weight) in enumerate(zip(self.scores, weights, strict=True))
        )
        header = "".join(f'<th scope="col">s<sub>{j + 1}</sub></th>' for j in range(n))
        cells = "\n".join(
            f'<tr><th scope="row">w<sub>{i + 1}</sub></th>'
            + "".join(f'<td data-part="slope" style="--slope: {slope:.3f}">{_signed(slope)}</td>' for slope in line)
            + "</tr>"
            for i, line in enumerate(slopes)
        )
        spread = float(entropy(weights))
        return f"""{CONTROLS}
<div class="am-panels">
<table class="am-weights">
<caption>Scores become weights (temperature <span data-part="temperature">{self.temperature:g}</span>)</caption>
<thead><tr><th scope="col">key</th><th scope="col">score</th><th scope="col">weight</th>\
<th scope="col"><span class="am-hidden">weight as a bar</span></th></tr></thead>
<tbody>
{rows}
</tbody>
<tfoot><tr><th scope="row">entropy</th><td>H, at most ln {n} = {math.log(n):.3f}</td>\
<td data-part="entropy">{spread:.3f}</td><td></td></tr>
<tr><th scope="row">spread</th><td>e<sup>H</sup>, at most {n}</td>\
<td data-part="spread">{math.exp(spread):.3f}</td><td></td></tr></tfoot>
</table>
<table class="am-jacobian">
<caption>Jacobian: how fast each weight (row) moves with each score (column)</caption>
<thead><tr><td></td>{header}</tr></thead>
<tbody>
{cells}
</tbody>
</table>
</div>
{STATUS}"""


def _signed(slope):
    """The number with its sign, so that colour is not the only sign of it."""
    return minus(f"{slope:+.3f}") if abs(slope) >= 0.0005 else "0.000"
