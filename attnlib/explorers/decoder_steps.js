const [LONGEST, START, END] = [25, 1, 2]; // these and all functions of the model as in the Python class
const SYMBOLS = ["padding", "start", "end", ..."0123456789"];
const PARTS = {
  luong: ["state", "scores", "weights", "context", "attentional", "symbol"],
  bahdanau: ["scores", "weights", "context", "state", "symbol"],
};
const EXAMPLES = ["3141592", "271828182845", "16180339887498948482"];
const quoted = (symbol) => (symbol > END ? `\u201c${SYMBOLS[symbol]}\u201d` : SYMBOLS[symbol]);
const WORDS = {
  en: {
    order: "order",
    orders: { luong: "Luong", bahdanau: "Bahdanau" },
    digits: "to copy, 1 to 20 digits",
    example: (digits) => `copy ${digits}`,
    moves: { part: "Next part", symbol: "Next symbol", back: "Back", end: "To the end", start: "Start again" },
    step: (t, name) => `Step ${t} in ${name}\u2019s order`,
    verdict: { end: "Ended. ", stop: `Stopped after ${LONGEST} symbols. `, none: "Nothing written.", right: "No error." },
    error: (n) => `First error: symbol ${n}.`,
    notYet: "not yet",
    state: (s) => [`New state ${s.now}`, `made of ${s.last}${s.luong ? ` and ${s.before}` : `, ${s.before} and ${s.context}`}.`],
    scores: (s) => ["Scores", s.luong ? `${s.now} asks. It has read ${s.last}.` : `${s.before} asks. It has not read ${s.last}.`],
    weights: (s) => ["Weights", `the largest, ${s.weight}, is on place ${s.place}, ${s.asked}.`],
    context: (s) => [`Context ${s.context}`, "the encoder's states, mixed by the weights."],
    attentional: (s) => ["Attentional state", `made of ${s.context} and ${s.now}.`],
    symbol: (s) => [`Symbol ${s.t}`,
      `made of ${s.luong ? "the attentional state" : `${s.now} and ${s.context}`}: ${s.symbol}, probability ${s.probability}.`],
  },
};

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const linear = (w, x, b) => w.map((row, i) => dot(row, x) + (b ? b[i] : 0));
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const largest = (numbers) => numbers.indexOf(Math.max(...numbers));
const parametersOf = (model) => Object.fromEntries(Object.entries(model).map(([name, text]) =>
  [name, text.split(",").map((row) => row.split(" ").map((number) => number / 100))]));

function gru(p, part, x, h) {
  const [wX, wH, [bX], [bH]] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => p[part.replace("*", name)]);
  const [fromX, fromH, d] = [linear(wX, x, bX), linear(wH, h, bH), h.length];
  return h.map((old, i) => {
    const reset = sigmoid(fromX[i] + fromH[i]);
    const update = sigmoid(fromX[d + i] + fromH[d + i]);
    return (1 - update) * Math.tanh(fromX[2 * d + i] + reset * fromH[2 * d + i]) + update * old;
  });
}

function read(p, source) {
  const embedded = [...source].map((digit) => p["encoder.embedding.weight"][SYMBOLS.indexOf(digit)]);
  const run = (inputs, way) => {
    const states = [Array(p["encoder.recurrent.weight_hh_l0"][0].length).fill(0)];
    inputs.forEach((x) => states.push(gru(p, `encoder.recurrent.*_l0${way}`, x, states.at(-1))));
    return states.slice(1);
  };
  const [there, back] = [run(embedded, ""), run(embedded.reverse(), "_reverse")];
  const start = [...there.at(-1), ...back.at(-1)]; // each direction where it ends
  back.reverse();
  return [there.map((state, i) => [...state, ...back[i]]), start];
}

function step(p, order, encoded, before, last) {
  const attend = (query) => {
    const scores = encoded.map((key) => dot(query, key));
    const weights = softmax(scores);
    return { scores, weights, context: query.map((_, i) => dot(weights, encoded.map((value) => value[i]))) };
  };
  const move = (x) => gru(p, "decoder.recurrent.*_l0", x, before);
  const x = p["decoder.embedding.weight"][last];
  let found, state, attentional;
  if (order === "luong") {
    state = move(x);
    found = attend(state); // the new state asks
    attentional = linear(p["decoder.combine.weight"], [...found.context, ...state]).map(Math.tanh);
  } else {
    found = attend(before); // the state before the step asks
    state = move([...x, ...found.context]);
  }
  const given = attentional ?? [...state, ...found.context];
  const shares = softmax(linear(p["decoder.readout.weight"], given, p["decoder.readout.bias"][0]));
  const symbol = largest(shares);
  return { last, state, ...found, attentional, symbol, probability: shares[symbol] };
}

function decode(p, order, source) {
  let [encoded, state] = read(p, source);
  const steps = [];
  for (let last = START; steps.length < LONGEST && last !== END; last = steps.at(-1).symbol) {
    steps.push(step(p, order, encoded, state, last));
    state = steps.at(-1).state;
  }
  return steps;
}

const minus = (number, digits) => number.toFixed(digits).replace("-", "\u2212");
const below = (number) => String(number).replace(/\d/g, (digit) => String.fromCharCode(0x2080 + Number(digit)));

