const [LARGEST, EDGE, ROOM] = [6, 7.5, 6.6]; // of a coordinate, of the drawing, of the middle of a name
const WORDS = {
  en: {
    coordinates: ["query x", "query y", "key x", "key y"],
    range: "from \u22126 to 6",
    double: "Double the key",
    one: "Make the key 1 long",
    exchange: "Exchange the two",
    reset: "Reset",
    open: "undefined",
    say: (q, k, m) =>
      `Query (${q}), key (${k}): lengths ${m["query-length"]} and ${m["key-length"]}; angle ${m.angle}, in degrees; ` +
      `cosine ${m.cosine}; projection ${m.projection}; dot product ${m.dot}.`,
  },
};

// null stands for what a vector without a direction leaves open
function measures([x, y], [u, v]) {
  const [a, b] = [Math.hypot(x, y), Math.hypot(u, v)];
  const dot = x * u + y * v;
  const cosine = a && b ? clamp(dot / a / b, -1, 1) : null;
  return {
    "query-length": a,
    "key-length": b,
    angle: cosine === null ? null : (Math.acos(cosine) * 180) / Math.PI,
    cosine,
    projection: b ? dot / b : null,
    dot,
  };
}

// where the name of an arrow stands: a little past its tip, the two names on different sides
function beside(x, y, side) {
  const length = Math.hypot(x, y);
  const [u, v] = length ? [x / length, y / length] : [1, 0];
  return { x: clamp(x + 0.7 * (u + side * v), -ROOM, ROOM), y: clamp(y + 0.7 * (v - side * u), -ROOM, ROOM) };
}

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const [start, say] = [[model.get("query"), model.get("key")], announcer(parts("status")[0])];
  const put = (query, key) => { model.set("query", query); model.set("key", key); model.save_changes(); };
  const vectors = () => [model.get("query"), model.get("key")];
  const nudge = (number, direction) => Math.round(2 * number + direction) / 2; // in halves: every dot product is exact

  const controls = parts("coordinate").map((cell, i) => {
    const control = numberControl({
      label: words.coordinates[i], range: words.range, value: vectors().flat()[i],
      min: -LARGEST, max: LARGEST, from: -LARGEST, to: LARGEST, nudge,
      onChange: (number) => put(...vectors().map((v, j) => v.map((old, k) => (2 * j + k === i ? number : old)))),
    });
    cell.replaceChildren(control);
    return control;
  });
  const [keyHandle, queryHandle] = parts("handle");
  const onGrid = (x, y) => [x, -y].map((number) => tidy(clamp(nudge(number, 0), -LARGEST, LARGEST)));
  draggable(keyHandle, (x, y) => put(model.get("query"), onGrid(x, y)));
  draggable(queryHandle, (x, y) => put(onGrid(x, y), model.get("key")));

  const scaled = (factor) => model.get("key").map((number) => tidy(number * factor));
  const double = button(words.double, () => put(model.get("query"), scaled(2)));
  const one = button(words.one, () => {
    const length = Math.hypot(...model.get("key"));
    put(model.get("query"), scaled(1 / length).map((number) => Number(number.toFixed(4))));
  });
  el.querySelector('[data-slot="controls"]').replaceChildren(
    double, one,
    button(words.exchange, () => put(model.get("key"), model.get("query"))),
    button(words.reset, () => put(...start)),
  );

  function draw([x, y], [u, v]) { // y grows downwards here
    const size = Math.max(Math.abs(u), Math.abs(v)) / EDGE;
    const end = size ? [u / size, v / size] : [0, 0];
    const share = size ? (x * u + y * v) / (u * u + v * v) : 0;
    const foot = `${share * u} ${share * v}`;
    const path = (part, d) => parts(part)[0].setAttribute("d", d);
    path("line", `M${-end[0]} ${-end[1]}L${end[0]} ${end[1]}`);
    path("shadow", `M0 0L${foot}`);
    path("drop", `M${x} ${y}L${foot}`);
    path("key-arrow", arrowPath(u, v));
    path("query-arrow", arrowPath(x, y));
    [[u, v, -1], [x, y, 1]].forEach(([cx, cy, side], i) => {
      setAttributes(parts("name")[i], beside(cx, cy, side));
      setAttributes(parts("handle")[i], { cx, cy, visibility: "visible" });
    });
  }

  function update() {
    const [query, key] = vectors();
    const numbers = measures(query, key);
    [...query, ...key].forEach((number, i) => controls[i].show(number));
    draw(...[query, key].map(([right, up]) => [right, -up]));
    const texts = {};
    for (const [name, number] of Object.entries(numbers)) {
      texts[name] = number === null ? words.open : number.toFixed(2).replace("-", "\u2212");
      showNumber(parts(name)[0], number, texts[name]);
    }
    double.setAttribute("aria-disabled", scaled(2).some((number) => Math.abs(number) > LARGEST));
    one.setAttribute("aria-disabled", numbers["key-length"] === 0);
    say(words.say(query.join(", "), key.join(", "), texts));
  }

  model.on("change:query", update);
  model.on("change:key", update);
  update();
}

export default { render };
