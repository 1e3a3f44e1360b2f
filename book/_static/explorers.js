// Brings the explorers of a page to life. Each one is a <div class="am-explorer"> that holds a picture of its first state; its
// ES module stands on the page as data. The model is the small part of anywidget's that the modules use. Whatever fails,
// the picture stays.

function makeModel(state) {
  const values = new Map(Object.entries(state));
  const listeners = new Map();
  const tell = (event) => [...(listeners.get(event) ?? [])].forEach((callback) => callback());
  return {
    get: (name) => values.get(name),
    set(name, value) {
      if (values.get(name) === value) return;
      values.set(name, value);
      tell(`change:${name}`);
      tell("change");
    },
    on(event, callback) {
      if (!listeners.has(event)) listeners.set(event, new Set());
      listeners.get(event).add(callback);
    },
    off(event, callback) {
      if (callback) listeners.get(event)?.delete(callback);
      else listeners.delete(event);
    },
    save_changes() {}, // nobody else to tell: there is no Python on the page
    send() {},
  };
}

async function importModule(kind) {
  const data = document.querySelector(`script[data-explorer-module="${kind}"]`);
  const source = JSON.parse(data.textContent);
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function bringToLife(el) {
  const snapshot = el.innerHTML;
  try {
    const model = makeModel(JSON.parse(el.dataset.state));
    const module = await importModule(el.dataset.explorer);
    await module.default.initialize?.({ model });
    await module.default.render({ model, el });
    el.dataset.alive = "true";
  } catch (error) {
    el.innerHTML = snapshot;
    console.error(`The explorer "${el.dataset.explorer}" did not start:`, error);
  }
}

document.querySelectorAll(".am-explorer[data-explorer]").forEach(bringToLife);
