// The Siamese stage: two drawings, twin encoders, the numbers side by side, their weighted sum, and one probability
// with a threshold that can be moved. Every number comes from an event; every word comes from Python.
const STEP = 0.01; // of the threshold, for a key
const [LOW, HIGH] = [0.01, 0.99];
const BESIDE = 445; // pixels of a chapter above and below the picture

export default function (component) {
  return begin(PairStage, component);
}

class PairStage {
  constructor(d3, root) {
    Object.assign(this, { d3, root, post: new Post(), cards: [], lit: null });
    this.svg = root.querySelector("svg");
    for (const layer of ["flow", "rows", "bar"]) this[layer] = put(this.svg, "g", { class: layer });
    this.sensor = put(this.svg, "rect", { class: "sensor", tabindex: 0, role: "slider", "aria-valuemin": 1, "aria-valuenow": 1 });
    this.handle = put(this.svg, "g", { class: "handle", tabindex: 0, role: "slider", "aria-valuemin": LOW, "aria-valuemax": HIGH });
    this.listen();
    lightsParts(root);
    watchRoom(root, () => this.data && this.redraw());
  }

  take({ data, send }) {
    this.send = send;
    this.data = data;
    if (!this.state || !this.post.expects(data.n)) this.state = { pair: data.pair, threshold: data.threshold };
    this.state.pair = Math.min(this.state.pair, data.pairs.length - 1);
    const cards = JSON.stringify([data.sheet, data.pairs, data.columns, data.words]);
    if (cards !== this.made) this.make();
    this.made = cards;
    this.redraw();
    this.root.dataset.answered = data.n;
  }

  tell(more = {}) {
    if (!this.data.still) this.post.tell(this.send, { ...this.state, ...more });
  }

  choose(pair) {
    this.state.pair = pair;
    this.light(null);
    this.redraw();
    this.tell();
  }

  // -- the pairs

  make() {
    const { data, root } = this;
    const list = root.querySelector(".pairs");
    const size = Math.round(parseFloat(getComputedStyle(root).fontSize) * (data.columns.length ? 2.5 : 1.7));
    list.classList.toggle("many", data.pairs.length > 12);
    list.style.setProperty("--columns", data.columns.length || 4);
    this.cards = data.pairs.map((pair) => {
      const card = element("button", "pair");
      const faces = data.columns.length ? [0, 1] : [1]; // the candidates of one and the same query
      card.append(...faces.map((at) => (data.sheet ? cell(element("span", "cell"), data.sheet, pair.cells[at], size) : letter(pair.letters[at]))));
      card.append(element("span", "number"));
      return card;
    });
    // on a phone two pairs of each kind stand side by side: the titles stand twice
    const titles = [...data.columns, ...data.columns].map((title, i) => Object.assign(element("span", i < data.columns.length ? "title" : "title again-title"), { textContent: title }));
    list.setAttribute("aria-label", data.words.pairs);
    list.replaceChildren(...titles, ...this.cards);
    roving(list, this.cards, (i) => this.choose(i));
    const again = root.querySelector(".again");
    again.hidden = Boolean(data.still);
    again.textContent = data.words.again;
    again.onclick = () => this.tell({ again: true });
  }

  verdict(pair) {
    const says = pair.p >= this.state.threshold;
    return { right: says === pair.same, text: this.data.words.verdicts[says ? "same" : "different"][says === pair.same ? "right" : "wrong"] };
  }

  mark() {
    const { words } = this.data;
    check(this.cards, this.state.pair);
    this.cards.forEach((card, i) => {
      const pair = this.data.pairs[i];
      const { right, text } = this.verdict(pair);
      const judged = this.data.judged;
      card.classList.toggle("right", judged ? right : pair.same);
      card.classList.toggle("wrong", judged && !right);
      card.querySelector(".number").textContent = percent(pair.p) + (judged ? (right ? " ✓" : " ✗") : "");
      const [letter, other] = pair.letters;
      card.setAttribute("aria-label", fill(words.pair, { i: i + 1, letter, other, p: percent(pair.p), verdict: text }));
    });
  }

  // -- the picture

