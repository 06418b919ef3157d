// What stays while the machine of the Neural Turing Machine runs: boxes, wires, the places of steps and rows.
const WINDOW = 24; // columns of a sequence that are seen at once

class MachinePicture extends Steps {
  layout() {
    const { d3, data, root, wide } = this;
    const svg = root.querySelector("svg");
    svg.replaceChildren();
    const font = parseFloat(getComputedStyle(root).fontSize);
    const narrow = wide < 620;
    const lower = narrow && data.stages ? font : 0; // what stands below takes room, too
    const beside = Boolean(data.beside); // a formula: the picture has half of the width, and is as low as it can be
    const high = Math.round(
      beside ? 26 * font : narrow ? 27.2 * font - lower : Math.max(18.6 * font, Math.min(0.5 * window.innerHeight - 160, 30 * font)),
    );
    svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    svg.style.height = `${high}px`;
    svg.setAttribute("aria-label", data.alt);
    const side = 2.4 * font; // of the weights beside the tape
    // boxes: x, y, width, height
    const flag = 4 * font;
    const inner = narrow || beside ? wide - 2 * (side + flag) - 2.6 * font : 0.47 * wide - 2 * (side + flag) - 3.4 * font;
    const strip = 0.18 * wide;
    const places = beside
      ? {
          input: [0.6 * font, 1.5 * font, 0.3 * wide, 6.4 * font],
          box: [0.34 * wide + 0.6 * font, 2.6 * font, 0.27 * wide, 3.6 * font],
          tape: [side + flag + 2.1 * font, 12.6 * font, inner, 13 * font],
          output: [0.66 * wide, 1.5 * font, 0.34 * wide - 0.6 * font, 6.4 * font],
        }
      : narrow
      ? {
          input: [0.6 * font, 1.5 * font, 0.56 * wide, 5 * font],
          box: [0.62 * wide + 0.8 * font, 2.4 * font, 0.36 * wide - 2 * font, 3.2 * font],
          tape: [side + flag + 2.1 * font, 10.6 * font, inner, 10 * font - lower],
          output: [0.6 * font, 22.2 * font - lower, wide - 1.8 * font, 4.8 * font],
        }
      : {
          input: [0, 1.5 * font, strip, high - 2.2 * font],
          box: [strip + 0.035 * wide, high / 2 - 2.4 * font, 0.12 * wide, 4.8 * font],
          tape: [strip + 0.17 * wide + side + flag + 2.1 * font, 4.4 * font, inner, high - 5.1 * font],
          output: [wide - strip, 1.5 * font, strip, high - 2.2 * font],
        };
    Object.assign(this, { svg, font, narrow: narrow && !beside, beside, high, side, places });
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
    const { beside, narrow, font, places, side } = this;
    const [ix, , iw] = places.input;
    const [bx, by, bw, bh] = places.box;
    const [tx, ty, tw, th] = places.tape;
    const [ox, oy, ow, oh] = places.output;
    const ways = beside || narrow
      ? [
          `M${ix + iw},${by + bh / 2}H${bx}`,
          `M${bx + 0.25 * bw},${by + bh}V${ty - 3.6 * font}H${font}V${ty}`,
          `M${tx + tw + side},${ty}V${ty - 3.6 * font}H${bx + 0.75 * bw}V${by + bh}`,
          `M${bx + bw},${by + bh / 2}` + (beside ? `H${ox}` : `H${ox + ow + 0.95 * font}V${oy + oh / 2}H${ox + ow}`),
        ]
      : [
          `M${ix + iw},${by + bh / 2}H${bx}`,
          `M${bx + bw},${by + 0.3 * bh}H${tx - side - 6.2 * font}`,
          `M${tx + tw + side},${ty + th}V${this.high - 3}H${bx + bw / 2}V${by + bh}`,
          `M${bx + bw / 2},${by}V${2}H${ox - font}V${oy + 0.75 * oh}H${ox}`,
        ];
    ways.forEach((d, i) => part(put(this.svg, "path", { d, class: "wire" }), ["input", "control", "read", "output"][i]));
  }

  controller() {
    const { data, font, places } = this;
    const [x, y, w, h] = places.box;
    const middle = { "text-anchor": "middle", "data-part": "control" };
    part(put(this.svg, "rect", { x, y, width: w, height: h, rx: 8, class: "box" }), "control");
    this.label(data.words.controller, x + w / 2, y + h / 2 - 0.1 * font, { ...middle, class: "" });
    this.label(data.words.lstm, x + w / 2, y + h / 2 + 1.2 * font, middle);
  }

