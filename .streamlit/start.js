// Runs in the page before Streamlit's frontend; app.py puts it in and allows it by its hash.
{
  // Where the server is: else the frontend tries a deep link's own path first (two requests, 404).
  // First paint in our theme: no Latin font is fetched, no dark page flashes on a dark machine.
  const theme = THEME;
  window.__streamlit = {
    BACKEND_BASE_URL: new URL(".", document.baseURI).href,
    LIGHT_THEME: theme,
    DARK_THEME: theme,
  };

  // The frontend takes months, weekdays and numbers from the browser's language: whatever that is,
  // they are Chinese here.
  for (const [name, value] of [["language", "zh-CN"], ["languages", Object.freeze(["zh-CN"])]]) {
    Object.defineProperty(navigator, name, { get: () => value });
  }

  // One thing a person does is one step of Back. On its own the frontend pushes up to three addresses
  // for a click that leads to a page with parameters, the first two half finished, and none for a
  // filter. Here the first change of address after an action is a step, and the rest amend it.
  const push = history.pushState.bind(history);
  const replace = history.replaceState.bind(history);
  let acted = false;
  for (const kind of ["pointerdown", "click", "keydown"]) {
    addEventListener(kind, () => { acted = true; }, true);
  }
  addEventListener("popstate", () => { acted = false; }, true);
  history.pushState = history.replaceState = (state, title, address) => {
    const here = new URL(address ?? "", location.href).href === location.href;
    (acted && !here ? push : replace)(state, title, address);
    acted &&= here;
  };
}
