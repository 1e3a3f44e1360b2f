"""Choose a head of a trained model and the word that asks; see its weights in two sentences, and the head's record."""

import string

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, bar, minus

DIGITS = string.ascii_letters + string.digits + "-_"
N_CASES = 6  # pairs of adjectives in the record
SHORT = 48  # smaller numbers are one digit; larger ones are two, and the first says so; the module has the same


def pack(numbers):
    """Numbers between 0 and 1 as a short text, in thousandths; small ones, which are most, take one letter.

    Example:
        >>> pack([0.001, 0.047, 0.048, 1.0])
        'bVWW_O'
    """
    thousandths = np.rint(1000 * np.ravel(numbers)).astype(int).tolist()
    return "".join(DIGITS[n] if n < SHORT else DIGITS[SHORT + n // 64] + DIGITS[n % 64] for n in thousandths)


def unpack(text):
    """The thousandths of a packed text, as a list of whole numbers.

    Example:
        >>> unpack("bVWW_O")
        [1, 47, 48, 1000]
    """
    found, digits = [], iter(map(DIGITS.index, text))
    for digit in digits:
        found.append(digit if digit < SHORT else 64 * (digit - SHORT) + next(digits))
    return found


class RealHeads(Explorer):
    """The weights from one word in two sentences that differ in a word, in a head that the reader chooses.

    Args:
        tokens: the tokens of both sentences, as many in each.
        asking: the positions of the words that can be chosen to ask.
        nouns: the positions of the two nouns of which one is meant; the first is meant in the first sentence.
        heads: for each layer a packed text for each head, (text, query, key), with one more key: the share of the first
            noun in the weight on both nouns.
        right_way: (order, layer, head), in which part of all pairs of sentences the share moves the right way when
            `pronoun` asks, with the nouns in this order and in the other. Kept to two decimals.
        cases: (order, layer, head), for how many of six pairs of adjectives it does.
        pronoun: the position of the word to which these two records belong.
        layer: the layer that is shown, from 1.
        head: the head that is shown, from 1.
        asks: the position of the word that asks.

    Raises:
        traitlets.TraitError: if these do not fit each other, or the chosen layer, head or word is not there.

    Example:
        >>> half = [[[0.5, 0.5, 0.0, 0.5]], [[0.25, 0.75, 0.0, 0.25]]]  # (text, query, key and the share)
        >>> one = RealHeads(tokens=[["he", "she", "a"], ["he", "she", "b"]], asking=[2], nouns=[0, 1],
        ...                 heads=[[pack(half)]], right_way=[[[0.9]], [[0.8]]], cases=[[[6]], [[5]]],
        ...                 pronoun=2, layer=1, head=1, asks=2)
        >>> one.weights[1, 0, 0, 0].tolist()
        [0.25, 0.75, 0.0]
    """

    kind = "real_heads"
    label = "Interactive figure: the heads of a real model in two sentences"
    tokens = traitlets.List(traitlets.List(traitlets.Unicode()), minlen=2, maxlen=2).tag(sync=True)
    asking = traitlets.List(traitlets.Int(), minlen=1).tag(sync=True)
    nouns = traitlets.List(traitlets.Int(), minlen=2, maxlen=2).tag(sync=True)
    heads = traitlets.List(traitlets.List(traitlets.Unicode()), minlen=1).tag(sync=True)
    right_way = traitlets.List(minlen=2, maxlen=2).tag(sync=True)
    cases = traitlets.List(minlen=2, maxlen=2).tag(sync=True)
    pronoun = traitlets.Int().tag(sync=True)
    layer = traitlets.Int(1, min=1).tag(sync=True)
    head = traitlets.Int(1, min=1).tag(sync=True)
    asks = traitlets.Int().tag(sync=True)

    def __init__(self, *, tokens, asking, nouns, heads, right_way, cases, pronoun, layer, head, asks):
        n, shape = len(tokens[0]), (2, len(heads), len(heads[0]))
        if len(tokens[1]) != n:
            raise traitlets.TraitError(f"the sentences must have as many tokens, got {n} and {len(tokens[1])}")
        if not all(0 <= i < n for i in [*asking, *nouns, pronoun]):
            raise traitlets.TraitError(f"positions must be from 0 to {n - 1}, got {[*asking, *nouns, pronoun]}")
        expected = 2 * len(asking) * (n + 1)
        if not all(_is_packed(text, expected) for line in heads for text in line):
            raise traitlets.TraitError(f"each head must be a packed text of {expected} numbers from 0 to 1")
        for name, record in (("right_way", right_way), ("cases", cases)):
            if np.shape(record) != shape:
                raise traitlets.TraitError(f"{name} must have the shape {shape}, got {np.shape(record)}")
        super().__init__(
            tokens=tokens, asking=asking, nouns=nouns, heads=heads, right_way=np.round(right_way, 2).tolist(),
            cases=np.asarray(cases).tolist(), pronoun=pronoun, layer=layer, head=head, asks=asks,
        )  # fmt: skip

    @traitlets.validate("layer", "head", "asks")
    def _is_there(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        n_layers, n_heads = np.shape(self.heads)
        known = {"layer": range(1, n_layers + 1), "head": range(1, n_heads + 1), "asks": self.asking}[name]
        if value not in known:
            raise traitlets.TraitError(f"{name} must be one of {', '.join(map(str, known))}, got {value}")
        return value

    def __repr__(self):
        n_layers, n_heads = np.shape(self.heads)
        return f"RealHeads({n_layers} layers, {n_heads} heads, layer={self.layer}, head={self.head}, asks={self.asks})"

    @property
    def weights(self):
        """The weights of all heads, (text, layer, head, query, key), to three decimals."""
        return self._numbers()[..., :-1]

    @property
    def shares(self):
        """The share of the first noun in the weight on both nouns, (text, layer, head, query), to three decimals."""
        return self._numbers()[..., -1]

    def _numbers(self):
        found = np.array([[unpack(text) for text in line] for line in self.heads]) / 1000
        n = len(self.tokens[0])
        return np.moveaxis(found.reshape(*found.shape[:2], 2, len(self.asking), n + 1), 2, 0)

    def picture(self):
        """A table with a line for each token and two for the nouns, which of them gained, and the head's record."""
        names, (one, other) = self._names(), self._adjectives()
        place = (slice(None), self.layer - 1, self.head - 1, self.asking.index(self.asks))
        weights, shares = self.weights[place], self.shares[place]
        rows = "\n".join(
            f'<tr{_marks(i == self.asks, i in self.nouns)}><th scope="row" data-part="token">{name}</th>'
            + "".join(f'<td data-part="weight">{w:.3f}</td><td class="am-room">{bar(w)}</td>' for w in pair)
            + f'<td data-part="change">{_signed(pair[0] - pair[1])}</td></tr>'
            for i, (name, pair) in enumerate(zip(names, weights.T, strict=True))
        )
        first = self.tokens[0][self.nouns[0]]
        record = "\n".join(
            f'<tr><th scope="row">{words}</th>'
            f'<td data-part="right_way">{_record(self.right_way[k][self.layer - 1][self.head - 1], self.layer, 2)}</td>'
            f'<td data-part="cases">{_record(self.cases[k][self.layer - 1][self.head - 1], self.layer, 0)}</td></tr>'
            for k, words in enumerate(["animal first, as here", "place first"])
        )
        both, change = weights[:, self.nouns].sum(axis=1), shares[0] - shares[1]
        right, wrong = self._always()
        return f"""{CONTROLS}
<div class="am-panels">
<table class="am-twins">
<caption>Head <span data-part="head">{self.layer}.{self.head}</span>: weights from \
\u201c<span data-part="asks">{names[self.asks]}</span>\u201d <span class="am-note">\u25b8 asks; \
bold: the two nouns</span></caption>
<thead><tr><th scope="col">token</th><th scope="col" colspan="2">\u2026 {one}</th>\
<th scope="col" colspan="2">\u2026 {other}</th><th scope="col">{one} \u2212 {other}</th></tr></thead>
<tbody>
{rows}
</tbody>
<tfoot>
<tr><th scope="row">both nouns</th><td data-part="both">{both[0]:.3f}</td><td></td>\
<td data-part="both">{both[1]:.3f}</td><td></td><td></td></tr>
<tr><th scope="row">share of {first}</th><td data-part="share">{shares[0]:.3f}</td><td></td>\
<td data-part="share">{shares[1]:.3f}</td><td></td><td data-part="moved">{_signed(change)}</td></tr>
</tfoot>
</table>
<div class="am-judged">
<p>With <em>{one}</em>, the share of <em>{first}</em> is <b data-part="way">{self._way(change)}</b>.</p>
<table class="am-record">
<caption>Record of head <span data-part="head">{self.layer}.{self.head}</span> when \
\u201c{names[self.pronoun]}\u201d asks: how often the right way</caption>
<thead><tr><th scope="col">order of the nouns</th><th scope="col">of all pairs of sentences</th>\
<th scope="col">of {N_CASES} pairs of adjectives</th></tr></thead>
<tbody>
{record}
</tbody>
<tfoot><tr><th scope="row">a coin, on average</th><td>0.50</td><td>3</td></tr></tfoot>
</table>
<p>Of the {np.size(self.cases[0][1:])} heads of layers 2 to {len(self.heads)}, \
<span data-part="always">{right}</span> go the right way with all pairs of adjectives in both orders, \
and <span data-part="always">{wrong}</span> go the wrong way with all of them.</p>
<p data-part="none"{"" if self.layer == 1 else " hidden"}>Layer 1 has no record: when \
\u201c{names[self.pronoun]}\u201d asks, its share cannot move.</p>
</div>
</div>
{STATUS}"""

    def _way(self, change):
        """What a change of the share means: right and wrong are there only where the pronoun asks."""
        if abs(change) < 0.0005:
            return "the same"
        size, way = ("larger", "right") if change > 0 else ("smaller", "wrong")
        if self.asks == self.pronoun:
            return f"{size}: the {way} way"
        return f"{size} (right or wrong only when \u201c{self._names()[self.pronoun]}\u201d asks)"

    def _always(self):
        """How many heads go the right way in all cases, and how many in none; the first layer has no cases."""
        cases = np.array(self.cases)[:, 1:]
        return [int((cases == n).all(axis=0).sum()) for n in (N_CASES, 0)]

    def _names(self):
        """What each token is called: both words where the sentences differ, and a number where one comes twice."""
        both = [one if one == other else f"{one} / {other}" for one, other in zip(*self.tokens, strict=True)]
        return [t if both.count(t) == 1 else f"{t} ({both[: i + 1].count(t)})" for i, t in enumerate(both)]

    def _adjectives(self):
        """The words in which the sentences differ, of each."""
        differ = [pair for pair in zip(*self.tokens, strict=True) if pair[0] != pair[1]]
        return [" ".join(pair[text] for pair in differ) for text in range(2)]


def _is_packed(text, expected):
    try:
        return len(unpack(text)) == expected and max(unpack(text)) <= 1000
    except (ValueError, RuntimeError, StopIteration):
        return False


def _marks(asks, is_noun):
    return ' aria-current="true"' * asks + ' data-noun="true"' * is_noun


def _signed(number):
    return minus(f"{number:+.3f}") if abs(number) >= 0.0005 else "0.000"


def _record(number, layer, digits):
    return "\u2013" if layer == 1 else f"{number:.{digits}f}"
