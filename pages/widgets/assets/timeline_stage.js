// The stage of the memory-augmented network: a timeline of pictures, the label of each one step later, links from the
// chosen step to those whose writing it reads, the rows of the memory, and the votes for each class.
const LEAST_COLUMN = 26; // pixels of a picture where a finger must hit it; the timeline scrolls there
const MOST_READ = 3; // steps that are shown as pictures
const PARTS = { answer: "answer", picture: "picture", label: "label", reads: "read", rows: "memory" }; // of each band
const AGREE = "#4FB894",
  AGAINST = "#DB8DB3"; // light enough for dark digits

export default (component) => staged(Timeline, component);

class Timeline extends Steps {
  make() {
    const { data, root } = this;
    const { words } = data;
    this.pause();
    this.wide = root.clientWidth;
    const parts = this.walker();
    if (!data.alone) {
      this.wipe = this.button(
        words.wipe,
        () => (this.pause(), this.change({ wipe: data.wipe ? 0 : this.state.step - 1 })),
        { className: "wipe" },
      );
      const again = this.button(
        words.new,
        () => (this.pause(), this.change({ pictures: 1 + Math.floor(999999 * Math.random()), wipe: 0 })),
        { className: "new" },
      );
      parts.push(this.wipe, again);
    }
    root.querySelector(".controls").replaceChildren(...parts);
    this.layout();
    this.panel();
  }

  layout() {
    const { d3, data, root, wide } = this;
    const svg = root.querySelector("svg");
    svg.replaceChildren();
    const font = parseFloat(getComputedStyle(root).fontSize);
    const gutter = 4.6 * font;
    const narrow = wide < 620;
    const column = narrow ? LEAST_COLUMN : (wide - gutter - 2) / data.steps;
    const across = gutter + column * data.steps + 2;
    const rows = data.rows.length;
    const side = Math.min(column - 1, 30);
    const reads = rows ? (narrow ? 2.2 : 2.8) * font : 0;
    const below = rows ? Math.max(4.4 * font, Math.min(rows, 8) * (narrow && rows > 8 ? 0.55 : 0.7) * font) : 0;
    const y = { answer: 0, picture: 1.35 * font };
    y.late = y.picture + side + 1;
    y.label = y.late + 0.9 * font;
    y.reads = y.label + 1.3 * font;
    y.rows = y.reads + reads;
    const high = y.rows + below + 1;
    svg.setAttribute("viewBox", `0 0 ${across} ${high}`);
    Object.assign(svg.style, { width: `${across}px`, height: `${high}px` });
    svg.setAttribute("aria-label", data.alt);
    const place = d3.scaleLinear([0, data.steps], [gutter, gutter + column * data.steps]);
    Object.assign(this, { svg, font, column, side, y, high, place, reads, below });
    const names = {
      answer: 0.95,
      picture: y.picture / font + side / font / 2 + 0.35,
      label: y.label / font + 0.95,
      reads: y.reads / font + 1.6,
      rows: (y.rows + below / 2) / font + 0.35,
    };
    this.band = put(svg, "rect", { y: 0, width: column, height: high, class: "ground" });
    this.rows();
    this.arcs = put(svg, "g");
    this.columns();
    if (data.wipe) {
      const x = place(data.wipe);
      put(svg, "path", { d: `M${x},0V${high}`, class: "wiping" });
      put(svg, "text", { x: x + 3, y: y.reads + 0.95 * font, class: "small" }).textContent = data.words.wiped;
    }
    this.frame = put(svg, "rect", { "data-part": "key", y: 1.4 * font, width: column, height: y.late - 1.4 * font, class: "now" });
    // the names of the rows stay where they are while a finger moves the timeline
    const [fixed, scroll] = [put(svg, "g", { class: "fixed" }), root.querySelector(".scroll")];
    if (narrow) put(fixed, "rect", { width: gutter - 4, height: high });
    for (const [band, at] of Object.entries(names))
      put(fixed, "text", { x: 0, y: at * font, class: "small quiet", "data-part": PARTS[band] }).textContent = data.words.bands[band];
    const follow = () => fixed.setAttribute("transform", `translate(${scroll.scrollLeft},0)`);
    scroll.onscroll = follow;
    follow();
    this.gutter = gutter;
  }

