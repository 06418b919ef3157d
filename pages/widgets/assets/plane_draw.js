// What the stage of the plane of θ looks like, drawn with D3 (`d3`, loaded by plane_stage.js). Nothing here is a word.
const NICE_LEVELS = [0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30];
const SAMPLES = 121; // of a drawn function
const REACH = [5, 5.6]; // of x and of y beside the plane
const APART = 46; // pixels between two level labels at least
const SYMBOLS = { circle: "symbolCircle", square: "symbolSquare", diamond: "symbolDiamond" };

function put(parent, name, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return parent.appendChild(node);
}

// The two pictures: the plane, with equal axes, and the functions, beside it or below it.
class Picture {
  constructor(d3, root) {
    this.d3 = d3;
    const [plane, functions] = root.querySelectorAll("svg");
    this.svg = plane;
    this.plane = this.frame(plane, ["fill", "levels", "walks", "paths"]);
    this.functions = this.frame(functions, ["curves"]);
    this.handles = put(plane, "g");
    this.over = put(plane, "svg", { class: "clip over" }); // an arrow can be shorter than the mark of θ is wide
    for (const layer of [this.plane.fill, this.plane.levels]) part(layer, "loss").dataset.ground = "";
    this.plane.arrows = put(this.over, "g", { class: "arrows" });
  }

  // axes around a part that cuts off what runs out of it
  frame(svg, layers) {
    const frame = { svg, x: put(svg, "g", { class: "axis" }), y: put(svg, "g", { class: "axis" }) };
    frame.names = [put(svg, "text", { class: "name", "text-anchor": "middle" }), put(svg, "text", { class: "name", "text-anchor": "middle" })];
    frame.clip = put(svg, "svg", { class: "clip" });
    put(frame.clip, "rect", { class: "ground", width: "100%", height: "100%" });
    for (const layer of layers) frame[layer] = put(frame.clip, "g", { class: layer });
    return frame;
  }

  // Returns whether the sizes have changed.
  layout(width, edges, names) {
    const font = parseFloat(getComputedStyle(this.svg).fontSize);
    const shown = [width, font, window.innerHeight, ...names].join();
    if (shown === this.shown) return false;
    this.shown = shown;
    const small = width < 420;
    const margin = { left: 3.4 * font, right: 0.9 * font, top: 0.7 * font, bottom: (small ? 3 : 3.3) * font };
    const [across, down] = [margin.left + margin.right, margin.top + margin.bottom];
    const wide = width >= 680;
    const highest = Math.max(300, Math.min(0.4 * window.innerHeight, 620));
    const most = wide ? highest - down : small ? Infinity : Math.max(0.3 * window.innerHeight, 200);
    let inner = Math.min((wide ? 0.64 : 1) * width - across, (most * edges[0]) / edges[1]);
    inner = Math.max(inner, 200);
    const height = (inner * edges[1]) / edges[0];
    this.size(this.plane, inner, height, margin, edges.map((edge) => [0, edge]), names.slice(0, 2));
    this.functions.svg.closest(".side").style.flexBasis = wide ? "" : "100%"; // below the plane
    const beside = wide ? width - inner - across - font : width;
    // the buttons stand above the functions, and what has changed in words below them
    const room = Math.max(height - 8.4 * font, 6 * font);
    this.size(this.functions, beside - across, wide ? room : (small ? 5.8 : 9) * font, margin, REACH.map((reach) => [-reach, reach]), names.slice(2));
    return true;
  }

  size(frame, width, height, margin, [x, y], names) {
    const { d3 } = this;
    Object.assign(frame, { width, height, margin });
    frame.sx = d3.scaleLinear(x, [0, width]);
    frame.sy = d3.scaleLinear(y, [height, 0]);
    frame.svg.setAttribute("width", width + margin.left + margin.right);
    frame.svg.setAttribute("height", height + margin.top + margin.bottom);
    for (const clip of frame === this.plane ? [frame.clip, this.over] : [frame.clip])
      for (const [key, value] of Object.entries({ x: margin.left, y: margin.top, width, height })) clip.setAttribute(key, value);
    const ticks = (pixels) => Math.max(3, Math.round(pixels / 70));
    d3.select(frame.x)
      .attr("transform", `translate(${margin.left},${margin.top + height})`)
      .call(d3.axisBottom(frame.sx).ticks(ticks(width)));
    d3.select(frame.y).attr("transform", `translate(${margin.left},${margin.top})`).call(d3.axisLeft(frame.sy).ticks(ticks(height)));
    for (const axis of [frame.x, frame.y]) for (const name of ["font-size", "font-family"]) axis.removeAttribute(name); // the style's
    const [below, beside] = frame.names;
    below.textContent = names[0];
    below.setAttribute("transform", `translate(${margin.left + width / 2},${margin.top + height + 0.88 * margin.bottom})`);
    beside.textContent = names[1];
    beside.setAttribute("transform", `translate(${0.27 * margin.left},${margin.top + height / 2}) rotate(-90)`);
    if (frame === this.plane) this.handles.setAttribute("transform", `translate(${margin.left},${margin.top})`);
  }