  redraw() {
    const { data, root, svg } = this;
    root.classList.toggle("single", data.pairs.length === 1);
    const width = root.querySelector(".picture").clientWidth;
    if (!width) return;
    const font = parseFloat(getComputedStyle(root).fontSize);
    const wide = width > 520;
    const stretch = root.clientWidth > 700 ? Math.min(Math.max((window.innerHeight - BESIDE) / (25.2 * font), 1), 1.4) : 1;
    const rows = wide ? [3.9, 3.9, 2.6, 2.5, 4.6] : [3.2, 3.2, 2.3, 2.3, 3.9];
    const tall = rows.map((lines, i) => (i > 1 ? stretch : 1) * lines * font);
    const size = (wide ? 3.9 * stretch : 3) * font;
    tall.fill(Math.max(size, rows[0] * font), 0, 2);
    const box = { x: size + 0.6 * font, width: (wide ? 5.4 : 4.3) * font };
    const left = box.x + box.width + (wide ? 1.4 : 0.9) * font;
    const tops = [0.2 * font];
    [1.35, 0.35, 0.4, 0.35].forEach((gap, i) => tops.push(tops[i] + tall[i] + gap * font));
    this.room = { width, font, wide, size, box, left, right: width - 0.9 * font, tall, tops, bar: tops[4] + tall[4] + 1.9 * font };
    const height = this.room.bar + (data.judged ? 2.9 : 1.7) * font; // where the threshold is, its value stands below
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    svg.setAttribute("aria-label", data.alt);
    this.pair = data.pairs[this.state.pair];
    const [first, second] = [data.queries[this.pair.query], data.support[this.pair.support]];
    const terms = termsOf(first, second, data.head);
    const order = terms.adds.map((_, j) => j).sort((i, j) => Math.abs(terms.adds[j]) - Math.abs(terms.adds[i]) || i - j);
    this.terms = { ...terms, first, second, order };
    this.mark();
    this.drawFlow();
    this.drawRows();
    this.drawBar();
    this.speak();
  }

  drawFlow() {
    const { data, flow, pair, room } = this;
    const { font, size, box, tops, left, wide } = room;
    const middle = box.x + box.width / 2;
    flow.replaceChildren();
    const encoders = part(put(flow, "g"), "f");
    put(encoders, "line", { x1: middle, x2: middle, y1: tops[0] + 0.8 * size, y2: tops[1] + 0.2 * size, class: "tie" });
    [0, 1].forEach((i) => {
      const y = tops[i];
      const half = y + size / 2;
      flow.prepend(put(flow, "path", { d: `M${size},${half}H${left - 0.3 * font}`, class: "wire" }));
      part(drawing(flow, data.sheet, pair.cells[i], pair.letters[i], 0, y, size), `x${i + 1}`);
      const [x, w] = [box.x, box.width];
      put(encoders, "path", { d: `M${x},${y + 0.08 * size}L${x + w},${y + 0.28 * size}V${y + 0.72 * size}L${x},${y + 0.92 * size}Z`, class: "encoder" });
      put(encoders, "text", { x: middle, y: half + 0.35 * font, "text-anchor": "middle" }, data.words.encoder);
    });
    const gap = tops[0] + room.tall[0] + 0.98 * font;
    put(encoders, "text", { x: middle, y: gap, "text-anchor": "middle", class: "small over" }, data.words.tie);
    if (wide) put(flow, "text", { x: room.right, y: gap, "text-anchor": "end", class: "small" }, data.words.shape);
    const print = this.root.querySelector(".print");
    print.textContent = wide ? "" : data.words.shape;
    data.words.rows.forEach((text, i) => {
      const y = i < 2 ? tops[i + 2] + room.tall[i + 2] / 2 + 0.35 * font : tops[4] + room.tall[4] - 0.1 * font;
      wrapped(part(put(flow, "g"), ["difference", "weight", "sum"][i]), text, left - 0.6 * font, y, wide ? 24 : 14, font);
    });
  }

  // the largest contributions have a column with numbers, all others a narrow bar
  columns() {
    const { font, left, right, wide } = this.room;
    const count = this.terms.order.length;
    const large = Math.min(wide ? 5 : 2, count);
    const broad = (wide ? 3 : 2.8) * font;
    const narrow = (right - left - large * broad) / Math.max(count - large, 1);
    return { large, x: (rank) => left + Math.min(rank, large) * broad + Math.max(rank - large, 0) * narrow, of: (rank) => (rank < large ? broad : narrow) };
  }

