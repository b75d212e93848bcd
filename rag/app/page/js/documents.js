/* After a press the list is written anew: what a person goes on from has the focus again. */
watch("value", () => element.querySelector("[data-focus]")?.focus());
