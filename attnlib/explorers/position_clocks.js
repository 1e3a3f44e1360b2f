const [LAST, MOST, RADIUS] = [50, 20, 40]; // the last place to begin at, the most steps from it, and of a clock
const WORDS = {
  en: {
    place: "place p",
    steps: "steps k",
    range: (most) => `a whole number from 0 to ${most}`,
    reset: "Reset",
    say: (p, q, turns) => `From position ${p} to ${q} the hands turn by ${turns} degrees, whole rounds left out.`,
  },
};

function render({ model, el }) {
  const words = wordsOf(WORDS);
  const parts = pictureIn(el, model);
  const names = ["place", "steps"];
  const start = names.map((name) => [name, model.get(name)]);
  const say = announcer(parts("status")[0]);
  const put = (...changes) => { changes.forEach(([name, value]) => model.set(name, value)); model.save_changes(); };
  const d = model.get("d_model");

  const controls = [LAST, MOST].map((most, i) => numberControl({
    label: words[names[i]], range: words.range(most), value: start[i][1], min: 0, max: most, from: 0, to: most,
    nudge: (number, direction) => Math.round(number) + direction,
    onChange: (number) => put([names[i], Math.round(number)]),
  }));
  el.querySelector('[data-slot="controls"]').replaceChildren(
    ...controls.map((control, i) => make("label", { class: "am-control-label am-beside" }, words[names[i]], control)),
    button(words.reset, () => put(...start)),
  );

  function update() {
    const [p, k] = names.map((name) => model.get(name));
    const turns = [];
    [p, k].forEach((number, i) => controls[i].show(number));
    [["place", p], ["steps", k], ["reached", p + k]].forEach(([part, n]) => showNumber(parts(part)[0], n, String(n)));
    for (let i = 0; i < d / 2; i += 1) {
      const speed = 1 / 10000 ** ((2 * i) / d); // in radians, from each token to the next
      const [here, there] = [p, p + k].map((place) => [Math.sin(place * speed), Math.cos(place * speed)]);
      const turn = ((k * speed * 180) / Math.PI) % 360;
      [...here, ...there].forEach((x, j) => showNumber(parts("entry")[4 * i + j], x, fixed(x, 2)));
      showNumber(parts("turn")[i], turn, turn.toFixed(2));
      turns.push(turn.toFixed(2));
      const tips = [here, there].map(([x, y]) => [RADIUS * x, -RADIUS * y]); // y points down
      ["here", "there"].forEach((name, j) => {
        setAttributes(parts(name)[i], { x2: tips[j][0], y2: tips[j][1] });
        setAttributes(parts(`${name}-tip`)[i], { cx: tips[j][0], cy: tips[j][1] });
      });
      const arc = `A${RADIUS} ${RADIUS} 0 ${turn > 180 ? 1 : 0} 1 ${tips[1].join(" ")}`;
      parts("sector")[i].setAttribute("d", `M0 0L${tips[0].join(" ")}${arc}z`);
    }
    say(words.say(p, p + k, turns.join(", ")));
  }

  names.forEach((name) => model.on(`change:${name}`, update));
  update();
}

export default { render };
