// A browser's own translation puts a <font> in the place of each text. React goes on writing into the text, which is
// no longer on the page, so that a translated notice would stay as it was, and fails when it removes that text.
// Here the text comes back to its place as soon as it is written, and is translated anew.
const UNTRANSLATED = [".katex", "code", "pre", "[data-testid=stMetricValue]", "[data-testid=stSliderThumbValue]", "[data-testid=stIconMaterial]"];
const places = new WeakMap(); // the <font> in the place of a text

function translatable() {
  if (window.learnMetaLearningTranslation) return; // once for a document
  window.learnMetaLearningTranslation = true;
  const written = new MutationObserver((changes) => changes.forEach((change) => restore(change.target)));
  const moved = new MutationObserver((changes) => {
    for (const change of changes) replaced(change, written);
    mark();
  });
  moved.observe(document.body, { childList: true, subtree: true });
  mark();
  const { removeChild, insertBefore } = Node.prototype;
  Node.prototype.removeChild = function (child) {
    return removeChild.call(this, standIn(this, child));
  };
  Node.prototype.insertBefore = function (added, next) {
    return insertBefore.call(this, added, next && standIn(this, next));
  };
}

// What stands in `parent` for a text that was translated away; anything else stands for itself.
function standIn(parent, node) {
  const font = node.parentNode === parent ? null : places.get(node);
  return font?.parentNode === parent ? font : node;
}

function replaced(change, written) {
  for (const text of change.removedNodes) {
    if (text.nodeType !== Node.TEXT_NODE || text.isConnected) continue;
    const near = [...change.addedNodes, change.previousSibling, change.nextSibling];
    const font = near.find((node) => node?.nodeName === "FONT" && node.isConnected);
    if (!font) continue;
    places.set(text, font);
    written.observe(text, { characterData: true });
  }
}

function restore(text) {
  const font = places.get(text);
  if (font?.isConnected && !text.isConnected) font.replaceWith(text);
}

// Code, formulas and numbers are the same in every language.
function mark() {
  for (const element of document.querySelectorAll(UNTRANSLATED.map((one) => `${one}:not([translate])`).join())) {
    element.setAttribute("translate", "no");
  }
}
