// A reload shows the conversation that this tab was in. Only the browser's own tab remembers which.
const KEY = "conversation";
const before = sessionStorage.getItem(KEY);
if (before) trigger("act", { do: "open", id: before });
watch("value", () => {
  const link = element.querySelector('a[href^="/conversation/"]');
  const id = link && /^\/conversation\/(\w+)\./.exec(link.getAttribute("href"));
  if (id) sessionStorage.setItem(KEY, id[1]);
  else sessionStorage.removeItem(KEY);
});