  columns() {
    const { data, font, column, side, svg, y, place } = this;
    const along = put(svg, "g", {
      class: "along",
      tabindex: 0,
      role: "slider",
      "aria-label": data.words.along,
      "aria-valuemin": 1,
      "aria-valuemax": data.steps,
    });
    this.along = along;
    this.columnsOf = [];
    const chip = Math.min(column - 1, 1.25 * font);
    for (let s = 0; s < data.steps; s++) {
      const x = place(s),
        middle = x + column / 2;
      const group = put(along, "g", { "data-about": s, "data-label": data.y[s] });
      const right = data.answer[s] === data.y[s];
      const answer = part(put(group, "g"), "answer");
      if (!right)
        put(answer, "rect", {
          x: middle - chip / 2,
          y: 0.05 * font,
          width: chip,
          height: 1.2 * font,
          rx: 2,
          class: "wrong",
        });
      put(answer, "text", {
        x: middle,
        y: 0.98 * font,
        "text-anchor": "middle",
        class: right ? "small" : "small on",
      }).textContent = data.letters[data.answer[s]];
      const [at, down] = [data.sheet.columns, data.sheet.rows];
      const cut = put(group, "svg", {
        "data-part": "picture",
        x: middle - side / 2,
        y: y.picture,
        width: side,
        height: side,
        viewBox: `${(s % at) * 28} ${Math.floor(s / at) * 28} 28 28`,
        preserveAspectRatio: "none",
      });
      put(cut, "image", { href: data.sheet.url, width: 28 * at, height: 28 * down });
      if (s + 1 < data.steps) {
        // its label comes with the next picture
        const next = part(put(group, "g"), "label");
        put(next, "path", {
          d: `M${middle},${y.late}L${place(s + 1) + column / 2},${y.label}`,
          stroke: data.colours[data.y[s]],
          class: "late",
        });
        put(next, "rect", {
          x: place(s + 1) + (column - chip) / 2,
          y: y.label,
          width: chip,
          height: 1.2 * font,
          rx: 3,
          fill: data.colours[data.y[s]],
        });
        put(next, "text", {
          x: place(s + 1) + column / 2,
          y: y.label + 0.92 * font,
          "text-anchor": "middle",
          class: "on",
        }).textContent = data.letters[data.y[s]];
      }
      this.columnsOf.push(group);
    }
    for (let s = 0; s < data.steps; s++) {
      const hit = put(along, "rect", {
        x: place(s),
        y: 0,
        width: column,
        height: this.high,
        class: "hit",
        "data-step": s + 1,
      });
      hit.addEventListener("click", () => (along.focus({ preventScroll: true }), this.go(s + 1)));
      hit.addEventListener("pointerenter", () => this.light({ about: s }));
      hit.addEventListener("pointerleave", () => this.light(null));
    }
  }

  // what each row holds: strong where it is written, pale while it is kept
  rows() {
    const { data, column, font, svg, y, below, place } = this;
    const count = data.rows.length;
    if (!count) return;
    const one = below / count;
    const group = part(put(svg, "g"), "memory");
    put(group, "rect", { x: place(0), y: y.rows, width: place(data.steps) - place(0), height: below, class: "ground" });
    for (let row = 0; row < count; row++) {
      for (let s = 0, until; s < data.steps; s = until) {
        const label = data.held[s][row];
        for (
          until = s + 1;
          until < data.steps && data.held[until][row] === label && !data.written[until].includes(row);
          until++
        );
        if (label < 0) continue;
        const fresh = data.written[s].includes(row);
        const [top, height, fill] = [y.rows + row * one, Math.max(0.8, one - (one > 4 ? 1 : 0.3)), data.colours[label]];
        const kept = put(group, "g", { "data-about": fresh ? s - 1 : -1, "data-label": label });
        put(kept, "rect", { x: place(s), y: top, width: column * (until - s), height, fill, opacity: 0.35 });
        if (fresh) part(put(kept, "rect", { x: place(s), y: top, width: column - 1, height, fill }), "write least content gate");
        if (fresh && one >= (font > 15 ? 1 : 0.68) * font)
          put(kept, "text", {
            x: place(s) + column / 2,
            y: top + one / 2 + 0.3 * font,
            "text-anchor": "middle",
            class: "tiny",
          }).textContent = data.letters[label];
      }
    }
    this.held = group;
  }

