// The stage of the Neural Turing Machine: bits come in at the left, the controller moves two heads over the rows of the
// tape, bits go out at the right. It draws what Python has handed over, and computes nothing but places on screen.
const WINDOW = 24; // columns of a sequence that are seen at once

export default (component) => staged(Machine, component);

class Machine extends Steps {
  // made when the data or the width is another one; `redraw` brings it to a step
  make() {
    const { data, root } = this;
    const { words } = data;
    this.pause();
    this.wide = root.clientWidth;
    const parts = this.walker();
    if (data.tasks) parts.unshift(this.choices("tape", data.tasks, words.task));
    if (data.stages) parts.push(this.choices("head", { write: words.write, read: words.read }, words.head));
    root.querySelector(".controls").replaceChildren(...parts);
    this.memory = [data.memory.first];
    for (const changes of data.memory.changes) {
      const next = [...this.memory.at(-1)];
      for (const [row, numbers] of changes) next[row] = numbers;
      this.memory.push(next);
    }
    this.layout();
    this.strips();
  }

  layout() {
    const { d3, data, root, wide } = this;
    const svg = root.querySelector("svg");
    svg.replaceChildren();
    const font = parseFloat(getComputedStyle(root).fontSize);
    const narrow = wide < 620;
    const high = Math.round(narrow ? 46 * font : Math.max(18.6 * font, Math.min(0.5 * window.innerHeight - 160, 30 * font)));
    svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    svg.style.height = `${high}px`;
    svg.setAttribute("aria-label", data.alt);
    const side = 2.4 * font; // of the weights beside the tape
    // boxes: x, y, width, height
    const flag = 4 * font;
    const inner = narrow ? wide - 2 * (side + flag) - 2.6 * font : 0.47 * wide - 2 * (side + flag) - 3.4 * font;
    const strip = narrow ? wide - 1.2 * font : 0.18 * wide;
    const places = narrow
      ? { input: [0.6 * font, 1.5 * font, strip, 8 * font], box: [0.32 * wide, 11.4 * font, 0.36 * wide, 3 * font],
          tape: [side + flag + 2.1 * font, 18.6 * font, inner, 15 * font], output: [0.6 * font, 36 * font, strip, 9 * font] }
      : { input: [0, 1.5 * font, strip, high - 2.2 * font], box: [strip + 0.035 * wide, high / 2 - 2.4 * font, 0.12 * wide, 4.8 * font],
          tape: [strip + 0.17 * wide + side + flag + 2.1 * font, 4.4 * font, inner, high - 5.1 * font], output: [wide - strip, 1.5 * font, strip, high - 2.2 * font] };
    Object.assign(this, { svg, font, narrow, high, side, places });
    this.wires();
    this.controller();
    this.sequences();
    this.tape();
    this.scale = d3.scaleLinear([0, 1], [0, side]);
  }

  label(text, x, y, more = {}) {
    const made = put(this.svg, "text", { x, y, class: "small quiet", ...more });
    made.textContent = text;
    return made;
  }

  wires() {
    const { narrow, font, places, side } = this;
    const [ix, iy, iw, ih] = places.input;
    const [bx, by, bw, bh] = places.box;
    const [tx, ty, tw, th] = places.tape;
    const [ox, oy, , oh] = places.output;
    const ways = narrow
      ? [`M${ix + iw / 2},${iy + ih}V${by}`, `M${bx},${by + bh / 2}H${font}V${ty - 2 * font}`, `M${tx + tw + side},${ty}V${by + bh / 2}H${bx + bw}`, `M${bx + bw / 2},${by + bh}V${by + bh + font}H${0.25 * font}V${oy}`]
      : [`M${ix + iw},${by + bh / 2}H${bx}`, `M${bx + bw},${by + 0.3 * bh}H${tx - side - 6.2 * font}`, `M${tx + tw + side},${ty + th}V${this.high - 3}H${bx + bw / 2}V${by + bh}`, `M${bx + bw / 2},${by}V${2}H${ox - font}V${oy + 0.75 * oh}H${ox}`];
    ways.forEach((d) => put(this.svg, "path", { d, class: "wire" }));
  }

  controller() {
    const { data, font, places } = this;
    const [x, y, w, h] = places.box;
    put(this.svg, "rect", { x, y, width: w, height: h, rx: 8, class: "box" });
    this.label(data.words.controller, x + w / 2, y + h / 2 - 0.1 * font, { "text-anchor": "middle", class: "" });
    this.label(data.words.lstm, x + w / 2, y + h / 2 + 1.2 * font, { "text-anchor": "middle" });
  }

