// A new title goes with its event: Enter or “Save” in the field, and Escape leaves whatever is being asked.
const save = (field) => {
  const row = field.closest(".rename");
  trigger("act", { do: "title", id: row.dataset.id, title: row.querySelector("[data-title]").value });
};
element.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-save]");
  if (pressed) save(pressed);
});
element.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Enter" && event.target.matches("[data-title]")) save(event.target);
  if (event.key === "Escape" && event.target.closest(".asked, .sure")) trigger("act", { do: "back", id: "" });
});
// The list is written anew after each event; the keyboard goes on where it was.
watch("value", () => {
  const field = element.querySelector("[data-focus]");
  field?.focus();
  if (field?.matches("[data-title]")) field.select();
});
