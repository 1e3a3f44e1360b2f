"""Move a query; see the weights of the keys, and the output that cannot leave the convex hull of the values."""

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, bar, fixed, minus
from attnlib.weights import softmax

REACH = 3  # the query moves between -3 and 3 in both directions
UNIT = 40  # how many units of the drawing the number 1 is long; the module has the same number
ABOVE, BELOW = -14, 24  # of a point, for its label


class ContextInHull(Explorer):
    """Keys, a query and a temperature in one plane, and in another the values, their hull and the output.

    Args:
        key_points: the keys, three to six points in the plane, (key, 2), between -3 and 3. All points are kept to six
            decimals. (`keys` is the name of something else in every widget.)
        value_points: the values, as many points, (key, 2), not all on one line.
        query: two numbers between -3 and 3.
        temperature: a number from 0.01 to 100; the dot products of query and keys are divided by it.

    Raises:
        traitlets.TraitError: if the keys, the values, the query or the temperature are not like that.

    Example:
        >>> explorer = ContextInHull(
        ...     key_points=[[1, 0], [0, 1], [-1, 0]], value_points=[[0, 0], [4, 0], [0, 4]], query=[0, 0]
        ... )
        >>> explorer.output.round(3)
        array([1.333, 1.333])
        >>> round(explorer.margin, 3)
        0.943
    """

    kind = "context_in_hull"
    label = "Interactive figure: the output stays in the hull of the values"
    key_points = traitlets.List(minlen=3, maxlen=6).tag(sync=True)
    value_points = traitlets.List(minlen=3, maxlen=6).tag(sync=True)
    query = traitlets.List(minlen=2, maxlen=2).tag(sync=True)
    temperature = traitlets.Float(1.0, min=0.01, max=100.0).tag(sync=True)

    def __init__(self, *, key_points, value_points, query, temperature=1.0):
        if len(key_points) != len(value_points):
            raise traitlets.TraitError(f"every key needs one value, got {len(key_points)} and {len(value_points)}")
        points = {"key_points": list(key_points), "value_points": list(value_points), "query": list(query)}
        super().__init__(**points, temperature=temperature)

    @traitlets.validate("key_points", "value_points", "query")
    def _points_in_the_plane(self, proposal):
        name, given = proposal["trait"].name, proposal["value"]
        try:
            points = np.asarray(given, dtype=float).round(6) + 0.0  # never -0
        except (TypeError, ValueError):
            points = np.full(1, np.nan)
        if points.shape[-1] != 2 or points.ndim != (1 if name == "query" else 2) or not np.isfinite(points).all():
            raise traitlets.TraitError(f"{name} must have two finite numbers for each point, got {given}")
        if name != "value_points" and np.abs(points).max() > REACH:
            raise traitlets.TraitError(f"{name} must be between {-REACH} and {REACH}, got {given}")
        if name == "value_points" and len(hull_corners(points)) < 3:
            raise traitlets.TraitError(f"values must not all lie on one line, got {given}")
        return points.tolist()

    @property
    def scores(self):
        """The dot products of the query and the keys, divided by the temperature."""
        return np.asarray(self.key_points) @ np.asarray(self.query) / self.temperature

    @property
    def weights(self):
        """The weights of the keys, from `attnlib.softmax`."""
        return softmax(self.scores)

    @property
    def output(self):
        """The weighted sum of the values."""
        return self.weights @ np.asarray(self.value_points)

    @property
    def margin(self):
        """How far the output is from the edge of the hull; negative if it lies outside."""
        return distance_to_edge(self.output, np.asarray(self.value_points))

    def picture(self):
        """Two drawings, a table with the numbers, and a sentence that says where the output lies."""
        weights, output, values = self.weights, self.output, np.asarray(self.value_points)
        corners, mean = hull_corners(values), values.mean(axis=0)
        rows = "\n".join(
            f'<tr><th scope="row">key {i + 1}</th><td data-part="score">{fixed(score, 3)}</td>'
            f'<td data-part="weight">{weight:.3f}</td><td>{bar(weight)}</td></tr>'
            for i, (score, weight) in enumerate(zip(self.scores, weights, strict=True))
        )
        frame = np.array([[-REACH, -REACH], [REACH, REACH]])
        asked = (
            f'<path class="am-axes" d="M{-REACH * UNIT} 0H{REACH * UNIT}M0 {-REACH * UNIT}V{REACH * UNIT}"></path>\n'
            f'<line class="am-arrow" data-part="arrow" {_to(self.query)}></line>\n'
            + _dots("key", self.key_points, weights)
            + f'<g class="am-asking" data-part="query" {_at(self.query)}><circle class="am-grip" r="24"></circle>'
            f'<circle r="8"></circle><text y="{BELOW if self.query[1] < 0 else ABOVE}">query</text></g>'
        )
        rim = " ".join(f"{x},{y}" for x, y in map(_xy, values[corners]))
        pulls = "".join(
            f'<line class="am-pull" data-part="pull" {_from(value)} {_to(output)} '
            f'stroke-width="{9 * weight:.2f}"></line>\n'
            for value, weight in zip(values, weights, strict=True)
        )
        answered = (
            f'<polygon class="am-hull" data-part="hull" data-corners="{corners}" points="{rim}"></polygon>\n'
            f'<g {_at(mean)}><path class="am-mean" d="M-5 -5L5 5M-5 5L5 -5"></path></g>\n{pulls}'
            + _dots("value", values, weights)
            + f'<g class="am-output" data-part="output" {_at(output)}><circle r="5"></circle>'
            f'<text y="{BELOW if output[1] > mean[1] else ABOVE}">output</text></g>'
        )
        most = ", ".join(f"key {i + 1}" for i, w in enumerate(weights) if f"{w:.3f}" == f"{weights.max():.3f}")
        return f"""{CONTROLS}
<div class="am-panels">
<div class="am-mix"><p>Compared: the query and the keys</p>
{_drawing(f"The query among the keys: {_places(self.key_points)}", frame, asked)}</div>
<div class="am-mix"><p>Mixed: the values (cross: their mean)</p>
{_drawing(f"The output in the hull of the values: {_places(values)}", values, answered)}</div>
<p class="am-said" data-part="said">The output ({fixed(output[0], 3)}, {fixed(output[1], 3)}) \
lies {_place(self.margin)}. \
Most weight: {weights.max():.3f} ({most}).</p>
<table class="am-weights">
<caption>Scores and weights (temperature <span data-part="temperature">{self.temperature:g}</span>) \
<span class="am-note">More weight fills the marks and thickens the line to the output.</span></caption>
<thead><tr><th scope="col">key</th><th scope="col">score</th><th scope="col">weight</th>\
<th scope="col"><span class="am-hidden">weight as a bar</span></th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
{STATUS}"""


