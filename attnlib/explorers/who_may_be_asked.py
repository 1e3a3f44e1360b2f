"""Choose a word and whom it may ask; see the scores, the weights and the output of the same attention."""

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, bar, minus
from attnlib.masks import causal_mask
from attnlib.single_head import attention

MAY = {  # whom a word may ask: in words, and what that is called
    "all": ("all words of its own text", "bidirectional self-attention"),
    "before": ("itself and the words before", "causal self-attention"),
    "other": ("all words of the other text", "cross-attention"),
}
TEXTS = ("read", "written")  # what the code calls them


class WhoMayBeAsked(Explorer):
    """Two texts of as many words, one head, and one word of them that asks.

    Args:
        words: the words of the text that was read and of the one that is written.
        languages: the languages of both texts, such as "ko" and "en".
        vectors: the words' vectors, (text, word, d_model).
        matrices: W_Q, W_K and W_V, each (d_model, width); the widths of the first two are equal.
        asks: the number of the word that asks, from 0; the words of the second text follow those of the first.
        may: "all", "before" or "other": whom it may ask.

    Raises:
        traitlets.TraitError: if words, vectors and matrices do not fit each other, or the choice is not there.

    Example:
        >>> one = WhoMayBeAsked(words=[["a", "b"], ["c", "d"]], languages=["en", "en"], vectors=[np.eye(2)] * 2,
        ...                     matrices=[np.eye(2)] * 3, asks=2, may="before")
        >>> one.answer[1].tolist()
        [1.0, 0.0]
    """

    kind = "who_may_be_asked"
    label = "Interactive figure: who asks, and who may be asked"
    words = traitlets.List(traitlets.List(traitlets.Unicode()), minlen=2, maxlen=2).tag(sync=True)
    languages = traitlets.List(traitlets.Unicode(), minlen=2, maxlen=2).tag(sync=True)
    vectors = traitlets.List().tag(sync=True)
    matrices = traitlets.List(minlen=3, maxlen=3).tag(sync=True)
    asks = traitlets.Int(0, min=0).tag(sync=True)
    may = traitlets.Enum(list(MAY), "all").tag(sync=True)

    def __init__(self, *, words, languages, vectors, matrices, asks=0, may="all"):
        vectors, matrices = np.asarray(vectors, dtype=float), [np.asarray(m, dtype=float) for m in matrices]
        if vectors.ndim != 3 or vectors.shape[:2] != np.shape(words):
            raise traitlets.TraitError(f"every word needs one vector, got {np.shape(words)} and {vectors.shape}")
        shapes = [m.shape for m in matrices]
        if {s[0] for s in shapes} != {vectors.shape[-1]} or shapes[0] != shapes[1]:
            raise traitlets.TraitError(f"matrices must take vectors of width {vectors.shape[-1]}, got {shapes}")
        matrices = [m.tolist() for m in matrices]
        super().__init__(
            words=words, languages=languages, vectors=vectors.tolist(), matrices=matrices, asks=asks, may=may
        )

    @traitlets.validate("asks")
    def _is_a_word(self, proposal):
        if proposal["value"] >= np.size(self.words):
            raise traitlets.TraitError(f"asks must be below {np.size(self.words)}, got {proposal['value']}")
        return proposal["value"]

    def __repr__(self):
        return f"WhoMayBeAsked(words={self.words}, asks={self.asks}, may={self.may!r})"

    @property
    def asked(self):
        """The number of the text that asks, of the word in it, and of the text that is asked."""
        text, word = divmod(self.asks, len(self.words[0]))
        return text, word, 1 - text if self.may == "other" else text

    @property
    def answer(self):
        """Query, keys and values, and the output and the weights of the word that asks, from `attnlib.attention`."""
        (text, word, other), x = self.asked, np.array(self.vectors)
        w_q, w_k, w_v = map(np.array, self.matrices)
        mask = causal_mask(len(x[0])) if self.may == "before" else None
        outputs, weights = attention(x[text] @ w_q, x[other] @ w_k, x[other] @ w_v, mask=mask)
        return outputs[word], weights[word]

    @property
    def scores(self):
        """The scores of the word that asks, before a mask."""
        (text, word, other), (w_q, w_k, _) = self.asked, map(np.array, self.matrices)
        return np.array(self.vectors[text][word]) @ w_q @ (np.array(self.vectors[other]) @ w_k).T * w_q.shape[1] ** -0.5

    def picture(self):
        """The line of code, the query, a table with a line for each word that is asked, and the output."""
        (text, word, other), (output, weights) = self.asked, self.answer
        w_q, w_k, w_v = map(np.array, self.matrices)
        x, lang = np.array(self.vectors), self.languages
        last = word if self.may == "before" else len(weights)
        rows = "\n".join(
            f'<tr><th scope="row" data-part="word" lang="{lang[other]}">{name}</th>'
            f'<td data-part="key">{_vector(x[other][j] @ w_k)}</td>'
            f'<td data-part="score">{minus(f"{score:z.3f}")}{NEVER if j > last else ""}</td>'
            f'<td data-part="weight">{weights[j]:.3f}</td><td class="am-room">{bar(weights[j])}</td>'
            f'<td data-part="value">{_vector(x[other][j] @ w_v)}</td></tr>'
            for j, (name, score) in enumerate(zip(map(_safe, self.words[other]), self.scores, strict=True))
        )
        who = f'<span data-part="who" lang="{lang[text]}">{_safe(self.words[text][word])}</span>'
        return f"""{CONTROLS}
<p><strong data-part="name">{MAY[self.may][1]}</strong>: {who} asks \
<span data-part="whom">{MAY[self.may][0]}</span>.</p>
<p><code data-part="code">{_code(text, other, self.may, len(weights))}</code></p>
<table class="am-asked">
<caption>Row <span data-part="row">{word + 1}</span> of what this line gives; the query is \
<span data-part="query">{_vector(x[text][word] @ w_q)}</span></caption>
<thead><tr><th scope="col">asked</th><th scope="col">key</th><th scope="col">score</th>\
<th scope="col" colspan="2">weight</th><th scope="col">value</th></tr></thead>
<tbody>
{rows}
</tbody>
<tfoot><tr><th scope="row" colspan="5">output: the values, weighted and summed</th>\
<td data-part="output">{_vector(output, 3)}</td></tr></tfoot>
</table>
{STATUS}"""


NEVER = " \u2192\u00a0\u2212\u221e"  # what the mask makes of a score


def _safe(word):
    return word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _vector(numbers, digits=None):
    return minus(f"({', '.join(f'{x + 0.0:g}' if digits is None else f'{x:z.{digits}f}' for x in numbers)})")


def _code(text, other, may, n):
    mask = f", mask=causal_mask({n})" if may == "before" else ""
    a, b = TEXTS[text], TEXTS[other]
    return f"attention({a} @ w_q, {b} @ w_k, {b} @ w_v{mask})"