  // Input at the left, target above output at the right: the same steps in both, a window around this one.
  sequences() {
    const { data, font, places, svg } = this;
    const shown = Math.min(WINDOW, data.steps);
    const [ix, iy, iw, ih] = places.input;
    const [ox, oy, ow, oh] = places.output;
    const each = (oh - 1.6 * font) / 2;
    this.bands = [
      { key: "x", name: data.words.input, x: ix, y: iy, w: iw, h: ih, bits: data.x[0].length, kind: "bit" },
      { key: "y", name: data.words.target, x: ox, y: oy, w: ow, h: each, bits: data.p.find(Boolean)?.length ?? 1, kind: "bit" },
      { key: "p", name: data.words.output, x: ox, y: oy + each + 1.6 * font, w: ow, h: each, bits: data.p.find(Boolean)?.length ?? 1, kind: "said-bit" },
    ];
    for (const band of this.bands) {
      this.label(band.name, band.x, band.y - 0.4 * font);
      band.column = band.w / shown;
      band.place = this.d3.scaleLinear([0, shown], [band.x, band.x + band.w]);
      const group = put(svg, "g");
      put(group, "rect", { x: band.x, y: band.y, width: band.w, height: band.h, class: "ground" });
      band.cells = put(group, "g");
      band.then = put(group, "rect", { y: band.y, height: band.h, width: band.column, class: "then", stroke: "currentColor", visibility: "hidden" });
      band.now = put(group, "rect", { y: band.y - 1, height: band.h + 2, width: band.column, class: "now" });
      band.hits = put(group, "g");
    }
    const first = this.bands[0].hits;
    first.classList.add("along");
    for (const [name, value] of Object.entries({ tabindex: 0, role: "slider", "aria-label": data.words.along, "aria-valuemin": 1, "aria-valuemax": data.steps })) first.setAttribute(name, value);
    this.first = null;
  }

  window() {
    const { data, state } = this;
    const shown = Math.min(WINDOW, data.steps);
    return Math.max(0, Math.min(data.steps - shown, state.step - 1 - (shown >> 1)));
  }

  tape() {
    const { d3, data, font, places, side, svg } = this;
    const [x, y, w, h] = places.tape;
    const [rows, width] = [data.rows.length, data.memory.first[0].length];
    this.row = d3.scaleLinear([0, rows], [y, y + h]);
    this.number = d3.scaleLinear([0, width], [x, x + w]);
    const one = h / rows;
    this.vectors = ["erase", "add"].map((what, i) => {
      const top = y - (2.75 - 1.35 * i) * font;
      this.label(data.words[what], x - 0.4 * font, top + 0.85 * font, { "text-anchor": "end" });
      put(svg, "rect", { x, y: top, width: w, height: 1.05 * font, class: "ground" });
      return { what, group: put(svg, "g"), top };
    });
    put(svg, "rect", { x: x - side, y, width: w + 2 * side, height: h, class: "ground" });
    this.cells = put(svg, "g");
    this.weights = data.heads.map(() => put(svg, "g"));
    const every = Math.max(1, Math.ceil((1.15 * font) / one));
    data.rows.forEach((row, i) => {
      if (i % every === 0) this.label(String(row), x - side - 0.3 * font, y + (i + 0.5) * one + 0.33 * font, { "text-anchor": "end" });
    });
    this.lit = put(svg, "rect", { x: x - side, width: w + 2 * side, height: one, class: "line", visibility: "hidden" });
    this.marks = data.heads.map(({ kind, colour, name }) => {
      const mark = put(svg, "g", { class: `head ${kind}` });
      const [from, way] = kind === "write" ? [x - side - 2.1 * font, -1] : [x + w + side + 0.2 * font, 1];
      const [high, point, long] = [0.75 * font, 0.8 * font, 2.9 * font];
      put(mark, "path", { d: `M${from},0l${way * point},${-high}h${way * long}v${2 * high}h${-way * long}Z`, fill: colour });
      const words = put(mark, "text", { x: from + way * (point + long / 2), y: 0.34 * font, "text-anchor": "middle", class: "on" });
      words.textContent = data.words[`${kind}s`];
      put(mark, "title").textContent = name;
      return mark;
    });
    this.tells = this.label("", x, 1.15 * font, { class: "small" });
    this.then = data.heads.map(({ colour }) => put(svg, "rect", { x: x - side, width: w + 2 * side, height: Math.max(2, one), class: "then", stroke: colour, visibility: "hidden" }));
    const hits = put(svg, "g", {
      tabindex: 0, class: "along rows", role: "slider", "aria-orientation": "vertical", "aria-label": data.words.tape, "aria-valuemin": 0, "aria-valuemax": rows - 1, "aria-valuenow": 0,
    });
    data.rows.forEach((_, i) => {
      const hit = put(hits, "rect", { x: x - side, y: y + i * one, width: w + 2 * side, height: one, class: "hit" });
      hit.addEventListener("pointerenter", () => this.light(i));
      hit.addEventListener("pointerleave", () => this.light(null));
    });
    hits.addEventListener("blur", () => this.light(null));
    hits.addEventListener("keydown", (event) => {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      this.light(((this.at ?? (by > 0 ? -1 : 0)) + by + rows) % rows);
    });
    this.hits = hits;
    this.at = null;
  }

