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
  const last = [...element.querySelectorAll(".turn")].pop();
  if (last && seen !== last.id) {
    location.replace("#" + last.id);
    document.querySelector("#evidence-panel")?.scrollTo(0, 0);
  } else if (!document.querySelector("#scroll .turn")) {
    unfolded.clear();
    history.replaceState(null, "", location.pathname + location.search);
  }
  seen = last?.id || "";
});
