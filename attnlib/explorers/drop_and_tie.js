const FIRST = 2; // the first place that has two places before it
const [LEFT, STEP, MIDDLE, UNIT, WIDE] = [24, 36, 70, 14, 270]; // of the drawings, as in the Python class
const WORDS = {
  en: {
    model: "model",
    tie: "Tie: all heads get the weights of head 0",
    place: "place t",
    placeRange: (most) => `a whole number from 2 to ${most}`,
    reset: "Reset",
    head: (i) => `head ${i}`,
    off: "off",
    isModel: (name) => `Model: ${name}`,
    tied: (tied) => (tied ? "yes" : "no"),
    say: (name, kept, all, tied, explained, t, sum, wanted) =>
      `${name}: ${kept} of ${all} heads switched on; tied: ${tied}; R squared ${explained}. `
      + `At place ${t} the sum is ${sum}, wanted ${wanted}.`,
  },
};

// What a head adds to the answers for one row of inputs x (place, d): weights (t, place), then its matrix; (t, d).
function headAdds(weights, matrix, x) {
  return weights.map((shares) => {
    const found = x[0].map((_, a) => x.reduce((sum, input, j) => sum + shares[j] * input[a], 0));
    return found.map((_, b) => found.reduce((sum, number, a) => sum + number * matrix[a][b], 0));
  });
}

// A box to tick, with its words.
function tick(text, onChange) {
  const input = make("input", { type: "checkbox" });
  input.addEventListener("change", () => onChange(input.checked));
  return Object.assign(make("label", { class: "am-tick" }, input, text), { show: (on) => { input.checked = on; } });
}

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const part = (name) => parts(name)[0];
  const names = ["model", "dropped", "tied", "place"];
  const start = [["dropped", []], ...names.map((name) => [name, model.get(name)])]; // no head that a model lacks
  const say = announcer(part("status"));
  const put = (...changes) => { changes.forEach(([name, value]) => model.set(name, value)); model.save_changes(); };
  const [models, rows] = [model.get("models"), model.get("rows")];
  const last = rows[0].length - 1;
  const wanted = rows.map((x) => x.slice(FIRST).map((_, i) => x[i + 1].map((number, a) => number - x[i][a]))); // (row, t, d)

  const kinds = choice({
    label: words.model, options: Object.keys(models).map((name) => [name, name]),
    onChange: (name) => put(["dropped", []], ["model", name]),
  });
  const tie = tick(words.tie, (on) => put(["tied", on]));
  const place = numberControl({
    label: words.place, range: words.placeRange(last), value: model.get("place"),
    min: FIRST, max: last, from: FIRST, to: last,
    nudge: (number, direction) => Math.round(number) + direction,
    onChange: (number) => put(["place", Math.round(number)]),
  });
  el.querySelector('[data-slot="controls"]').replaceChildren(
    kinds, tie, make("label", { class: "am-control-label am-beside" }, words.place, place),
    button(words.reset, () => put(...start)),
  );

  let ticks, drawn;
  function drawHeads(name) { // a model has its own number of rows
    if (drawn === name) return;
    drawn = name;
    ticks = models[name].scores.map((_, i) => tick(words.head(i), (on) => {
      const others = model.get("dropped").filter((head) => head !== i);
      put(["dropped", on ? others : [...others, i].sort((a, b) => a - b)]);
    }));
    part("heads").replaceChildren(...ticks.map((node) => {
      const row = make("tr", {}, make("th", { scope: "row", "data-part": "head" }, node));
      row.insertAdjacentHTML("beforeend",
        `<td><svg class="am-row" viewBox="0 0 ${10 * (last + 1)} 20" preserveAspectRatio="none" aria-hidden="true">`
        + '<path class="am-filled" data-part="weights"></path></svg></td>'
        + '<td data-part="back"></td><td data-part="back"></td><td data-part="adds"></td>');
      return row;
    }));
  }

  function update() {
    const [name, dropped, tied, t] = names.map((key) => model.get(key));
    const { scores, matrices } = models[name];
    const own = scores.map((head) => head.map(softmax)); // (head, t, place)
    const weights = own.map((head) => (tied ? own[0] : head));
    const kept = weights.map((_, i) => !dropped.includes(i));
    const added = rows.map((x) => weights.map((head, i) => headAdds(head, matrices[i], x))); // (row, head, t, d)
    const sums = added.map((heads, row) => wanted[row].map((answer, i) => answer.map((_, a) =>
      heads.reduce((sum, head, h) => sum + (kept[h] ? head[i][a] : 0), 0)))); // (row, t, d)
    const squares = (numbers) => numbers.flat(2).reduce((sum, number) => sum + number ** 2, 0);
    const errors = sums.map((row, r) => row.map((answer, i) => answer.map((number, a) => number - wanted[r][i][a])));
    const explained = 1 - squares(errors) / squares(wanted);

    drawHeads(name);
    kinds.show(name);
    tie.show(tied);
    place.show(t);
    part("model").textContent = words.isModel(name);
    [["kept", kept.filter(Boolean).length], ["count", kept.length], ["place", t]]
      .forEach(([key, number]) => showNumber(part(key), number, String(number)));
    part("tied").textContent = words.tied(tied);
    showNumber(part("explained"), explained, fixed(explained, 3));
    part("share").setAttribute("width", WIDE * clamp(explained, 0, 1));
    const i = t - FIRST;
    weights.forEach((head, h) => {
      ticks[h].show(kept[h]);
      const bars = head[i].map((w, j) => `M${10 * j + 1} 20v${-20 * w}h8V20z`);
      setAttributes(parts("weights")[h], { d: bars.join(""), "fill-opacity": kept[h] ? 1 : 0.3 });
      [1, 2].forEach((back) => {
        showNumber(parts("back")[2 * h + back - 1], head[i][t - back], fixed(head[i][t - back], 2));
      });
      const adds = kept[h] ? added[0][h][i][0] : 0;
      showNumber(parts("adds")[h], adds, kept[h] ? fixed(adds, 2) : words.off);
    });
    const [total, answers] = [sums[0], wanted[0]].map((row) => row.map((answer) => answer[0]));
    [1, 2].forEach((back) => {
      showNumber(parts("input")[back - 1], rows[0][t - back][0], fixed(rows[0][t - back][0], 2));
    });
    showNumber(part("sum"), total[i], fixed(total[i], 2));
    showNumber(part("wanted"), answers[i], fixed(answers[i], 2));
    const at = (number) => MIDDLE - UNIT * clamp(number, -4.5, 4.5);
    const draw = (key, path) => part(key).setAttribute("d", total.map((y, j) => path(LEFT + STEP * j, at(y), at(answers[j]))).join(""));
    draw("dots", (x, y) => `M${x - 3} ${y}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0`);
    draw("errors", (x, y, goal) => `M${x} ${goal}V${y}`);
    say(words.say(name, kept.filter(Boolean).length, kept.length, words.tied(tied), fixed(explained, 3), t,
      fixed(total[i], 2), fixed(answers[i], 2)));
  }

  names.forEach((name) => model.on(`change:${name}`, update));
  update();
}

export default { render };
