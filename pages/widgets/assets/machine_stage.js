// The stage of the Neural Turing Machine: bits come in at the left, the controller moves two heads over the rows of the
// tape, bits go out at the right. It draws what Python has handed over, and computes nothing but places on screen.

export default (component) => staged(Machine, component);

// of each stage of addressing and of the number in it, as the formulas beside it know them
const PARTS = [["before"], ["content", "beta"], ["gated", "g"], ["shifted", "s"], ["sharpened", "gamma"]];

class Machine extends MachinePicture {
  // made when the data or the width is another one; `redraw` brings it to a step
  make() {
    const { data, root } = this;
    const { words } = data;
    root.classList.toggle("beside", Boolean(data.beside));
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

  window() {
    const { data, state } = this;
    const shown = Math.min(WINDOW, data.steps);
    return Math.max(0, Math.min(data.steps - shown, state.step - 1 - (shown >> 1)));
  }

  // one row, everywhere: on the tape and in each stage of addressing
  light(i) {
    const { data, state } = this;
    this.at = i;
    const shares =
      i === null ? [] : data.heads.map(({ at }) => (pairs(at[state.step - 1]).find(([row]) => row === i) ?? [i, 0])[1]);
    this.lit.setAttribute("visibility", i === null ? "hidden" : "visible");
    if (i !== null) this.lit.setAttribute("y", this.row(i));
    for (const bar of this.root.querySelectorAll(".addressing [data-row]"))
      bar.classList.toggle("dim", i !== null && bar.dataset.row !== String(i));
    const text =
      i === null
        ? ""
        : fill(data.words.lit, { row: data.rows[i], write: percent(shares[0]), read: percent(shares[1]) });
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
      const most = largest(weights);
      box.setAttribute("visibility", 1000 * most[1] > data.least ? "visible" : "hidden");
      box.setAttribute("y", this.row(most[0]));
    });
  }

  strips() {
    const { data, root } = this;
    const box = root.querySelector(".addressing");
    if (!data.stages) return box.replaceChildren();
    this.drawn = data.stages.map((stage, i) => {
      const [name, number] = PARTS[i];
      const box = part(tag("div", ""), name);
      const svg = put(box, "svg", { viewBox: "0 0 200 60", preserveAspectRatio: "none", "aria-hidden": "true" });
      svg.style.height = `${(data.beside ? 2.4 : this.narrow ? 2.7 : 3.8) * this.font}px`;
      put(svg, "rect", { width: 200, height: 60, class: "ground" });
      const value = tag("p", "", { className: "value" });
      if (number) part(value, number);
      box.prepend(tag("p", stage.name, { className: "name" }), value);
      box.append(tag("p", stage.why, { className: "why" }));
      return { stage, svg: put(svg, "g"), box, value };
    });
    box.replaceChildren(...this.drawn.map(({ box }) => box));
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
      for (const column of band.cells.children)
        column.setAttribute(
          "class",
          Number(column.dataset.s) > at && band.key !== "y" ? (band.key === "p" ? "later" : "dim") : "",
        );
    }
    const slider = this.bands[0].hits;
    slider.setAttribute("aria-valuenow", state.step);
    slider.setAttribute("aria-valuetext", data.said[at]);
    this.paint(at);
    const [x, , w, h] = this.places.tape;
    data.heads.forEach((head, i) => {
      const weights = pairs(head.at[at]);
      const bars = weights.map(([row, share]) => ({ row, share }));
      d3.select(this.weights[i])
        .selectAll("rect")
        .data(bars, (d) => d.row)
        .join("rect")
        .attr("y", (d) => this.row(d.row) + 0.5)
        .attr("height", Math.max(1, h / data.rows.length - 1))
        .attr("x", (d) => (head.kind === "write" ? x - this.scale(d.share) : x + w))
        .attr("width", (d) => this.scale(d.share))
        .attr("fill", head.colour);
      const most = largest(weights);
      const place = `translate(0,${this.row(head.top[at]) + h / data.rows.length / 2})`;
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
          if (value)
            put(group, "rect", {
              x,
              y: band.y + bit * one,
              width: band.column - gap,
              height: one - 1,
              class: value < 0 ? "said-bit" : band.kind,
              opacity: Math.min(1, Math.abs(value) / 100),
            });
        });
        if (band.key === "p")
          for (const bit of data.wrong[s]) {
            const [cx, cy, r] = [
              x + (band.column - gap) / 2,
              band.y + (bit + 0.5) * one,
              Math.max(2, Math.min(one, band.column) / 2 - 1),
            ];
            put(group, "path", {
              d: `M${cx - r},${cy - r}L${cx + r},${cy + r}M${cx - r},${cy + r}L${cx + r},${cy - r}`,
              class: "cross",
            });
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
    const one = this.row(1) - this.row(0),
      width = this.number(1) - this.number(0);
    const colour = (value) => (value < 0 ? "#3B8FD0" : "#D55E00");
    const paintCell = (cells) =>
      cells.attr("fill", (d) => colour(d.value)).attr("fill-opacity", (d) => Math.min(1, Math.abs(d.value) / 60));
    paintCell(
      d3
        .select(this.cells)
        .selectAll("rect")
        .data(flat)
        .join("rect")
        .attr("x", (d) => this.number(d.i))
        .attr("y", (d) => this.row(d.row))
        .attr("width", Math.max(0.5, width - 1))
        .attr("height", Math.max(0.5, one - (one > 4 ? 1 : 0))),
    );
    const highest = Math.max(100, ...data.add.flat().map(Math.abs));
    for (const { what, group, top } of this.vectors) {
      const values = data[what][at].map((value) => (what === "erase" ? value / 100 : value / highest));
      d3.select(group)
        .selectAll("rect")
        .data(values)
        .join("rect")
        .attr("x", (_, i) => this.number(i))
        .attr("y", top)
        .attr("width", width - 1)
        .attr("height", 1.05 * this.font)
        .attr("fill", (d) => (what === "erase" ? data.heads[0].colour : colour(d)))
        .attr("fill-opacity", (d) => Math.abs(d));
    }
  }

  addressing(at) {
    const { d3, data, state } = this;
    if (!data.stages) return;
    const head = state.head === "read" ? 1 : 0;
    const one = 200 / data.rows.length;
    for (const { stage, svg, value } of this.drawn) {
      const weights = pairs(stage.at[head][at]);
      d3.select(svg)
        .selectAll("rect")
        .data(weights, (d) => d[0])
        .join("rect")
        .attr("data-row", (d) => d[0])
        .attr("x", (d) => d[0] * one)
        .attr("width", Math.max(0.8, one - 0.8))
        .attr("y", (d) => 60 - 58 * d[1])
        .attr("height", (d) => 58 * d[1])
        .attr("fill", stage.colour ?? data.heads[head].colour);
      const most = largest(weights);
      const number = stage.symbol ? fill(stage.symbol, { value: stage.values[head][at] }) + " · " : "";
      const where =
        1000 * most[1] > data.least
          ? `${fill(data.words.row, { row: data.rows[most[0]] })}: ${percent(most[1])}`
          : data.words.spread;
      value.textContent = number + where;
    }
  }
}
