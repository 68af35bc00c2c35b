// The levers of a what-if. A move is painted here at once and sent to the server, which answers with
// the new picture; while an answer is on its way only the latest move waits.
const panels = new WeakMap();
// An answer that never comes must not block the levers.
const PATIENCE_MS = 1500;
const SEARCH_PAUSE_MS = 180;

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".block");
  const panel = panels.get(root) ?? start(root);
  panel.sendState = setStateValue;
  panel.sendTrigger = setTriggerValue;
  for (const part of ["shared", "single", "tools"]) {
    if (panel.html[part] === data[part]) continue;
    panel.html[part] = data[part];
    root.querySelector(`.${part}`).innerHTML = data[part];
    panel.fresh = true;
  }
  if (data.seen >= panel.n) panel.sent = 0;
  if (panel.waiting) panel.send(false);
  else if (!panel.sent) {
    const same = JSON.stringify(panel.values) === JSON.stringify(data.values);
    if (!same || panel.fresh) {
      panel.values = { ...data.values };
      panel.paintAll();
    }
  }
  panel.fresh = false;
}

function start(root) {
  const panel = { html: {}, values: {}, n: 0, grip: 0, sent: 0, waiting: false, finished: false };
  panels.set(root, panel);

  panel.paint = (row) => {
    const { lever, today } = row.dataset;
    const moved = Object.hasOwn(panel.values, lever);
    const value = moved ? panel.values[lever] : Number(today);
    row.classList.toggle("moved", moved);
    for (const field of row.querySelectorAll("input")) {
      if (field !== panel.held) field.value = Math.round(value * 100) / 100;
    }
    const slide = row.querySelector("[type=range]");
    slide?.setAttribute("aria-valuetext", `${Math.round(value * 10) / 10} ${row.dataset.unit}`);
    slide?.style.setProperty("--part", `${(100 * (slide.value - slide.min)) / (slide.max - slide.min)}%`);
  };
  panel.paintAll = () => root.querySelectorAll("[data-lever]").forEach(panel.paint);

  panel.send = (finished) => {
    panel.finished ||= finished;
    if (panel.sent && performance.now() - panel.sent < PATIENCE_MS) {
      panel.waiting = true;
      return;
    }
    panel.waiting = false;
    panel.sent = performance.now();
    panel.n = Math.max(panel.n + 1, Date.now());
    panel.sendState("move", { n: panel.n, grip: panel.grip, finished: panel.finished, levers: { ...panel.values } });
    panel.finished = false;
  };

  const move = (row, value, finished) => {
    const { lever, today, low, high } = row.dataset;
    const held = Math.min(Math.max(value, Number(low)), Number(high));
    if (held === Number(today)) delete panel.values[lever];
    else panel.values[lever] = held;
    panel.paint(row);
    panel.send(finished);
  };
  const grip = () => { panel.grip = Math.max(panel.grip + 1, Date.now()); };

  let search;
  root.addEventListener("pointerdown", grip);
  root.addEventListener("keydown", (event) => { if (!event.repeat) grip(); });
  root.addEventListener("input", (event) => {
    const field = event.target;
    if (field.type === "range") {
      panel.held = field;
      move(field.closest("[data-lever]"), Number(field.value), false);
    } else if (field.type === "search") {
      clearTimeout(search);
      search = setTimeout(() => panel.sendTrigger("seek", field.value), SEARCH_PAUSE_MS);
    }
  });
  root.addEventListener("change", (event) => {
    const field = event.target;
    panel.held = null;
    if (field.type === "search") return;
    const row = field.closest("[data-lever]");
    if (field.type === "range") panel.send(true);
    else if (field.type === "checkbox") move(row, field.checked ? 1 : 0, true);
    else move(row, field.value === "" || !Number.isFinite(Number(field.value)) ? Number(row.dataset.today) : Number(field.value), true);
  });
  root.addEventListener("click", (event) => {
    const back = event.target.closest("[data-back]");
    const to = event.target.closest("[data-to]");
    const act = event.target.closest("[data-act]");
    if (back) {
      const row = back.closest("[data-lever]");
      move(row, Number(row.dataset.today), true);
    } else if (to) {
      const list = root.querySelector(".list");
      const place = root.querySelector(to.dataset.to === "single" ? ".seek" : `[data-group="${to.dataset.to}"]`);
      list.scrollTop += place.getBoundingClientRect().top - list.getBoundingClientRect().top;
      if (to.dataset.to === "single") place.querySelector("input").focus({ preventScroll: true });
    } else if (act) panel.sendTrigger("act", act.dataset.act);
  });
  return panel;
}
