// A small SVG chart whose support points can be dragged, added and removed, and which can play
// recorded frames. All text is set as text, never as markup.
const NS = "http://www.w3.org/2000/svg";
const MARGIN = { left: 40, right: 10, top: 8, bottom: 36 };
const SEND_EVERY = 90; // ms between two messages while dragging
const TALL = 950; // px of a window that has room for higher charts
const UNANSWERED = 100; // messages whose answers may still come

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".plot");
  if (!root.chart) lightsParts(root);
  const chart = (root.chart ??= new Chart(root));
  chart.send = (points) => setStateValue("points", points);
  chart.update(data);
}

class Chart {
  constructor(root) {
    this.root = root;
    this.legend = root.appendChild(document.createElement("div"));
    this.legend.className = "legend";
    this.svg = root.appendChild(node("svg", { role: "img" }));
    this.controls = root.appendChild(document.createElement("div"));
    this.controls.className = "controls";
    this.controls.hidden = true;
    this.button = this.controls.appendChild(document.createElement("button"));
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.note = this.controls.appendChild(document.createElement("div"));
    this.note.className = "note";
    this.frame = 0;
    this.sent = []; // what was last answered and what was told since, oldest first; empty where all is answered
    this.dragging = null;
    this.lastSend = 0;
    new ResizeObserver(() => this.data && this.dragging === null && this.draw()).observe(root);
  }

  update(data) {
    if (this.data && JSON.stringify(data.frames) !== JSON.stringify(this.data.frames)) [this.frame, this.playing] = [0, false];
    this.data = data;
    // an answer to an older drag, however late, must not move the point back under the finger
    const answered = this.sent.lastIndexOf(JSON.stringify(data.points));
    const old = answered >= 0 && answered < this.sent.length - 1;
    this.sent = old ? this.sent.slice(answered) : [];
    if (this.dragging === null && !old) this.points = data.points.map((p) => [...p]);
    this.svg.setAttribute("aria-label", data.alt);
    this.svg.setAttribute("role", data.editable ? "group" : "img"); // points that can be moved are no part of a picture
    this.drawLegend();
    // what a finger holds must stay in the page: the browser ends the touch of a node that is taken away
    if (this.dragging === null) this.draw();
    else this.drawCurves();
    this.controls.hidden = !data.frames?.length;
    if (data.frames?.length) this.describe();
  }

  drawLegend() {
    const entries = [...this.data.curves.map((c) => ({ ...c, kind: "line" })), ...this.data.marks].filter((e) => e.name);
    const made = JSON.stringify(entries.map((e) => [e.name, e.colour, e.dash]));
    if (made === this.legendMade) return;
    this.legendMade = made;
    this.legend.replaceChildren(
      ...entries.map((entry) => {
        const item = document.createElement("span");
        const key = node("svg", { width: 26, height: 12, "aria-hidden": "true" });
        if (entry.kind === "line")
          key.append(node("line", { x1: 0, x2: 26, y1: 6, y2: 6, ...stroke(entry) }));
        else key.append(mark(entry, 13, 6));
        item.append(key, document.createTextNode(entry.name));
        return item;
      }),
    );
  }

  draw() {
    const { data } = this;
    const width = Math.max(this.root.clientWidth, 240);
    const height = Math.round(width < 500 ? Math.min(data.height, 0.6 * width) : window.innerHeight > TALL ? 1.4 * data.height : data.height);
    const inner = { w: width - MARGIN.left - MARGIN.right, h: height - MARGIN.top - MARGIN.bottom };
    this.sx = (x) => MARGIN.left + ((x - data.x[0]) / (data.x[1] - data.x[0])) * inner.w;
    this.sy = (y) => MARGIN.top + ((data.y[1] - y) / (data.y[1] - data.y[0])) * inner.h;
    this.ux = (px) => data.x[0] + ((px - MARGIN.left) / inner.w) * (data.x[1] - data.x[0]);
    this.uy = (py) => data.y[1] - ((py - MARGIN.top) / inner.h) * (data.y[1] - data.y[0]);
    this.svg.setAttribute("width", width);
    this.svg.setAttribute("height", height);
    const parts = [];
    for (const x of ticks(data.x, 8)) {
      parts.push(node("line", { class: "grid", x1: this.sx(x), x2: this.sx(x), y1: MARGIN.top, y2: MARGIN.top + inner.h }));
      parts.push(text(minus(x), this.sx(x), height - MARGIN.bottom + 15, "middle"));
    }
    for (const y of ticks(data.y, 7)) {
      parts.push(node("line", { class: y === 0 ? "grid zero" : "grid", x1: MARGIN.left, x2: MARGIN.left + inner.w, y1: this.sy(y), y2: this.sy(y) }));
      parts.push(text(minus(y), MARGIN.left - 6, this.sy(y) + 4, "end"));
    }
    parts.push(text("x", MARGIN.left + inner.w / 2, height - 4, "middle"));
    parts.push(text("y", 10, MARGIN.top + inner.h / 2, "middle"));
    const clip = node("svg", { x: MARGIN.left, y: MARGIN.top, width: inner.w, height: inner.h, viewBox: `${MARGIN.left} ${MARGIN.top} ${inner.w} ${inner.h}` });
    const hit = node("rect", { class: data.editable ? "hit editable" : "hit", x: MARGIN.left, y: MARGIN.top, width: inner.w, height: inner.h });
    this.under = node("g");
    clip.append(this.under, hit);
    this.paths = data.curves.map((curve) => {
      const path = node("path", { fill: "none", ...stroke(curve) });
      clip.append(curve.part ? part(path, curve.part) : path);
      return path;
    });
    this.pointLayer ??= node("g");
    parts.push(clip, this.pointLayer);
    const focused = this.svg.getRootNode().activeElement?.dataset?.point;
    this.svg.replaceChildren(...parts);
    if (data.editable) hit.addEventListener("click", (event) => this.add(event));
    this.drawCurves();
    this.drawPoints();
    if (focused !== undefined) this.pointLayer.querySelector(`[data-point="${focused}"]`)?.focus();
  }

