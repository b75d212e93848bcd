// The document in the reader: where one is among the quotes, and the keys n and p. It fetches nothing.
const hits = document.querySelector(".hits");
const places = hits ? hits.dataset.hits.split(" ") : [];
let now = hits ? Number(hits.dataset.now) : 0;
let moved = false;

const tell = () => {
  const asked = Number(/^#hit-(\d+)$/.exec(location.hash)?.[1]);
  if (!hits || !asked || asked > places.length) return;
  now = asked;
  hits.querySelector("span").textContent = `${now} of ${places.length}`;
  for (const link of hits.querySelectorAll("a")) {
    const to = Math.min(places.length, Math.max(1, now + Number(link.dataset.step)));
    link.href = places[to - 1];
    link.toggleAttribute("data-end", to === now);
  }
  for (const mark of document.querySelectorAll("[data-hit]"))
    mark.classList.toggle("now", Number(mark.dataset.hit) === now);
};
const land = () => {
  const mark = document.getElementById(`hit-${now}`);
  if (moved || !mark || !location.hash.startsWith("#hit-")) return;
  const at = mark.getBoundingClientRect();
  const top = document.querySelector(".top").getBoundingClientRect().bottom;
  if (at.top < top || at.top > innerHeight - 40) mark.scrollIntoView({ block: "center" });
};
const go = (step) => {
  const to = now + step;
  if (to < 1 || to > places.length) return;
  moved = false;
  location.replace(places[to - 1]);
};

for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"])
  addEventListener(kind, () => { moved = true; }, { passive: true, capture: true });
addEventListener("hashchange", () => { tell(); land(); });
addEventListener("load", () => { tell(); land(); requestAnimationFrame(() => requestAnimationFrame(land)); });
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-step]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  go(Number(link.dataset.step));
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest?.("input");
  if (event.key === "n" && !typing) go(1);
  if (event.key === "p" && !typing) go(-1);
  if (event.key === "Escape" && parent !== self) parent.document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
});
tell();
land();
