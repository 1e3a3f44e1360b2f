const DIVISORS = { none: () => 1, "root of d_k": Math.sqrt, d_k: (width) => width };
const [LEFT, WIDTH, FLOOR] = [34, 268, 4]; // as in the Python class, which draws the axes
const WORDS = {
  en: {
    width: "width d_k",
    widthRange: (most) => `1, 2, 4 and so on, to ${most}`,
    divide: "divide by",
    none: "nothing",
    "root of d_k": "the root of d_k",
    d_k: "d_k",
    reset: "Reset",
    say: (width, divisor, spread, largest, entropy, typical) =>
      `Width ${width}, divided by ${divisor}; spread of the scores ${spread}; largest weight ${largest}; `
      + `entropy ${entropy} nats; typical gradient ${typical}.`,
  },
};

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const part = (name) => parts(name)[0];
  const start = { d_key: model.get("d_key"), divisor: model.get("divisor") };
  const say = announcer(part("status"));
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const most = 2 ** (model.get("scores").length - 1);
  const end = 50 * Math.ceil(Math.max(...model.get("scores").flat().map(Math.abs)) / 50);
  const nearest = (number, steps = 0) => 2 ** (Math.round(Math.log2(number)) + steps); // widths are powers of 2

  const width = numberControl({
    label: words.width, range: words.widthRange(most), value: start.d_key, min: 1, max: most, from: 1, to: most,
    toSlider: Math.log2, fromSlider: (x) => 2 ** x, nudge: nearest, onChange: (number) => put("d_key", nearest(number)),
  });
  const divisor = choice({
    label: words.divide, options: Object.keys(DIVISORS).map((name) => [name, words[name]]),
    onChange: (name) => put("divisor", name),
  });
  el.querySelector('[data-slot="controls"]').replaceChildren(
    make("label", { class: "am-control-label" }, words.width, width),
    divisor,
    button(words.reset, () => { put("d_key", start.d_key); put("divisor", start.divisor); }),
  );

  function update() {
    const [d, name] = [model.get("d_key"), model.get("divisor")];
    const by = DIVISORS[name](d);
    const scores = model.get("scores")[Math.log2(d)].map((s) => s / by);
    const typical = model.get("typical")[name][Math.log2(d)];
    const weights = softmax(scores).sort((a, b) => b - a);
    const n = scores.length;
    const mean = scores.reduce((sum, s) => sum + s, 0) / n;
    const spread = Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / n);
    const entropy = weights.reduce((sum, w) => sum - (w > 0 ? w * Math.log(w) : 0), 0);
    width.show(d);
    divisor.show(name);
    showNumber(part("width"), d, String(d));
    showNumber(part("divisor"), by, String(Number(by.toFixed(1))));
    showNumber(part("spread"), spread);
    showNumber(part("largest"), weights[0]);
    showNumber(part("entropy"), entropy);
    showNumber(part("keys"), Math.exp(entropy), Math.exp(entropy).toFixed(1));
    showNumber(part("typical"), typical, String(typical));
    const at = (share) => (LEFT + WIDTH * share).toFixed(2);
    const draw = (name, path) => part(name).setAttribute("d", path);
    draw("scores", scores.map((s) => `M${at((s + end) / (2 * end))} 6v40`).join(""));
    draw("weights", weights.map((w, i) =>
      `M${at(i / n)} 160v${(-150 * w).toFixed(2)}h${((0.8 * WIDTH) / n).toFixed(2)}V160z`).join(""));
    draw("length", `M${at(clamp(1 + Math.log10(typical) / FLOOR, 0, 1))} 4v26`);
    say(words.say(d, words[name], ...[spread, weights[0], entropy].map((x) => x.toFixed(3)), typical));
  }

  model.on("change:d_key", update);
  model.on("change:divisor", update);
  update();
}

export default { render };
