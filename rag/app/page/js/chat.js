// A new turn comes into view once, and the panel shows its evidence again. The box keeps the keyboard all the while.
// What a person had unfolded stays so.
const unfolded = new Set();
const name = (fold) => (fold.closest(".turn")?.id || "") + "/" + fold.className;
element.addEventListener("toggle", (event) => {
  unfolded[event.target.open ? "add" : "delete"](name(event.target));
}, true);
// A form that was sent folds away, so that what became of it is in sight.
element.addEventListener("click", (event) => {
  const fold = event.target.closest("[data-form] [data-do]")?.closest("details");
  if (!fold) return;
  fold.open = false;
  fold.querySelector("summary").focus();
});
let seen = "";
watch("value", () => {
  for (const fold of element.querySelectorAll("details")) if (unfolded.has(name(fold))) fold.open = true;
  const last = [...element.querySelectorAll(".turn")].pop();
  if (last && seen !== last.id) {
    for (const section of document.querySelectorAll(".evidence.now")) section.classList.remove("now");
    last.scrollIntoView({ block: "start" });
    document.querySelector("#evidence-panel")?.scrollTo(0, 0);
    if (element.closest("#chat")) delete document.querySelector("#ask")?.dataset.busy;
    if (document.activeElement === document.body) document.querySelector("#ask textarea")?.focus({ preventScroll: true });
  } else if (element.querySelector(".welcome")) {
    unfolded.clear();
    delete document.querySelector("#ask")?.dataset.busy;
  }
  seen = last?.id || "";
});
