"use strict";
// The page is whole without this: it only sorts, filters and unfolds what is there. Text goes in and out as text.

function made(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function valueOf(group, column) {
  const cell = group.rows[0].cells[column];
  return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
}

function compared(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), "en", { numeric: true });
}

function sortable(table, groups) {
  for (const [column, heading] of [...table.tHead.rows[0].cells].entries()) {
    const button = made("button", { type: "button", className: "sort", textContent: heading.textContent });
    heading.replaceChildren(button);
    button.addEventListener("click", () => {
      const direction = heading.ariaSort === "ascending" ? -1 : 1;
      for (const cell of table.tHead.rows[0].cells) cell.ariaSort = null;
      heading.ariaSort = direction === 1 ? "ascending" : "descending";
      groups.sort((one, other) => direction * compared(valueOf(one, column), valueOf(other, column)));
      table.append(...groups);
    });
  }
}

function filterable(table, groups) {
  const field = made("input", { type: "search", autocomplete: "off", spellcheck: false });
  const said = made("output", {});
  const show = () => {
    const wanted = field.value.trim().toLowerCase();
    let shown = 0;
    for (const group of groups) {
      group.hidden = !group.textContent.toLowerCase().includes(wanted);
      shown += group.hidden ? 0 : 1;
    }
    said.value = wanted ? `${shown} of ${groups.length}` : "";
  };
  field.addEventListener("input", show);
  table.before(made("p", { className: "tools" }, made("label", {}, "Find in this table ", field), " ", said));
}

for (const table of document.querySelectorAll("table.tooled")) {
  // What belongs together is one body; sorting moves it whole.
  const groups = [...table.tBodies];
  if (groups.length < 2) continue;
  sortable(table, groups);
  filterable(table, groups);
}

for (const section of document.querySelectorAll("section")) {
  const folded = [...section.querySelectorAll("details")];
  if (folded.length < 3) continue;
  const button = made("button", { type: "button", className: "unfold", textContent: "Unfold all" });
  button.addEventListener("click", () => {
    const open = folded.some((one) => !one.open);
    for (const one of folded) one.open = open;
    button.textContent = open ? "Fold all" : "Unfold all";
  });
  section.querySelector("h2").after(button);
}

// Not every browser prints what is folded by style alone.
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = [...document.querySelectorAll("details:not([open])")];
  for (const one of unfolded) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of unfolded) one.open = false;
});