  // Input at the left, target above output at the right: the same steps in both, a window around this one. On a phone
  // target and output are beside each other, below the tape.
  sequences() {
    const { data, font, narrow, places, svg } = this;
    const shown = Math.min(WINDOW, data.steps);
    const [ix, iy, iw, ih] = places.input;
    const [ox, oy, ow, oh] = places.output;
    const across = narrow ? (ow - font) / 2 : ow;
    const each = narrow ? oh : (oh - 1.6 * font) / 2;
    this.bands = [
      { key: "x", name: data.words.input, x: ix, y: iy, w: iw, h: ih, bits: data.x[0].length, kind: "bit" },
      {
        key: "y",
        name: data.words.target,
        x: ox,
        y: oy,
        w: across,
        h: each,
        bits: data.p.find(Boolean)?.length ?? 1,
        kind: "bit",
      },
      {
        key: "p",
        name: data.words.output,
        x: narrow ? ox + across + font : ox,
        y: narrow ? oy : oy + each + 1.6 * font,
        w: across,
        h: each,
        bits: data.p.find(Boolean)?.length ?? 1,
        kind: "said-bit",
      },
    ];
    for (const band of this.bands) {
      this.label(band.name, band.x, band.y - 0.4 * font);
      band.column = band.w / shown;
      band.place = this.d3.scaleLinear([0, shown], [band.x, band.x + band.w]);
      const group = part(put(svg, "g"), band.key === "x" ? "input" : "output");
      put(group, "rect", { x: band.x, y: band.y, width: band.w, height: band.h, class: "ground" });
      band.cells = put(group, "g");
      band.then = put(group, "rect", {
        y: band.y,
        height: band.h,
        width: band.column,
        class: "then",
        stroke: "currentColor",
        visibility: "hidden",
      });
      band.now = put(group, "rect", { y: band.y - 1, height: band.h + 2, width: band.column, class: "now" });
      band.hits = put(group, "g");
    }
    const first = this.bands[0].hits;
    first.classList.add("along");
    for (const [name, value] of Object.entries({
      tabindex: 0,
      role: "slider",
      "aria-label": data.words.along,
      "aria-valuemin": 1,
      "aria-valuemax": data.steps,
    }))
      first.setAttribute(name, value);
    this.first = null;
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
      this.label(data.words[what], x - 0.4 * font, top + 0.85 * font, { "text-anchor": "end", "data-part": what });
      const group = part(put(svg, "g"), what);
      put(group, "rect", { x, y: top, width: w, height: 1.05 * font, class: "ground room" });
      return { what, group: put(group, "g"), top };
    });
    put(svg, "rect", { x: x - side, y, width: w + 2 * side, height: h, class: "ground" });
    const memory = part(put(svg, "g"), "memory");
    put(memory, "rect", { x, y, width: w, height: h, class: "room" });
    this.cells = put(memory, "g");
    this.weights = data.heads.map(({ kind }) => part(put(svg, "g"), `weights weights-${kind}`));
    const every = Math.max(1, Math.ceil((1.15 * font) / one));
    data.rows.forEach((row, i) => {
      if (i % every === 0)
        this.label(String(row), x - side - 0.3 * font, y + (i + 0.5) * one + 0.33 * font, { "text-anchor": "end" });
    });
    this.lit = put(svg, "rect", { x: x - side, width: w + 2 * side, height: one, class: "line", visibility: "hidden" });
    this.marks = data.heads.map(({ kind, colour, name }) => {
      const mark = part(put(svg, "g", { class: `head ${kind}` }), kind === "read" ? "read weights-read" : "weights-write");
      const [from, way] = kind === "write" ? [x - side - 2.1 * font, -1] : [x + w + side + 0.2 * font, 1];
      const [high, point, long] = [0.75 * font, 0.8 * font, 2.9 * font];
      put(mark, "path", {
        d: `M${from},0l${way * point},${-high}h${way * long}v${2 * high}h${-way * long}Z`,
        fill: colour,
      });
      const words = put(mark, "text", {
        x: from + way * (point + long / 2),
        y: 0.34 * font,
        "text-anchor": "middle",
        class: "on",
      });
      words.textContent = data.words[`${kind}s`];
      put(mark, "title").textContent = name;
      return mark;
    });
    this.tells = this.label("", x, 1.15 * font, { class: "small" });
    this.then = data.heads.map(({ colour }) =>
      put(svg, "rect", {
        x: x - side,
        width: w + 2 * side,
        height: Math.max(2, one),
        class: "then",
        stroke: colour,
        visibility: "hidden",
      }),
    );
    const hits = put(svg, "g", {
      tabindex: 0,
      class: "along rows",
      role: "slider",
      "aria-orientation": "vertical",
      "aria-label": data.words.tape,
      "aria-valuemin": 0,
      "aria-valuemax": rows - 1,
      "aria-valuenow": 0,
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
}
