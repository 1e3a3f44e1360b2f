"""Step through the decoding of two small trained models, in Luong's order and in Bahdanau's; both copy digits."""

import re

import numpy as np
import traitlets

from attnlib.explorers.explorer import CONTROLS, STATUS, Explorer, bar, minus
from attnlib.scores import dot_scores
from attnlib.weights import softmax

LONGEST = 25  # symbols written at most, the end included
SYMBOLS = ("padding", "start", "end", *"0123456789")
START, END = 1, 2
ORDERS = {  # what each order is called, what it calls its states, and its parts in the order of time
    "luong": ("Luong", "h", ("state", "scores", "weights", "context", "attentional", "symbol")),
    "bahdanau": ("Bahdanau", "s", ("scores", "weights", "context", "state", "symbol")),
}


def parameters_of(model):
    """The parameters of a model, name -> matrix (row, column), from the rounded numbers that an explorer stores.

    Rows are separated by commas and numbers by spaces, all in hundredths; a vector is one row.

    Example:
        >>> parameters_of({"readout": "150 -20,0 5"})["readout"].tolist()
        [[1.5, -0.2], [0.0, 0.05]]
    """
    return {
        name: np.array([[int(number) for number in row.split()] for row in text.split(",")]) / 100
        for name, text in model.items()
    }


def _sigmoid(x):
    return 1 / (1 + np.exp(-x))


