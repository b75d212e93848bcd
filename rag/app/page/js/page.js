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

let asker = null;
const shelve = () => {
  const panel = document.querySelector("#evidence-panel.open");
  if (!panel) return;
  panel.classList.remove("open");
  asker?.focus({ preventScroll: true });
  asker?.scrollIntoView({ block: "nearest" });
};
const reveal = (target) => {
  document.querySelector("#evidence-panel").classList.add("open");
  const section = target.closest(".evidence");
  for (const other of document.querySelectorAll(".evidence.now, .card.now")) other.classList.remove("now");
  section.classList.add("now");
  if (target !== section) target.classList.add("now");
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "start" });
};

// The list of conversations, which a button beside the chat opens.
const leave = () => {
  const list = document.querySelector("#conversations.open");
  if (!list) return false;
  list.classList.remove("open");
  const button = document.querySelector("#past");
  button.setAttribute("aria-expanded", "false");
  button.focus();
  return true;
};
document.querySelector("#past")?.setAttribute("aria-expanded", "false");

// The box is emptied here, at the key: the server's word would come late, and take with it what is typed next.
let taken = null;
const take = () => {
  const form = document.querySelector("#ask");
  const box = form.querySelector("textarea");
  box.focus({ preventScroll: true });
  if ("busy" in form.dataset || !box.value.trim()) return;
  form.dataset.busy = "";
  document.querySelector("#narrow > .label-wrap.open")?.click(); // the answer needs the room; chips say what is ticked
  taken = box.value;
  box.value = "";
  box.dispatchEvent(new Event("input", { bubbles: true }));
};
document.takeQuestion = () => {
  if (taken === null) take();
  const question = taken;
  taken = null;
  return question;
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("#ask textarea")) take();
}, true);

document.addEventListener("click", (event) => {
  const number = event.target.closest('a[href^="#evidence-"]');
  const shown = number && document.querySelector(number.getAttribute("href"));
  if (shown) {
    event.preventDefault();
    asker = number;
    reveal(shown);
  }
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
  if (event.target.closest("[data-past]")) leave();
  if (event.target.closest("#conversations [data-do=open]") && innerWidth <= 900) leave();
  if (event.target.closest("[data-shelve]")) shelve();
  const copy = event.target.closest("[data-copy]");
  if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => {
    const words = copy.textContent;
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = words; }, 1500);
  });
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") {
    place(null);
    if (!close() && !(event.target.closest?.("#conversations") && !typing && leave())) shelve();
  }
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
