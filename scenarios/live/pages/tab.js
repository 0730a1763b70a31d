// Fills Locust's tab "Reconciliation", which Locust itself can only fill with a table.
(() => {
  "use strict";
  const TITLE = "Reconciliation";
  let frame = null;

  function isChosen() {
    const tab = document.querySelector('[role="tab"][aria-selected="true"]');
    return tab !== null && tab.textContent.trim() === TITLE;
  }

  function make() {
    const made = document.createElement("iframe");
    made.src = "/reconciliation";
    made.title = TITLE;
    made.style.cssText = "display:block;width:100%;border:0;min-height:70vh";
    made.addEventListener("load", () => {
      const inside = made.contentDocument.documentElement;
      new ResizeObserver(() => { made.style.height = `${inside.offsetHeight}px`; }).observe(inside);
    });
    return made;
  }

  // The scenario is chosen in a part of the form that Locust keeps closed.
  function openTheChooser() {
    const opener = [...document.querySelectorAll("button[aria-expanded='false']")].find((one) => one.textContent.trim() === "Custom parameters");
    if (opener === undefined || opener.dataset.opened) return;
    opener.dataset.opened = "yes";
    opener.click();
  }

  function arrange() {
    openTheChooser();
    const list = document.querySelector('[role="tablist"]');
    if (list === null || !isChosen()) {
      if (frame !== null) frame.style.display = "none";
      return;
    }
    const place = list.closest("main") ?? document.getElementById("root");
    if (frame === null || !place.contains(frame)) {
      frame = make();
      place.append(frame);
    }
    frame.style.display = "block";
  }

  new MutationObserver(arrange).observe(document.body, {
    attributeFilter: ["aria-selected"], attributes: true, childList: true, subtree: true,
  });
  arrange();
})();