  drawRows() {
    const { d3, data, room, rows, sensor, terms } = this;
    const { font, tops, left, right } = room;
    const columns = (this.at = this.columns());
    const pick = (values) => terms.order.map((j) => values[j]);
    const weights = data.head.slice(0, -1);
    const every = [...Object.values(data.support), ...Object.values(data.queries)];
    const value = Math.max(1e-6, d3.max(every, (values) => d3.max(values, Math.abs)));
    const apart = Math.max(1e-6, d3.max(data.pairs, ({ query, support }) => d3.max(data.queries[query], (a, j) => Math.abs(a - data.support[support][j]))));
    const weight = Math.max(1e-6, d3.max(weights, Math.abs));
    rows.replaceChildren();
    const sets = [[pick(terms.first), value], [pick(terms.second), value], [pick(terms.differences), apart], [pick(weights), weight]];
    sets.forEach(([values, most], row) => {
      const signed = d3.min(values) < 0;
      const [top, tallness] = [tops[row] + font, room.tall[row] - font];
      this.group = this.row(["f", "f", "difference", "weight"][row], tops[row], room.tall[row]);
      const y = d3.scaleLinear([signed ? -most : 0, most], [top + tallness, top]);
      put(this.group, "line", { x1: left, x2: right, y1: y(0), y2: y(0), class: "zero" });
      values.forEach((number, rank) => {
        const colour = row < 3 ? "" : number < 0 ? data.colours.against : data.colours.for;
        this.column(rank, y(0), y(number), colour, row < 2 ? "value" : "");
        if (rank < columns.large) this.number(rank, row === 3 && number < 0 ? y(0) - 0.25 * font : Math.min(y(0), y(number)) - 0.2 * font, number);
      });
    });
    this.drawSum(pick(terms.adds));
    for (const [key, number] of Object.entries({ x: left, y: tops[0], width: right - left, height: tops[4] + room.tall[4] - tops[0] })) sensor.setAttribute(key, number);
    sensor.setAttribute("aria-valuemax", terms.order.length);
    sensor.setAttribute("aria-label", data.words.dimensions);
    this.light(this.lit);
  }

  // from the bias, one contribution after the other, to the score
  drawSum(adds) {
    const { d3, data, room, terms } = this;
    const { font, tops, left, right } = room;
    const rows = (this.group = this.row("sum", tops[4], room.tall[4]));
    const bias = part(put(this.rows, "g"), "bias");
    const levels = [terms.bias];
    for (const part of adds) levels.push(levels.at(-1) + part);
    const y = d3.scaleLinear([Math.min(0, d3.min(levels)), Math.max(0, d3.max(levels))], [tops[4] + room.tall[4], tops[4] + 0.9 * font]);
    put(rows, "line", { x1: left, x2: right, y1: y(0), y2: y(0), class: "zero" });
    put(bias, "path", { d: `M${left - 0.5 * font},${y(terms.bias)}H${left}`, class: "level" });
    const { words } = data;
    put(bias, "text", { x: left - 0.6 * font, y: y(terms.bias) + 0.3 * font, "text-anchor": "end", class: "strong" }, fill(words.bias, { value: terms.bias }));
    adds.forEach((part, rank) => {
      this.column(rank, y(levels[rank]), y(levels[rank + 1]), part < 0 ? data.colours.against : data.colours.for, "part");
      if (rank < this.at.large) this.number(rank, Math.max(y(levels[rank]), y(levels[rank + 1])) + 0.95 * font, part);
    });
    const score = part(put(this.rows, "g"), "score");
    put(score, "circle", { cx: right, cy: y(terms.score), r: 4, class: "end" });
    const above = terms.score < terms.bias;
    put(score, "text", { x: right, y: above ? tops[4] + 0.9 * font : tops[4] + room.tall[4], "text-anchor": "end", class: "strong over" }, fill(words.score, { value: terms.score }));
  }

  // what is drawn of one part, on a ground that takes the pointer
  row(name, top, tall) {
    const { left, right } = this.room;
    const group = part(put(this.rows, "g"), name);
    put(group, "rect", { x: left, y: top, width: right - left, height: tall, class: "room" });
    return group;
  }

  column(rank, from, to, colour, kind) {
    const wide = this.at.of(rank);
    const node = put(this.group, "rect", {
      x: this.at.x(rank) + 0.1 * wide, width: 0.8 * wide, y: Math.min(from, to), height: Math.max(Math.abs(to - from), 0.8), class: `unit ${kind}`,
    });
    if (colour) node.style.fill = colour;
    node.dataset.rank = rank;
  }

  number(rank, y, value) {
    const node = put(this.group, "text", { x: this.at.x(rank) + this.at.of(rank) / 2, y, "text-anchor": "middle", class: "unit small over" }, shown(value));
    node.dataset.rank = rank;
  }

  // -- the probability and its threshold

