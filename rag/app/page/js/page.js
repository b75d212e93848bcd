// Runs once: the document beside the answer, quotes under the pointer, keys. It writes no HTML and fetches nothing.
const reader = () => document.querySelector("#reader");
let opener = null;

const close = () => {
  if (!reader() || reader().hidden) return false;
  reader().hidden = true;
  reader().querySelector("iframe").src = "about:blank";
  opener?.focus();
  return true;
};
const place = (cite) => {
  for (const other of document.querySelectorAll(".peek.near")) other.classList.remove("near");
  const peek = cite?.querySelector(".peek");
  if (!peek) return;
  peek.classList.add("near");
  const at = cite.getBoundingClientRect(), size = peek.getBoundingClientRect();
  const below = at.bottom + 4 + size.height < innerHeight;
  peek.style.left = Math.max(8, Math.min(at.left, innerWidth - size.width - 8)) + "px";
  peek.style.top = Math.max(8, below ? at.bottom + 2 : at.top - size.height - 2) + "px";
};

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[target="reader"]');
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && reader()) {
    event.preventDefault();
    opener = link;
    place(null);
    const theme = document.body.classList.contains("dark") ? "dark" : "light";
    const address = new URL(link.href);
    address.searchParams.set("theme", theme);
    reader().querySelector("iframe").src = address.href;
    reader().querySelector("[data-apart]").href = address.href;
    reader().hidden = false;
    reader().querySelector("button").focus();
  }
  if (event.target.closest("[data-close]")) close();
  const copy = event.target.closest("[data-copy]");
  if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => {
    const words = copy.textContent;
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = words; }, 1500);
  });
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") { place(null); close(); }
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.querySelector("#ask textarea")?.focus();
  }
});
document.addEventListener("pointerover", (event) => {
  const cite = event.target.closest?.(".cite");
  if (cite || !event.target.closest?.(".peek")) place(cite);
});
document.addEventListener("focusin", (event) => place(event.target.closest?.(".cite")));
document.addEventListener("scroll", (event) => { if (event.target?.id === "scroll") place(null); }, true);
