// Looking for words in the whole document. The server says where they stand; they are painted over what is there, so no
// mark of a quote is touched. On the picture of a page they are boxes, as far as it is known where the words are.
{
  const form = document.querySelector(".find"), field = form.querySelector("input"), told = form.querySelector("output");
  const steps = [...form.querySelectorAll("button")];
  const here = Number(document.querySelector(".turn")?.dataset.page) || null;
  const address = new URL(form.dataset.find, location.href);
  let places = [], ranges = [], at = 0, more = false, sought = "", asking = null, waiting = null;

  const top = () => document.querySelector(".top").getBoundingClientRect().bottom;
  const pieces = (block) => {
    const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT), nodes = [];
    let end = 0;
    for (let node; (node = walker.nextNode()); nodes.push({ node, start: end - node.length, end })) end += node.length;
    return nodes;
  };
  const rangesOf = () => {
    const blocks = new Map();
    const of = (number) => {
      if (!blocks.has(number)) blocks.set(number, pieces(document.getElementById(`block-${number}`)));
      return blocks.get(number);
    };
    return places.map(([[block, from], [last, to]]) => {
      const first = of(block).find((one) => one.end > from);
      // A place may end where the next block begins.
      const final = to ? of(last).find((one) => one.end >= to) : of(last - 1).at(-1);
      if (!first || !final) return null; // of a long text this part has not come yet
      const range = new Range();
      range.setStart(first.node, from - first.start);
      range.setEnd(final.node, to ? to - final.start : final.node.length);
      return range;
    });
  };
  const paint = () => {
    if (!globalThis.CSS?.highlights) return;
    CSS.highlights.set("found", new Highlight(...ranges.filter(Boolean)));
    CSS.highlights.set("found-now", new Highlight(...[ranges[at]].filter(Boolean)));
    CSS.highlights.get("found-now").priority = 1;
  };
  const boxed = (boxes) => {
    for (const old of document.querySelectorAll(".found")) old.remove();
    const box = ([number, ...sides]) => {
      const drawn = document.createElement("span");
      drawn.className = "found";
      drawn.dataset.place = number;
      for (const [side, part] of ["left", "top", "width", "height"].map((side, i) => [side, sides[i]]))
        drawn.style[side] = `${100 * part}%`;
      return drawn;
    };
    document.querySelector("figure")?.append(...boxes.map(box));
  };
  const look = () => {
    const range = ranges[at];
    const box = () => (range ?? document.querySelector(`.found[data-place="${at}"]`))?.getBoundingClientRect();
    const bring = () => {
      const seen = box();
      if (seen && (seen.top < top() + 8 || seen.bottom > innerHeight - 24))
        scrollBy({ top: seen.top - innerHeight * 0.4, behavior: "instant" });
    };
    bring();
    requestAnimationFrame(() => requestAnimationFrame(bring)); // what has come into sight is laid out now
    for (const one of document.querySelectorAll(".found")) one.classList.toggle("now", Number(one.dataset.place) === at);
  };
  const tell = () => {
    const page = places[at]?.[2], many = more ? `more than ${places.length.toLocaleString("en")}` : places.length;
    const place = places.length ? `${at + 1} of ${many}${page ? `, page ${page}` : ""}` : "Not found";
    told.textContent = sought ? place : "";
    for (const step of steps) step.disabled = !places.length;
  };
  const carry = () => {
    for (const link of document.querySelectorAll(".views a, .turn a")) {
      const target = new URL(link.href);
      sought ? target.searchParams.set("find", sought) : target.searchParams.delete("find");
      link.href = target.href;
    }
  };
  const turnTo = (page) => {
    const target = new URL(location.href);
    target.searchParams.set("find", sought);
    target.searchParams.set("page", page);
    target.hash = `found-${at}`;
    location.assign(target.href);
  };
  const show = () => {
    tell();
    if (here && places.length && places[at][2] !== here) return turnTo(places[at][2]);
    if (!here) paint();
    look();
  };
  const nearest = () => {
    if (here) return places.findIndex(([, , page]) => page >= here);
    const blocks = [...document.querySelectorAll(".block")];
    const seen = blocks.findIndex((block) => block.getBoundingClientRect().bottom > top());
    const below = (one, index) => one[0][0] > seen || (one[0][0] === seen && lies(ranges[index]) > top());
    return places.findIndex(below);
  };
  const lies = (range) => (range ? range.getBoundingClientRect().bottom : Infinity);
  const clear = () => {
    asking?.abort();
    clearTimeout(waiting);
    [places, ranges, sought, at, more] = [[], [], "", 0, false];
    if (!here) paint();
    boxed([]);
    tell();
    carry();
  };
  const find = async (asked) => {
    clear();
    sought = field.value.trim();
    if (!sought) return;
    asking = new AbortController();
    address.search = new URLSearchParams({ words: sought, ...(here && { page: here }) });
    const signal = asking.signal;
    try {
      const reply = await fetch(address, { signal });
      if (!reply.ok) throw new Error(await reply.text());
      const found = await reply.json();
      ({ places, more } = found);
      if (!here) ranges = rangesOf();
      boxed(found.boxes);
      at = asked === undefined ? Math.max(0, nearest()) : Math.min(asked, Math.max(0, places.length - 1));
      carry();
      // Of several pages the one that is open stays open until one asks for the next place.
      asked === undefined && here && places[at]?.[2] !== here ? tell() : show();
    } catch (error) {
      if (!signal.aborted) told.textContent = "It cannot be looked for now.";
    }
  };
  const go = (step) => {
    if (!places.length) return;
    const off = here && places[at][2] !== here && step > 0; // told, and not yet gone to
    at = off ? at : (at + step + places.length) % places.length;
    show();
  };

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => find(), 250);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    if (field.value.trim() === sought) go(event.shiftKey ? -1 : 1);
    else find();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", (event) => {
    const step = event.target.closest("[data-to]");
    if (step) go(Number(step.dataset.to));
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (sought || field.value)) {
      event.stopPropagation(); // the document stays open
      event.preventDefault();
      field.value = "";
      clear();
    }
    if (event.key === "/" && event.target !== field && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.select();
    }
  }, true);
  addEventListener("load", () => {
    const carried = new URLSearchParams(location.search).get("find");
    if (carried && !field.value) {
      field.value = carried;
      find(Number(/^#found-(\d+)$/.exec(location.hash)?.[1] ?? NaN) || (location.hash.startsWith("#found-") ? 0 : undefined));
    } else if (sought && !here) {
      ranges = rangesOf(); // the parts that came since
      paint();
    }
  });
}
