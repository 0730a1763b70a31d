// Keeps what is live up to date while somebody looks. Without scripts, the pages are read by loading them again.
"use strict";

const PERIOD_MS = 2000;

// Whoever is about to press a button must find it where it was.
function isInUse(region) {
  return region.contains(document.activeElement) || (region.querySelector("button") && region.matches(":hover"));
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { "X-Refresh": "1" }, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const region of document.querySelectorAll("[data-live]")) {
    const news = fresh.getElementById(region.id);
    if (news && !isInUse(region) && !region.isEqualNode(news)) region.replaceChildren(...news.childNodes);
  }
}

async function keepFresh() {
  if (!document.hidden) {
    const isLost = await refresh().then(() => false, () => true);
    document.documentElement.classList.toggle("lost", isLost);
  }
  setTimeout(keepFresh, PERIOD_MS);
}

if (document.querySelector("[data-live]")) setTimeout(keepFresh, PERIOD_MS);