def _gru(p, part, x, h):
    """One step of a GRU as PyTorch has it: reset gate, update gate, new numbers."""
    w_x, w_h, b_x, b_h = (p[part.format(name)] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    from_x, from_h = np.split(w_x @ x + b_x[0], 3), np.split(w_h @ h + b_h[0], 3)
    reset, update = _sigmoid(from_x[0] + from_h[0]), _sigmoid(from_x[1] + from_h[1])
    return (1 - update) * np.tanh(from_x[2] + reset * from_h[2]) + update * h


def _read(p, source):
    """The encoder's states (source, d_state), read in both directions, and the state the decoder starts from."""
    embedded = p["encoder.embedding.weight"][[SYMBOLS.index(digit) for digit in source]]
    runs = []
    for way, inputs in (("", embedded), ("_reverse", embedded[::-1])):
        states = [np.zeros(p["encoder.recurrent.weight_hh_l0"].shape[1])]
        for x in inputs:
            states.append(_gru(p, "encoder.recurrent.{}_l0" + way, x, states[-1]))
        runs.append(np.array(states[1:]))
    start = np.concatenate([runs[0][-1], runs[1][-1]])  # each direction where it ends
    return np.concatenate([runs[0], runs[1][::-1]], axis=1), start


def _step(p, order, encoded, before, last):
    """One step of the decoder: all that it computes, by the names of its parts."""

    def attend(query):
        scores = dot_scores(query[None], encoded)[0]  # (source,)
        return scores, softmax(scores), softmax(scores) @ encoded

    x = p["decoder.embedding.weight"][last]
    if order == "luong":
        state = _gru(p, "decoder.recurrent.{}_l0", x, before)
        scores, weights, context = attend(state)  # the new state asks
        attentional = np.tanh(p["decoder.combine.weight"] @ np.concatenate([context, state]))
        read = attentional
    else:
        scores, weights, context = attend(before)  # the state before the step asks
        state = _gru(p, "decoder.recurrent.{}_l0", np.concatenate([x, context]), before)
        attentional, read = None, np.concatenate([state, context])
    shares = softmax(p["decoder.readout.weight"] @ read + p["decoder.readout.bias"][0])
    symbol = int(shares.argmax())
    return {
        "last": last, "state": state, "scores": scores, "weights": weights, "context": context,
        "attentional": attentional, "symbol": symbol, "probability": float(shares[symbol]),
    }  # fmt: skip


def decode(model, order, source):
    """All steps of a model that reads the source and writes freely, until the end or `LONGEST` symbols."""
    p = parameters_of(model)
    encoded, state = _read(p, source)
    steps, last = [], START
    while len(steps) < LONGEST and last != END:
        steps.append(_step(p, order, encoded, state, last))
        state, last = steps[-1]["state"], steps[-1]["symbol"]
    return steps


class DecoderSteps(Explorer):
    """Two decoders with attention that copy digits, one part of one step at a time.

    Args:
        models: for each order, "luong" and "bahdanau", the parameters by their names in `layers.EncoderDecoder`, as
            text in hundredths (see `parameters_of`); dot scores, a GRU in two directions that reads, one that writes.
        order: the order of events, "luong" or "bahdanau".
        source: one to twenty digits.
        moment: how many parts of steps are done; a step has six parts in Luong's order and five in Bahdanau's.

    Raises:
        traitlets.TraitError: if an argument is none of these, or the output has fewer parts than `moment`.

    Example:
        >>> from attnlib import results
        >>> models = {order: run["model"] for order, run in results.load("decoder_steps")["results"].items()}
        >>> explorer = DecoderSteps(models=models, order="bahdanau", source="314")
        >>> [SYMBOLS[step["symbol"]] for step in explorer.steps]
        ['3', '1', '4', 'end']
    """

    kind = "decoder_steps"
    label = "Interactive figure: a decoder writes, one part of one step at a time"
    models = traitlets.Dict().tag(sync=True)
    order = traitlets.Enum(list(ORDERS), "luong").tag(sync=True)
    source = traitlets.Unicode("314").tag(sync=True)
    moment = traitlets.Int(0, min=0).tag(sync=True)

    @traitlets.validate("models", "order", "source", "moment")
    def _fits(self, proposal):
        state = self.state() | {proposal["trait"].name: proposal["value"]}
        models, order, source, moment = (state[name] for name in ("models", "order", "source", "moment"))
        if set(models) != set(ORDERS):
            raise traitlets.TraitError(f"models must be those of {' and '.join(ORDERS)}, got {sorted(models)}")
        if not re.fullmatch("[0-9]{1,20}", source):
            raise traitlets.TraitError(f"source must be 1 to 20 digits, got {source!r}")
        most = len(ORDERS[order][2]) * len(decode(models[order], order, source))
        if moment > most:
            raise traitlets.TraitError(f"moment must be from 0 to {most}, the parts of the output, got {moment}")
        return proposal["value"]

    def __repr__(self):
        return f"DecoderSteps(order={self.order!r}, source={self.source!r}, moment={self.moment})"

    @property
    def steps(self):
        """All steps of the present model with the present source."""
        return decode(self.models[self.order], self.order, self.source)

    def picture(self):
        """What is written, the parts of the present step in the order of time, and a table of the source."""
        name, _, parts = ORDERS[self.order]
        steps, n = self.steps, len(parts)
        t = max(1, -(-self.moment // n))  # the step that is shown; of its parts, so many are done:
        n_done = self.moment - n * (t - 1)
        step, done = steps[t - 1], parts[:n_done]
        written = "".join(self._written(i, steps[i]) for i in range(self.moment // n))
        lines = "\n".join(self._line(part, t, step, i, n_done) for i, part in enumerate(parts))
        rows = "\n".join(self._row(j, step, done) for j in range(len(self.source)))
        return f"""{CONTROLS}
<p>Order: <span data-part="order">{name}</span>. To copy: <span data-part="source">{self.source}</span></p>
<div class="am-written"><strong>Written</strong><ol data-part="written">{written}</ol></div>
<p data-part="verdict">{self._verdict(steps)}</p>
<div class="am-panels">
<div class="am-parts">
<p data-part="step">Step {t} in {name}\N{RIGHT SINGLE QUOTATION MARK}s order</p>
<ol data-part="parts">
{lines}
</ol>
</div>
<table class="am-weights">
<caption>The source</caption>
<thead><tr><th scope="col">place</th><th scope="col">symbol</th><th scope="col">score</th><th scope="col">weight</th>\
<th scope="col"><span class="am-hidden">weight as a bar</span></th></tr></thead>
<tbody data-part="rows">
{rows}
</tbody>
</table>
</div>
{STATUS}"""

    def _row(self, j, step, done):
        """A symbol of the source, with what it has got in the parts that are done."""
        score = minus(f"{step['scores'][j]:.3f}") if "scores" in done else "\N{EN DASH}"
        weight = step["weights"][j] if "weights" in done else 0.0
        shown = f"{weight:.3f}" if "weights" in done else "\N{EN DASH}"
        return (
            f'<tr><th scope="row">{j + 1}</th><td>{self.source[j]}</td><td data-part="score">{score}</td>'
            f'<td data-part="weight">{shown}</td><td>{bar(weight)}</td></tr>'
        )

    def _is_right(self, i, step):
        return SYMBOLS[step["symbol"]] == [*self.source, "end", *["nothing"] * LONGEST][i]

    def _written(self, i, step):
        mark = "\N{CHECK MARK}" if self._is_right(i, step) else "\N{BALLOT X}"
        probability = f'<span data-part="probability">{step["probability"]:.3f}</span>'
        return f"<li>{SYMBOLS[step['symbol']]} {mark} {probability}</li>"

    def _verdict(self, steps):
        """Whether the output has ended, and where its first error is."""
        n_written = self.moment // len(ORDERS[self.order][2])
        wrong = [i + 1 for i in range(n_written) if not self._is_right(i, steps[i])]
        ended = n_written == len(steps)
        how = "" if not ended else "Ended. " if steps[-1]["symbol"] == END else f"Stopped after {LONGEST} symbols. "
        return how + (f"First error: symbol {wrong[0]}." if wrong else "No error." if n_written else "Nothing written.")

    def _line(self, part, t, step, i, n_done):
        """A part of the present step: its name, and if it is done, what it is made of and what comes out."""
        title, text = self._words(part, t, step)
        now = ' aria-current="step"' if i + 1 == n_done else ""
        vector = _strip(step[part]) if part in ("state", "context", "attentional") and i < n_done else ""
        return f"<li{now}><b>{title}</b>: {text if i < n_done else 'not yet'}{vector}</li>"

    def _words(self, part, t, step):
        letter = ORDERS[self.order][1]
        before, new, context = (f"{x}{_below(i)}" for x, i in ((letter, t - 1), (letter, t), ("c", t)))
        last, luong = _quoted(step["last"]), self.order == "luong"
        at, weight = step["weights"].argmax(), step["weights"].max()
        return {
            "state": (
                f"New state {new}",
                f"made of {last} and {before}." if luong else f"made of {last}, {before} and {context}.",
            ),
            "scores": (
                "Scores",
                f"{new} asks. It has read {last}." if luong else f"{before} asks. It has not read {last}.",
            ),
            "weights": (
                "Weights",
                f"the largest, {weight:.3f}, is on place {at + 1}, {_quoted(3 + int(self.source[at]))}.",
            ),
            "context": (f"Context {context}", "the encoder's states, mixed by the weights."),
            "attentional": ("Attentional state", f"made of {context} and {new}."),
            "symbol": (
                f"Symbol {t}",
                f"made of {'the attentional state' if luong else f'{new} and {context}'}: "
                f"{_quoted(step['symbol'])}, probability {step['probability']:.3f}.",
            ),
        }[part]


def _below(number):
    """A number written as a subscript."""
    return "".join(chr(0x2080 + int(digit)) for digit in str(number))


def _quoted(symbol):
    """A symbol in the text: a digit in quotation marks, and the name of another."""
    name = SYMBOLS[symbol]
    return f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}" if name.isdigit() else name


def _strip(vector):
    """A vector of numbers between -1 and 1 as a row of bars, up and down, and its first two numbers."""
    path = "".join(f"M{10 * i} 10v{-9 * x:.2f}h8V10z" for i, x in enumerate(vector))
    first = minus(", ".join(f"{x:.2f}" for x in vector[:2]))
    return (
        f'<div><svg class="am-strip" viewBox="0 0 {10 * len(vector)} 20" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="am-axis" d="M0 10h{10 * len(vector)}"/><path class="am-filled" d="{path}"/></svg>'
        f" <span>{first}, \N{HORIZONTAL ELLIPSIS}</span></div>"
    )
