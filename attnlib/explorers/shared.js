// Shared by all explorers: it stands in front of each module, so that a module imports nothing.

// The picture: on the page it is in `el` already, in Jupyter it comes with the model.
function pictureIn(el, model) {
  if (!el.querySelector("[data-slot]")) el.innerHTML = model.get("snapshot");
  el.classList.add("am-explorer");
  return (part) => [...el.querySelectorAll(`[data-part="${part}"]`)];
}

// The words in the page's language; English where a language is missing.
function wordsOf(words) {
  const language = (document.documentElement.lang || "en").slice(0, 2);
  return { ...words.en, ...words[language] };
}

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function button(text, action) {
  const node = make("button", { type: "button" }, text);
  node.addEventListener("click", action);
  return node;
}

// A slider and a number field that stay equal. JupyterLab takes the arrow keys from sliders, hence the field;
// `toSlider` and `fromSlider` let the slider run on another scale than the number.
function numberControl({ label, value, min, max, step, from, to, toSlider = (x) => x, fromSlider = (x) => x, onChange }) {
  const slider = make("input", {
    type: "range", min: toSlider(from), max: toSlider(to), step: "any", "aria-label": label,
  });
  const field = make("input", { type: "number", min, max, step, "aria-label": label + " as a number" });
  const node = make("span", { class: "am-control" }, slider, field);
  let shown;
  const show = (number) => {
    shown = number;
    slider.min = toSlider(Math.min(from, number)); // the slider reaches as far as the number does
    slider.max = toSlider(Math.max(to, number));
    slider.value = toSlider(number);
    slider.setAttribute("aria-valuetext", String(number));
    if (document.activeElement !== field) field.value = number;
  };
  slider.addEventListener("input", () => {
    const number = fromSlider(Number(slider.value));
    onChange(Math.round(number / step) * step);
  });
  slider.addEventListener("keydown", (event) => {
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    event.stopPropagation();
    onChange(clamp(Number(field.value) + direction * step * 5, min, max));
  });
  field.addEventListener("input", () => {
    const number = field.valueAsNumber;
    if (number >= min && number <= max) onChange(number);
  });
  field.addEventListener("blur", () => { field.value = shown; }); // what could not be used does not stay
  field.addEventListener("keydown", (event) => event.stopPropagation());
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

// Text for screen readers, said once the reader has stopped moving things.
function announcer(node) {
  let timer;
  return (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => { node.textContent = text; }, 400);
  };
}

