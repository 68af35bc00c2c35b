// Shows markup made on the server (every value in it escaped there) and reports clicks on [data-go].
const shown = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".block");
  if (shown.get(root) !== data.html) {
    root.innerHTML = data.html;
    shown.set(root, data.html);
  }
  root.onclick = (event) => {
    const jump = event.target.closest("[data-jump]");
    if (jump) root.querySelector(`[id="${jump.dataset.jump}"]`)?.scrollIntoView();
    const target = event.target.closest("[data-go]");
    // A modified click opens the link in a tab of its own, as anywhere.
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setTriggerValue("go", target.dataset.go);
  };
}