  panel() {
    const { data, font, root } = this;
    const { words } = data;
    const seen = tag("div", "", { className: "card" });
    this.picture = part(tag("span", "", { className: "seen" }), "key");
    this.caption = tag("p", "");
    seen.append(this.picture, this.caption);
    const reads = tag("div", "");
    this.cards = part(tag("div", "", { className: "cards" }), "read");
    reads.append(tag("p", words.reads, { className: "quiet" }), this.cards);
    const says = tag("div", "");
    this.bars = part(tag("div", "", { className: "bars" }), "answer");
    says.append(tag("p", words.says, { className: "quiet" }), this.bars);
    this.fills = data.letters.map((letter, k) => {
      const badge = tag("span", letter, { className: "badge" });
      badge.style.background = data.colours[k];
      const track = tag("div", "", { className: "track" });
      const bar = tag("div", "", { className: "fill" });
      bar.style.background = data.colours[k];
      track.append(bar);
      const value = tag("span", "");
      this.bars.append(badge, track, value);
      return { bar, value };
    });
    const table = tag("table", "");
    part(table, "answer").setAttribute("aria-label", words.votes);
    const head = tag("tr", "");
    head.append(tag("th", ""), ...data.letters.map((letter) => Object.assign(tag("th", letter), { scope: "col" })));
    const line = (name, k) => {
      const row = tag("tr", "");
      row.append(Object.assign(tag("th", name), { scope: "row" }), ...data.letters.map(() => tag("td", "")));
      row.addEventListener("pointerenter", () => this.light(k < data.letters.length ? { label: k } : null));
      row.addEventListener("pointerleave", () => this.light(null));
      return row;
    };
    const [thead, tbody, tfoot] = ["thead", "tbody", "tfoot"].map((name) => tag(name, ""));
    thead.append(head);
    tbody.append(...words.sources.map(line));
    tfoot.append(line(words.sum, data.letters.length));
    table.append(thead, tbody, tfoot);
    this.lines = [...tbody.children, ...tfoot.children];
    this.largest = Math.max(1, ...data.votes.flat(2).map(Math.abs));
    const votes = tag("div", "");
    votes.append(tag("p", words.votes, { className: "quiet" }), table);
    root.querySelector(".panel").replaceChildren(seen, reads, says, votes);
    this.size = Math.round((this.wide < 620 ? 4.4 : 5.4) * font);
  }

  // one picture with its label, or all of a label, everywhere
  light(what) {
    const lit = (node) => {
      if (what === null) return true;
      return what.about !== undefined
        ? Number(node.dataset.about) === what.about
        : Number(node.dataset.label) === what.label;
    };
    const { at } = this;
    for (const node of this.svg.querySelectorAll("[data-about]"))
      node.classList.toggle("dim", !lit(node) && Number(node.dataset.about) !== at);
    for (const [k, row] of this.lines.entries())
      row.classList.toggle("dim", what?.label !== undefined && k !== what.label);
  }

