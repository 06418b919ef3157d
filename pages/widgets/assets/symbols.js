// Symbols of a formula, and the lines that explain them, light up their part of the stage beside it, and the other way
// round. Nothing is put into the page's text: React owns it. Its nodes get attributes, which move nothing.
const LIGHT = "meta-light"; // stages know this event too, see parts.js
const STRUT = "pstrut";

export default function ({ parentElement, data }) {
  const scope = (parentElement.getRootNode().host ?? parentElement).closest(".st-key-formula");
  if (!scope) return;
  const mark = () => marked(scope, data);
  mark();
  // attributes are not watched, so what `mark` does calls nobody; a rerun can replace a paragraph
  let due = 0;
  const watcher = new MutationObserver(() => (due ||= requestAnimationFrame(() => ((due = 0), mark()))));
  watcher.observe(scope, { childList: true, subtree: true });
  let sent = "";
  const send = (parts, again = false) => {
    if (parts === sent && !again) return;
    sent = parts;
    document.dispatchEvent(new CustomEvent(LIGHT, { detail: { parts: parts ? parts.split(" ") : [], from: "formula" } }));
  };
  const of = (node) => (scope.contains(node) && node.closest("[data-symbol]")?.dataset.symbol) || "";
  const focused = () => (scope.contains(document.activeElement) && document.activeElement.matches(":focus-visible") ? of(document.activeElement) : "");
  const show = ({ detail: { parts, from } }) => {
    if (from !== "formula") sent = "";
    for (const node of scope.querySelectorAll("[data-symbol]")) {
      const { symbol, within = "" } = node.dataset;
      if (`${symbol} ${within}`.split(" ").some((part) => parts.includes(part))) node.dataset.light = "on";
      else delete node.dataset.light;
    }
  };
  const listeners = [
    [scope, "pointerover", (event) => event.pointerType !== "touch" && send(of(event.target) || focused())],
    [scope, "pointerleave", (event) => event.pointerType !== "touch" && send(focused())],
    [scope, "focusin", (event) => event.target.matches(":focus-visible") && send(of(event.target))],
    [scope, "focusout", () => send("")],
    // a finger cannot hover: it lights, and the next touch elsewhere ends that
    [document, "click", (event) => event.pointerType === "touch" && !event.target.closest(".st-key-beside") && send(of(event.target), true)],
    [document, LIGHT, show],
  ];
  for (const [node, name, listener] of listeners) node.addEventListener(name, listener);
  return () => {
    watcher.disconnect();
    cancelAnimationFrame(due);
    for (const [node, name, listener] of listeners) node.removeEventListener(name, listener);
  };
}

function marked(scope, { symbols, says }) {
  cleared(scope); // React keeps a node for another text
  for (const formula of scope.querySelectorAll(".katex")) {
    const tex = formula.querySelector("annotation")?.textContent ?? "";
    const exact = symbols.find((symbol) => symbol.tex === tex);
    if (exact) tie(formula, exact.parts);
    if (alone(formula) || formula.closest("li")) markTokens([...tokens(formula)], symbols);
  }
  for (const line of scope.querySelectorAll("li")) {
    const head = (line.querySelector(":scope > p") ?? line).firstChild;
    if (!head?.matches?.(".katex")) continue;
    const inside = [...head.querySelectorAll("[data-symbol]")].map((node) => node.dataset.symbol);
    const parts = head.dataset.symbol ?? inside.join(" ");
    if (!parts) continue;
    tie(line, parts.split(" "));
    line.tabIndex = 0;
    line.setAttribute("aria-description", says);
  }
}

// An expression, such as a gradient of a loss, is of several signs; each of them can have a meaning of its own.
function markTokens(all, symbols) {
  const fits = ({ base, scripts }, sign) => sign && sign.base === base && scripts.every((script) => sign.scripts.includes(script));
  const weight = ({ look }) => look.reduce((sum, { scripts }) => sum + scripts.length, 0);
  const order = [...symbols].sort((a, b) => weight(b) - weight(a)); // w^{lu} before w
  const named = []; // a script that makes a name, as in w^g, is no symbol of its own
  all.forEach((token, i) => {
    if (named.some((node) => node !== token.node && node.contains(token.node))) return;
    const row = all.slice(i).filter((other, at, row) => !row.some((first, before) => before < at && first.node.contains(other.node)));
    const own = order.find(({ look }) => look.length === 1 && fits(look[0], token));
    if (own) tie(token.node, own.parts);
    if (own?.look[0].scripts.length) named.push(token.node);
    const whole = order.filter(({ look }) => look.length > 1 && look.every((sign, at) => fits(sign, row[at])))
      .sort((a, b) => b.look.length - a.look.length)[0];
    for (const { node } of row.slice(0, whole?.look.length ?? 0)) {
      node.dataset.within ??= whole.parts.join(" ");
      node.dataset.symbol ??= whole.parts.join(" ");
    }
  });
}

function cleared(scope) {
  for (const node of scope.querySelectorAll("[data-symbol]")) {
    for (const name of ["symbol", "within", "light"]) delete node.dataset[name];
    for (const name of ["tabindex", "aria-description"]) node.removeAttribute(name);
  }
}

function tie(node, parts) {
  node.dataset.symbol = parts.join(" ");
}

// a formula in a line of its own, not in a sentence
function alone(formula) {
  return formula.closest(".katex-display") || formula.parentElement.textContent.trim() === formula.textContent.trim();
}

// The letters and signs of a formula as KaTeX sets them: each with what stands above and below it.
function* tokens(formula) {
  for (const node of formula.querySelectorAll(".katex-html :is(.mord, .mop, .mopen, .mclose, .mbin, .mpunct)")) {
    const above = node.parentElement;
    if (above.firstElementChild === node && above.querySelector(":scope > .msupsub")) continue; // its parent is the token
    if (above.closest(".accent")) continue;
    const scripts = node.querySelector(":scope > .msupsub");
    if (node.matches(".op-limits")) {
      const around = levels(node);
      yield { node, base: text(node.querySelector(".mop")), scripts: around.filter((level) => !level.querySelector(".mop")).map(text) };
      continue;
    }
    if (above.closest(".op-limits") && node.matches(".mop")) continue;
    if (scripts) yield { node, base: text(node.firstElementChild), scripts: levels(scripts).map(text) };
    else if (node.matches(".accent") || !node.firstElementChild) yield { node, base: text(node), scripts: [] };
  }
}

function levels(scripts) {
  return [...scripts.querySelectorAll(":scope > .vlist-t > .vlist-r > .vlist > span")].filter((level) => level.querySelector(`:scope > .${STRUT}`));
}

function text(node) {
  return node.textContent.replace(/[\s\u200b]/g, "");
}
