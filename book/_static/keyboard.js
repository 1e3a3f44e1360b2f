// What the theme's buttons leave out for readers who use the keyboard or listen to a screen reader.

(() => {
  // The theme takes the focus from some buttons when they are pressed, and so does copying. Pressed by a key, a button
  // keeps it; else the next Tab would begin at the top of the page.
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.className = "visually-hidden";
  document.body.append(said);
  function pressed(button) {
    if (document.activeElement === document.body) button.focus({ preventScroll: true });
    if (!button.matches(".copybtn")) return;
    said.textContent = button.dataset.tooltip; // by now "Copied!", in the language of the page
    setTimeout(() => { said.textContent = ""; }, 2000);
  }
  addEventListener("click", (event) => { // on its way down, as the theme stops some on their way up
    const button = event.target.closest?.("button");
    if (button && !event.detail) setTimeout(() => pressed(button)); // a click of the mouse has a detail
  }, true);

  // The button for light or dark says which one is chosen.
  const root = document.documentElement;
  for (const button of document.querySelectorAll(".theme-switch-button")) {
    const name = button.getAttribute("aria-label");
    const show = () => {
      const icon = button.querySelector(`[data-mode="${root.dataset.mode}"]`);
      if (icon) button.setAttribute("aria-label", `${name}: ${icon.title}`);
    };
    new MutationObserver(show).observe(root, { attributeFilter: ["data-mode"] });
    show();
  }

  // The button for the side bar says whether it is open, and gets the focus back when the side bar closes on a phone.
  const toggle = document.querySelector(".primary-toggle");
  const bar = document.getElementById("pst-primary-sidebar");
  const cover = document.getElementById("pst-primary-sidebar-modal");
  if (toggle && bar && cover) {
    const wide = matchMedia("(min-width: 992px)"); // the theme's
    const show = () => toggle.setAttribute(
      "aria-expanded", cover.open || (wide.matches && !bar.classList.contains("pst-sidebar-hidden")));
    for (const node of [bar, cover]) new MutationObserver(show).observe(node, { attributeFilter: ["class", "open"] });
    wide.addEventListener("change", show);
    cover.addEventListener("close", () => toggle.focus());
    show();
  }

  // A figure is a stop of the Tab key only where it scrolls.
  const figures = document.querySelectorAll("figure[tabindex]");
  const stops = () => figures.forEach((figure) => { figure.tabIndex = figure.scrollWidth > figure.clientWidth ? 0 : -1; });
  addEventListener("resize", stops);
  addEventListener("toggle", stops, true); // a figure in a fold that opens
  stops();
})();
