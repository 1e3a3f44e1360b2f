const LARGEST = 1000;
const WORDS = {
  en: {
    score: (i) => `score of key ${i}`,
    temperature: "temperature",
    scoreRange: "from \u22121000 to 1000",
    temperatureRange: "from 0.01 to 100",
    add: "Add 1 to every score",
    double: "Double every score",
    reset: "Reset",
    say: (scores, t, weights, spread) =>
      `Scores ${scores}; temperature ${t}; weights ${weights}; entropy ${spread} nats.`,
  },
};

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const start = { scores: [...model.get("scores")], temperature: model.get("temperature") };
  const say = announcer(parts("status")[0]);
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const changed = (change) => model.get("scores").map((s, i) => tidy(change(s, i)));
  const fits = (change) => changed(change).every((s) => Math.abs(s) <= LARGEST);

  const scores = parts("score").map((cell, i) => {
    const control = numberControl({
      label: words.score(i + 1), range: words.scoreRange, value: model.get("scores")[i],
      min: -LARGEST, max: LARGEST, from: -10, to: 10,
      nudge: (number, direction) => Math.round(10 * number + 5 * direction) / 10,
      onChange: (number) => put("scores", changed((s, j) => (j === i ? number : s))),
    });
    cell.replaceChildren(control);
    return control;
  });
  const temperature = numberControl({
    label: words.temperature, range: words.temperatureRange, value: start.temperature,
    min: 0.01, max: 100, from: 0.1, to: 10, toSlider: Math.log10, fromSlider: (x) => 10 ** x,
    nudge: (number, direction) => Number((number * 10 ** (direction / 20)).toPrecision(2)),
    onChange: (number) => put("temperature", number),
  });
  // All scores change, or none does: clamping one of them would change the weights.
  const moves = [[words.add, (s) => s + 1], [words.double, (s) => 2 * s]].map(([text, change]) => {
    const node = button(text, () => put("scores", changed(change)));
    return { node, change };
  });
  el.querySelector('[data-slot="controls"]').replaceChildren(
    make("label", { class: "am-control-label" }, words.temperature, temperature),
    ...moves.map(({ node }) => node),
    button(words.reset, () => { put("scores", start.scores); put("temperature", start.temperature); }),
  );

  function update() {
    const t = model.get("temperature");
    const weights = softmax(model.get("scores").map((s) => s / t));
    const n = weights.length;
    const spread = weights.reduce((sum, w) => sum - (w > 0 ? w * Math.log(w) : 0), 0);
    scores.forEach((control, i) => control.show(model.get("scores")[i]));
    temperature.show(t);
    parts("temperature")[0].textContent = String(t);
    parts("weight").forEach((cell, i) => showNumber(cell, weights[i]));
    showNumber(parts("entropy")[0], spread);
    showNumber(parts("spread")[0], Math.exp(spread));
    weights.forEach((share, i) => parts("bar")[i].setAttribute("width", 100 * share));
    parts("slope").forEach((cell, k) => {
      const [i, j] = [Math.floor(k / n), k % n];
      const slope = (weights[i] * ((i === j ? 1 : 0) - weights[j])) / t;
      const sign = slope > 0 ? "+" : "\u2212";
      const visible = Math.abs(slope) >= 0.0005;
      showNumber(cell, slope, visible ? sign + Math.abs(slope).toFixed(3) : "0.000");
      cell.style.setProperty("--slope", slope);
    });
    moves.forEach(({ node, change }) => { node.setAttribute("aria-disabled", !fits(change)); });
    const list = (numbers, digits) => numbers.map((x) => (digits ? x.toFixed(digits) : x)).join(", ");
    say(words.say(list(model.get("scores")), t, list(weights, 3), spread.toFixed(3)));
  }

  model.on("change:scores", update);
  model.on("change:temperature", update);
  update();
}

export default { render };
