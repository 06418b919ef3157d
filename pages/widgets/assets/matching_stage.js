// The Matching stage: query and support in the map of the embedding, links as wide as the attention, the sum of each
// class, and the temperature. Attention is the softmax of the event's similarities; every word comes from Python.
const WIDEST = 1.2; // of a link, in lines of text
const CROWD = 12; // support drawings from which only those with most attention are shown as pictures
const LETTERED = 30; // queries up to which each mark has its letter
const MOST_PICTURES = 6;
const COLOURS = 5;
const BESIDE = { high: 490, low: 580 }; // pixels of a chapter above and below the map
const PLAYED = 350; // ms between two temperatures that are played

export default function (component) {
  return begin(LinkStage, component);
}

class LinkStage {
  constructor(d3, root) {
    Object.assign(this, { d3, root, post: new Post(), tiles: [], bars: [], lit: {} });
    this.svg = root.querySelector("svg");
    for (const layer of ["links", "faces", "dots"]) this[layer] = put(this.svg, "g", { class: layer });
    this.slider = root.querySelector("input");
    this.slider.oninput = () => this.warm(Number(this.slider.value));
    this.slider.addEventListener("keydown", (event) => event.stopPropagation()); // keys here are not the page's shortcuts
    for (const [name, on] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]])
      root.addEventListener(name, (event) => this.light(on ? (event.target.closest?.("[data-class]")?.dataset ?? {}) : {}));
    lightsParts(root);
    part(root.querySelector(".heat"), "temperature");
    part(root.querySelector(".sums"), "answer");
    watchRoom(root, () => this.data && this.redraw());
  }

  take({ data, send }) {
    this.send = send;
    this.data = data;
    for (const look of ["beside", "low"]) this.root.classList.toggle(look, Boolean(data[look]));
    if (!this.state || !this.post.expects(data.n)) this.state = { query: data.query, stop: data.stop };
    this.state.query = Math.min(this.state.query, data.queries.length - 1);
    const made = JSON.stringify([data.sheet, data.classes, data.queries.length, data.support.length, data.words, data.temperatures]);
    if (made !== this.made) this.make();
    if (made !== this.made && data.from !== undefined) this.play(data.from);
    this.made = made;
    this.redraw();
    this.root.dataset.answered = data.n;
  }

  tell(more = {}) {
    if (!this.data.still) this.post.tell(this.send, { ...this.state, ...more });
  }

  choose(query) {
    this.state.query = query;
    this.redraw();
    this.tell();
  }

  warm(stop) {
    clearTimeout(this.later);
    this.state.stop = stop;
    this.redraw();
    this.tell();
  }

  // from one temperature to the chosen one, stop by stop
  play(from) {
    const to = this.state.stop;
    if (still()) return;
    this.state.stop = from;
    const step = () => {
      if (!this.root.isConnected || this.state.stop >= to) return;
      this.state.stop += 1;
      this.redraw();
      this.later = setTimeout(step, PLAYED);
    };
    this.later = setTimeout(step, 3 * PLAYED);
  }

  // the attention of a query to each support drawing, and the sum of each class
  answer(query) {
    const { means, scores, support, temperatures, way } = this.data;
    const shares = softmax(scores[query], temperatures[this.state.stop]);
    const shots = support.length / way;
    return { attention: means ? support.map((_, i) => shares[i % way] / shots) : shares, sums: classSums(shares, way) };
  }

  // -- made once for an episode: queries, classes, words

  make() {
    const { data, root } = this;
    const { classes, way, words } = data;
    const font = parseFloat(getComputedStyle(root).fontSize);
    const many = data.queries.length > 15;
    const tray = root.querySelector(".tray");
    const size = Math.round((many ? 1.75 : 2.3) * font);
    tray.classList.toggle("many", many);
    tray.style.setProperty("--columns", way > 6 ? Math.ceil(data.queries.length / (way > 10 ? 6 : 8)) : way);
    // class by class, those of a class in a column where there is room for that
    this.order = data.queries.map((_, i) => i);
    if (way > 6) this.order.sort((a, b) => (a % way) - (b % way) || a - b);
    this.tiles = this.order.map((i) => {
      const tile = element("button", "tile");
      tile.append(data.sheet ? cell(element("span", "cell"), data.sheet, data.support.length + i, size) : badge(classes[i % way]), element("span", "answer"));
      Object.assign(tile.dataset, { class: i % way, query: i });
      return tile;
    });
    tray.setAttribute("aria-label", words.queries);
    root.querySelector(".queries .title").textContent = words.queries;
    tray.replaceChildren(...this.tiles);
    roving(tray, this.tiles, (at) => this.choose(this.order[at]));
    const list = root.querySelector(".sums");
    this.bars = classes.map((look, k) => {
      const bar = element("div", "sum");
      Object.assign(bar.dataset, { class: k });
      bar.setAttribute("role", "listitem");
      const track = element("span", "track");
      track.append(element("span", "fill"));
      track.firstChild.style.background = look.colour;
      bar.append(part(badge(look), "label"), track, element("span", "value"));
      bar.tabIndex = k ? -1 : 0;
      bar.onkeydown = (event) => {
        const by = { ArrowUp: -1, ArrowDown: 1, ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!by) return;
        event.preventDefault();
        event.stopPropagation();
        const to = this.bars[(k + by + way) % way];
        for (const other of this.bars) other.tabIndex = other === to ? 0 : -1;
        to.focus();
      };
      return bar;
    });
    list.classList.toggle("many", way > 10);
    list.setAttribute("aria-label", words.sums);
    root.querySelector(".panel .title").textContent = words.sums;
    list.replaceChildren(...this.bars);
    root.querySelector(".heat span").textContent = words.temperature;
    this.slider.max = data.temperatures.length - 1;
    root.querySelector(".map-said").textContent = words.map;
    const again = root.querySelector(".again");
    again.hidden = Boolean(data.still);
    again.textContent = words.again;
    again.onclick = () => this.tell({ again: true });
  }

  // -- what changes with the query and the temperature

  redraw() {
    const { data, root, state, svg } = this;
    const width = root.querySelector(".picture").clientWidth;
    if (!width) return;
    const font = parseFloat(getComputedStyle(root).fontSize);
    const wide = root.clientWidth > 700;
    const least = data.queries.length > 15 ? (wide ? 26 : 20) : wide ? (data.low ? 16.5 : 22.8) : 14.5;
    const room = Math.max(least * font, wide ? window.innerHeight - BESIDE[data.low ? "low" : "high"] : 0);
    const height = Math.min(Math.max(0.68 * width, (wide ? 20 : 14.5) * font), room);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    svg.setAttribute("aria-label", data.alt);
    this.room = { width, height, font };
    const { attention, sums } = this.answer(state.query);
    this.drawMap(attention);
    this.drawSums(sums);
    this.light(this.lit);
  }

  // equal axes: the same number of pixels for a unit of both directions
  scales() {
    const { d3, data, room } = this;
    const { width, height, font } = room;
    const margin = 2.2 * font;
    const all = [...data.support, ...data.queries];
    const [x, y] = [0, 1].map((at) => d3.extent(all, (place) => place[at]));
    const unit = Math.min((width - 2 * margin) / Math.max(x[1] - x[0], 1e-6), (height - 2 * margin) / Math.max(y[1] - y[0], 1e-6));
    const [cx, cy] = [(x[0] + x[1]) / 2, (y[0] + y[1]) / 2];
    return [
      d3.scaleLinear([cx - 1, cx + 1], [width / 2 - unit, width / 2 + unit]),
      d3.scaleLinear([cy - 1, cy + 1], [height / 2 + unit, height / 2 - unit]),
    ];
  }

  drawMap(attention) {
    const { data, dots, faces, links, room, state } = this;
    const { classes, way } = data;
    const { font } = room;
    const [sx, sy] = this.scales();
    const place = ([a, b]) => [sx(a), sy(b)];
    for (const layer of [links, dots, faces]) layer.replaceChildren();
    const [qx, qy] = place(data.queries[state.query]);
    const ranked = attention.map((_, i) => i).sort((i, j) => attention[j] - attention[i]);
    const pictured = new Set(data.support.length > CROWD ? ranked.slice(0, MOST_PICTURES) : ranked);
    for (const i of ranked) {
      const [x, y] = place(data.support[i]);
      const link = put(links, "line", { x1: qx, y1: qy, x2: x, y2: y, "stroke-width": Math.max(0.6, WIDEST * font * attention[i]).toFixed(2) });
      part(link, "attention likeness").style.stroke = classes[i % way].colour;
      Object.assign(link.dataset, { class: i % way, support: i });
    }
    const lettered = way > COLOURS; // colours repeat, so letters say which class a mark is of
    data.queries.forEach((query, i) => {
      const named = lettered && (data.queries.length <= LETTERED || i % way === state.query % way); // more letters would lie on each other
      const [x, y] = place(query);
      const dot = put(dots, "g", { transform: `translate(${x},${y})`, class: i === state.query ? "query chosen" : "query" });
      part(dot, i === state.query ? "query embedding" : "embedding");
      put(dot, "circle", { r: 12, class: "reach" });
      const ring = put(dot, "circle", { r: (i === state.query ? 0.5 : named ? 0.55 : 0.36) * font, class: "mark" });
      ring.style.stroke = classes[i % way].colour;
      if (named) put(dot, "text", { y: 0.28 * font, "text-anchor": "middle", class: "tiny" }, classes[i % way].letter);
      Object.assign(dot.dataset, { class: i % way, query: i });
      dot.onclick = () => this.choose(i);
    });
    const size = Math.round((data.support.length > 10 ? 2.1 : 2.7) * font);
    const points = [...data.support, ...data.queries].map(place);
    const lines = ranked.filter((i) => attention[i] > 0.01).map((i) => [[qx, qy], place(data.support[i])]);
    const taken = [];
    ranked.forEach((i) => {
      const [x, y] = place(data.support[i]);
      const look = classes[i % way];
      const dot = put(dots, "g", { transform: `translate(${x},${y})`, class: "support" });
      part(dot, "support embedding");
      const half = (lettered ? 0.56 : 0.42) * font;
      put(dot, "rect", { x: -half, y: -half, width: 2 * half, height: 2 * half, rx: 2 }).style.fill = look.colour;
      if (lettered) put(dot, "text", { y: 0.3 * font, "text-anchor": "middle", class: "tiny" }, look.letter);
      Object.assign(dot.dataset, { class: i % way, support: i });
      if (!pictured.has(i)) return;
      const face = this.face(i, [x, y], this.corner([x, y], size, points, lines, taken), size, look, `${look.letter} ${percent(attention[i])}`);
      Object.assign(part(face, "support").dataset, { class: i % way, support: i });
      part(face.lastChild, "label");
    });
    const own = state.query % way;
    const asked = this.face(data.support.length + state.query, [qx, qy], this.corner([qx, qy], size, points, lines, taken), size, classes[own], "");
    asked.classList.add("asked");
    Object.assign(part(asked, "query").dataset, { class: own, query: state.query });
  }

  // where a picture of a point stands: beside it, outwards where it can, and on as little of the others as it can
  corner([x, y], size, points, lines, taken) {
    const { font, height, width } = this.room;
    const tall = size + 1.25 * font;
    const covers = (left, top, [a, b]) => a > left - 4 && a < left + size + 4 && b > top - 4 && b < top + tall + 2;
    let best;
    for (let turn = 0; turn < 48; turn += 1) {
      const [dx, dy] = [Math.cos((turn * Math.PI) / 8), Math.sin((turn * Math.PI) / 8)];
      const round = Math.floor(turn / 16); // further away where there is no room beside the point
      const side = 0.5 * Math.min(size / Math.max(Math.abs(dx), 1e-6), tall / Math.max(Math.abs(dy), 1e-6));
      const reach = 0.62 * font + side * (1 + 1.6 * round);
      const [left, top] = [x + dx * reach - size / 2, y + dy * reach - tall / 2];
      let cost = 2.5 * round - 0.6 * ((dx * (x - width / 2)) / width + (dy * (y - height / 2)) / height);
      if (left < 2 || top < 2 || left + size > width - 2 || top + tall > height) cost += 100;
      for (const other of taken) if (Math.abs(other[0] - left) < size + 4 && Math.abs(other[1] - top) < tall) cost += 20;
      cost += points.filter((point) => covers(left, top, point)).length;
      for (const [[ax, ay], [bx, by]] of lines)
        if ([0.1, 0.3, 0.5, 0.7, 0.9].some((part) => covers(left, top, [ax + part * (bx - ax), ay + part * (by - ay)]))) cost += 0.7;
      if (!best || cost < best.cost) best = { cost, left, top };
    }
    const inside = (value, most) => Math.min(Math.max(value, 2), Math.max(most, 2));
    const corner = [inside(best.left, width - size - 2), inside(best.top, height - tall)];
    taken.push(corner);
    return corner;
  }

  // a picture beside its point, and under it what it gets
  face(at, [x, y], [left, top], size, look, text) {
    const { data, faces, room } = this;
    const group = put(faces, "g", { class: "face" });
    put(group, "line", { x1: x, y1: y, x2: left + size / 2, y2: top + size / 2, class: "stalk" });
    const frame = drawing(group, data.sheet, at, look.letter, left, top, size);
    frame.firstChild.style.stroke = look.colour;
    put(group, "text", { x: left + size / 2, y: top + size + 1.02 * room.font, "text-anchor": "middle", class: "over strong" }, text);
    return group;
  }

  drawSums(sums) {
    const { data, root, state } = this;
    const { classes, temperatures, way, words } = data;
    const best = sums.indexOf(Math.max(...sums));
    const temperature = temperatures[state.stop];
    this.bars.forEach((bar, k) => {
      bar.querySelector(".fill").style.width = `${(100 * sums[k]).toFixed(1)}%`;
      const share = 100 * sums[k] >= 9.95 || sums[k] === 0 ? percent(sums[k]) : `${(100 * sums[k]).toFixed(1)}%`;
      const mark = best === state.query % way ? " ✓" : " ✗"; // at the network's answer, as on the Siamese stage
      bar.querySelector(".value").textContent = share + (k === best ? mark : "");
      bar.classList.toggle("best", k === best);
      bar.setAttribute("aria-label", fill(words.class, { letter: classes[k].letter, name: classes[k].name, share: percent(sums[k]) }));
    });
    check(this.tiles, this.order.indexOf(state.query));
    this.tiles.forEach((tile, at) => {
      const i = this.order[at];
      const answers = i === state.query ? sums : this.answer(i).sums;
      const given = answers.indexOf(Math.max(...answers));
      const [letter, answer] = [classes[i % way].letter, classes[given].letter];
      tile.querySelector(".answer").textContent = given === i % way ? letter : `${letter}→${answer}`;
      tile.classList.toggle("wrong", given !== i % way);
      tile.setAttribute("aria-label", fill(words.query, { i: at + 1, letter, answer }));
    });
    keepInSight(this.tiles[this.order.indexOf(state.query)]);
    this.slider.value = state.stop;
    this.slider.setAttribute("aria-valuetext", String(temperature));
    root.querySelector(".heat output").textContent = String(temperature);
    const order = sums.map((_, k) => k).sort((a, b) => sums[b] - sums[a]).slice(0, 5);
    const list = order.map((k) => `${classes[k].letter} ${percent(sums[k])}`).reduce((a, b) => fill(words.comma, { a, b }));
    const text = fill(words.now, { temperature: String(temperature), letter: classes[state.query % way].letter, shares: list });
    const said = root.querySelector(".said");
    if (said.textContent !== text) said.textContent = text;
  }

  // a class, a support drawing or a query, wherever it is drawn
  light(lit) {
    this.lit = { ...lit };
    const { class: k, support, query } = this.lit;
    this.root.classList.toggle("some", k !== undefined);
    for (const node of this.root.querySelectorAll("[data-class]")) {
      const own = node.dataset;
      const same = support !== undefined && own.support !== undefined ? own.support === support : query !== undefined && own.query !== undefined ? own.query === query : own.class === k;
      node.classList.toggle("lit", k !== undefined && same && !(query !== undefined && own.support === undefined && own.query === undefined && own.class !== k));
    }
  }
}

// where a finger moves the tray
function keepInSight(tile) {
  const [own, room] = [tile.getBoundingClientRect(), tile.parentNode.getBoundingClientRect()];
  const off = own.left - room.left - (room.width - own.width) / 2;
  if (own.left < room.left || own.right > room.right) tile.parentNode.scrollLeft += off;
}

function badge(look) {
  const made = Object.assign(element("span", "letter"), { textContent: look.letter });
  made.style.background = look.colour;
  if (look.name) made.title = look.name;
  return made;
}
