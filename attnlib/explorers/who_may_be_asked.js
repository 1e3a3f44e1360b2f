const TEXTS = ["read", "written"]; // what the code calls them
const NEVER = " \u2192\u00a0\u2212\u221e"; // what the mask makes of a score
const WORDS = {
  en: {
    asks: "word that asks",
    may: "it may ask",
    reset: "Reset",
    whom: {
      all: "all words of its own text",
      before: "itself and the words before",
      other: "all words of the other text",
    },
    names: { all: "bidirectional self-attention", before: "causal self-attention", other: "cross-attention" },
    say: (name, who, weights, output) => `${name}, ${who} asks. Weights: ${weights}. Output ${output}.`,
  },
};

// A vector times a matrix, and a vector times a vector.
const times = (x, matrix) => matrix[0].map((_, j) => x.reduce((sum, number, i) => sum + number * matrix[i][j], 0));
const dot = (a, b) => a.reduce((sum, number, i) => sum + number * b[i], 0);
const asVector = (numbers, write = String) => `(${numbers.map(write).join(", ")})`.replaceAll("-", "\u2212");

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const say = announcer(parts("status")[0]);
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const show = (part, text) => { parts(part)[0].textContent = text; };
  const [texts, languages, vectors, [wQ, wK, wV]] =
    ["words", "languages", "vectors", "matrices"].map((name) => model.get(name));
  const n = texts[0].length;
  const start = ["asks", "may"].map((name) => [name, model.get(name)]);

  const asking = choice({
    label: words.asks, onChange: (value) => put("asks", value),
    options: texts.flat().map((word, i) => [i, make("span", { lang: languages[Math.floor(i / n)] }, word)]),
  });
  const may = choice({ label: words.may, options: Object.entries(words.whom), onChange: (value) => put("may", value) });
  el.querySelector('[data-slot="controls"]').replaceChildren(
    asking, may, button(words.reset, () => start.forEach(([name, value]) => put(name, value))));

  function update() {
    const [asks, whom] = [model.get("asks"), model.get("may")];
    const [text, word] = [Math.floor(asks / n), asks % n];
    const other = whom === "other" ? 1 - text : text;
    const query = times(vectors[text][word], wQ);
    const keys = vectors[other].map((x) => times(x, wK));
    const values = vectors[other].map((x) => times(x, wV));
    const scores = keys.map((key) => dot(query, key) / Math.sqrt(query.length));
    const allowed = scores.map((_, j) => whom !== "before" || j <= word);
    const weights = softmax(scores.map((score, j) => (allowed[j] ? score : -Infinity)));
    const output = times(weights, values);

    asking.show(asks);
    may.show(whom);
    show("name", words.names[whom]);
    show("who", texts[text][word]);
    parts("who")[0].lang = languages[text];
    show("whom", words.whom[whom]);
    const [a, b] = [TEXTS[text], TEXTS[other]];
    show("code", `attention(${a} @ w_q, ${b} @ w_k, ${b} @ w_v${whom === "before" ? `, mask=causal_mask(${n})` : ""})`);
    show("row", word + 1);
    show("query", asVector(query));
    parts("word").forEach((node, j) => Object.assign(node, { textContent: texts[other][j], lang: languages[other] }));
    parts("key").forEach((cell, j) => { cell.textContent = asVector(keys[j]); });
    parts("score").forEach((cell, j) => showNumber(cell, scores[j], fixed(scores[j], 3) + (allowed[j] ? "" : NEVER)));
    parts("weight").forEach((cell, j) => showNumber(cell, weights[j]));
    parts("bar").forEach((node, j) => node.setAttribute("width", 100 * weights[j]));
    parts("value").forEach((cell, j) => { cell.textContent = asVector(values[j]); });
    show("output", asVector(output, (x) => fixed(x, 3)));
    const list = weights.map((w, j) => `${texts[other][j]} ${w.toFixed(3)}`).join(", ");
    say(words.say(words.names[whom], texts[text][word], list, asVector(output, (x) => fixed(x, 3))));
  }

  ["asks", "may"].forEach((name) => model.on(`change:${name}`, update));
  update();
}

export default { render };
