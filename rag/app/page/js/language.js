// The page in German: each text and label that the page itself writes is looked up whole in the catalogue, as it comes.
// What documents, models and people wrote is marked in the HTML and left alone. It writes text, and never HTML.
(catalogue, preferred) => {
  const KEY = "language";
  const browser = navigator.language.startsWith("de") ? "de" : "en";
  const language = localStorage.getItem(KEY) || preferred || browser;
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-language]")) return;
    localStorage.setItem(KEY, language === "de" ? "en" : "de");
    location.reload();
  });
  if (language !== "de") return;

  const CONTENT = "[dir=auto], [translate=no], bdi, q, blockquote, mark, .path, textarea, script, style, [role=listbox]";
  const OURS = "[translate=yes]"; // words of the page within content
  const LABELS = ["aria-label", "title", "placeholder", "alt"];
  const LABELLED = LABELS.map((name) => `[${name}]`).join();
  const LONGEST = 1000;

  // {n} is a number, {HOST} has no blank, and {title} may be anything; of two entries that fit, the more literal holds.
  const GAP = /\{(\w+)\}/;
  const SHAPES = [[/^.$/, "\\d+(?:,\\d{3})*(?:\\.\\d+)?"], [/^[A-Z]+$/, "\\S+"], [/./, ".+?"]];
  const shape = (name) => SHAPES.find(([kind]) => kind.test(name))[1];
  const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = ([english, german]) => {
    const parts = english.split(GAP);
    const body = parts.map((part, at) => (at % 2 ? `(?<${part}>${shape(part)})` : escaped(part))).join("");
    const literal = parts.filter((_, at) => at % 2 === 0);
    return { german, first: parts[0], last: parts.at(-1), size: literal.join("").length, regex: RegExp(`^${body}$`, "s") };
  };
  const patterns = Object.entries(catalogue).filter(([english]) => GAP.test(english)).map(pattern);
  patterns.sort((one, other) => other.size - one.size);

  const number = (text) => text.replace(/[.,]/g, (sign) => (sign === "." ? "," : "."));
  const filled = (german, gaps) =>
    german.replace(/\{(\w+)\}/g, (_, name) => (name.length === 1 ? number(gaps[name]) : gaps[name]));
  const phrase = (words) => {
    if (Object.hasOwn(catalogue, words)) return catalogue[words];
    for (const { german, first, last, regex } of patterns) {
      const match = words.startsWith(first) && words.endsWith(last) && regex.exec(words);
      if (match) return filled(german, match.groups);
    }
    return null;
  };
  const joined = (words) => {
    const whole = phrase(words);
    if (whole !== null) return whole;
    if (words.includes("·")) return words.split(/( ?· ?)/).map((part) => phrase(part) ?? part).join("");
    const sentences = words.split(/(?<=[.!?]) (?=\p{Lu})/u).map(phrase);
    return sentences.includes(null) ? words : sentences.join(" ");
  };
  const known = new Map();
  const translated = (text) => {
    const words = text.trim();
    if (!words || words.length > LONGEST) return text;
    if (known.size > 5000) known.clear();
    if (!known.has(words)) known.set(words, joined(words));
    return text.replace(words, () => known.get(words));
  };

  // Which language content is in, nobody knows. Gradio takes the attribute away with each change.
  const speak = (element) => {
    const content = element.matches(CONTENT) ? "" : null;
    const lang = element.matches(OURS) ? "de" : content;
    if (lang !== null && element.getAttribute("lang") !== lang) element.setAttribute("lang", lang);
  };
  const texts = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const words = translated(node.data);
      if (words !== node.data) node.data = words;
    } else if (node.nodeType === Node.ELEMENT_NODE && node.matches(CONTENT)) {
      speak(node);
      ours(node);
    } else node.childNodes.forEach(texts);
  };
  const ours = (within) => {
    for (const element of [within, ...within.querySelectorAll(OURS)]) {
      if (!element.matches(OURS)) continue;
      speak(element);
      element.childNodes.forEach(texts);
    }
  };
  const labels = (element) => {
    for (const name of LABELS) {
      const text = element.getAttribute(name);
      const words = text && translated(text);
      if (words !== text) element.setAttribute(name, words);
    }
  };
  const enter = (node) => {
    const around = node.parentElement?.closest(`${OURS}, ${CONTENT}`);
    const inside = around && !around.matches(OURS);
    const isElement = node.nodeType === Node.ELEMENT_NODE;
    if (!inside) texts(node);
    else if (isElement) ours(node);
    if (isElement) [node, ...node.querySelectorAll(LABELLED)].forEach(labels);
  };
  const observer = new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === "attributes") {
        labels(target);
        speak(target);
      } else (type === "characterData" ? [target] : addedNodes).forEach(enter);
    }
    observer.takeRecords(); // what was just written here
  });
  document.documentElement.lang = "de";
  enter(document.documentElement);
  observer.takeRecords();
  observer.observe(document, { subtree: true, childList: true, characterData: true, attributeFilter: [...LABELS, "lang"] });
}