  at([a, b]) {
    return [this.plane.sx(a), this.plane.sy(b)];
  }

  // losses [amplitudes][phases] of the surface, flat, phase by phase
  contours(losses, [columns, rows], kind, avoid) {
    const { d3, plane } = this;
    const [low, high] = d3.extent(losses);
    let levels = NICE_LEVELS.filter((level) => level > low && level < high);
    if (levels.length < 5) levels = d3.ticks(low, high, 8).filter((level) => level > low && level < high);
    const place = ([x, y]) => [((x - 0.5) / (columns - 1)) * plane.width, (1 - (y - 0.5) / (rows - 1)) * plane.height];
    const shapes = d3.contours().size([columns, rows]).thresholds(levels)(losses);
    const rings = shapes.map((shape) => shape.coordinates.flatMap((polygon) => polygon.map((ring) => ring.map(place))));
    plane.fill.setAttribute("class", `fill ${kind}`);
    const path = (each) => each.map((ring) => `M${ring.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}Z`).join("");
    d3.select(plane.fill).selectAll("path").data(rings).join("path").attr("d", path);
    this.label(levels, rings, avoid);
  }

  // one label a level, where it is far from those before it, from what moves, and from the edge
  label(levels, rings, avoid) {
    const { d3, plane } = this;
    const taken = avoid.map((place) => this.at(place));
    const labels = [];
    const room = (x, y) => {
      let least = 4 * APART;
      for (const [tx, ty] of taken) least = Math.min(least, Math.hypot(tx - x, ty - y));
      return least;
    };
    levels.forEach((level, i) => {
      let best = APART;
      let where = null;
      for (const ring of rings[i])
        for (let j = 0; j < ring.length; j += 4) {
          const [x, y] = ring[j];
          if (x < 24 || x > plane.width - 24 || y < 18 || y > plane.height - 18) continue;
          const free = room(x, y);
          if (free > best) [best, where] = [free, ring[j]];
        }
      if (!where) return;
      taken.push(where);
      labels.push([level, where]);
    });
    d3.select(plane.levels).selectAll("text").data(labels).join("text")
      .attr("x", ([, [x]]) => x).attr("y", ([, [, y]]) => y).attr("dy", "0.35em").attr("text-anchor", "middle")
      .text(([level]) => String(Math.round(level * 1000) / 1000));
  }

  // lines: [{ from, by, colour, width, dash, task }], to scale
  arrows(lines) {
    const { d3, plane } = this;
    const drawn = lines.filter(({ by }) => by.every(Number.isFinite) && Math.hypot(...by) > 1e-4).map((line) => {
      const [x, y] = this.at(line.from);
      const [tx, ty] = this.at([line.from[0] + line.by[0], line.from[1] + line.by[1]]);
      const length = Math.hypot(tx - x, ty - y);
      const head = Math.min(5 + 2.4 * line.width, 0.7 * length);
      const [ux, uy] = [(tx - x) / length, (ty - y) / length];
      const back = [tx - ux * head, ty - uy * head];
      const half = 0.42 * head;
      const corners = [[tx, ty], [back[0] - uy * half, back[1] + ux * half], [back[0] + uy * half, back[1] - ux * half]];
      return { ...line, shaft: `M${x},${y}L${back}`, head: `M${corners.join("L")}Z` };
    });
    const groups = d3.select(plane.arrows).selectAll("g").data(drawn).join((enter) => {
      const group = enter.append("g");
      group.append("path").attr("class", "shaft");
      group.append("path").attr("class", "head");
      return group;
    });
    groups.each(function (line) {
      mark(this, line.task);
      part(this, line.part).setAttribute("class", line.kind);
      const [shaft, head] = this.children;
      shaft.setAttribute("d", line.shaft);
      head.setAttribute("d", line.head);
      stroke(shaft, line);
      head.setAttribute("fill", line.colour);
    });
  }