  // one row, everywhere: on the tape and in each stage of addressing
  light(i) {
    const { data, state } = this;
    this.at = i;
    const shares = i === null ? [] : data.heads.map(({ at }) => (pairs(at[state.step - 1]).find(([row]) => row === i) ?? [i, 0])[1]);
    this.lit.setAttribute("visibility", i === null ? "hidden" : "visible");
    if (i !== null) this.lit.setAttribute("y", this.row(i));
    for (const bar of this.root.querySelectorAll(".addressing [data-row]")) bar.classList.toggle("dim", i !== null && bar.dataset.row !== String(i));
    const text = i === null ? "" : fill(data.words.lit, { row: data.rows[i], write: percent(shares[0]), read: percent(shares[1]) });
    this.hits.setAttribute("aria-valuetext", text);
    this.hits.setAttribute("aria-valuenow", i ?? 0);
    this.tells.textContent = text;
  }

  // one step, everywhere: its columns, and the rows where its heads were
  glance(s) {
    const { bands, data, first, then } = this;
    for (const band of bands) {
      band.then.setAttribute("visibility", s === null || (band.key !== "x" && !data.asked[s]) ? "hidden" : "visible");
      if (s !== null) band.then.setAttribute("x", band.place(s - first));
    }
    then.forEach((box, i) => {
      const weights = s === null ? [] : pairs(data.heads[i].at[s]);
      const most = weights.reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0]);
      box.setAttribute("visibility", 1000 * most[1] > data.least ? "visible" : "hidden");
      box.setAttribute("y", this.row(most[0]));
    });
  }

  strips() {
    const { data, root } = this;
    const box = root.querySelector(".addressing");
    if (!data.stages) return box.replaceChildren();
    this.drawn = data.stages.map((stage) => {
      const part = tag("div", "");
      const svg = put(part, "svg", { viewBox: "0 0 200 60", preserveAspectRatio: "none", "aria-hidden": "true" });
      svg.style.height = `${4.4 * this.font}px`;
      put(svg, "rect", { width: 200, height: 60, class: "ground" });
      const value = tag("p", "", { className: "value" });
      part.prepend(tag("p", stage.name, { className: "name" }), value);
      part.append(tag("p", stage.why, { className: "why" }));
      return { stage, svg: put(svg, "g"), part, value };
    });
    box.replaceChildren(...this.drawn.map(({ part }) => part));
  }

  redraw() {
    const { d3, data, state } = this;
    const at = state.step - 1;
    const from = this.window();
    if (from !== this.first) this.columns(from);
    this.first = from;
    const answering = data.asked[at] === 1;
    for (const band of this.bands) {
      band.now.setAttribute("x", band.place(at - from));
      band.now.setAttribute("visibility", band.key === "x" || answering ? "visible" : "hidden");
      for (const column of band.cells.children) column.setAttribute("class", Number(column.dataset.s) > at && band.key !== "y" ? (band.key === "p" ? "later" : "dim") : "");
    }
    const slider = this.bands[0].hits;
    slider.setAttribute("aria-valuenow", state.step);
    slider.setAttribute("aria-valuetext", data.said[at]);
    this.paint(at);
    const [x, , w, h] = this.places.tape;
    data.heads.forEach((head, i) => {
      const weights = pairs(head.at[at]);
      const bars = weights.map(([row, share]) => ({ row, share }));
      d3.select(this.weights[i]).selectAll("rect").data(bars, (d) => d.row).join("rect")
        .attr("y", (d) => this.row(d.row) + 0.5).attr("height", Math.max(1, h / data.rows.length - 1))
        .attr("x", (d) => (head.kind === "write" ? x - this.scale(d.share) : x + w)).attr("width", (d) => this.scale(d.share)).attr("fill", head.colour);
      const most = weights.reduce((best, one) => (one[1] > best[1] ? one : best), [(data.rows.length - 1) / 2, 0]); // in the middle: it is nowhere
      const place = `translate(0,${this.row(most[0]) + h / data.rows.length / 2})`;
      const mark = d3.select(this.marks[i]).attr("opacity", 0.3 + 0.7 * most[1]);
      (calm() || !mark.attr("transform") ? mark.interrupt() : mark.transition().duration(200)).attr("transform", place);
    });
    this.addressing(at);
    if (this.at !== null) this.light(this.at);
  }

  columns(from) {
    const { data } = this;
    const shown = Math.min(WINDOW, data.steps);
    for (const band of this.bands) {
      const one = band.h / band.bits;
      const gap = band.column > 5 ? 1 : 0;
      band.cells.replaceChildren();
      band.hits.replaceChildren();
      for (let s = from; s < from + shown; s++) {
        const x = band.place(s - from);
        const group = put(band.cells, "g", { "data-s": s });
        (data[band.key][s] ?? []).forEach((value, bit) => {
          if (value) put(group, "rect", { x, y: band.y + bit * one, width: band.column - gap, height: one - 1, class: value < 0 ? "said-bit" : band.kind, opacity: Math.min(1, Math.abs(value) / 100) });
        });
        if (band.key === "p") for (const bit of data.wrong[s]) {
          const [cx, cy, r] = [x + (band.column - gap) / 2, band.y + (bit + 0.5) * one, Math.max(2, Math.min(one, band.column) / 2 - 1)];
          put(group, "path", { d: `M${cx - r},${cy - r}L${cx + r},${cy + r}M${cx - r},${cy + r}L${cx + r},${cy - r}`, class: "cross" });
        }
        const hit = put(band.hits, "rect", { x, y: band.y, width: band.column, height: band.h, class: "hit" });
        hit.addEventListener("click", () => this.go(s + 1));
        hit.addEventListener("pointerenter", () => this.glance(s));
        hit.addEventListener("pointerleave", () => this.glance(null));
      }
    }
  }

  // the memory after this step: blue below 0, orange above
  paint(at) {
    const { d3, data } = this;
    const rows = this.memory[at + 1];
    const flat = rows.flatMap((numbers, row) => numbers.map((value, i) => ({ row, i, value })));
    const one = this.row(1) - this.row(0), width = this.number(1) - this.number(0);
    const colour = (value) => (value < 0 ? "#3B8FD0" : "#D55E00");
    const paintCell = (cells) => cells.attr("fill", (d) => colour(d.value)).attr("fill-opacity", (d) => Math.min(1, Math.abs(d.value) / 60));
    paintCell(d3.select(this.cells).selectAll("rect").data(flat).join("rect")
      .attr("x", (d) => this.number(d.i)).attr("y", (d) => this.row(d.row)).attr("width", Math.max(0.5, width - 1)).attr("height", Math.max(0.5, one - (one > 4 ? 1 : 0))));
    const highest = Math.max(100, ...data.add.flat().map(Math.abs));
    for (const { what, group, top } of this.vectors) {
      const values = data[what][at].map((value) => (what === "erase" ? value / 100 : value / highest));
      d3.select(group).selectAll("rect").data(values).join("rect")
        .attr("x", (_, i) => this.number(i)).attr("y", top).attr("width", width - 1).attr("height", 1.05 * this.font)
        .attr("fill", (d) => (what === "erase" ? data.heads[0].colour : colour(d))).attr("fill-opacity", (d) => Math.abs(d));
    }
  }

  addressing(at) {
    const { d3, data, state } = this;
    if (!data.stages) return;
    const head = state.head === "read" ? 1 : 0;
    const one = 200 / data.rows.length;
    for (const { stage, svg, value } of this.drawn) {
      const weights = pairs(stage.at[head][at]);
      d3.select(svg).selectAll("rect").data(weights, (d) => d[0]).join("rect")
        .attr("data-row", (d) => d[0]).attr("x", (d) => d[0] * one).attr("width", Math.max(0.8, one - 0.8))
        .attr("y", (d) => 60 - 58 * d[1]).attr("height", (d) => 58 * d[1]).attr("fill", stage.colour ?? data.heads[head].colour);
      const most = weights.reduce((best, each) => (each[1] > best[1] ? each : best), [0, 0]);
      const number = stage.symbol ? fill(stage.symbol, { value: stage.values[head][at] }) + " · " : "";
      const where = 1000 * most[1] > data.least ? `${fill(data.words.row, { row: data.rows[most[0]] })}: ${percent(most[1])}` : data.words.spread;
      value.textContent = number + where;
    }
  }
}
