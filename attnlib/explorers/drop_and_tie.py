"""Switch heads of a trained model off, or give all of them one head's weights; see what is left of the answer."""

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, fixed
from attnlib.weights import softmax

FIRST = 2  # the first place that has two places before it
LEFT, STEP, MIDDLE, UNIT = 24, 36, 70, 14  # of the drawing of one row, in a drawing that is 320 wide; as in the module


class DropAndTie(Explorer):
    """Models that were trained to give x(t - 1) - x(t - 2), and run here: what each head looks at and adds.

    Args:
        models: for each model its `scores` (head, t, place), with t from 2 on, and its `matrices` (head, d, d), which
            turn what a head found into what it adds to the answer.
        rows: the inputs of a small test, (row, place, d).
        model: the name of the model that is shown.
        dropped: the heads that are switched off, counted from 0.
        tied: whether all heads have the weights of head 0.
        place: the place t whose numbers the table shows.

    Raises:
        traitlets.TraitError: if the shapes do not fit together, a number is not finite, or a model, a head or a place
            is not there.

    Example:
        >>> one_back, two_back = np.eye(4, k=-1)[2:], np.eye(4, k=-2)[2:]  # (t, place)
        >>> by_hand = {"scores": [100 * one_back, 100 * two_back], "matrices": [[[1.0]], [[-1.0]]]}
        >>> rows = [[[4.0], [2.0], [5.0], [1.0]]]
        >>> DropAndTie(models={"by hand": by_hand}, rows=rows, model="by hand").explained
        1.0
    """

    kind = "drop_and_tie"
    label = "Interactive figure: heads are switched off, or tied"
    models = traitlets.Dict().tag(sync=True)
    rows = traitlets.List().tag(sync=True)
    model = traitlets.Unicode().tag(sync=True)
    dropped = traitlets.List(traitlets.Int()).tag(sync=True)
    tied = traitlets.Bool(False).tag(sync=True)
    place = traitlets.Int(FIRST).tag(sync=True)

    @traitlets.validate("models", "rows", "model", "dropped", "place")
    def _fits(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        state = {key: getattr(self, key) for key in ("models", "rows", "model", "dropped", "place")} | {name: value}
        n, d = (*_shape(state["rows"]), 0, 0, 0)[1:3]
        if n <= FIRST or _shape(state["rows"]) != (
            len(state["rows"]),
            n,
            d,
        ):  # first, since the models are compared with it
            raise traitlets.TraitError(
                f"rows must be finite numbers (row, place, d), got the shape {_shape(state['rows'])}"
            )
        for known, parts in state["models"].items() if name == "models" else ():
            shapes = _shape(parts["scores"]), _shape(parts["matrices"])
            if shapes != ((h := len(parts["scores"]), n - FIRST, n), (h, d, d)):
                raise traitlets.TraitError(f"{known}: scores (head, t, place) and matrices (head, d, d), got {shapes}")
        if state["model"] not in state["models"]:
            raise traitlets.TraitError(f"model must be one of {', '.join(state['models'])}; got {state['model']!r}")
        h = len(state["models"][state["model"]]["scores"])
        if name == "dropped" and not (len(set(value)) == len(value) and set(value) <= set(range(h))):
            raise traitlets.TraitError(f"dropped must hold different heads from 0 to {h - 1}, got {value}")
        if name == "place" and not FIRST <= value < n:
            raise traitlets.TraitError(f"place must be from {FIRST} to {n - 1}, got {value}")
        return value

    def __repr__(self):
        return (
            f"DropAndTie({len(self.models)} models, {len(self.rows)} rows, model={self.model!r}, "
            f"dropped={self.dropped}, tied={self.tied}, place={self.place})"
        )

    @property
    def weights(self):
        """The weights of the heads, tied or not: (head, t, place)."""
        weights = softmax(np.asarray(self.models[self.model]["scores"]))
        return np.broadcast_to(weights[:1], weights.shape) if self.tied else weights

    @property
    def added(self):
        """What each head adds to the answers, zero for those that are dropped: (head, row, t, d)."""
        found = self.weights[:, None] @ np.asarray(self.rows)  # (head, row, t, d)
        added = found @ np.asarray(self.models[self.model]["matrices"])[:, None]
        added[self.dropped] = 0
        return added

    @property
    def wanted(self):
        """The answers: (row, t, d)."""
        rows = np.asarray(self.rows)
        return rows[:, FIRST - 1 : -1] - rows[:, FIRST - 2 : -2]

    @property
    def explained(self):
        """R squared of the sum of the heads over all rows."""
        return float(1 - np.square(self.added.sum(axis=0) - self.wanted).mean() / np.square(self.wanted).mean())

    def picture(self):
        """A table of the heads at one place, and two drawings: R squared with its bound, and one row at all places."""
        t, weights, added = self.place, self.weights, self.added[:, 0, :, 0]
        x, wanted = np.asarray(self.rows)[0, :, 0], self.wanted[0, :, 0]
        heads = "\n".join(
            f'<tr><th scope="row" data-part="head">head {i}</th><td>{_bars(w[t - FIRST], i in self.dropped)}</td>'
            f'<td data-part="back">{w[t - FIRST, t - 1]:.2f}</td><td data-part="back">{w[t - FIRST, t - 2]:.2f}</td>'
            f'<td data-part="adds">{"off" if i in self.dropped else fixed(added[i, t - FIRST], 2)}</td></tr>'
            for i, w in enumerate(weights)
        )
        total, h = added.sum(axis=0), len(weights)
        return f"""{CONTROLS}
<p><b data-part="model">Model: {self.model}</b>. Heads switched on: <b data-part="kept">{h - len(self.dropped)}</b> \
of <span data-part="count">{h}</span>. Tied: <b data-part="tied">{"yes" if self.tied else "no"}</b>. \
R² of the sum: <b data-part="explained">{fixed(self.explained, 3)}</b></p>
<svg class="am-share" viewBox="0 0 320 40" role="img" \
aria-label="R squared as a bar from 0 to 1, with a line at one half">\
<rect data-part="share" x="{LEFT}" y="4" height="14" width="{_share(self.explained)}"></rect>\
<path class="am-axis" d="M{LEFT} 18h270"></path><path class="am-bound" d="M{LEFT + 135} 0v22"></path>\
<text x="{LEFT}" y="34">0</text><text x="{LEFT + 135}" y="34">1/2: bound of one head</text>\
<text x="{LEFT + 270}" y="34">1</text></svg>
<div class="am-panels">
<table class="am-dropped">
<caption>What the heads add at place <i>t</i> = <span data-part="place">{t}</span> \
<span class="am-note">Shown is the first of {len(self.rows)} rows, \
and of its {np.shape(self.rows)[2]} numbers at each place the first.</span></caption>
<thead><tr><th scope="col">head</th><th scope="col">weights of places 0 to {len(x) - 1}</th>\
<th scope="col">on <i>t</i>&nbsp;&minus;&nbsp;1</th><th scope="col">on <i>t</i>&nbsp;&minus;&nbsp;2</th>\
<th scope="col">adds</th></tr></thead>
<tbody data-part="heads">
{heads}
</tbody>
<tfoot><tr><th scope="row" colspan="4">sum of the heads</th><td data-part="sum">{fixed(total[t - FIRST], 2)}</td></tr>
<tr><th scope="row" colspan="4">wanted: <i>x<sub>t&minus;1</sub></i> &minus; <i>x<sub>t&minus;2</sub></i>, where \
<i>x<sub>t&minus;1</sub></i> = <span data-part="input">{fixed(x[t - 1], 2)}</span> and \
<i>x<sub>t&minus;2</sub></i> = <span data-part="input">{fixed(x[t - 2], 2)}</span></th>\
<td data-part="wanted">{fixed(wanted[t - FIRST], 2)}</td></tr></tfoot>
</table>
<div class="am-plot">
<p>The same row at all places: wanted (squares), sum of the heads (dots)</p>
<svg viewBox="0 0 320 150" aria-hidden="true">\
<path class="am-axis" d="M{LEFT - 12} {MIDDLE}h{STEP * len(total)}"></path>\
<path class="am-wanted" d="{_squares(wanted)}"></path>\
<path class="am-filled" data-part="dots" d="{_dots(total)}"></path>\
<path class="am-error" data-part="errors" d="{_errors(wanted, total)}"></path>{_places(len(total))}</svg>
</div>
</div>
{STATUS}"""


def _shape(numbers):
    """The shape of nested lists of finite numbers; no axes if they have none."""
    try:
        array = np.asarray(numbers, dtype=float)
    except (TypeError, ValueError):
        return ()
    return array.shape if np.isfinite(array).all() else ()


def _share(explained):
    return f"{270 * min(max(explained, 0), 1):.2f}"


def _bars(weights, off):
    """A bar for each place, on one line; faint if the head is switched off."""
    path = "".join(f"M{10 * j + 1} 20v{-20 * w:.2f}h8V20z" for j, w in enumerate(weights))
    return (
        f'<svg class="am-row" viewBox="0 0 {10 * len(weights)} 20" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="am-filled" data-part="weights" fill-opacity="{0.3 if off else 1}" d="{path}"></path></svg>'
    )


def _at(i, number):
    """The place of an answer in the drawing; what is too large stands at the edge."""
    return LEFT + STEP * i, MIDDLE - UNIT * min(max(number, -4.5), 4.5)


def _squares(numbers):
    return "".join("M{:.2f} {:.2f}h10v10h-10z".format(*np.subtract(_at(i, y), 5)) for i, y in enumerate(numbers))


def _dots(numbers):
    return "".join(
        "M{:.2f} {:.2f}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0".format(*np.subtract(_at(i, y), (3, 0)))
        for i, y in enumerate(numbers)
    )


def _errors(wanted, numbers):
    places = zip(map(_at, range(len(wanted)), wanted), map(_at, range(len(wanted)), numbers), strict=True)
    return "".join(f"M{x} {y:.2f}V{v:.2f}" for (x, y), (_, v) in places)


def _places(n):
    return "".join(f'<text x="{LEFT + STEP * i}" y="148" text-anchor="middle">{i + FIRST}</text>' for i in range(n))