  redraw() {
    const { d3, data, font, place, column, state, y } = this;
    const { words } = data;
    const at = (this.at = state.step - 1);
    this.frame.setAttribute("x", place(at));
    this.band.setAttribute("x", place(at));
    this.along.setAttribute("aria-valuenow", state.step);
    this.along.setAttribute("aria-valuetext", data.said[at]);
    const ties = pairs(data.ties[at]);
    const from = place(at) + column / 2;
    d3.select(this.arcs)
      .selectAll("path")
      .data(ties, (d) => d[0])
      .join("path")
      .attr("d", ([s]) => {
        const x = place(s) + column / 2;
        if (s === at) return `M${from},${y.reads}v${0.6 * font}`; // what it has written itself, just before it read
        const deep = y.reads + Math.min(1.05, 0.5 + Math.abs(from - x) / (0.5 * this.wide)) * (this.reads - 0.2 * font);
        return `M${from},${y.reads}C${from},${deep} ${x},${deep} ${x},${y.reads}`;
      })
      .attr("class", "tie")
      .attr("data-part", "read strength")
      .attr("data-about", ([s]) => s - 1)
      .attr("data-label", ([s]) => (s ? data.y[s - 1] : -1))
      .attr("stroke", ([s]) => (s ? data.colours[data.y[s - 1]] : "currentColor"))
      .attr("stroke-width", ([, share]) => Math.max(0.8, 0.45 * column * share))
      .attr("opacity", ([, share]) => 0.35 + 0.6 * share);
    for (const group of this.columnsOf) group.classList.toggle("lit", Number(group.dataset.about) === at);
    this.show_picture(at, ties);
    data.p[at].forEach((p, k) => {
      this.fills[k].bar.style.width = `${p}%`;
      this.fills[k].value.textContent = `${p}%`;
      this.fills[k].value.className = k === data.answer[at] ? "right" : "";
    });
    [...data.votes[at], data.sums[at]].forEach((votes, i) =>
      votes.forEach((vote, k) => {
        const box = this.lines[i].cells[k + 1];
        box.textContent = (vote > 0 ? "+" : vote < 0 ? "−" : "") + Math.abs(vote).toFixed(1);
        const strength = Math.round(100 * Math.min(1, Math.abs(vote) / this.largest));
        box.style.background = `color-mix(in srgb, ${vote < 0 ? AGAINST : AGREE} ${strength}%, #E4E7EA)`;
      }),
    );
    if (this.wipe) {
      this.wipe.textContent = data.wipe ? words.unwipe : words.wipe;
      this.wipe.disabled = !data.wipe && at === 0;
    }
    const scroll = this.root.querySelector(".scroll");
    if (this.svg.clientWidth > scroll.clientWidth + 2)
      scroll.scrollTo({ left: place(at) - (scroll.clientWidth + this.gutter) / 2, behavior: calm() ? "auto" : "smooth" });
  }

  show_picture(at, ties) {
    const { data, size, cards } = this;
    const { words } = data;
    cell(this.picture, data.sheet, at, size);
    this.caption.textContent = fill(words.picture, { instance: data.instance[at], letter: data.letters[data.y[at]] });
    const most = [...ties].sort((a, b) => b[1] - a[1]).slice(0, MOST_READ);
    if (!most.length || data.ties[at].length === 0) return cards.replaceChildren(tag("p", words.nothing));
    cards.replaceChildren(
      ...most.map(([s, share]) => {
        const known = s > 0;
        const about = known ? s - 1 : s; // the picture whose label came with what was written
        const label = fill(known ? words.card : words.unlabelled, {
          at: s + 1,
          letter: known ? data.letters[data.y[about]] : "",
          share: percent(share),
        });
        const card = this.button("", () => this.go(about + 1), { className: "card", title: label });
        card.setAttribute("aria-label", label);
        const badge = tag("span", known ? data.letters[data.y[about]] : "–", { className: "badge" });
        badge.style.background = known ? data.colours[data.y[about]] : "#6B6B6B";
        const line = tag("span", "");
        line.append(badge, ` ${percent(share)}`);
        card.append(cell(tag("span", "", { className: "seen" }), data.sheet, about, Math.round(0.72 * size)), line);
        card.addEventListener("pointerenter", () => this.light({ about }));
        card.addEventListener("pointerleave", () => this.light(null));
        card.addEventListener("focus", () => this.light({ about }));
        card.addEventListener("blur", () => this.light(null));
        return card;
      }),
    );
  }
}
