"""Move the words of a short sentence; see whether the outputs of self-attention change, without and with positions."""

import html

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, fixed
from attnlib.positions import sinusoidal_positions
from attnlib.single_head import attention

POSITIONS = {False: "none", True: "sinusoidal, added"}


class ShuffledTokens(Explorer):
    """The outputs of one layer of self-attention, a row for each word, which moves with its word.

    The words are their own queries, keys and values.

    Args:
        words: two to four different words.
        vectors: a vector for each of them, (word, width), of an even width.
        order: which word stands at each place, a list of the numbers from 0 on.
        positions: whether sinusoidal positions are added to the vectors.

    Raises:
        traitlets.TraitError: if the words, the vectors or the order are not like that.

    Example:
        >>> sentence = {"words": ["dog", "chased", "cat"], "vectors": [[2.0, 0.0], [0.0, 0.0], [0.0, 2.0]]}
        >>> ShuffledTokens(**sentence, order=[2, 1, 0]).changes.round(3)
        array([0., 0., 0.])
        >>> ShuffledTokens(**sentence, order=[2, 1, 0], positions=True).changes.round(3)
        array([1.488, 0.237, 1.794])
    """

    kind = "shuffled_tokens"
    label = "Interactive figure: words change places"
    words = traitlets.List(traitlets.Unicode(), minlen=2, maxlen=4).tag(sync=True)
    vectors = traitlets.List(traitlets.List(traitlets.Float()), minlen=2, maxlen=4).tag(sync=True)
    order = traitlets.List(traitlets.Int(), minlen=2, maxlen=4).tag(sync=True)
    positions = traitlets.Bool(False).tag(sync=True)

    @traitlets.validate("words", "vectors", "order")
    def _fits(self, proposal):
        name, value, n = proposal["trait"].name, proposal["value"], len(self.words)
        if name == "words" and len(set(value)) < len(value):
            raise traitlets.TraitError(f"words must all be different, got {value}")
        if name == "vectors":
            widths = {len(vector) for vector in value}
            if len(value) != n or len(widths) > 1 or 0 in widths or max(widths) % 2:
                raise traitlets.TraitError(f"vectors must be {n}, all of one even width, got {value}")
            if not np.isfinite(value).all():
                raise traitlets.TraitError(f"vectors must hold finite numbers, got {value}")
        if name == "order" and sorted(value) != list(range(n)):
            raise traitlets.TraitError(f"order must hold each number from 0 to {n - 1} once, got {value}")
        return value

    def outputs_of(self, order):
        """What the layer answers each word, in the order of `words`, when they stand in this order: (word, width)."""
        x = np.asarray(self.vectors)[order]  # (place, width)
        if self.positions:
            x = x + sinusoidal_positions(*x.shape)
        return attention(x, x, x)[0][np.argsort(order)]

    @property
    def outputs(self):
        """What the layer answers each word in the present order: (word, width)."""
        return self.outputs_of(self.order)

    @property
    def changes(self):
        """For each word the largest change of its output, compared with the words in their first order."""
        return np.abs(self.outputs - self.outputs_of(range(len(self.words)))).max(axis=1)

    def picture(self):
        """A plain table; a word keeps its tint and its line."""
        words, outputs, changes = [html.escape(word) for word in self.words], self.outputs, self.changes
        rows = "\n".join(
            f'<tr><td data-part="place">{place}</td><td data-part="word" data-token="{i + 1}">{words[i]}</td>'
            + "".join(f'<td data-part="output">{fixed(number, 2)}</td>' for number in outputs[i])
            + f'<td data-part="change">{changes[i]:.3f}</td></tr>'
            for place, i in enumerate(self.order)
        )
        return f"""{CONTROLS}
<p>Positions: <b data-part="positions">{POSITIONS[self.positions]}</b>. \
The words in order: <b data-part="sentence">{" ".join(words[i] for i in self.order)}</b></p>
<table class="am-cells am-shuffled">
<caption>The output of self-attention for each word</caption>
<thead><tr><th scope="col">place</th><th scope="col">word</th>\
<th scope="colgroup" colspan="{outputs.shape[1]}">output</th><th scope="col">change</th></tr></thead>
<tbody>
{rows}
</tbody>
<tfoot><tr><th scope="row" colspan="{outputs.shape[1] + 2}">largest change, against the first order</th>\
<td data-part="largest">{changes.max():.3f}</td></tr></tfoot>
</table>
{STATUS}"""
