// The weights of one row; `may` says for each key whether the query may attend to it.
const masked = (scores, may, fill) => scores.map((s, j) => (may[j] ? s : fill));
const zeroed = (scores, may) => softmax(scores).map((w, j) => w * may[j]);
const WAYS = {
  attnlib: (scores, may) => (may.some(Boolean) ? softmax(masked(scores, may, -Infinity)) : scores.map(() => 0)),
  infinite: (scores, may) => softmax(masked(scores, may, -Infinity)), // of nothing but -Infinity: NaN
  finite: (scores, may) => softmax(masked(scores, may, -1e9)),
  added: (scores, may) => softmax(scores.map((s, j) => (may[j] ? s : s - 1e4))),
  zeroed,
  renormalised: (scores, may) => { const w = zeroed(scores, may); return w.map((x) => x / sum(w)); },
  inverted: (scores, may) => softmax(masked(scores, may.map((m) => !m), -Infinity)),
};
const WORDS = {
  en: {
    way: "how the mask is applied",
    ways: {
      attnlib: "attnlib",
      infinite: "\u2212\u221e in place of the score",
      finite: "\u221210\u2079 in place of the score",
      added: "\u221210000 added to the score",
      renormalised: "0 in place of the weight, renormalised",
      zeroed: "0 in place of the weight",
      inverted: "\u2212\u221e, the mask read the wrong way round",
    },
    presets: { nothing: "nothing forbidden", causal: "causal", padding: "padding", empty: "one row empty" },
    reset: "Reset",
    hint: "Press a score, or drag the mouse over several, to forbid or allow it.",
    cell: (score, i, query, j, key) => `${score}: query ${i}, ${query}, may attend to key ${j}, ${key}`,
    nan: "nan (not a number): no key was left",
    zeros: "zeros: it takes nothing",
    equal: "equal weights on forbidden keys",
    unmasked: "the softmax of its scores, as if there were no mask",
    leak: (share) => `a leak: ${share} of the weight is on forbidden keys`,
    sum: (total) => `sums to ${total}, not to 1`,
    fine: "in order",
    said: (way, faults, others, painted) => [`${way}.`, ...painted, ...faults.map((fault) => `${fault}.`),
      others && (faults.length ? "All other rows are in order." : "All rows are in order.")].filter(Boolean).join(" "),
    painted: (token, weights) => `The weights of ${token}: ${weights.join(", ")}.`,
  },
};
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const [scores, tokens, length] = ["scores", "tokens", "length"].map((name) => model.get(name));
  const n = scores.length;
  const start = ["mask", "way"].map((name) => [name, model.get(name)]);
  const say = announcer(parts("status")[0]);
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const table = (item) => scores.map((row, i) => row.map((_, j) => item(i, j)));
  const PRESETS = {
    nothing: () => true, causal: (i, j) => j <= i, padding: (i, j) => j < length, empty: (i) => i !== 1,
  };

  const way = choice({ label: words.way, options: Object.entries(words.ways), onChange: (name) => put("way", name) });
  el.querySelector('[data-slot="controls"]').replaceChildren(way,
    ...Object.entries(words.presets).map(([name, text]) => button(text, () => put("mask", table(PRESETS[name])))),
    button(words.reset, () => { start.forEach(([name, value]) => put(name, value)); reach(0); }),
    make("span", {}, words.hint));
  parts("way")[0].parentElement.hidden = true; // the choice says it

  let brush, byMouse; // what the mouse paints while it is down
  const mayAt = (k) => model.get("mask")[Math.floor(k / n)][k % n];
  const paint = (k, may) => { if (mayAt(k) !== may) put("mask", table((i, j) => (i * n + j === k ? may : mayAt(i * n + j)))); };
  const cells = parts("score").map((cell, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    const node = button(cell.firstChild.textContent, (event) => {
      if (!byMouse || !event.detail) paint(k, !mayAt(k)); // the mouse has painted when it went down
    });
    node.setAttribute("aria-label", words.cell(node.textContent, i + 1, tokens[i], j + 1, tokens[j]));
    cell.replaceChildren(node);
    return node;
  });
  const grid = parts("grid")[0];
  const placeOf = (event) => cells.indexOf(event.target.closest("button"));
  const reach = (k) => cells.forEach((node, other) => { node.tabIndex = other === k ? 0 : -1; });
  grid.addEventListener("pointerdown", (event) => {
    byMouse = event.pointerType !== "touch" && event.button === 0; // a finger taps, and else scrolls the page
    if (!byMouse || placeOf(event) < 0) return;
    brush = !mayAt(placeOf(event));
    paint(placeOf(event), brush);
  });
  grid.addEventListener("pointerover", (event) => {
    if (!(event.buttons & 1)) brush = undefined;
    else if (brush !== undefined && placeOf(event) >= 0) paint(placeOf(event), brush);
  });
  grid.addEventListener("focusin", (event) => reach(placeOf(event)));
  grid.addEventListener("keydown", (event) => {
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [];
    if (right === undefined) return;
    event.preventDefault();
    const k = placeOf(event);
    cells[clamp(Math.floor(k / n) + down, 0, n - 1) * n + clamp((k % n) + right, 0, n - 1)].focus();
  });
  reach(0);

  function verdict(weights, may) {
    const total = sum(weights);
    const leak = sum(weights.filter((_, j) => !may[j]));
    if (Number.isNaN(total)) return words.nan;
    if (total === 0) return words.zeros;
    if (!may.some(Boolean)) return Math.max(...weights) - Math.min(...weights) < 1e-9 ? words.equal : words.unmasked;
    if (leak > 0) return words.leak(leak.toFixed(2));
    return Math.abs(total - 1) > 1e-9 ? words.sum(total.toFixed(2)) : words.fine;
  }

  let before = start[0][1];
  function update() {
    const [mask, name] = [model.get("mask"), model.get("way")];
    const weights = scores.map((row, i) => WAYS[name](row, mask[i])); // (query, key)
    const shown = (x) => (Number.isNaN(x) ? "nan" : x.toFixed(2));
    way.show(name);
    cells.forEach((node, k) => {
      node.setAttribute("aria-pressed", mayAt(k));
      node.parentElement.dataset.allowed = mayAt(k);
    });
    parts("weight").forEach((cell, k) => {
      const weight = weights.flat()[k];
      showNumber(cell, weight, shown(weight));
      Object.assign(cell.dataset, { allowed: mayAt(k), leak: weight > 0 && !mayAt(k) });
    });
    parts("sum").forEach((cell, i) => showNumber(cell, sum(weights[i]), shown(sum(weights[i]))));
    const verdicts = weights.map((row, i) => verdict(row, mask[i]));
    const said = verdicts.map((text, i) => `${tokens[i]}: ${text}`);
    parts("verdict").forEach((line, i) => {
      line.textContent = said[i];
      line.dataset.fine = verdicts[i] === words.fine;
    });
    const changed = mask.map((row, i) => i).filter((i) => mask[i].some((may, j) => may !== before[i][j]));
    before = mask;
    const painted = changed.length === 1 ? changed.map((i) => words.painted(tokens[i], weights[i].map(shown))) : [];
    const faults = said.filter((_, i) => verdicts[i] !== words.fine);
    say(words.said(words.ways[name], faults, faults.length < n, painted));
  }

  model.on("change:mask", update);
  model.on("change:way", update);
  update();
}

export default { render };
