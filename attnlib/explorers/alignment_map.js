const WORDS = {
  en: {
    run: "run",
    date: "date",
    line: (i, symbol) => `target symbol ${i}: ${symbol}`,
    reset: "Reset",
    hint: "Point at a row to see it, press it to keep it, or move with the arrow keys.",
    mark: (gold, largest) => [gold && "\u25c6\u00a0gold", largest && "\u25cf\u00a0largest"].filter(Boolean).join(" "),
    nowhere: (symbol) => `“${symbol}” comes from nowhere: it has no gold link, and is not counted.`,
    row: (symbol, weight, place, onGold, mass) =>
      `“${symbol}”: the largest weight, ${weight}, is on place ${place}, ${onGold ? "on gold" : "not on gold"}. `
      + `Mass on gold: ${mass}.`,
    map: (right, wrong, links, error, mass, match, rate) =>
      `This date is written ${right ? "right" : "wrong"}. Its map: ${wrong} of ${links} links wrong, `
      + `alignment error rate ${error}, mass on gold ${mass}. All test dates of this run: exact match ${match}, `
      + `alignment error rate ${rate}.`,
  },
};
const HANGUL = /[\uac00-\ud7a3]/; // a screen reader has to know which symbols are Korean
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const count = (flags) => flags.filter(Boolean).length;

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const part = (name) => parts(name)[0];
  const [examples, runs] = [model.get("examples"), model.get("runs")];
  const names = ["run", "example", "row"];
  const start = names.map((name) => [name, model.get(name)]);
  const say = announcer(part("status"));
  const put = (...changes) => { changes.forEach(([name, value]) => model.set(name, value)); model.save_changes(); };
  const last = (example) => examples[example].target.length - 1;
  const written = ({ target }) => target.join(" ").replaceAll(" ,", ",");

  const run = choice({
    label: words.run, options: runs.map(({ name }, i) => [i, name]), onChange: (i) => put(["run", i]),
  });
  const example = choice({
    label: words.date, options: examples.map((pair, i) => [i, written(pair)]),
    onChange: (i) => put(["row", Math.min(model.get("row"), last(i))], ["example", i]),
  });
  el.querySelector('[data-slot="controls"]').replaceChildren(run, example,
    button(words.reset, () => put(["row", 0], ...start)), make("span", {}, words.hint));
  part("run").parentElement.hidden = true; // the choice says it

  const map = part("map");
  let kept; // while the mouse points at rows: the row to come back to, so that the way to a control changes nothing
  const point = (event, keep) => {
    const row = parts("line").indexOf(event.target.closest('[data-part="line"]'));
    if (row < 0) return;
    kept = keep ? row : kept ?? model.get("row");
    if (row !== model.get("row")) put(["row", row]);
  };
  map.addEventListener("click", (event) => point(event, true));
  // not pointerover: that happens also when the page moves under a mouse that rests
  map.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") point(event, false); });
  map.addEventListener("pointerleave", () => {
    if (kept !== undefined) put(["row", Math.min(kept, last(model.get("example")))]);
    kept = undefined;
  });
  map.addEventListener("keydown", (event) => {
    const to = { ArrowUp: (i) => i - 1, ArrowDown: (i) => i + 1, Home: () => 0, End: () => Infinity }[event.key];
    if (!to) return;
    event.preventDefault();
    kept = undefined;
    put(["row", clamp(to(model.get("row")), 0, last(model.get("example")))]);
    map.querySelector('[tabindex="0"]').focus();
  });

  let built, told; // the example that is drawn; the run and example whose scores were said
  function build({ source, target, gold }) { // the two tables of an example, still without weights
    const symbol = (scope, text, content = text) =>
      make("th", { scope, ...(HANGUL.test(text) && { lang: "ko" }) }, content);
    const drawing = (name, box, shape) => { // SVG elements have a namespace of their own, which innerHTML knows
      const cell = make("td");
      cell.innerHTML = `<svg class="${name}" viewBox="${box}" preserveAspectRatio="none">${shape}</svg>`;
      return cell;
    };
    const cell = (isGold) => {
      const node = drawing("am-square", "0 0 10 10", '<rect data-part="square"></rect>');
      node.dataset.gold = isGold;
      node.firstChild.setAttribute("role", "img");
      return node;
    };
    map.tHead.rows[0].replaceChildren(make("td"), ...source.map((text) => symbol("col", text)));
    map.tBodies[0].replaceChildren(...target.map((text, i) => make("tr", { "data-part": "line" },
      symbol("row", text, button(text, () => {})), ...source.map((_, j) => cell(gold[i].includes(j))))));
    part("row").replaceChildren(...source.map((text, j) => {
      const node = drawing("am-bar", "0 0 100 10", '<rect data-part="bar" height="10"></rect>');
      node.firstChild.setAttribute("aria-hidden", "true");
      return make("tr", {}, make("td", {}, j), symbol("row", text), make("td", { "data-part": "weight" }), node,
        make("td", { "data-part": "mark" }));
    }));
  }

  function update() {
    const [r, e, i] = names.map((name) => model.get(name));
    if (i > last(e)) return; // between two changes that belong together
    if (built !== e) build(examples[built = e]);
    const { target, gold } = examples[e];
    const weights = runs[r].maps[e]; // (target, source)
    const largest = weights.map((row) => row.indexOf(Math.max(...row)));
    const mass = weights.map((row, t) => sum(gold[t].map((j) => row[j])));
    run.show(r);
    example.show(e);
    parts("line").forEach((line, t) => {
      if (t === i) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
      setAttributes(line.querySelector("button"), {
        tabindex: t === i ? 0 : -1, "aria-pressed": t === i, "aria-label": words.line(t + 1, target[t]),
      });
    });
    parts("square").forEach((square, k) => {
      const weight = weights.flat()[k];
      const side = 10 * Math.sqrt(weight);
      setAttributes(square, { x: 5 - side / 2, y: 5 - side / 2, width: side, height: side });
      square.parentElement.setAttribute("aria-label", weight.toFixed(3));
    });
    part("symbol").textContent = target[i];
    parts("weight").forEach((cell, j) => showNumber(cell, weights[i][j]));
    parts("bar").forEach((node, j) => node.setAttribute("width", 100 * weights[i][j]));
    parts("mark").forEach((cell, j) => { cell.textContent = words.mark(gold[i].includes(j), j === largest[i]); });

    // AER = 1 - (|A & S| + |A & P|) / (|A| + |S|): found links A, sure links S, gold links P
    const links = count(gold.map((places) => places.length));
    const sure = gold.map((places) => places.length === 1);
    const found = gold.map((places, t) => places.includes(largest[t]));
    const error = 1 - (count(found.map((f, t) => f && sure[t])) + count(found)) / (links + count(sure));
    const onRow = gold[i].length
      ? words.row(target[i], weights[i][largest[i]].toFixed(3), largest[i], found[i], mass[i].toFixed(3))
      : words.nowhere(target[i]);
    const onMap = words.map(runs[r].right[e], links - count(found), links, error.toFixed(2),
      (sum(mass) / links).toFixed(2), runs[r].exact_match.toFixed(2), runs[r].error_rate.toFixed(2));
    part("said").textContent = onRow;
    part("score").textContent = onMap;
    told ??= `${r} ${e}`;
    say(() => { // moving to another row says that row only
      const isTold = told === `${r} ${e}`;
      told = `${r} ${e}`;
      return isTold ? onRow : `${runs[r].name}. ${onRow} ${onMap}`;
    });
  }

  names.forEach((name) => model.on(`change:${name}`, update));
  update();
}

export default { render };