function strip(vector) {
  const [d, first] = [10 * vector.length, vector.slice(0, 2).map((x) => minus(x, 2))];
  const path = vector.map((x, i) => `M${10 * i} 10v${(-9 * x).toFixed(2)}h8V10z`).join("");
  return `<div><svg class="am-strip" viewBox="0 0 ${d} 20" preserveAspectRatio="none" aria-hidden="true">`
    + `<path class="am-axis" d="M0 10h${d}"/><path class="am-filled" d="${path}"/></svg>`
    + ` <span data-value="${vector}">${first.join(", ")}, \u2026</span></div>`;
}

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const part = (name) => parts(name)[0];
  const say = announcer(part("status"));
  const models = {}; // read from the text where they are needed
  const put = (changes) => { changes.forEach(([name, value]) => model.set(name, value)); model.save_changes(); };
  let known, steps;
  const decoded = () => {
    const [order, source] = [model.get("order"), model.get("source")];
    models[order] ??= parametersOf(model.get("models")[order]);
    if (known !== order + source) [known, steps] = [order + source, decode(models[order], order, source)];
    return { steps, source, order, names: PARTS[order], n: PARTS[order].length, most: PARTS[order].length * steps.length };
  };

  const order = choice({
    label: words.order, options: Object.entries(words.orders),
    onChange: (name) => { // the same step, done
      const t = Math.ceil(model.get("moment") / decoded().n);
      put([["moment", 0], ["order", name]]);
      put([["moment", Math.min(t * PARTS[name].length, decoded().most)]]);
    },
  });
  const copy = (digits) => put([["moment", 0], ["source", digits]]);
  const field = make("input", { type: "text", inputmode: "numeric", autocomplete: "off", size: 20 });
  const usable = () => /^[0-9]{1,20}$/.test(field.value);
  field.addEventListener("input", () => {
    field.setAttribute("aria-invalid", !usable());
    if (usable()) copy(field.value);
  });
  field.addEventListener("blur", () => { field.value = model.get("source"); field.setAttribute("aria-invalid", false); });
  const examples = EXAMPLES.map((digits) => {
    const node = button(digits, () => copy(digits));
    node.setAttribute("aria-label", words.example(digits));
    return node;
  });
  const goals = { // where each button leads, from a moment in steps of n parts
    part: (m) => m + 1, symbol: (m, n) => n * (Math.floor(m / n) + 1), back: (m) => m - 1, end: () => Infinity, start: () => 0,
  };
  const moves = Object.entries(goals).map(([name, goal]) => {
    const target = () => clamp(goal(model.get("moment"), decoded().n), 0, decoded().most);
    return { node: button(words.moves[name], () => put([["moment", target()]])), target };
  });
  el.querySelector('[data-slot="controls"]').replaceChildren(
    order, make("label", { class: "am-control am-digits" }, words.digits, field), ...examples,
    make("div", { class: "am-moves" }, ...moves.map(({ node }) => node)),
  );
  part("source").parentElement.hidden = true; // the controls say it

  function update() {
    const { source, names, n, most, ...now } = decoded();
    const moment = Math.min(model.get("moment"), most);
    const t = Math.max(1, Math.ceil(moment / n));
    const [done, current] = [moment - n * (t - 1), steps[t - 1]];
    const has = (name) => names.indexOf(name) < done;
    const written = steps.slice(0, Math.floor(moment / n));
    const errors = written.map((s, i) => SYMBOLS[s.symbol] !== (source[i] ?? (i === source.length ? "end" : "")));

    const letter = now.order === "luong" ? "h" : "s";
    const at = largest(current.weights);
    const said = {
      t, luong: now.order === "luong", now: letter + below(t), before: letter + below(t - 1), context: `c${below(t)}`,
      last: quoted(current.last), symbol: quoted(current.symbol), asked: `\u201c${source[at]}\u201d`, place: at + 1,
      weight: current.weights[at].toFixed(3), probability: current.probability.toFixed(3),
    };
    part("written").innerHTML = written.map((s, i) => `<li>${SYMBOLS[s.symbol]} ${errors[i] ? "\u2717" : "\u2713"} `
      + `<span data-part="probability" data-value="${s.probability}">${s.probability.toFixed(3)}</span></li>`).join("");
    part("parts").innerHTML = names.map((name, i) => {
      const [title, text] = words[name](said);
      const vector = has(name) && /state|context|attentional/.test(name) ? strip(current[name]) : "";
      return `<li${i + 1 === done ? ' aria-current="step"' : ""}><b>${title}</b>: `
        + `${has(name) ? text : words.notYet}${vector}</li>`;
    }).join("\n");
    const cell = (name, number, digits) => (has(`${name}s`)
      ? `<td data-part="${name}" data-value="${number}">${digits}</td>` : `<td data-part="${name}">\u2013</td>`);
    part("rows").innerHTML = [...source].map((digit, j) => {
      const [score, weight] = [current.scores[j], current.weights[j]];
      return `<tr><th scope="row">${j + 1}</th><td>${digit}</td>${cell("score", score, minus(score, 3))}`
        + `${cell("weight", weight, weight.toFixed(3))}<td><svg class="am-bar" viewBox="0 0 100 10" `
        + 'preserveAspectRatio="none" aria-hidden="true">'
        + `<rect data-part="bar" width="${has("weights") ? 100 * weight : 0}" height="10"></rect></svg></td></tr>`;
    }).join("\n");

    const over = written.length < steps.length ? "" : words.verdict[steps.at(-1).symbol === END ? "end" : "stop"];
    const verdict = over + (errors.includes(true) ? words.error(errors.indexOf(true) + 1)
      : words.verdict[written.length ? "right" : "none"]);
    const title = words.step(t, words.orders[now.order]);
    part("verdict").textContent = verdict;
    part("step").textContent = title;
    order.show(now.order);
    if (document.activeElement !== field || usable()) field.value = source;
    moves.forEach(({ node, target }) => node.setAttribute("aria-disabled", target() === moment));
    say(`${title}. ${done ? `${words[names[done - 1]](said).join(": ")} ` : ""}${verdict}`);
  }

  ["order", "source", "moment"].forEach((name) => model.on(`change:${name}`, update));
  update();
}

export default { render };
