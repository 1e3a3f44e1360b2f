"""Read a sinusoidal position as the hands of clocks; k places further is the same turn of each, wherever it starts."""

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, fixed
from attnlib.positions import sinusoidal_positions

LAST, MOST = 50, 20  # the last place to begin at, and the most steps from it
RADIUS = 40  # of a clock, as in the module


class PositionClocks(Explorer):
    """A clock for each pair of numbers of a sinusoidal position: one hand at the place p, and one k places further.

    Args:
        d_model: 2, 4, 6 or 8, the width of the position; it has half as many hands.
        place: p, a whole number from 0 to 50.
        steps: k, a whole number from 0 to 20.

    Raises:
        traitlets.TraitError: if a number is none of these.

    Example:
        >>> clocks = PositionClocks(d_model=4, place=10, steps=5)
        >>> clocks.turns.round(2)  # in degrees, whole rounds left out
        array([286.48,   2.86])
    """

    kind = "position_clocks"
    label = "Interactive figure: a position as clocks"
    d_model = traitlets.Enum([2, 4, 6, 8], 8).tag(sync=True)
    place = traitlets.Int(0, min=0, max=LAST).tag(sync=True)
    steps = traitlets.Int(0, min=0, max=MOST).tag(sync=True)

    @property
    def speeds(self):
        """How far each hand turns from one token to the next, in degrees."""
        return np.degrees(10_000.0 ** (-np.arange(0, self.d_model, 2) / self.d_model))

    @property
    def turns(self):
        """How far each hand turns from p to p + k, in degrees, whole rounds left out."""
        return self.steps * self.speeds % 360

    @property
    def vectors(self):
        """The positions p and p + k, from `attnlib.sinusoidal_positions`: (2, d_model)."""
        return sinusoidal_positions(LAST + MOST + 1, self.d_model)[[self.place, self.place + self.steps]]

    def picture(self):
        """The clocks, and below them the same as a table."""
        vectors, turns = self.vectors, self.turns
        hands = list(zip(*vectors.reshape(2, -1, 2), self.speeds, turns, strict=True))
        clocks = "\n".join(
            f'<div class="am-clock"><svg viewBox="-50 -50 100 100" aria-hidden="true"><circle r="{RADIUS}"></circle>'
            f'<path class="am-top" d="M0 -{RADIUS}v-7"></path><path class="am-sector" data-part="sector" '
            f'd="{_sector(here, there, turn)}"></path>{_hand("here", here)}{_hand("there", there)}</svg>'
            f"<p>hand {i}: {speed:.2f}° at each token</p></div>"
            for i, (here, there, speed, turn) in enumerate(hands)
        )
        rows = "\n".join(
            f'<tr><th scope="row">{i}</th>'
            + "".join(f'<td data-part="entry">{fixed(number, 2)}</td>' for number in (*here, *there))
            + f'<td><span data-part="turn">{turn:.2f}</span>°</td></tr>'
            for i, (here, there, _, turn) in enumerate(hands)
        )
        return f"""{CONTROLS}
<p>Full hand: <i>p</i> = <b data-part="place">{self.place}</b>. \
Dashed hand: <i>k</i> = <b data-part="steps">{self.steps}</b> further, \
at <b data-part="reached">{self.place + self.steps}</b>.</p>
<div class="am-clocks">
{clocks}
</div>
<table class="am-turns">
<caption>The same as numbers, and how far each hand turns (whole rounds left out)</caption>
<thead><tr><th scope="col">hand</th><th scope="colgroup" colspan="2">sin, cos at <i>p</i></th>\
<th scope="colgroup" colspan="2">at <i>p</i> + <i>k</i></th><th scope="col">turn</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
{STATUS}"""


def _tip(hand):
    """Where a hand ends in the drawing: it begins at the top, goes round clockwise, and y points down."""
    return f"{RADIUS * hand[0]:z.2f}", f"{-RADIUS * hand[1]:z.2f}"


def _hand(name, hand):
    x, y = _tip(hand)
    line = f'<line class="am-{name}" data-part="{name}" x2="{x}" y2="{y}"></line>'
    return f'{line}<circle class="am-{name}" data-part="{name}-tip" r="4" cx="{x}" cy="{y}"></circle>'


def _sector(here, there, turn):
    """The part of the clock that the hand goes over."""
    (x, y), (u, v) = _tip(here), _tip(there)
    return f"M0 0L{x} {y}A{RADIUS} {RADIUS} 0 {int(turn > 180)} 1 {u} {v}z"
