"""Choose the size of the state and the length of a string; see the exact match, and strings as they were written."""

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer

LEFT, WIDTH, TOP, HEIGHT = 34, 276, 26, 150  # where the drawing's axes are; the module has the same numbers
MARKS = {True: '✓<span class="am-hidden"> right</span>', False: '✗<span class="am-hidden"> wrong</span>'}


class CopiesByLength(Explorer):
    """Exact match by length for states of several sizes, and strings of digits as they were asked for and written.

    Args:
        sizes: how many numbers the states have, from the smallest to the largest.
        shares: for each size the exact match of several networks, (size, network, length), for the lengths 1, 2, ...
        asked: for each length, a text with a few strings of that length and a space between two.
        written: for each size and length, such a text with what the first network of that size wrote for them.
        d_state: the size that is shown.
        length: the length that is shown.
        example: which of the strings of that length is shown, from 1.
        seen: the sizes whose curves are drawn; those that have not been chosen yet give nothing away.

    Raises:
        traitlets.TraitError: if these do not belong together.

    Example:
        >>> explorer = CopiesByLength(
        ...     sizes=[4, 8], shares=[[[1.0, 0.5]], [[1.0, 0.75]]], asked=["1 2", "12 34"],
        ...     written=[["1 2", "21 34"], ["1 2", "12 34"]], d_state=4, length=2,
        ... )
        >>> explorer.strings
        ('12', '21')
    """

    kind = "copies_by_length"
    label = "Interactive figure: what is written right, by length and by the size of the state"
    sizes = traitlets.List(traitlets.Int(min=1), minlen=1, maxlen=5).tag(sync=True)
    shares = traitlets.List().tag(sync=True)
    asked = traitlets.List(traitlets.Unicode(), minlen=2, maxlen=20).tag(sync=True)
    written = traitlets.List(traitlets.List(traitlets.Unicode())).tag(sync=True)
    d_state = traitlets.Int().tag(sync=True)
    length = traitlets.Int().tag(sync=True)
    example = traitlets.Int().tag(sync=True)
    seen = traitlets.List(traitlets.Int()).tag(sync=True)

    def __init__(self, *, sizes, shares, asked, written, d_state, length, example=1, seen=None):
        state = {"sizes": sizes, "shares": shares, "asked": asked, "written": written, "d_state": d_state}
        super().__init__(**state, length=length, example=example, seen=[d_state] if seen is None else seen)

    @traitlets.validate("sizes", "shares", "asked", "written", "d_state", "length", "example", "seen")
    def _belong_together(self, proposal):
        state = self.state() | {proposal["trait"].name: proposal["value"]}
        sizes, n_lengths, texts = state["sizes"], len(state["asked"]), [state["asked"], *state["written"]]
        try:
            shares = np.asarray(state["shares"], dtype=float)
        except (TypeError, ValueError):
            shares = np.zeros(0)
        if shares.shape[::2] != (len(sizes), n_lengths) or not ((shares >= 0) & (shares <= 1)).all() or not shares.size:
            raise traitlets.TraitError(f"shares must be (size, network, length) from 0 to 1, got shape {shares.shape}")
        counts = {len(text.split(" ")) for by_length in texts for text in by_length}
        if [*map(len, texts)] != [n_lengths] * (1 + len(sizes)) or len(counts) != 1:
            raise traitlets.TraitError("there must be as many strings at every length, asked and written by each size")
        if any({*map(len, text.split(" "))} != {n} for n, text in enumerate(state["asked"], 1)):
            raise traitlets.TraitError("the strings asked for must have the lengths 1, 2, ...")
        if sizes != sorted(set(sizes)) or not {state["d_state"], *state["seen"]} <= set(sizes):
            raise traitlets.TraitError(f"sizes must grow and have d_state and seen in them, got {sizes}")
        for name, most in (("length", n_lengths), ("example", max(counts))):
            if not 1 <= state[name] <= most:
                raise traitlets.TraitError(f"{name} must be from 1 to {most}, got {state[name]}")
        return proposal["value"]

    def __repr__(self):
        chosen = ", ".join(f"{name}={getattr(self, name)}" for name in ("d_state", "length", "example", "seen"))
        return f"CopiesByLength({len(self.sizes)} sizes, {len(self.asked)} lengths, {chosen})"

    @property
    def strings(self):
        """The string that is shown, as it was asked for and as it was written."""
        texts = self.asked, self.written[self.sizes.index(self.d_state)]
        return tuple(text[self.length - 1].split(" ")[self.example - 1] for text in texts)

    def picture(self):
        """A drawing of the curves, the numbers of the present length, and a table with one string."""
        shares = np.array(self.shares)[self.sizes.index(self.d_state)]  # (network, length)
        n_networks, n_lengths = shares.shape
        here, means = shares[:, self.length - 1], shares.mean(axis=0)
        asked, written = self.strings
        levels = "".join(
            f'<text x="{LEFT - 6}" y="{_y(level) + 4:g}" text-anchor="end">{level:g}</text>'
            f'<path class="am-axis" d="M{LEFT} {_y(level):g}h{WIDTH}"/>'
            for level in (0, 0.5, 1)
        )
        ticks = "".join(
            f'<text x="{_x(n, n_lengths):.1f}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{n}</text>'
            for n in range(1, n_lengths + 1)
            if n == 1 or n % 5 == 0
        )
        curves = "\n".join(self._curve(i) for i in range(len(self.sizes)))
        at = ", ".join(f"{mean:.3f}" for mean in means)
        cells = [(a or "_", w or "_") for a, w in _side_by_side(asked, written)]
        rows = {
            "asked": [f"<td>{a}</td>" for a, _ in cells],
            "written": [f'<td data-right="{str(a == w).lower()}">{w}</td>' for a, w in cells],
            "right?": [f'<td data-right="{str(a == w).lower()}">{MARKS[a == w]}</td>' for a, w in cells],
        }
        lines = "\n".join(f'<tr><th scope="row">{name}</th>{"".join(row)}</tr>' for name, row in rows.items())
        return f"""{CONTROLS}
<div class="am-panels">
<div class="am-plot">
<p data-part="said">{self.d_state} numbers, length {self.length}: exact match {here.mean():.3f}, \
the mean of {n_networks} networks ({here.min():.3f} to {here.max():.3f}).</p>
<svg viewBox="0 0 320 214" role="img" data-part="drawing" \
aria-label="Exact match for {self.d_state} numbers, by length from 1: {at}">{levels}{ticks}\
<text x="4" y="12">exact match</text>\
<text x="{LEFT + WIDTH / 2:g}" y="{TOP + HEIGHT + 34}" text-anchor="middle">length</text>
{curves}
<g data-part="mark" transform="translate({_x(self.length, n_lengths):.2f})">\
<path class="am-length" d="M0 {TOP}v{HEIGHT}"/>\
<circle data-part="dot" r="5" cy="{_y(here.mean()):.2f}"/></g></svg>
</div>
<div class="am-plot">
<p data-part="which">String {self.example} of {len(self.asked[0].split(" "))}, written by the first network.</p>
<table class="am-digits">
<tbody data-part="digits">
{lines}
</tbody>
</table>
<p data-part="verdict">{_verdict(asked, written)}</p>
</div>
</div>
{STATUS}"""

    def _curve(self, i):
        """The band and the mean of one size, and its name where the curve passes one half."""
        shares, size = np.array(self.shares)[i], self.sizes[i]
        means, lengths = shares.mean(axis=0), np.arange(1, shares.shape[1] + 1)
        upper, middle, lower = (
            [f"{_x(n, len(lengths)):.1f} {_y(share):.1f}" for n, share in zip(lengths, row, strict=True)]
            for row in (shares.max(axis=0), means, shares.min(axis=0))
        )
        half = float(np.interp(-0.5, -np.minimum.accumulate(means), lengths))
        look = "chosen" if size == self.d_state else "seen" if size in self.seen else "hidden"
        return (
            f'<g class="am-curve" data-part="curve" data-look="{look}">'
            f'<path class="am-band" d="M{"L".join(upper + lower[::-1])}z"/><path d="M{"L".join(middle)}"/>'
            f'<text x="{_x(half, len(lengths)) + 6:.1f}" y="{_y(0.43):g}">{size}</text></g>'
        )


def _x(length, n_lengths):
    return LEFT + WIDTH * (length - 1) / (n_lengths - 1)


def _y(share):
    return TOP + HEIGHT * (1 - share)


def _side_by_side(asked, written):
    """The digits of both, place by place; an empty text where one of them has none."""
    return [(asked[i : i + 1], written[i : i + 1]) for i in range(max(len(asked), len(written)))]


def _verdict(asked, written):
    if asked == written:
        return "Right from the first to the last digit."
    first = next(i for i, (a, w) in enumerate(_side_by_side(asked, written)) if a != w)
    rest = ""
    if len(written) != len(asked):
        rest = f" It wrote {len(written)} digits."
    elif sorted(written) == sorted(asked):
        rest = " They are the right digits, in another order."
    return f"Right up to the first mistake: {first} of {len(asked)} digits.{rest}"
