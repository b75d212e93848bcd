/* After a press the button of the same name has the focus again, or the first there is. */
let pressed = null;
element.addEventListener("click", (event) => { pressed = event.target.closest("[data-do]")?.dataset.do ?? pressed; });
watch("value", () => {
  if (pressed === null || element.querySelector("[data-waiting]")) return;
  const next = element.querySelector(`[data-do="${CSS.escape(pressed)}"]`) ?? element.querySelector("[data-do]");
  pressed = null;
  next?.focus();
});
