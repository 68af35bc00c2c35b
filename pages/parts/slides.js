// Slides as thumbnails, and the presentation: keys and clicks work here, without the server. What is
// presented was on the page when it began; nothing that comes later changes it.
const KEYS = {
  ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1, Enter: 1,
  ArrowLeft: -1, ArrowUp: -1, PageUp: -1, Backspace: -1,
};
const shown = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".slides");
  const dialog = root.querySelector("dialog");
  if (shown.get(root) !== data.html && !dialog.open) {
    root.querySelector(".page").innerHTML = data.html;
    shown.set(root, data.html);
  }
  root.onclick = (event) => {
    if (dialog.contains(event.target)) return;
    const start = event.target.closest("[data-present]");
    if (start) {
      present(root, dialog, Number(start.dataset.present));
      return;
    }
    const target = event.target.closest("[data-go]");
    if (!target || target.disabled) return;
    event.preventDefault();
    setTriggerValue("go", target.dataset.go);
  };
}

function present(root, dialog, first) {
  const slides = [...root.querySelectorAll(".frame .slide")].map((slide) => slide.outerHTML);
  if (!slides.length) return;
  const stage = dialog.querySelector(".stage");
  const live = dialog.querySelector(".live");
  const seconds = Number(root.querySelector("select")?.value || 0);
  let at = first;
  let clock;

  const show = (to) => {
    at = Math.min(Math.max(to, 0), slides.length - 1);
    stage.innerHTML = slides[at];
    live.textContent = `第 ${at + 1} 页，共 ${slides.length} 页：${stage.querySelector("h1").textContent}`;
    clearTimeout(clock);
    if (seconds && at < slides.length - 1) clock = setTimeout(() => show(at + 1), seconds * 1000);
  };
  const fit = () => {
    const scale = Math.min(window.innerWidth / 1920, window.innerHeight / 1080);
    stage.style.transform = `scale(${scale}) translate(-50%, -50%)`;
  };
  const key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = KEYS[event.key];
    if (by) show(at + by);
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(slides.length - 1);
    else if (event.key === "Escape") dialog.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  // Leaving the full screen by Esc sends no key: it ends the presentation too.
  let full = false;
  const left = () => {
    if (document.fullscreenElement) full = true;
    else if (full) dialog.close();
  };
  const over = () => {
    clearTimeout(clock);
    window.removeEventListener("keydown", key, true);
    window.removeEventListener("resize", fit);
    document.removeEventListener("fullscreenchange", left);
    stage.innerHTML = "";
    if (document.fullscreenElement) document.exitFullscreen();
  };
  window.addEventListener("keydown", key, true);
  window.addEventListener("resize", fit);
  document.addEventListener("fullscreenchange", left);
  dialog.addEventListener("close", over, { once: true });
  // The left fifth goes back, the rest goes on.
  dialog.onclick = (event) => show(at + (event.clientX < window.innerWidth / 5 ? -1 : 1));
  dialog.showModal();
  show(first);
  fit();
  // A browser may refuse the full screen; the dialog then fills the window.
  document.documentElement.requestFullscreen?.().catch(() => {});
}