def hull_corners(points):
    """The indices of the corners of the convex hull, counter-clockwise (Andrew's monotone chain)."""
    order = np.lexsort(np.asarray(points).T[::-1]).tolist()
    corners = []
    for half in (order, order[::-1]):
        chain = []
        for i in half:
            while len(chain) > 1 and _turn(points[chain[-2]], points[chain[-1]], points[i]) <= 0:
                chain.pop()
            chain.append(i)
        corners += chain[:-1]
    return corners


def distance_to_edge(point, values):
    """How far a point is from the edge of the values' hull; negative if it lies outside."""
    rim = values[hull_corners(values)]
    edges = zip(rim, np.roll(rim, -1, axis=0), strict=True)
    return min(float(_turn(a, b, point) / np.hypot(*(b - a))) for a, b in edges)


def _turn(a, b, c):
    """Positive if the way from a over b to c turns to the left; twice the triangle's area."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _place(margin):
    if -1e-9 < margin < 0.0005:
        return "on the edge of the hull, to three decimals"
    return f"{'inside' if margin > 0 else 'outside'} the hull, {abs(margin):.3f} from its edge"


def _places(points):
    """The points as words, for those who do not see them."""
    return ", ".join("{} at ({}, {})".format(i, *(minus(f"{x:z.4g}") for x in xy)) for i, xy in enumerate(points, 1))


def _xy(point):
    """The place of a point in its drawing, where y points down."""
    return f"{UNIT * point[0]:z.2f}", f"{-UNIT * point[1]:z.2f}"


def _at(point):
    return 'transform="translate({} {})"'.format(*_xy(point))


def _from(point):
    return 'x1="{}" y1="{}"'.format(*_xy(point))


def _to(point):
    return 'x2="{}" y2="{}"'.format(*_xy(point))


def _dots(name, points, weights):
    """Keys are circles, values squares; the more weight, the fuller. Labels stand on the side away from the mean."""
    shape = '<circle r="7"' if name == "key" else '<rect x="-7" y="-7" width="14" height="14"'
    dots = ""
    for i, (point, weight) in enumerate(zip(points, weights, strict=True)):
        away = np.asarray(point) - np.mean(points, axis=0)
        x, y = 20 * away / max(np.hypot(*away), 1e-9)
        dots += f'<g class="am-{name}" {_at(point)}>{shape} data-part="{name}" fill-opacity="{weight:.2f}">'
        dots += f'{"</circle>" if name == "key" else "</rect>"}<text x="{x:z.1f}" y="{5 - y:z.1f}">{name[0]}'
        dots += f'<tspan class="am-sub" dy="3">{i + 1}</tspan></text></g>\n'
    return dots


def _drawing(label, points, content):
    """An SVG that shows all of the points, with room for their labels."""
    low, high = UNIT * np.min(points, axis=0) - 26, UNIT * np.max(points, axis=0) + 26
    box = f"{low[0]:g} {-high[1]:g} {high[0] - low[0]:g} {high[1] - low[1]:g}"
    return f'<svg viewBox="{box}" role="img" aria-label="{label}">\n{content}\n</svg>'
