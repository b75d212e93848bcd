// A new turn comes into view once, and with the link target moved there the panel shows the evidence of the last turn.
// What a person had unfolded stays so.
const unfolded = new Set();
const name = (fold) => (fold.closest(".turn")?.id || "") + "/" + fold.className;
element.addEventListener("toggle", (event) => {
  unfolded[event.target.open ? "add" : "delete"](name(event.target));
}, true);
let seen = "";
watch("value", () => {
  for (const fold of element.querySelectorAll("details")) if (unfolded.has(name(fold))) fold.open = true;
  const turns = document.querySelectorAll("#scroll .turn");
  const last = turns[turns.length - 1];
  if (!last) {
    seen = "";
    unfolded.clear();
    history.replaceState(null, "", location.pathname + location.search);
  } else if (element.contains(last) && seen !== last.id) {
    seen = last.id;
    location.replace("#" + last.id);
    document.querySelector("#evidence-panel")?.scrollTo(0, 0);
  }
});