  drawBar() {
    const { bar, d3, data, handle, pair, room, state } = this;
    const { font, left, right } = room;
    const [top, tallness] = [room.bar, 1.3 * font];
    const x = (this.scale = d3.scaleLinear([0, 1], [left, right]));
    bar.replaceChildren();
    const share = part(put(bar, "g"), "probability");
    put(share, "rect", { x: left, y: top, width: right - left, height: tallness, rx: 3, class: "track" });
    put(share, "rect", { x: left, y: top, width: x(pair.p) - left, height: tallness, rx: 3, class: "filled" });
    const { right: correct, text } = this.verdict(pair);
    wrapped(share, data.words.probability, left - 0.6 * font, top + 0.95 * font, room.wide ? 24 : 12, font);
    const judged = data.judged ? `${(100 * pair.p).toFixed(1)}%  ${text}` : `${(100 * pair.p).toFixed(1)}%`;
    put(share, "text", { x: left, y: top - 0.4 * font, class: `strong verdict ${correct ? "right" : "wrong"}` }, judged);
    handle.style.display = data.judged ? "" : "none";
    const at = x(state.threshold);
    // what a finger holds must stay in the page: the browser ends the touch of a node that is taken away
    const [line, reach, grip, label] = (this.held ??= ["line", "circle", "circle", "text"].map((name) => put(handle, name)));
    const half = 3.4 * font;
    set(line, { x1: at, x2: at, y1: top - 0.3 * font, y2: top + tallness + 0.3 * font });
    set(reach, { cx: at, cy: top + tallness / 2, r: Math.max(12, 0.8 * font), class: "reach" });
    set(grip, { cx: at, cy: top + tallness / 2, r: 0.5 * font, class: "grip" });
    set(label, { x: Math.min(Math.max(at, left + half), right - half), y: top + tallness + 1.4 * font, "text-anchor": "middle" });
    label.textContent = fill(data.words.threshold, { value: state.threshold.toFixed(2) });
    handle.setAttribute("aria-label", data.words.handle);
    handle.setAttribute("aria-valuenow", state.threshold);
    handle.setAttribute("aria-valuetext", `${state.threshold.toFixed(2)}, ${text}`);
  }

  judge(threshold) {
    this.state.threshold = Math.round(100 * Math.min(Math.max(threshold, LOW), HIGH)) / 100;
    this.mark();
    this.drawBar();
    this.tell();
  }

  // -- what lights up, and what is said

  light(rank) {
    this.lit = rank;
    this.rows.classList.toggle("some", rank !== null);
    for (const node of this.rows.querySelectorAll(".unit")) node.classList.toggle("lit", Number(node.dataset.rank) === rank);
    if (rank !== null) {
      this.sensor.setAttribute("aria-valuenow", rank + 1);
      this.sensor.setAttribute("aria-valuetext", this.about(rank));
    }
    this.speak();
  }

  about(rank) {
    const { data, terms } = this;
    const j = terms.order[rank];
    const values = { a: terms.first[j], b: terms.second[j], difference: terms.differences[j], weight: data.head[j], adds: terms.adds[j] };
    return fill(data.words.dimension, { ...values, j: j + 1, all: terms.order.length });
  }

  speak() {
    const said = this.root.querySelector(".said");
    const text = this.lit === null || !this.terms ? (this.pair?.said ?? "") : this.about(this.lit);
    if (said.textContent !== text) said.textContent = text;
  }

  listen() {
    const { d3, handle, sensor } = this;
    const rank = (event) => {
      const [x] = d3.pointer(event, this.svg);
      const count = this.terms.order.length;
      let at = 0;
      while (at + 1 < count && this.at.x(at + 1) <= x) at += 1;
      return at;
    };
    for (const name of ["pointermove", "pointerdown"]) sensor.addEventListener(name, (event) => this.light(rank(event)));
    sensor.addEventListener("pointerleave", () => document.activeElement !== sensor && this.light(null));
    sensor.addEventListener("focus", () => this.light(this.lit ?? 0));
    sensor.addEventListener("blur", () => this.light(null));
    sensor.addEventListener("keydown", (event) => {
      const last = this.terms.order.length - 1;
      const to = { ArrowLeft: this.lit - 1, ArrowDown: this.lit - 1, ArrowRight: this.lit + 1, ArrowUp: this.lit + 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      this.light(Math.min(Math.max(to, 0), last));
    });
    // or the page scrolls under the finger; `touch-action` does not reach what is in an SVG
    handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    d3.select(handle).call(
      d3.drag().container(() => this.svg).subject(() => ({ x: this.scale(this.state.threshold), y: 0 }))
        .on("start", () => handle.focus({ preventScroll: true }))
        .on("drag", ({ x }) => this.judge(this.scale.invert(x))),
    );
    handle.addEventListener("keydown", (event) => {
      const now = this.state.threshold;
      const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
      const to = { Home: LOW, End: HIGH }[event.key] ?? (by && now + by * STEP);
      if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation(); // keys on a handle are not the page's shortcuts
      this.judge(to);
    });
  }
}

function letter(text) {
  return Object.assign(element("span", "letter"), { textContent: text });
}
// a label that ends at x, in one line or in two around y
function wrapped(parent, text, x, y, most, font) {
  const words = text.split(" ");
  let first = text;
  let second = "";
  if (text.length > most && words.length > 1) {
    const half = Math.ceil(words.length / 2);
    [first, second] = [words.slice(0, half).join(" "), words.slice(half).join(" ")];
  }
  const attributes = { x, "text-anchor": "end", class: "label" };
  put(parent, "text", { ...attributes, y: second ? y - 0.6 * font : y }, first);
  if (second) put(parent, "text", { ...attributes, y: y + 0.55 * font }, second);
}
