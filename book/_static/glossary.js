// Shows the definition of a linked term while the mouse is on it or the keyboard has reached it. On a touch screen the
// first tap shows it and the second follows the link. Escape closes it. Without this script the links lead to the glossary.
const box = document.createElement("div");
Object.assign(box, { id: "am-definition", className: "am-definition", hidden: true });
box.setAttribute("role", "tooltip");
document.body.append(box);
let shown, timer;

function show(term) {
  clearTimeout(timer);
  hide();
  shown = term;
  box.textContent = term.dataset.definition;
  term.setAttribute("aria-describedby", box.id);
  box.hidden = false;
  const [line, width] = [term.getClientRects()[0], document.documentElement.clientWidth];
  const left = Math.min(line.left, width - box.offsetWidth - 8);
  const fits = line.bottom + box.offsetHeight + 8 < window.innerHeight;
  box.style.left = `${Math.max(8, left) + window.scrollX}px`;
  box.style.top = `${(fits ? line.bottom + 4 : line.top - box.offsetHeight - 4) + window.scrollY}px`;
}

function hide() {
  shown?.removeAttribute("aria-describedby");
  shown = undefined;
  box.hidden = true;
}

const hideSoon = () => { timer = setTimeout(hide, 200); }; // time to move the mouse onto the definition

for (const link of document.querySelectorAll("a.am-term")) {
  link.addEventListener("mouseenter", () => show(link));
  link.addEventListener("focus", () => show(link));
  link.addEventListener("mouseleave", hideSoon);
  link.addEventListener("blur", hideSoon);
  let wasShown = false;
  link.addEventListener("pointerdown", () => { wasShown = shown === link; });
  link.addEventListener("click", (event) => {
    if (event.pointerType !== "touch" || wasShown) return;
    event.preventDefault();
    show(link);
  });
}
box.addEventListener("mouseenter", () => clearTimeout(timer));
box.addEventListener("mouseleave", hideSoon);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
document.addEventListener("pointerdown", (event) => { if (shown && !shown.contains(event.target)) hideSoon(); });
