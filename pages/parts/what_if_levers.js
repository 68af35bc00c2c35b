// The levers of a what-if. A move is painted here at once and sent to the server, which answers with
// the new picture; while an answer is on its way only the latest move waits.
const panels = new WeakMap();
// An answer that never comes must not block the levers.
const PATIENCE_MS = 1500;
const SEARCH_PAUSE_MS = 180;
// After so long without a move the address is written: one step of the browser's Back for a drag, or
// for several presses of a key.
const SETTLE_MS = 400;

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
  if (panel.waiting) panel.send(panel.settled);
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
  const panel = { html: {}, values: {}, n: 0, grip: 0, sent: 0, waiting: false, settled: false, timer: 0 };
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

  panel.send = (settled) => {
    panel.settled = settled;
    if (panel.sent && performance.now() - panel.sent < PATIENCE_MS) {
      panel.waiting = true;
      return;
    }
    panel.waiting = false;
    panel.sent = performance.now();
    panel.n = Math.max(panel.n + 1, Date.now());
    panel.sendState("move", { n: panel.n, grip: panel.grip, settled: panel.settled, levers: { ...panel.values } });
  };

  const settle = () => {
    clearTimeout(panel.timer);
    panel.timer = setTimeout(() => panel.send(true), SETTLE_MS);
  };
  const move = (row, value) => {
    clearTimeout(panel.timer);
    const { lever, today, low, high } = row.dataset;
    const held = Math.min(Math.max(value, Number(low)), Number(high));
    if (held === Number(today)) delete panel.values[lever];
    else panel.values[lever] = held;
    panel.paint(row);
    panel.send(false);
  };
  const grip = () => { panel.grip = Math.max(panel.grip + 1, Date.now()); };

  let search;
  root.addEventListener("pointerdown", grip);
  root.addEventListener("keydown", (event) => { if (!event.repeat) grip(); });
  root.addEventListener("input", (event) => {
    const field = event.target;
    if (field.type === "range") {
      panel.held = field;
      move(field.closest("[data-lever]"), Number(field.value));
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
    if (field.type === "checkbox") move(row, field.checked ? 1 : 0);
    else if (field.type !== "range") move(row, field.value === "" || !Number.isFinite(Number(field.value)) ? Number(row.dataset.today) : Number(field.value));
    settle();
  });
  root.addEventListener("click", (event) => {
    const back = event.target.closest("[data-back]");
    const to = event.target.closest("[data-to]");
    const act = event.target.closest("[data-act]");
    if (back) {
      const row = back.closest("[data-lever]");
      move(row, Number(row.dataset.today));
      settle();
    } else if (to) {
      const list = root.querySelector(".list");
      const place = root.querySelector(to.dataset.to === "single" ? ".seek" : `[data-group="${to.dataset.to}"]`);
      list.scrollTop += place.getBoundingClientRect().top - list.getBoundingClientRect().top;
      if (to.dataset.to === "single") place.querySelector("input").focus({ preventScroll: true });
    } else if (act) panel.sendTrigger("act", act.dataset.act);
  });
  return panel;
}