  drawCurves() {
    const { data } = this;
    data.curves.forEach((curve, i) => {
      if (!this.paths[i]) return; // a new curve, drawn when the point has been let go of
      const y = data.frames?.length ? this.blended(i) : curve.y;
      const commands = y.map((v, j) => `${j ? "L" : "M"}${this.sx(data.grid[j]).toFixed(1)},${this.sy(clampY(v, data.y)).toFixed(1)}`);
      this.paths[i].setAttribute("d", commands.join(""));
    });
    this.drawUnder();
  }

  // a band of uncertainty, and what a query looks at: a line to each point that was read, as wide as its share
  drawUnder() {
    const { band, query, grid, y } = this.data;
    const at = (i, v) => `${this.sx(grid[i]).toFixed(1)},${this.sy(clampY(v, y)).toFixed(1)}`;
    const parts = [];
    if (band) {
      const [low, high] = [band.low.map((v, i) => at(i, v)), band.high.map((v, i) => at(i, v)).reverse()];
      parts.push(node("path", { class: "band", d: `M${[...low, ...high].join("L")}Z`, fill: band.colour }));
    }
    if (query) {
      const [qx, qy] = [this.sx(query.x), this.sy(clampY(query.y, y))];
      parts.push(part(node("line", { class: "asked", x1: qx, x2: qx, y1: MARGIN.top, y2: this.data.height - MARGIN.bottom }), "query"));
      this.points.slice(0, query.shares.length).forEach((point, i) => {
        const width = (14 * query.shares[i]).toFixed(1);
        const looks = { x1: qx, y1: qy, x2: this.sx(point[0]), y2: this.sy(point[1]), stroke: query.colour, "stroke-width": width };
        parts.push(part(node("line", { class: "look", ...looks }), "attention"));
      });
      parts.push(part(node("circle", { cx: qx, cy: qy, r: 6, fill: query.colour }), "query"));
    }
    this.under.replaceChildren(...parts);
  }

  drawPoints() {
    const { data } = this;
    const points = data.frames?.length ? data.frames[Math.floor(this.frame)].points : this.points;
    const style = data.marks[0];
    const shapes = this.pointLayer.childNodes;
    while (shapes.length > points.length) this.pointLayer.lastChild.remove();
    points.forEach(([x, y], i) => {
      const shape = shapes[i] ?? this.pointLayer.appendChild(mark(style, 0, 0, data.editable ? 7 : 5));
      shape.setAttribute("cx", this.sx(x));
      shape.setAttribute("cy", this.sy(y));
      shape.classList.toggle("unread", i >= (data.read ?? Infinity));
      if (style.part && i < (data.read ?? Infinity)) part(shape, style.part);
      else delete shape.dataset.part;
      if (!data.editable) return;
      const label = data.pointLabel.replace("{n}", i + 1).replace("{x}", minus(x.toFixed(1))).replace("{y}", minus(y.toFixed(1)));
      shape.setAttribute("aria-label", label);
      if (!shape.dataset.point) this.makeEditable(shape, i);
    });
  }

