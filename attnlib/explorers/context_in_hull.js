const REACH = 3;
const UNIT = 40; // units of the drawing for the number 1
const [ABOVE, BELOW] = [-14, 24]; // of a point, for its label
const WORDS = {
  en: {
    axes: ["query x", "query y"],
    range: "from \u22123 to 3",
    temperature: "temperature",
    temperatureRange: "from 0.01 to 100",
    reset: "Reset",
    inside: (distance) => `inside the hull, ${distance} from its edge`,
    edge: () => "on the edge of the hull, to three decimals",
    outside: (distance) => `outside the hull, ${distance} from its edge`,
    key: (i) => `key ${i}`,
    said: (output, where, most, keys) => `The output (${output}) lies ${where}. Most weight: ${most} (${keys}).`,
    say: (query, t, weights, said) => `Query (${query}); temperature ${t}; weights ${weights}. ${said}`,
  },
};

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const [keys, values] = [model.get("key_points"), model.get("value_points")];
  const start = { query: model.get("query"), temperature: model.get("temperature") };
  const say = announcer(parts("status")[0]);
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const [handle, hull] = [parts("query")[0], parts("hull")[0]];
  const middle = values.reduce((sum, value) => sum + value[1], 0) / values.length;
  const rim = JSON.parse(hull.dataset.corners).map((i) => values[i]);

  const query = words.axes.map((label, axis) => numberControl({
    label, range: words.range, value: start.query[axis], min: -REACH, max: REACH, from: -REACH, to: REACH,
    nudge: (number, direction) => Math.round(10 * number + direction) / 10,
    onChange: (number) => put("query", model.get("query").map((x, i) => (i === axis ? number : x))),
  }));
  const temperature = numberControl({
    label: words.temperature, range: words.temperatureRange, value: start.temperature,
    min: 0.01, max: 100, from: 0.1, to: 10, toSlider: Math.log10, fromSlider: (x) => 10 ** x,
    nudge: (number, direction) => Number((number * 10 ** (direction / 20)).toPrecision(2)),
    onChange: (number) => put("temperature", number),
  });
  el.querySelector('[data-slot="controls"]').replaceChildren(
    ...query.map((control, axis) => make("label", { class: "am-control-label am-beside" }, words.axes[axis], control)),
    make("label", { class: "am-control-label am-beside" }, words.temperature, temperature),
    button(words.reset, () => { put("query", start.query); put("temperature", start.temperature); }),
  );
  draggable(handle, (x, y) => {
    put("query", [x, -y].map((number) => Math.round(20 * clamp(number / UNIT, -REACH, REACH)) / 20));
  });

  function update() {
    const [q, t] = [model.get("query"), model.get("temperature")];
    const scores = keys.map((key) => (q[0] * key[0] + q[1] * key[1]) / t);
    const weights = softmax(scores);
    const output = [0, 1].map((axis) => weights.reduce((sum, w, j) => sum + w * values[j][axis], 0));
    const margin = Math.min(...rim.map((a, i) => distanceToLine(a, rim[(i + 1) % rim.length], output)));
    query.forEach((control, axis) => control.show(q[axis]));
    temperature.show(t);
    parts("temperature")[0].textContent = String(t);
    parts("score").forEach((cell, j) => showNumber(cell, scores[j], fixed(scores[j], 3)));
    parts("weight").forEach((cell, j) => showNumber(cell, weights[j]));
    parts("bar").forEach((node, j) => node.setAttribute("width", 100 * weights[j]));
    ["key", "value"].forEach((name) => parts(name).forEach((node, j) => node.setAttribute("fill-opacity", weights[j])));
    place(handle, q, q[1] < 0);
    end(parts("arrow")[0], q);
    place(parts("output")[0], output, output[1] > middle); // the label stands on the inner side
    parts("pull").forEach((line, j) => { end(line, output); line.setAttribute("stroke-width", 9 * weights[j]); });

    const where = margin >= 0.0005 ? "inside" : margin > -1e-9 ? "edge" : "outside";
    const most = Math.max(...weights).toFixed(3);
    const leaders = weights.flatMap((w, j) => (w.toFixed(3) === most ? [words.key(j + 1)] : []));
    const lies = words[where](Math.abs(margin).toFixed(3));
    const said = words.said(output.map((x) => fixed(x, 3)).join(", "), lies, most, leaders.join(", "));
    Object.assign(parts("said")[0].dataset, { output: JSON.stringify(output), margin });
    parts("said")[0].textContent = said;
    say(words.say(q.join(", "), t, weights.map((w) => w.toFixed(3)).join(", "), said));
  }

  model.on("change:query", update);
  model.on("change:temperature", update);
  update();
}

function place(node, [x, y], below) {
  node.setAttribute("transform", `translate(${UNIT * x} ${-UNIT * y})`);
  node.querySelector("text").setAttribute("y", below ? BELOW : ABOVE);
}
const end = (line, [x, y]) => { line.setAttribute("x2", UNIT * x); line.setAttribute("y2", -UNIT * y); };

// How far a point lies to the left of the line from a to b: inside, when a and b go round the hull counter-clockwise.
function distanceToLine([ax, ay], [bx, by], [x, y]) {
  return ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / Math.hypot(bx - ax, by - ay);
}

export default { render };
