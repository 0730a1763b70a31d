// Keeps the page up to date. Everything that is shown is set as text, because orders and faults are named by strangers.
(() => {
  "use strict";
  const PERIOD_MS = 1500;
  const WORD = document.querySelector('meta[name="word"]').content;
  const GROUPS = { scenario: "faults-scenario", preset: "faults-preset", "installed elsewhere": "faults-elsewhere" };
  const SIDES = [["told", "customers were told"], ["booked", "the service's books"], ["moved", "the PSP's money"]];
  const PILES = [["paid", "paid"], ["back", "of that, given back"], ["unpaid", "not paid"], ["unknown", "not known yet"]];
  const byId = (id) => document.getElementById(id);
  const number = (value) => Number(value).toLocaleString("en");
  const rows = new Map();
  let latest = 0;

  // Locust keeps its theme where we may look; without one the system decides.
  function dress() {
    const theme = localStorage.getItem("theme");
    if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  }

  function element(tag, { className, text, ...attributes } = {}, ...children) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function setText(target, text) {
    if (target.textContent !== text) target.textContent = text;
  }

  async function refresh() {
    const asked = ++latest;
    try {
      const answer = await fetch("/reconciliation/state", { cache: "no-store" });
      show(await answer.json(), asked);
    } catch {
      alarm("Locust does not answer any more; what stands here is old.");
    }
  }

  function show(state, asked) {
    if (asked !== latest) return;  // a newer question has been asked meanwhile
    alarm(state.error ?? "");
    if (state.faults) showFaults(state.faults, state);
    if (!state.currencies) return;
    const seconds = Math.max(0, (Date.now() - state.at_us / 1000) / 1000);
    setText(byId("age"), `Read ${seconds.toFixed(0)} s ago, which took ${number(state.look_ms)} ms.`);
    showNumbers(state);
    showFindings(state);
    showViews(state.currencies);
    showApart(state);
  }

  function alarm(text) {
    byId("error").hidden = text === "";
    setText(byId("error"), text);
  }

  function showNumbers(state) {
    const risks = state.currencies.filter((one) => one.risk.count > 0).map((one) => one.risk.sum);
    const broken = state.findings.filter((finding) => finding.for_good).length;
    setText(byId("purchases"), number(state.purchases));
    setText(byId("disagreements"), number(state.disagreements));
    setText(byId("risk"), risks.join(", ") || "none");
    setText(byId("broken"), number(broken));
    byId("broken").classList.toggle("bad", broken > 0);
  }

  function showFindings(state) {
    const findings = state.findings;
    const list = byId("findings");
    byId("findings-none").hidden = findings.length > 0;
    const wanted = JSON.stringify([findings, state.psp_forgot_keys]);
    if (list.dataset.shown === wanted) return;  // or a reader would hear the same again and again
    list.dataset.shown = wanted;
    list.replaceChildren(...findings.map((finding) => element("li", { className: finding.for_good ? "for-good" : "" },
      element("p", {}, element("b", { text: `${finding.id} ${finding.title}: ` }), finding.sentence),
      element("p", { className: finding.for_good ? "bad" : "doubt", text: finding.for_good
        ? `Broken; nothing that follows can undo it${state.psp_forgot_keys ? ", but a PSP that forgets keys may excuse it" : ""}.`
        : "Would be broken if the load ended now; it may still come right." }),
      element("p", { className: "muted", text: `first: ${finding.first}` }))));
  }

  function showFaults(faults, state) {
    setText(byId("scenario"), `Faults of ${state.scenario}${state.title ? `: ${state.title}` : ""}.`);
    const seen = new Set();
    for (const fault of faults) {
      const key = JSON.stringify([fault.group, fault.name]);
      seen.add(key);
      if (!rows.has(key)) rows.set(key, faultRow(fault));
      const row = rows.get(key);
      const list = byId(GROUPS[fault.group]);
      if (row.item.parentElement !== list) list.append(row.item);
      row.button.setAttribute("aria-checked", String(fault.on));
      setText(row.bites, `bit ${number(fault.bites)} times`);
    }
    for (const [key, row] of rows) if (!seen.has(key)) { row.item.remove(); rows.delete(key); }
    byId("elsewhere").hidden = byId("faults-elsewhere").children.length === 0;
  }

  function faultRow(fault) {
    const id = `fault-${rows.size}-${Math.random().toString(36).slice(2)}`;
    const button = element("button", {
      type: "button", role: "switch", "aria-checked": "false", "aria-labelledby": `${id}-name`, "aria-describedby": `${id}-what`,
    });
    const bites = element("span", { className: "bites" });
    const item = element("li", {}, button, element("span", { className: "name", id: `${id}-name`, text: fault.name }), bites,
      element("span", { className: "what", id: `${id}-what`, text: fault.what }));
    button.addEventListener("click", () => turn(fault.name, button));
    return { item, button, bites };
  }

  async function turn(name, button) {
    if (button.getAttribute("aria-busy") === "true") return;
    const on = button.getAttribute("aria-checked") !== "true";
    button.setAttribute("aria-busy", "true");
    const asked = ++latest;  // what was asked before this is out of date
    try {
      const answer = await fetch("/reconciliation/switch", {
        method: "POST", headers: { "content-type": "application/json", "x-paystorm-word": WORD }, body: JSON.stringify({ name, on }),
      });
      const isJson = (answer.headers.get("content-type") ?? "").startsWith("application/json");
      const state = isJson ? await answer.json() : { error: await answer.text() };
      if (answer.ok) setText(byId("switched"), `${name} is ${on ? "on" : "off"}`);
      latest = asked;
      show(state, asked);
    } catch {
      alarm("Locust does not answer any more; nothing was switched.");
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  function showViews(currencies) {
    byId("views-none").hidden = currencies.length > 0;
    byId("views").replaceChildren(...currencies.map((one) => element("div", {
      className: "scroll", tabindex: "0", role: "region", "aria-label": `Three views in ${one.currency}` }, viewTable(one))));
  }

  function viewTable(one) {
    const apart = one.disagreeing > 0 ? `, about ${number(one.disagreeing)} the three disagree` : "";
    const risk = one.risk.count > 0 ? `; at risk now ${one.risk.sum} (${number(one.risk.count)})` : "";
    const head = element("tr", {}, element("th", { scope: "col" }), ...SIDES.map(([, name]) => element("th", { scope: "col", text: name })));
    const body = PILES.map(([pile, name]) => element("tr", {}, element("th", { scope: "row", text: name }),
      ...SIDES.map(([side]) => pileCell(one[side][pile], pile, side))));
    return element("table", {},
      element("caption", { text: `${one.currency}: ${number(one.agreeing)} purchases agree${apart}${risk}` }),
      element("thead", {}, head), element("tbody", {}, ...body));
  }

  function pileCell(pile, name, side) {
    if ((name === "back" && side === "told") || (name === "unknown" && side === "moved")) return element("td", { text: "–" });
    if (name === "unpaid" || name === "unknown") return element("td", { text: number(pile.count) });
    return element("td", {}, `${number(pile.count)} `, element("span", { className: "sum", text: pile.sum }));
  }

  function showApart(state) {
    byId("apart-none").hidden = state.disagreements > 0;
    byId("apart").hidden = state.disagreements === 0;
    const more = state.disagreements - state.disagreeing.length;
    setText(byId("apart").querySelector("caption"), more > 0 ? `the first ${state.disagreeing.length} of ${number(state.disagreements)}` : "");
    byId("apart").querySelector("tbody").replaceChildren(...state.disagreeing.map((one) => element("tr", {},
      element("th", { scope: "row", text: one.order }), element("td", { text: one.told }), element("td", { text: one.booked }),
      element("td", { text: one.moved }), element("td", { text: one.back }),
      element("td", { className: one.word === "broken" ? "bad" : "doubt", text: one.word }))));
  }

  dress();
  addEventListener("storage", dress);
  refresh();
  setInterval(refresh, PERIOD_MS);
})();
