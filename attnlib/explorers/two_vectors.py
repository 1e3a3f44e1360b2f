"""Move a query and a key; see the dot product, the lengths, the angle, the cosine and the projection follow."""

import math

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, arrow_path, minus
from attnlib.scores import dot_scores

LARGEST = 6  # of a coordinate; the drawing reaches further, for the names at the tips
EDGE, ROOM = 7.5, 6.6


def _vector(*start):
    return traitlets.List(traitlets.Float(), list(start), minlen=2, maxlen=2).tag(sync=True)


class TwoVectors(Explorer):
    """A query and a key in the plane, with the numbers that a dot product holds, and the projection as a line.

    Args:
        query: two numbers from -6 to 6.
        key: two numbers from -6 to 6.

    Raises:
        traitlets.TraitError: if a vector has not two numbers, or a number is not from -6 to 6.

    Example:
        >>> explorer = TwoVectors(query=[3.0, 1.0], key=[2.0, 0.0])
        >>> explorer.measures["dot"], explorer.measures["projection"]
        (6.0, 3.0)
    """

    kind = "two_vectors"
    label = "Interactive figure: the dot product of two vectors"
    query, key = _vector(3.0, 1.0), _vector(2.0, 0.0)

    @traitlets.validate("query", "key")
    def _drawable(self, proposal):
        if not all(abs(number) <= LARGEST for number in proposal["value"]):  # nan is not, either
            name, value = proposal["trait"].name, proposal["value"]
            raise traitlets.TraitError(f"{name} must hold numbers from -{LARGEST} to {LARGEST}, got {value}")
        return proposal["value"]

    @property
    def measures(self):
        """The numbers shown, by name; None for what a vector without a direction leaves open."""
        query, key = np.array(self.query), np.array(self.key)
        lengths = float(np.linalg.norm(query)), float(np.linalg.norm(key))
        dot = float(dot_scores(query[None], key[None])[0, 0]) + 0.0  # -0.0 becomes 0.0
        cosine = min(1.0, max(-1.0, dot / lengths[0] / lengths[1])) if all(lengths) else None
        return {
            "query-length": lengths[0],
            "key-length": lengths[1],
            "angle": math.degrees(math.acos(cosine)) if all(lengths) else None,
            "cosine": cosine,
            "projection": dot / lengths[1] if lengths[1] else None,
            "dot": dot,
        }

    def picture(self):
        """A drawing and two plain tables, the coordinates above and what follows from them below."""
        shown = {name: _text(value) for name, value in self.measures.items()}
        rows = "\n".join(
            f'<tr><th scope="row">{name} <i>{axis}</i></th><td data-part="coordinate">{minus(f"{number:g}")}</td></tr>'
            for name, vector in (("query", self.query), ("key", self.key))
            for axis, number in zip("xy", vector, strict=True)
        )
        return f"""{CONTROLS}
<div class="am-panels">
{self._drawing()}
<div class="am-numbers">
<table>
<caption>Two vectors</caption>
<tbody>
{rows}
</tbody>
</table>
<table class="am-measures">
<caption>What follows</caption>
<tbody>
<tr><th scope="row">length of the query</th><td data-part="query-length">{shown["query-length"]}</td></tr>
<tr><th scope="row">length of the key</th><td data-part="key-length">{shown["key-length"]}</td></tr>
<tr><th scope="row">angle, in degrees</th><td data-part="angle">{shown["angle"]}</td></tr>
<tr><th scope="row">cosine of the angle</th><td data-part="cosine">{shown["cosine"]}</td></tr>
<tr><th scope="row">projection of the query on the key (thick line)</th>\
<td data-part="projection">{shown["projection"]}</td></tr>
</tbody>
<tfoot><tr><th scope="row">dot product = projection &times; length of the key</th>\
<td data-part="dot">{shown["dot"]}</td></tr></tfoot>
</table>
</div>
</div>
{STATUS}"""

    def _drawing(self):
        """The vectors as arrows; the key's line is dashed, and the dotted line meets it at a right angle."""
        (x, y), (u, v) = ((right, 0.0 - up) for right, up in (self.query, self.key))  # y grows downwards here
        size = max(abs(u), abs(v)) / EDGE  # the dashed line goes on to the edge
        end = (u / size, v / size) if size else (0.0, 0.0)
        share = (x * u + y * v) / (u * u + v * v) if size else 0.0
        foot = f"{share * u:.2f} {share * v:.2f}"
        grid = "".join(f"M{-EDGE} {i}H{EDGE}M{i} {-EDGE}V{EDGE}" for i in range(-LARGEST, LARGEST + 1))
        tips = "\n".join(
            f'<text class="am-{name}" data-part="name" x="{at[0]:.2f}" y="{at[1]:.2f}">{name}</text>'
            f'<circle class="am-handle am-{name}" data-part="handle" cx="{tip[0]:g}" cy="{tip[1]:g}" r="0.7" '
            'visibility="hidden"></circle>'
            for name, tip, at in (("key", (u, v), _beside(u, v, -1)), ("query", (x, y), _beside(x, y, 1)))
        )
        return f"""<svg class="am-plane" viewBox="{-EDGE} {-EDGE} {2 * EDGE} {2 * EDGE}" role="img" \
aria-label="The query and the key as arrows from the origin, and the projection of the query on the line of the key. \
The table holds the numbers.">
<path class="am-grid" d="{grid}"></path><path class="am-axes" d="M{-EDGE} 0H{EDGE}M0 {-EDGE}V{EDGE}"></path>
<text x="5" y="0.5">5</text><text x="-0.4" y="-5">5</text>\
<text x="7.1" y="0.5">x</text><text x="-0.4" y="-7">y</text>
<path class="am-dashed" data-part="line" d="M{-end[0]:.2f} {-end[1]:.2f}L{end[0]:.2f} {end[1]:.2f}"></path>
<path class="am-shadow" data-part="shadow" d="M0 0L{foot}"></path>
<path class="am-dotted" data-part="drop" d="M{x:.2f} {y:.2f}L{foot}"></path>
<path class="am-arrow am-key" data-part="key-arrow" d="{arrow_path(u, v)}"></path>
<path class="am-arrow am-query" data-part="query-arrow" d="{arrow_path(x, y)}"></path>
{tips}
</svg>"""


def _beside(x, y, side):
    """Where the name of an arrow stands: a little past its tip, the two names on different sides."""
    length = math.hypot(x, y)
    u, v = (x / length, y / length) if length else (1.0, 0.0)
    return np.clip([x + 0.7 * (u + side * v), y + 0.7 * (v - side * u)], -ROOM, ROOM)


def _text(number):
    """Two decimals, and a word for what is not defined."""
    return "undefined" if number is None else minus(f"{number:.2f}")
