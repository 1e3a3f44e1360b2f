"""Cut a table of tokens into heads, the right way and two others, and see whose numbers stand in which row."""

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer
from attnlib.multi_head import split_heads

D_MODEL = 4
WAYS = {  # what each way is called, and what it makes of x (token, d_model) and the number of heads
    "width": ("cut, then move", split_heads),
    "reshape": ("reshape only", lambda x, n_heads: x.reshape(n_heads, len(x), -1)),
    "interleaved": ("interleaved", lambda x, n_heads: x.reshape(len(x), -1, n_heads).transpose(2, 0, 1)),
}
NUMBERS = [10 * token + feature for token in range(1, 5) for feature in range(D_MODEL)]


class SplitIntoHeads(Explorer):
    """A table of numbers that say where they stand, split into heads; the numbers are 10 * token + feature.

    Args:
        n_tokens: one to four, the rows of the table; its width is 4.
        n_heads: 1, 2 or 4, the heads that divide the width.
        way: "width" (cut the width, then move the axis), "reshape" (to the same shape, without moving an axis) or
            "interleaved" (cut the width, but deal the features out to the heads in turn).
        followed: the number of the table that is marked in the heads.

    Raises:
        traitlets.TraitError: if an argument is none of these, or the followed number is not in the table.

    Example:
        >>> SplitIntoHeads(n_tokens=3, n_heads=2, way="reshape").heads[0].tolist()
        [[10, 11], [12, 13], [20, 21]]
    """

    kind = "split_into_heads"
    label = "Interactive figure: a table is split into heads"
    n_tokens = traitlets.Int(3, min=1, max=4).tag(sync=True)
    n_heads = traitlets.Enum([1, 2, 4], 2).tag(sync=True)
    way = traitlets.Enum(list(WAYS), "width").tag(sync=True)
    followed = traitlets.Enum(NUMBERS, 12).tag(sync=True)

    @traitlets.validate("n_tokens", "followed")
    def _in_the_table(self, proposal):
        state = {"n_tokens": self.n_tokens, "followed": self.followed, proposal["trait"].name: proposal["value"]}
        if state["followed"] // 10 > state["n_tokens"]:
            raise traitlets.TraitError(f"{state['followed']} is not in a table of {state['n_tokens']} tokens")
        return proposal["value"]

    @property
    def heads(self):
        """The heads that the present way makes: (head, token, d_head)."""
        x = np.array(NUMBERS[: D_MODEL * self.n_tokens], dtype=float).reshape(self.n_tokens, D_MODEL)
        return WAYS[self.way][1](x, self.n_heads).astype(int)

    def picture(self):
        """Plain tables, one for x and one for each head; tokens differ in tint, in line and in their first digit."""
        rows = "".join(
            f'<tr><th scope="row">token {t + 1}</th>{self._cells(NUMBERS[D_MODEL * t : D_MODEL * (t + 1)])}</tr>\n'
            for t in range(self.n_tokens)
        )
        features = "".join(f'<th scope="col">{feature}</th>' for feature in range(D_MODEL))
        heads = "\n".join(self._table(i, head) for i, head in enumerate(self.heads))
        own = (self.heads[..., 0] // 10 == np.arange(1, self.n_tokens + 1)).sum()  # no row is longer than a token
        (i, t, _), token = np.argwhere(self.heads == self.followed)[0], self.followed // 10
        return f"""{CONTROLS}
<p>Way: <span data-part="way">{WAYS[self.way][0]}</span></p>
<div class="am-panels">
<div data-part="x"><table class="am-cells">
<caption>x</caption>
<thead><tr><th scope="row">feature</th>{features}</tr></thead>
<tbody>
{rows}</tbody>
</table></div>
<div class="am-said">
<p data-part="verdict">Shape (head, token, d_head): {self.heads.shape}. \
Rows that hold their own token: {own} of {self.n_heads * self.n_tokens}.</p>
<p data-part="place">{self.followed} (token {token}, feature {self.followed % 10}): in row {t + 1} of head {i}, \
{_whose(token == t + 1)}.</p>
<div data-slot="hint"></div>
</div>
<div class="am-heads" data-part="heads">
{heads}
</div>
</div>
{STATUS}"""

    def _table(self, i, head):
        """One head: each row with its numbers, the token that they come from, and whether that is its own."""
        own = [row[0] // 10 == t + 1 for t, row in enumerate(head)]
        rows = "".join(
            f'<tr><th scope="row">{t + 1}</th>{self._cells(row)}'
            f'<td data-part="from" data-own="{str(own[t]).lower()}">token {row[0] // 10} '
            f'{"✓" if own[t] else "✗"}<span class="am-hidden"> {_whose(own[t])}</span></td></tr>\n'
            for t, row in enumerate(head.tolist())
        )
        return f"""<table class="am-cells">
<caption>head {i}</caption>
<thead><tr><th scope="col">row</th><th scope="colgroup" colspan="{head.shape[1]}">holds</th>\
<th scope="col">from</th></tr></thead>
<tbody>
{rows}</tbody>
<tfoot><tr><td colspan="{head.shape[1] + 2}">own token: {sum(own)} of {len(own)}</td></tr></tfoot>
</table>"""

    def _cells(self, row):
        """The numbers of a row; the one that is followed is marked."""
        marks = {self.followed: ' aria-current="true"'}
        return "".join(
            f'<td data-part="number" data-token="{number // 10}"{marks.get(number, "")}>{number}</td>' for number in row
        )


def _whose(own):
    """Whether a number stands in the row of its token, in words."""
    return "its own row" if own else "not its own row"
