"""Point at a target symbol of a trained alignment map; see its weights, the gold link, and what the map scores."""

import re

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, bar

HANGUL = re.compile("[가-힣]")


class AlignmentMap(Explorer):
    """The alignment maps of a few examples by a few runs, and one row of one of them.

    Args:
        examples: a list of dicts, each with the symbols of the "source" and of the "target", and for each target
            symbol the list of its "gold" places in the source, which may be empty.
        runs: a list of dicts, each with a "name", the run's "exact_match" and "error_rate" on all test examples, for
            each example whether the run writes it "right", and its "maps": weights (target, source) for each example.
        run, example, row: which of them are shown.

    Raises:
        traitlets.TraitError: if a map does not have a row for each target symbol and a weight for each source symbol,
            a gold place is not in the source, or the run, the example or the row is not there.

    Example:
        >>> pair = {"source": ["a", "b"], "target": ["A", "B"], "gold": [[0], [1]]}
        >>> run = {"name": "one", "exact_match": 1.0, "error_rate": 0.5, "right": [True]}
        >>> AlignmentMap(examples=[pair], runs=[run | {"maps": [[[0.9, 0.1], [0.6, 0.4]]]}]).error_rate
        0.5
    """

    kind = "alignment_map"
    label = "Interactive figure: one row of an alignment map"
    examples = traitlets.List(minlen=1, maxlen=6).tag(sync=True)
    runs = traitlets.List(minlen=1, maxlen=4).tag(sync=True)
    run = traitlets.Int(0, min=0).tag(sync=True)
    example = traitlets.Int(0, min=0).tag(sync=True)
    row = traitlets.Int(0, min=0).tag(sync=True)

    @traitlets.validate("examples", "runs", "run", "example", "row")
    def _fits(self, proposal):
        state = {name: getattr(self, name) for name in ("examples", "runs", "run", "example", "row")}
        state[proposal["trait"].name] = proposal["value"]
        examples, runs = state["examples"], state["runs"]
        if not (state["run"] < len(runs) and state["example"] < len(examples)):
            there = f"{len(runs)} runs and {len(examples)} examples"
            raise traitlets.TraitError(f"run {state['run']}, example {state['example']}: there are {there}")
        for pair in examples:
            places = range(len(pair["source"]))
            if len(pair["gold"]) != len(pair["target"]) or any(p not in places for row in pair["gold"] for p in row):
                raise traitlets.TraitError(
                    f"gold needs places of the source for each target symbol, got {pair['gold']}"
                )
        shapes = [(len(pair["target"]), len(pair["source"])) for pair in examples]
        for run in runs:
            if [np.shape(table) for table in run["maps"]] != shapes:
                raise traitlets.TraitError(f"the maps of {run['name']} must have the shapes (target, source) {shapes}")
        if state["row"] >= shapes[state["example"]][0]:
            raise traitlets.TraitError(f"row {state['row']}: the map has {shapes[state['example']][0]} rows")
        return proposal["value"]

    def __repr__(self):
        n = f"{len(self.runs)} runs, {len(self.examples)} examples"
        return f"AlignmentMap({n}, run={self.run}, example={self.example}, row={self.row})"

    @property
    def weights(self):
        """The map that is shown: (target, source)."""
        return np.asarray(self.runs[self.run]["maps"][self.example])

    @property
    def gold(self):
        """The gold links of the map that is shown: boolean (target, source)."""
        links = np.zeros(self.weights.shape, dtype=bool)
        for row, places in zip(links, self.examples[self.example]["gold"], strict=True):
            row[places] = True
        return links

    @property
    def error_rate(self):
        """The alignment error rate of the map that is shown; a link is sure if it is the only one of its row."""
        found = self.gold[np.arange(len(self.gold)), self.weights.argmax(axis=-1)]
        n_gold = self.gold.sum(axis=-1)
        return float(1 - (found.sum() + found[n_gold == 1].sum()) / ((n_gold > 0).sum() + (n_gold == 1).sum()))

    def picture(self):
        """The map as a table of squares, the chosen row as a table of numbers and bars, and two sentences."""
        pair, weights, gold = self.examples[self.example], self.weights, self.gold
        source, target, row = pair["source"], pair["target"], weights[self.row]
        lines = "\n".join(
            f'<tr data-part="line"{_if(i == self.row, " aria-current=true")}>{_symbol(symbol, "row")}'
            + "".join(
                f'<td data-gold="{str(bool(is_gold)).lower()}">{_square(weight)}</td>'
                for weight, is_gold in zip(weights[i], gold[i], strict=True)
            )
            + "</tr>"
            for i, symbol in enumerate(target)
        )
        cells = "\n".join(
            f'<tr><td>{j}</td>{_symbol(symbol, "row")}<td data-part="weight">{row[j]:.3f}</td><td>{bar(row[j])}</td>'
            f'<td data-part="mark">{_mark(gold[self.row, j], j == row.argmax())}</td></tr>'
            for j, symbol in enumerate(source)
        )
        return f"""{CONTROLS}
<p>Run: <span data-part="run">{self.runs[self.run]["name"]}</span></p>
<div class="am-panels">
<table class="am-alignment" data-part="map">
<caption>The map <span class="am-note">A square's area is a weight; frames: gold links.</span></caption>
<thead><tr><td></td>{"".join(_symbol(symbol, "col") for symbol in source)}</tr></thead>
<tbody>
{lines}
</tbody>
</table>
<table class="am-weights am-one-row">
<caption>The row of <span data-part="symbol">{target[self.row]}</span></caption>
<thead><tr><th scope="col">place</th><th scope="col">symbol</th><th scope="col">weight</th>\
<th scope="col"><span class="am-hidden">weight as a bar</span></th>\
<th scope="col"><span class="am-hidden">gold, largest</span></th></tr></thead>
<tbody data-part="row">
{cells}
</tbody>
</table>
<p class="am-said" data-part="said">{self._row_said()}</p>
<p class="am-said" data-part="score">{self._map_said()}</p>
</div>
{STATUS}"""

    def _row_said(self):
        row, gold, symbol = self.weights[self.row], self.gold[self.row], self.examples[self.example]["target"][self.row]
        if not gold.any():
            return f"“{symbol}” comes from nowhere: it has no gold link, and is not counted."
        largest = int(row.argmax())
        return (
            f"“{symbol}”: the largest weight, {row[largest]:.3f}, is on place {largest}, "
            f"{'on gold' if gold[largest] else 'not on gold'}. Mass on gold: {row[gold].sum():.3f}."
        )

    def _map_said(self):
        run, rows = self.runs[self.run], self.gold.any(axis=-1)
        wrong = int(rows.sum() - self.gold[np.arange(len(rows)), self.weights.argmax(axis=-1)].sum())
        mass = (self.weights * self.gold).sum() / rows.sum()
        return (
            f"This date is written {'right' if run['right'][self.example] else 'wrong'}. "
            f"Its map: {wrong} of {rows.sum()} links wrong, alignment error rate {self.error_rate:.2f}, "
            f"mass on gold {mass:.2f}. All test dates of this run: exact match {run['exact_match']:.2f}, "
            f"alignment error rate {run['error_rate']:.2f}."
        )


def _if(condition, text):
    return text if condition else ""


def _symbol(symbol, scope):
    """A symbol at the head of its row or column; a screen reader has to know which of them are Korean."""
    return f'<th scope="{scope}"{_if(HANGUL.search(symbol), " lang=ko")}>{symbol}</th>'


def _square(weight):
    """A square whose area is the weight, with the number for those who do not see it."""
    side = 10 * weight**0.5
    return (
        f'<svg class="am-square" viewBox="0 0 10 10" role="img" aria-label="{weight:.3f}"><rect data-part="square" '
        f'x="{5 - side / 2:.2f}" y="{5 - side / 2:.2f}" width="{side:.2f}" height="{side:.2f}"></rect></svg>'
    )


def _mark(is_gold, is_largest):
    return " ".join(["◆&nbsp;gold"] * bool(is_gold) + ["●&nbsp;largest"] * bool(is_largest))
