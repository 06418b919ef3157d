// What the stages of the metric methods share: marks in an SVG, keys, and messages to Python. Nothing here is a word.
const SEND_EVERY = 100; // ms between two messages while something is held
const FORGET = 3000; // ms after which an answer that has not come does not count any more

function put(parent, name, attributes = {}, text = "") {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  set(node, attributes);
  if (text) node.textContent = text;
  return parent.appendChild(node);
}
function set(node, attributes) {
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
}
// a drawing cut out of the sheet, or its letter where the drawings are not known
function drawing(parent, sheet, i, letter, x, y, size, attributes = {}) {
  const group = put(parent, "g", { transform: `translate(${x},${y})`, ...attributes });
  put(group, "rect", { width: size, height: size, rx: 4, class: "paper" });
  if (!sheet) {
    put(group, "text", { x: size / 2, y: size * 0.7, "text-anchor": "middle", class: "ink" }, letter);
    return group;
  }
  const side = 28;
  const [column, row] = [i % sheet.columns, Math.floor(i / sheet.columns)];
  const cut = put(group, "svg", { x: 1, y: 1, width: size - 2, height: size - 2, viewBox: `${column * side} ${row * side} ${side} ${side}` });
  put(cut, "image", { href: sheet.url, width: sheet.columns * side, height: sheet.rows * side });
  return group;
}
// numbers that are no whole ones get two digits, and a minus sign where they have one
function shown(value) {
  if (typeof value !== "number" || Number.isInteger(value)) return String(value ?? "");
  const text = Math.abs(value).toFixed(2);
  return value < 0 && Number(text) ? `−${text}` : text;
}
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}
function still() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// One of several buttons is chosen, by a click or by arrow keys; only the chosen one is in the tab order.
function roving(group, buttons, choose) {
  group.setAttribute("role", "radiogroup");
  buttons.forEach((button, i) => {
    button.type = "button";
    button.setAttribute("role", "radio");
    button.onclick = () => choose(i);
    button.onkeydown = (event) => {
      const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      const to = { Home: 0, End: buttons.length - 1 }[event.key] ?? (by && (i + by + buttons.length) % buttons.length);
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation(); // keys here are not the page's shortcuts
      choose(to);
      buttons[to].focus();
    };
  });
}
function check(buttons, chosen) {
  buttons.forEach((button, i) => {
    button.setAttribute("aria-checked", i === chosen);
    button.tabIndex = i === chosen ? 0 : -1;
  });
}

// Messages to Python: the newest state, not more often than SEND_EVERY.
class Post {
  constructor() {
    this.sent = null;
    this.at = 0;
  }

  // whether an answer with the number `n` is older than what was sent last
  expects(n) {
    return this.later !== undefined || (this.sent !== null && n !== this.sent && Date.now() - this.at < FORGET);
  }

  tell(send, state) {
    clearTimeout(this.later);
    const go = () => {
      this.later = undefined;
      this.at = Date.now();
      this.sent = Math.max(this.at, (this.sent ?? 0) + 1);
      send({ n: this.sent, ...state });
    };
    const wait = SEND_EVERY - (Date.now() - this.at);
    if (wait > 0) this.later = setTimeout(go, wait);
    else go();
  }
}

// The component's script loads D3 once, and then gives each message to the stage; `Kind` draws it.
async function begin(Kind, { parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".metric");
  root.fresh = { data, send: (asked) => setStateValue("asked", asked) };
  root.loading ??= import(new URL(data.script, document.baseURI).href).catch((error) => {
    root.loading = undefined; // the next message tries again
    throw error;
  });
  const d3 = await root.loading;
  root.stage ??= new Kind(d3, root);
  root.stage.take(root.fresh);
}

// Draws again when the room changes.
function watchRoom(root, redraw) {
  let room = "";
  const look = () => {
    const now = [root.clientWidth, window.innerHeight, getComputedStyle(root).fontSize].join();
    if (now === room || !root.clientWidth) return;
    room = now;
    redraw();
  };
  new ResizeObserver(look).observe(root);
  window.addEventListener("resize", () => root.isConnected && look());
}
