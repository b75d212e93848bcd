(...values) => {
  const list = document.querySelector("#conversations");
  const open = list.classList.toggle("open");
  const button = document.querySelector("#past");
  button.setAttribute("aria-expanded", String(open));
  if (open) requestAnimationFrame(() => list.querySelector("input")?.focus());
  return values;
}