  makeEditable(shape, i) {
    for (const [name, value] of Object.entries({ tabindex: 0, role: "button", "data-point": i })) shape.setAttribute(name, value);
    shape.classList.add("point");
    // or the page scrolls under the finger; `touch-action` does not reach a circle of an SVG
    shape.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
    shape.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      shape.focus();
      this.dragging = i;
      const move = (e) => {
        const box = this.svg.getBoundingClientRect(); // a line above may have come or gone meanwhile
        this.points[i] = this.inside(e.clientX - box.left, e.clientY - box.top);
        const moved = this.pointLayer.querySelector(`[data-point="${i}"]`);
        moved?.setAttribute("cx", this.sx(this.points[i][0]));
        moved?.setAttribute("cy", this.sy(this.points[i][1]));
        this.drawUnder();
        if (Date.now() - this.lastSend > SEND_EVERY) this.tell();
      };
      const up = (e) => {
        window.removeEventListener("pointermove", move);
        window.removeEventListener("pointerup", up);
        window.removeEventListener("pointercancel", up);
        this.dragging = null;
        if (this.paths.length !== this.data.curves.length) this.draw();
        if (e.pointerType === "touch" && this.tappedTwice(i, e)) return this.remove(i);
        this.tell();
      };
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", up);
      window.addEventListener("pointercancel", up);
    });
    shape.addEventListener("dblclick", () => this.remove(i));
    shape.addEventListener("keydown", (event) => {
      event.stopPropagation(); // keys on a point are not the page's shortcuts
      const step = event.shiftKey ? 0.5 : 0.1;
      const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
      if (by) {
        event.preventDefault();
        const [px, py] = this.points[i];
        this.points[i] = this.inside(this.sx(px + by[0]), this.sy(py + by[1]));
        this.tell();
        this.draw();
        this.pointLayer.querySelector(`[data-point="${i}"]`)?.focus();
      } else if (event.key === "Delete" || event.key === "Backspace") {
        event.preventDefault();
        this.remove(i);
      }
    });
  }

  // a finger on a point makes no clicks, so no double click either
  tappedTwice(i, { clientX: x, clientY: y }) {
    const [before, now] = [this.tap, Date.now()];
    this.tap = { i, x, y, now };
    return before?.i === i && now - before.now < 400 && Math.hypot(x - before.x, y - before.y) < 12;
  }

  inside(px, py) {
    const { x, y } = this.data;
    const round = (v, [low, high]) => Math.round(Math.min(Math.max(v, low), high) * 100) / 100;
    return [round(this.ux(px), x), round(this.uy(py), y)];
  }

  add(event) {
    if (this.points.length >= this.data.most) return;
    const box = this.svg.getBoundingClientRect();
    this.points.push(this.inside(event.clientX - box.left, event.clientY - box.top));
    this.tell();
    this.drawPoints();
  }

  remove(i) {
    if (this.points.length <= 1) return;
    this.points.splice(i, 1);
    this.tell();
    this.drawPoints();
  }

  tell() {
    this.lastSend = Date.now();
    const before = this.sent.length ? this.sent : [JSON.stringify(this.data.points)]; // still on their way
    this.sent = [...before, JSON.stringify(this.points)].slice(-UNANSWERED);
    this.send(this.points.map((p) => [...p]));
  }

  // -- playing recorded frames: each frame holds one y array a curve, and steps are blended

  blended(i) {
    const at = Math.floor(this.frame);
    const here = this.data.frames[at];
    const next = this.data.frames[at + 1];
    const share = next ? smooth(this.frame - at) : 0;
    return here.y[i].map((v, j) => v + share * ((share ? next.y[i][j] : v) - v));
  }

  play() {
    const { frames } = this.data;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const at = Math.floor(this.frame);
    if (still || !frames[at + 1]) this.frame = (at + 1) % frames.length;
    if (still) return this.show(); // a step a click
    this.playing = true;
    let before = null;
    const tick = (now) => {
      if (!this.playing || !this.root.isConnected) return (this.playing = false);
      const elapsed = before === null ? 0 : Math.min(now - before, 100) / 1000;
      before = now;
      const here = Math.floor(this.frame);
      if (!frames[here + 1]) return this.pause();
      this.frame = Math.min(this.frame + elapsed / (frames[here].step === 0 ? 1.2 : 0.7), here + 1);
      this.show();
      requestAnimationFrame(tick);
    };
    this.describe();
    requestAnimationFrame(tick);
  }

  pause() {
    this.playing = false;
    this.frame = Math.floor(this.frame); // a whole step, whose numbers are below
    this.show();
  }

  show() {
    this.describe();
    this.drawCurves();
    this.drawPoints();
  }

  describe() {
    const { frames, playWords } = this.data;
    const at = Math.floor(this.frame);
    this.note.textContent = frames[at].note;
    this.button.textContent = this.playing ? `⏸ ${playWords.pause}` : `▶ ${frames[at + 1] ? playWords.play : playWords.again}`;
  }
}

function node(name, attributes = {}) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
function minus(number) {
  return String(number).replace("-", "\u2212"); // as Python writes numbers
}
function text(content, x, y, anchor) {
  const made = node("text", { x, y, "text-anchor": anchor });
  made.textContent = content;
  return made;
}
function stroke(curve) {
  return { stroke: curve.colour, "stroke-width": curve.width, "stroke-dasharray": curve.dash, "stroke-linejoin": "round" };
}
function mark(style, x, y, r = 5) {
  return node("circle", { cx: x, cy: y, r, fill: style.colour, stroke: "var(--st-text-color)", "stroke-width": 1.2 });
}
function ticks([low, high], about) {
  const step = [0.5, 1, 2, 5, 10].find((s) => (high - low) / s <= about) ?? 20;
  const found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + 1e-9; v += step) found.push(Math.round(v * 100) / 100);
  return found;
}
function clampY(v, [low, high]) {
  // a diverged fit leaves the picture; it must not make the path invalid
  return Number.isFinite(v) ? Math.min(Math.max(v, low - 50), high + 50) : high + 50;
}
function smooth(t) {
  return t * t * (3 - 2 * t);
}
