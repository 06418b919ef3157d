// What the stages share so that their parts and the symbols of a formula light one another up: what draws a part has its
// name, `data-part`, or several. It works where a stage stands beside an explanation; symbols.js is the other side.
const LIGHT = "meta-light";
const BESIDE_FORMULA = ".st-key-beside";
const MOST_SHAPES = 24; // of a part that are drawn thicker; a part of more has a frame
const SHAPES = "path, line, circle, rect, polyline";

function lightsParts(root) {
  const host = root.getRootNode().host ?? root;
  const beside = () => host.closest(BESIDE_FORMULA);
  let lit = { parts: [] };
  let sent = "";
  const paint = () => showParts(root, lit);
  const watcher = new MutationObserver(paint); // a stage that is drawn anew has new nodes; attributes are not watched
  const take = (event) => {
    if (!root.isConnected) return document.removeEventListener(LIGHT, take);
    if (!beside()) return;
    lit = event.detail;
    if (lit.from !== root) sent = "";
    watcher.disconnect();
    paint();
    if (lit.from !== root) intoSight(root, beside().parentElement);
    if (lit.parts.length) watcher.observe(root, { childList: true, subtree: true });
  };
  document.addEventListener(LIGHT, take);
  const send = (node) => {
    const parts = node?.dataset.part ?? "";
    if (parts === sent || !beside()) return;
    sent = parts;
    const quiet = Boolean(node?.closest("[data-ground]")); // what lies under everything must not dim it
    document.dispatchEvent(new CustomEvent(LIGHT, { detail: { parts: parts ? parts.split(" ") : [], from: root, quiet } }));
  };
  // a rectangle that takes the pointer may lie over what is drawn
  const under = ({ clientX, clientY }) => {
    if (!beside()) return null;
    const all = root.getRootNode().elementsFromPoint(clientX, clientY).map((node) => node.closest("[data-part]"));
    return all.find((node) => node && root.contains(node));
  };
  const inFocus = () => root.getRootNode().activeElement?.closest?.("[data-part]");
  root.addEventListener("pointermove", (event) => event.pointerType !== "touch" && !event.buttons && send(under(event)));
  root.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && send(inFocus()));
  root.addEventListener("click", (event) => event.pointerType === "touch" && send(under(event)));
  root.addEventListener("focusin", (event) => event.target.matches(":focus-visible") && send(event.target.closest("[data-part]")));
  root.addEventListener("focusout", () => send(null));
}

function showParts(root, { parts, quiet }) {
  const nodes = [...root.querySelectorAll("[data-part]")];
  const on = new Set(nodes.filter((node) => node.dataset.part.split(" ").some((part) => parts.includes(part))));
  const around = new Set();
  for (const node of on) for (let up = node.parentElement; up && up !== root; up = up.parentElement) around.add(up);
  for (const node of nodes) {
    thinner(node);
    if (on.has(node)) node.dataset.light = "on";
    else if (!on.size || quiet || around.has(node) || node.parentElement.closest("[data-light=on]")) delete node.dataset.light;
    else node.dataset.light = "off";
  }
  for (const node of on) thicker(node);
}

// on a small screen the stage has a window of its own, which moves to what is lit
function intoSight(root, window) {
  const lit = root.querySelector("[data-light=on]");
  if (!lit || window.scrollHeight <= window.clientHeight + 2) return;
  const [inner, outer] = [lit.getBoundingClientRect(), window.getBoundingClientRect()];
  if (inner.top >= outer.top && inner.bottom <= outer.bottom) return;
  window.scrollTop += inner.top - outer.top - Math.max(8, (outer.height - inner.height) / 2);
}

const shapesOf = (node) => (node.matches(SHAPES) ? [node] : [...node.querySelectorAll(SHAPES)]);

function thicker(node) {
  const shapes = shapesOf(node);
  if (shapes.length > MOST_SHAPES) return;
  for (const shape of shapes) {
    const { stroke, strokeWidth, fill } = getComputedStyle(shape);
    const drawn = stroke !== "none" && !stroke.startsWith("rgba(0, 0, 0, 0");
    if (!drawn && (fill === "none" || fill.startsWith("rgba(0, 0, 0, 0"))) continue; // takes the pointer, no more
    if (!drawn) shape.style.stroke = shape.dataset.stroked = "var(--st-text-color)";
    shape.style.strokeWidth = drawn ? `${1.4 * parseFloat(strokeWidth) + 1.2}px` : "2px";
  }
}

function thinner(node) {
  for (const shape of shapesOf(node)) {
    shape.style.strokeWidth = "";
    if (shape.dataset.stroked) shape.style.stroke = "";
    delete shape.dataset.stroked;
  }
}

function part(node, names) {
  node.dataset.part = names;
  return node;
}
