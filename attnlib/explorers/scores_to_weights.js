const WORDS = {
  en: {
    score: (i) => `score of key ${i}`,
    temperature: "temperature",
    add: "Add 1 to every score",
    double: "Double every score",
    reset: "Reset",
    say: (weights, spread) => `weights ${weights}; entropy ${spread} nats`,
  },
};

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const start = { scores: [...model.get("scores")], temperature: model.get("temperature") };
  const say = announcer(parts("status")[0]);
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const putScores = (change) =>
    put("scores", model.get("scores").map((s, i) => tidy(clamp(change(s, i), -1000, 1000))));

  const scores = parts("score").map((cell, i) => {
    const control = numberControl({
      label: words.score(i + 1), value: model.get("scores")[i], min: -1000, max: 1000, step: 0.1, from: -10, to: 10,
      onChange: (value) => putScores((s, j) => (j === i ? value : s)),
    });
    cell.replaceChildren(control);
    return control;
  });
  const temperature = numberControl({
    label: words.temperature, value: start.temperature, min: 0.01, max: 100, step: 0.01, from: 0.1, to: 10,
    toSlider: Math.log10, fromSlider: (x) => 10 ** x,
    onChange: (value) => put("temperature", tidy(clamp(value, 0.01, 100))),
  });
  el.querySelector('[data-slot="controls"]').replaceChildren(
    make("label", { class: "am-control-label" }, words.temperature, temperature),
    button(words.add, () => putScores((s) => s + 1)),
    button(words.double, () => putScores((s) => 2 * s)),
    button(words.reset, () => { put("scores", start.scores); put("temperature", start.temperature); }),
  );

  function update() {
    const t = model.get("temperature");
    const weights = softmax(model.get("scores").map((s) => s / t));
    const n = weights.length;
    const spread = -weights.reduce((sum, w) => sum + (w > 0 ? w * Math.log(w) : 0), 0);
    scores.forEach((control, i) => control.show(model.get("scores")[i]));
    temperature.show(t);
    parts("temperature")[0].textContent = String(t);
    parts("weight").forEach((cell, i) => showNumber(cell, weights[i]));
    showNumber(parts("entropy")[0], Math.abs(spread));
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
    say(words.say(weights.map((w) => w.toFixed(3)).join(", "), Math.abs(spread).toFixed(3)));
  }

  model.on("change:scores", update);
  model.on("change:temperature", update);
  update();
}

export default { render };
