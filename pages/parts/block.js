// Shows markup made on the server (every value in it escaped there) and reports clicks on [data-go];
// [data-jump] scrolls to the element with that id, [data-png] saves a picture.
const shown = new WeakMap();
// Pixels of a picture per drawing unit: sharp on paper.
const SCALE = 2;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".block");
  if (shown.get(root) !== data.html) {
    root.innerHTML = data.html;
    shown.set(root, data.html);
  }
  root.onclick = (event) => {
    const jump = event.target.closest("[data-jump]");
    if (jump) root.querySelector(`[id="${jump.dataset.jump}"]`)?.scrollIntoView();
    const button = event.target.closest("[data-png]");
    if (button) savePicture(button.parentElement.querySelector("template"), button.dataset.png);
    const target = event.target.closest("[data-go]");
    // A modified click opens the link in a tab of its own, as anywhere.
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setTriggerValue("go", target.dataset.go);
  };
}

// Draws the SVG of a template in the reader's own fonts and saves it as a PNG; asks no host.
async function savePicture(template, name) {
  const svg = template.content.querySelector("svg");
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = svg.getAttribute("width") * SCALE;
  canvas.height = svg.getAttribute("height") * SCALE;
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
