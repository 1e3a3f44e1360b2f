const WORDS = {
  en: {
    positions: "positions",
    kinds: [[false, "none"], [true, "sinusoidal, added"]],
    swap: (place) => `Swap ${place} and ${place + 1}`,
    reverse: "Reverse",
    reset: "Reset",
    say: (sentence, kind, largest) => `${sentence}. Positions: ${kind}. Largest change of an output: ${largest}.`,
  },
};

// The place p as a vector of the width d: sines and cosines, from fast to slow.
function positionVector(p, d) {
  return Array.from({ length: d }, (_, j) => {
    const angle = p / 10000 ** ((j - (j % 2)) / d);
    return j % 2 ? Math.cos(angle) : Math.sin(angle);
  });
}

const dot = (a, b) => a.reduce((sum, number, j) => sum + number * b[j], 0);

// Each row asks all rows: the rows are their own queries, keys and values.
function selfAttention(x) {
  return x.map((query) => {
    const weights = softmax(x.map((key) => dot(query, key) / Math.sqrt(query.length)));
    return query.map((_, j) => dot(weights, x.map((value) => value[j])));
  });
}

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const names = ["order", "positions"];
  const start = names.map((name) => [name, model.get(name)]);
  const say = announcer(parts("status")[0]);
  const put = (...changes) => { changes.forEach(([name, value]) => model.set(name, value)); model.save_changes(); };
  const [tokens, vectors] = [model.get("words"), model.get("vectors")];

  const positions = choice({
    label: words.positions, options: words.kinds, onChange: (kind) => put(["positions", kind]),
  });
  const swaps = tokens.slice(1).map((_, place) => button(words.swap(place), () => {
    const order = [...model.get("order")];
    [order[place], order[place + 1]] = [order[place + 1], order[place]];
    put(["order", order]);
  }));
  el.querySelector('[data-slot="controls"]').replaceChildren(
    positions, ...swaps,
    button(words.reverse, () => put(["order", [...model.get("order")].reverse()])),
    button(words.reset, () => put(...start)),
  );

  // What each word is answered, in the order of `words`, when they stand in this order.
  function outputsOf(order) {
    const x = order.map((i, place) => {
      const added = positionVector(place, vectors[i].length);
      return vectors[i].map((number, j) => number + (model.get("positions") ? added[j] : 0));
    });
    const answers = selfAttention(x); // (place, width)
    return tokens.map((_, i) => answers[order.indexOf(i)]);
  }

  function update() {
    const [order, kind] = names.map((name) => model.get(name));
    const [outputs, before] = [order, tokens.map((_, i) => i)].map(outputsOf);
    const changes = outputs.map((row, i) => Math.max(...row.map((number, j) => Math.abs(number - before[i][j]))));
    const cells = parts("output");
    const width = outputs[0].length;
    order.forEach((i, place) => {
      parts("word")[place].textContent = tokens[i];
      parts("word")[place].dataset.token = i + 1;
      outputs[i].forEach((number, j) => showNumber(cells[place * width + j], number, fixed(number, 2)));
      showNumber(parts("change")[place], changes[i]);
    });
    showNumber(parts("largest")[0], Math.max(...changes));
    positions.show(kind);
    const [sentence, name] = [order.map((i) => tokens[i]).join(" "), words.kinds.find(([value]) => value === kind)[1]];
    parts("sentence")[0].textContent = sentence;
    parts("positions")[0].textContent = name;
    say(words.say(sentence, name, Math.max(...changes).toFixed(3)));
  }

  names.forEach((name) => model.on(`change:${name}`, update));
  update();
}

export default { render };
