const D_MODEL = 4;
// What stands in head i, row t, column j, when x (token, feature) is split into h heads of width d.
const WAYS = {
  width: (x, i, t, j, h, d) => x[t][i * d + j],
  reshape: (x, i, t, j, h, d) => x.flat()[(i * x.length + t) * d + j], // the order in which x is read stays
  interleaved: (x, i, t, j, h) => x[t][j * h + i],
};
const WORDS = {
  en: {
    tokens: "tokens",
    heads: "heads",
    way: "way",
    ways: {
      width: "cut, then move", reshape: "reshape only", interleaved: "interleaved",
    },
    reset: "Reset",
    feature: "feature",
    token: (t) => `token ${t}`,
    followIt: (number) => `follow ${number}`,
    hint: "Click a number, or move with the arrow keys: the frame follows it into the heads.",
    head: (i) => `head ${i}`,
    columns: ["row", "holds", "from"],
    whose: (own) => (own ? "its own row" : "not its own row"),
    count: (own, all) => `own token: ${own} of ${all}`,
    verdict: (shape, own, all) =>
      `Shape (head, token, d_head): (${shape.join(", ")}). Rows that hold their own token: ${own} of ${all}.`,
    place: (number, token, feature, i, t, whose) =>
      `${number} (token ${token}, feature ${feature}): in row ${t} of head ${i}, ${whose}.`,
  },
};
const range = (n, item) => Array.from({ length: n }, (_, i) => item(i));
const tokenOf = (number) => Math.floor(number / 10);

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const names = ["n_tokens", "n_heads", "way", "followed"];
  const start = names.map((name) => [name, model.get(name)]);
  const say = announcer(parts("status")[0]);
  const put = (...changes) => { changes.forEach(([name, value]) => model.set(name, value)); model.save_changes(); };
  const follow = (token, feature, n = model.get("n_tokens")) =>
    ["followed", 10 * clamp(token, 1, n) + clamp(feature, 0, D_MODEL - 1)];

  const choices = [
    choice({
      label: words.tokens, options: [1, 2, 3, 4].map((n) => [n, n]),
      onChange: (n) => put(["n_tokens", n], follow(tokenOf(model.get("followed")), model.get("followed") % 10, n)),
    }),
    choice({ label: words.heads, options: [1, 2, 4].map((h) => [h, h]), onChange: (h) => put(["n_heads", h]) }),
    choice({ label: words.way, options: Object.entries(words.ways), onChange: (way) => put(["way", way]) }),
  ];
  el.querySelector('[data-slot="controls"]').replaceChildren(...choices, button(words.reset, () => put(...start)));
  el.querySelector('[data-slot="hint"]').replaceChildren(make("p", {}, words.hint));
  parts("way")[0].parentElement.hidden = true; // the choice says it

  const xBox = parts("x")[0];
  xBox.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const followed = model.get("followed");
    put(follow(tokenOf(followed) + step[0], (followed % 10) + step[1]));
  });

  function update() {
    const [n, h, way, followed] = names.map((name) => model.get(name));
    if (tokenOf(followed) > n) return; // between two changes that belong together
    const x = range(n, (t) => range(D_MODEL, (f) => 10 * (t + 1) + f)); // (token, d_model)
    const d = D_MODEL / h;
    const heads = range(h, (i) => range(n, (t) => range(d, (j) => WAYS[way](x, i, t, j, h, d))));
    const own = heads.map((head) => head.map((row, t) => tokenOf(row[0]) === t + 1));
    const sum = (flags) => flags.filter(Boolean).length;
    [n, h, way].forEach((value, i) => choices[i].show(value));

    const cells = (row, content = String) => row.map((number) => make("td", {
      "data-part": "number", "data-token": tokenOf(number), ...(number === followed && { "aria-current": "true" }),
    }, content(number)));
    const line = (name, ...rest) => make("tr", {}, make("th", { scope: "row" }, name), ...rest);
    const table = (caption, top, rows, ...foot) => make("table", { class: "am-cells" }, make("caption", {}, caption),
      make("thead", {}, make("tr", {}, ...top)), make("tbody", {}, ...rows), ...foot);

    const numberButton = (number) => { // one of them is in the order of the Tab key, the arrow keys reach the others
      const node = button(number, () => put(["followed", number]));
      node.tabIndex = number === followed ? 0 : -1;
      node.setAttribute("aria-label", words.followIt(number));
      node.setAttribute("aria-pressed", number === followed);
      return node;
    };
    const focused = xBox.contains(document.activeElement);
    const features = range(D_MODEL, (f) => make("th", { scope: "col" }, f));
    xBox.replaceChildren(table("x", [make("th", { scope: "row" }, words.feature), ...features],
      x.map((row, t) => line(words.token(t + 1), ...cells(row, numberButton)))));
    if (focused) xBox.querySelector('[tabindex="0"]').focus();

    const [rowName, holds, from] = words.columns;
    const top = () => [make("th", { scope: "col" }, rowName), make("th", { scope: "colgroup", colspan: d }, holds),
      make("th", { scope: "col" }, from)];
    const whose = (mine, token) => make("td", { "data-part": "from", "data-own": mine },
      `${words.token(token)} ${mine ? "\u2713" : "\u2717"}`,
      make("span", { class: "am-hidden" }, ` ${words.whose(mine)}`));
    parts("heads")[0].replaceChildren(...heads.map((head, i) => table(words.head(i), top(),
      head.map((row, t) => line(t + 1, ...cells(row), whose(own[i][t], tokenOf(row[0])))),
      make("tfoot", {}, make("tr", {}, make("td", { colspan: d + 2 }, words.count(sum(own[i]), n)))))));

    const i = heads.findIndex((head) => head.flat().includes(followed));
    const t = heads[i].findIndex((row) => row.includes(followed));
    const verdict = words.verdict([h, n, d], sum(own.flat()), h * n);
    const place = words.place(followed, tokenOf(followed), followed % 10, i, t + 1, words.whose(own[i][t]));
    parts("verdict")[0].textContent = verdict;
    parts("place")[0].textContent = place;
    say(`${words.ways[way]}. ${verdict} ${place}`);
  }

  names.forEach((name) => model.on(`change:${name}`, update));
  update();
}

export default { render };
