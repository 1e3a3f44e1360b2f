// Shared by all explorers: it stands in front of each module, so that a module imports nothing.

// The picture: on the page it is in `el` already, in Jupyter it comes with the model.
function pictureIn(el, model) {
  if (!el.querySelector("[data-slot]")) el.innerHTML = model.get("snapshot");
  el.classList.add("am-explorer");
  el.addEventListener("keydown", keepKey);
  return (part) => [...el.querySelectorAll(`[data-part="${part}"]`)];
}

// JupyterLab listens on the document, where "j" is the next cell and "d d" deletes one, and takes the arrow keys from radio
// buttons. The keys pressed in an explorer end in it; those with Control or Command, such as the one that saves, do not.
function keepKey(event) {
  if (!event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "Escape") event.stopPropagation();
}

// The words in the page's language; English where a language is missing.
function wordsOf(words) {
  const language = (document.documentElement.lang || "en").slice(0, 2);
  return { ...words.en, ...words[language] };
}

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  setAttributes(node, attributes);
  node.append(...children);
  return node;
}

// A button that cannot be used now has aria-disabled: with `disabled` it would drop the focus that pressed it.
function button(text, action) {
  const node = make("button", { type: "button" }, text);
  node.addEventListener("click", (event) => { if (node.getAttribute("aria-disabled") !== "true") action(event); });
  return node;
}

// One of a few: radio buttons in a frame. `options` are pairs of a value and its words.
function choice({ label, options, onChange }) {
  globalThis.amChoices = (globalThis.amChoices ?? 0) + 1; // two groups of one name on a page would be one
  const inputs = options.map(([value]) => {
    const input = make("input", { type: "radio", name: `am-choice-${globalThis.amChoices}`, value });
    input.addEventListener("change", () => onChange(value));
    return input;
  });
  const node = make("fieldset", { class: "am-choice" }, make("legend", {}, label),
    ...options.map(([, text], i) => make("label", {}, inputs[i], text)));
  const show = (value) => inputs.forEach((input, i) => { input.checked = options[i][0] === value; });
  return Object.assign(node, { show });
}

// A number as people write it: with a comma or a point, with a hyphen or a minus sign. NaN if it is none.
const readNumber = (text) => (text.trim() ? Number(text.replace(",", ".").replace("\u2212", "-")) : NaN);

// A slider and a field for the same number. `nudge(number, direction)` is what an arrow key does to it, in the slider
// as in the field. `toSlider` and `fromSlider` let the slider run on another scale.
function numberControl({
  label, range, value, min, max, from, to, nudge, onChange, toSlider = (x) => x, fromSlider = (x) => x,
}) {
  const slider = make("input", { type: "range", step: "any", "aria-label": label });
  const field = make("input", {
    type: "text", inputmode: "decimal", autocomplete: "off", "aria-label": `${label}, ${range}`, title: range,
  });
  const node = make("span", { class: "am-control" }, slider, field);
  let shown, before;
  const usable = (number) => number >= min && number <= max;
  const change = (number) => { if (usable(number)) onChange(tidy(number)); };

  function show(number) {
    shown = number;
    const place = (x) => tidy(toSlider(x)); // with fewer digits than the browser keeps, the ends are not overstepped
    slider.min = place(Math.min(from, number)); // the slider reaches as far as the number does
    slider.max = place(Math.max(to, number));
    slider.value = place(number);
    slider.setAttribute("aria-valuetext", String(number));
    if (document.activeElement !== field) field.value = number;
  }
  function onKey(event) {
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    const moves = direction && (event.target === slider || event.key.match(/Up|Down/)); // left and right move a cursor
    if (moves) {
      event.preventDefault();
      change(clamp(nudge(shown, direction), min, max));
      if (event.target === field) field.value = shown;
    }
  }
  slider.addEventListener("input", () => change(nudge(fromSlider(Number(slider.value)), 0)));
  slider.addEventListener("keydown", onKey);
  field.addEventListener("keydown", onKey);
  field.addEventListener("focus", () => { before = shown; });
  field.addEventListener("input", () => {
    const number = readNumber(field.value);
    field.setAttribute("aria-invalid", !usable(number));
    change(number);
  });
  field.addEventListener("blur", () => {
    if (!usable(readNumber(field.value))) onChange(before); // "-5000" leaves nothing behind of its "-500"
    field.setAttribute("aria-invalid", false);
    field.value = shown;
  });
  show(value);
  return Object.assign(node, { show });
}

const clamp = (number, min, max) => Math.min(max, Math.max(min, number));

// 0.30000000000000004 is 0.3 for every reader.
const tidy = (number) => Number(number.toPrecision(12));

function softmax(scores) {
  const peak = Math.max(...scores);
  const exponentials = scores.map((s) => Math.exp(s - peak));
  const total = exponentials.reduce((a, b) => a + b);
  return exponentials.map((e) => e / total);
}

// Show a number with three decimals and keep it whole in `data-value`, for tests and for the curious.
function showNumber(node, number, text = number.toFixed(3)) {
  node.dataset.value = number;
  if (node.textContent !== text) node.textContent = text;
}

// A number with so many decimals and a minus sign, and never a minus before zeros; explorer.py has the same.
function fixed(number, digits) {
  const text = number.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace("-", "\u2212");
}

// Text for screen readers, said once the reader has stopped moving things. The first one is not said: it is no change, and
// who opens the page wants to hear its title. `text` may be a function, called when its text is said.
function announcer(node) {
  let timer, begun;
  return (text) => {
    clearTimeout(timer);
    if (begun) timer = setTimeout(() => { node.textContent = typeof text === "function" ? text() : text; }, 400);
    begun = true;
  };
}

function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
}

// An arrow from the origin to (x, y), as the `d` of an SVG path; explorer.py has the same.
function arrowPath(x, y) {
  const length = Math.hypot(x, y);
  if (!length) return "M0 0";
  const [u, v] = [(0.4 * x) / length, (0.4 * y) / length];
  return `M0 0L${x} ${y}M${x - u + v / 2} ${y - v - u / 2}L${x} ${y}L${x - u - v / 2} ${y - v + u / 2}`;
}

// Drag a handle in an SVG with mouse, pen or finger; `onMove` gets the place in the units of the drawing.
function draggable(handle, onMove) {
  // touch-action inside an SVG does not keep Chromium from scrolling the page
  handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  handle.addEventListener("pointerdown", (event) => {
    handle.setPointerCapture(event.pointerId);
    document.activeElement?.blur(); // a field that has the focus would not follow
  });
  handle.addEventListener("pointermove", (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const matrix = handle.ownerSVGElement.getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    onMove(x, y);
  });
}
