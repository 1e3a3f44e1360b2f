const [LEFT, WIDTH, TOP, HEIGHT] = [34, 276, 26, 150]; // as in the Python class, which draws the curves
const WORDS = {
  en: {
    size: "numbers in the state",
    length: "length",
    lengthRange: (most) => `a whole number from 1 to ${most}`,
    another: "Another string",
    reset: "Reset",
    said: (size, length, mean, n, low, high) =>
      `${size} numbers, length ${length}: exact match ${mean}, the mean of ${n} networks (${low} to ${high}).`,
    drawing: (size, means) => `Exact match for ${size} numbers, by length from 1: ${means}`,
    which: (i, n) => `String ${i} of ${n}, written by the first network.`,
    rows: ["asked", "written", "right?"],
    mark: (right) => (right ? "right" : "wrong"),
    exact: "Right from the first to the last digit.",
    mistake: (first, n) => `Right up to the first mistake: ${first} of ${n} digits.`,
    wrote: (n) => ` It wrote ${n} digits.`,
    order: " They are the right digits, in another order.",
    say: (said, asked, written, verdict) => `${said} Asked: ${asked}. Written: ${written}. ${verdict}`,
  },
};

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const part = (name) => parts(name)[0];
  const [sizes, shares, asked, written] = ["sizes", "shares", "asked", "written"].map((name) => model.get(name));
  const [nLengths, nStrings] = [asked.length, asked[0].split(" ").length];
  const chosen = ["seen", "d_state", "length", "example"];
  const start = chosen.map((name) => [name, model.get(name)]);
  const say = announcer(part("status"));
  const put = (...changes) => { changes.forEach(([name, value]) => model.set(name, value)); model.save_changes(); };

  const size = choice({
    label: words.size, options: sizes.map((d) => [d, d]),
    onChange: (d) => put(["seen", sizes.filter((s) => s === d || model.get("seen").includes(s))], ["d_state", d]),
  });
  const length = numberControl({
    label: words.length, range: words.lengthRange(nLengths), value: model.get("length"),
    min: 1, max: nLengths, from: 1, to: nLengths,
    nudge: (number, direction) => Math.round(number) + direction,
    onChange: (number) => put(["length", Math.round(number)]),
  });
  el.querySelector('[data-slot="controls"]').replaceChildren(
    size,
    make("label", { class: "am-control-label am-beside" }, words.length, length),
    button(words.another, () => put(["example", (model.get("example") % nStrings) + 1])),
    button(words.reset, () => put(...start)),
  );

  function update() {
    const [seen, d, n, example] = chosen.map((name) => model.get(name));
    const row = sizes.indexOf(d);
    const means = asked.map((_, i) => mean(shares[row].map((network) => network[i])));
    const here = shares[row].map((network) => network[n - 1]);
    size.show(d);
    length.show(n);
    parts("curve").forEach((curve, i) => {
      curve.dataset.look = i === row ? "chosen" : seen.includes(sizes[i]) ? "seen" : "hidden";
    });
    part("mark").setAttribute("transform", `translate(${LEFT + (WIDTH * (n - 1)) / (nLengths - 1)})`);
    part("dot").setAttribute("cy", TOP + HEIGHT * (1 - means[n - 1]));
    const fixed = (number) => number.toFixed(3);
    const said = words.said(d, n, fixed(means[n - 1]), here.length, fixed(Math.min(...here)), fixed(Math.max(...here)));
    part("drawing").setAttribute("aria-label", words.drawing(d, means.map(fixed).join(", ")));
    part("said").textContent = said;
    part("which").textContent = words.which(example, nStrings);

    const [wanted, got] = [asked, written[row]].map((texts) => texts[n - 1].split(" ")[example - 1]);
    const places = Array.from({ length: Math.max(n, got.length) }, (_, i) => i);
    const first = places.find((i) => wanted[i] !== got[i]); // undefined if there is no mistake
    const line = (name, ...cells) => make("tr", {}, make("th", { scope: "row" }, name), ...cells);
    const cell = (i, ...content) => make("td", { "data-right": wanted[i] === got[i] }, ...content);
    const mark = (right) => [right ? "\u2713" : "\u2717", make("span", { class: "am-hidden" }, ` ${words.mark(right)}`)];
    part("digits").replaceChildren(
      line(words.rows[0], ...places.map((i) => make("td", {}, wanted[i] ?? "_"))),
      line(words.rows[1], ...places.map((i) => cell(i, got[i] ?? "_"))),
      line(words.rows[2], ...places.map((i) => cell(i, ...mark(wanted[i] === got[i])))),
    );
    const rest = got.length !== n ? words.wrote(got.length) : sorted(got) === sorted(wanted) ? words.order : "";
    const verdict = first === undefined ? words.exact : words.mistake(first, n) + rest;
    part("verdict").textContent = verdict;
    say(words.say(said, [...wanted].join(" "), [...got].join(" "), verdict));
  }

  chosen.forEach((name) => model.on(`change:${name}`, update));
  update();
}

const mean = (numbers) => numbers.reduce((a, b) => a + b) / numbers.length;
const sorted = (text) => [...text].sort().join("");

export default { render };
