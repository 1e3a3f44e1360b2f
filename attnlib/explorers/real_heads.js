const DIGITS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
const SHORT = 48; // smaller numbers are one digit; larger ones are two, and the first says so
const WORDS = {
  en: {
    layer: "layer",
    head: "head",
    asks: "word that asks",
    reset: "Reset",
    ways: { larger: "larger: the right way", smaller: "smaller: the wrong way", same: "the same" },
    others: (size, pronoun) => `${size} (right or wrong only when \u201c${pronoun}\u201d asks)`,
    say: (head, word, noun, weights, shares, way, record) => `Head ${head}, asked from ${word}. `
      + `Weight on ${noun} ${weights.join(", then ")}; its share ${shares.join(", then ")}; with the first it is ${way}. ${record}`,
    record: (pairs, cases) => `Record: ${pairs.join(" and ")} of the pairs; ${cases.join(" and ")} of 6.`,
    noRecord: "No record in layer 1.",
  },
};

// The thousandths of a packed text.
function unpack(text) {
  const found = [];
  for (let i = 0; i < text.length; i += 1) {
    const digit = DIGITS.indexOf(text[i]);
    if (digit < SHORT) found.push(digit);
    else found.push(64 * (digit - SHORT) + DIGITS.indexOf(text[i += 1]));
  }
  return found;
}

const signed = (number) =>
  (Math.abs(number) < 0.0005 ? "0.000" : (number > 0 ? "+" : "\u2212") + Math.abs(number).toFixed(3));

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const say = announcer(parts("status")[0]);
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const [heads, asking, nouns] = ["heads", "asking", "nouns"].map((name) => model.get(name));
  const tokens = parts("token").map((node) => node.textContent);
  const numbered = (items) => items.map((_, i) => [i + 1, i + 1]);

  const options = { layer: numbered(heads), head: numbered(heads[0]), asks: asking.map((i) => [i, tokens[i]]) };
  const names = Object.keys(options);
  const start = names.map((name) => [name, model.get(name)]);
  const choices = names.map((name) =>
    choice({ label: words[name], options: options[name], onChange: (value) => put(name, value) }));
  el.querySelector('[data-slot="controls"]').replaceChildren(
    ...choices, button(words.reset, () => start.forEach(([name, value]) => put(name, value))));

  function update() {
    const [layer, head, asks] = names.map((name) => model.get(name));
    choices.forEach((node, i) => node.show(model.get(names[i])));
    const all = unpack(heads[layer - 1][head - 1]); // (text, query, key and the share of the first noun)
    const length = tokens.length + 1;
    const [one, other] = [0, 1].map((text) => {
      const begin = (text * asking.length + asking.indexOf(asks)) * length;
      return all.slice(begin, begin + length).map((number) => number / 1000);
    });
    const weights = tokens.flatMap((_, i) => [one[i], other[i]]); // (key, text), as in the table
    const shares = [one.at(-1), other.at(-1)];
    const moved = shares[0] - shares[1];
    const size = Math.abs(moved) < 0.0005 ? "same" : moved > 0 ? "larger" : "smaller";
    const pronoun = model.get("pronoun");
    const way = size === "same" || asks === pronoun ? words.ways[size] : words.others(size, tokens[pronoun]);

    parts("head").forEach((node) => { node.textContent = `${layer}.${head}`; });
    parts("asks")[0].textContent = tokens[asks];
    parts("weight").forEach((cell, i) => showNumber(cell, weights[i]));
    parts("bar").forEach((node, i) => node.setAttribute("width", 100 * weights[i]));
    parts("change").forEach((cell, i) => showNumber(cell, one[i] - other[i], signed(one[i] - other[i])));
    parts("token").forEach((node, i) => {
      if (i === asks) node.parentElement.setAttribute("aria-current", "true");
      else node.parentElement.removeAttribute("aria-current");
    });
    [one, other].forEach((row, text) => showNumber(parts("both")[text], row[nouns[0]] + row[nouns[1]]));
    parts("share").forEach((node, text) => showNumber(node, shares[text]));
    showNumber(parts("moved")[0], moved, signed(moved));
    parts("way")[0].textContent = way;

    const record = (name, digits) => model.get(name).map((order) =>
      (layer === 1 ? "\u2013" : order[layer - 1][head - 1].toFixed(digits)));
    const [pairs, cases] = [record("right_way", 2), record("cases", 0)];
    parts("right_way").forEach((cell, k) => { cell.textContent = pairs[k]; });
    parts("cases").forEach((cell, k) => { cell.textContent = cases[k]; });
    parts("none")[0].hidden = layer !== 1;
    const noun = nouns[0];
    say(words.say(`${layer}.${head}`, tokens[asks], tokens[noun], [one[noun], other[noun]].map((w) => w.toFixed(3)),
      shares.map((s) => s.toFixed(3)), way, layer === 1 ? words.noRecord : words.record(pairs, cases)));
  }

  names.forEach((name) => model.on(`change:${name}`, update));
  update();
}

export default { render };