  // path [steps + 1][tasks], up to the step that is chosen
  paths(path, looks) {
    const { d3, plane } = this;
    const line = d3.line();
    const finite = (places) => places.filter((place) => place.every(Number.isFinite)).map((place) => this.at(place));
    const each = looks.map((look, task) => ({ ...look, width: 2.2, task, places: finite(path.map((step) => step[task])) }));
    d3.select(plane.paths).selectAll("g").data(each).join("g").each(function (one) {
      mark(this, one.task);
      const group = d3.select(this);
      group.selectAll("path.line").data([one]).join("path").attr("class", "line").attr("d", line(one.places)).each(function () {
        stroke(part(this, "path"), one);
      });
      group.selectAll("path.step").data(one.places.slice(1)).join("path").attr("class", "step").attr("fill", one.colour)
        .attr("data-part", (_, i, all) => (i === all.length - 1 ? "phi" : "path"))
        .attr("d", d3.symbol(d3[SYMBOLS[one.symbol]], 46)).attr("transform", (place) => `translate(${place})`);
    });
  }

  // walks: [{ places, colour, dash, chosen, symbol }]
  walks(walks) {
    const { d3, plane } = this;
    const line = d3.line();
    const at = (place) => this.at(place);
    d3.select(plane.walks).selectAll("g").data(walks).join("g").each(function (walk) {
      const places = walk.places.map(at);
      part(this, walk.chosen ? "walk" : "other-walk").setAttribute("class", walk.chosen ? "walk chosen" : "walk");
      const group = d3.select(this);
      group.selectAll("path.line").data([walk]).join("path").attr("class", "line").attr("d", line(places)).each(function () {
        stroke(this, { ...walk, width: walk.chosen ? 2.4 : 1.8 });
      });
      group.selectAll("circle").data(walk.chosen ? places : places.slice(-1)).join("circle").attr("fill", walk.colour)
        .attr("r", (_, i, all) => (i === all.length - 1 ? 4.5 : 2)).attr("cx", ([x]) => x).attr("cy", ([, y]) => y);
    });
  }

  // curves: [{ phi: [amplitude, phase], colour, dash, width, task, kind }]
  waves(curves) {
    const { d3, functions } = this;
    const grid = d3.ticks(-REACH[0], REACH[0], SAMPLES);
    const line = d3.line((x) => functions.sx(x));
    d3.select(functions.curves).selectAll("path").data(curves.filter(({ phi }) => phi.every(Number.isFinite))).join("path").each(function (curve) {
      const [a, b] = curve.phi;
      line.y((x) => functions.sy(Math.max(-99, Math.min(99, a * Math.sin(x - b)))));
      this.setAttribute("d", line(grid));
      this.setAttribute("class", curve.kind);
      mark(this, curve.task);
      stroke(part(this, curve.part), curve);
    });
  }

  // a handle stays the same node as long as it is there: it may be held
  handle(kind, task, look) {
    const { d3 } = this;
    const group = put(this.handles, "g", { class: `handle ${kind}`, tabindex: 0, role: "button" });
    mark(group, task);
    part(group, kind === "theta" ? "theta" : "task");
    put(group, "circle", { class: "reach", r: 22 });
    if (kind === "theta") put(group, "circle", { class: "shape", r: 9, fill: look.colour });
    else put(group, "path", { class: "shape", fill: look.colour, d: d3.symbol(d3.symbolStar, 300)() });
    const name = put(group, "text", { x: 14, y: kind === "theta" ? 20 : -8 });
    name.textContent = look.sign;
    return group;
  }
}

function mark(node, task) {
  if (task === undefined) node.removeAttribute("data-task");
  else node.setAttribute("data-task", task);
}
function stroke(node, { colour, width, dash }) {
  for (const [key, value] of Object.entries({ stroke: colour, "stroke-width": width, "stroke-dasharray": dash })) node.setAttribute(key, value);
}
