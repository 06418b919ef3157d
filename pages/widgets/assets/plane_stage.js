// The stage of the plane of θ: θ and the tasks' stars can be moved, and the outer loop can be played. All that is drawn
// comes from Python but for what follows a finger at once: the place of what is held, and the waves. All text is set as
// text, never as markup; every word comes from Python.
const SEND_EVERY = 60; // ms between two messages while something is held
const PATIENCE = 400; // ms for which the next message waits for the answer to the last one
const FORGET = 3000; // ms after which an answer that has not come does not count any more
const PACE = { moving: 260, rest: 120 }; // ms of an outer step that is played, and between two
const NEAR = 0.006; // of the plane: an answer within this distance is one for this θ
const KEY_STEP = 0.05;

export default async function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".stage");
  root.fresh = { data, send: (asked) => setStateValue("asked", asked) };
  root.loading ??= import(new URL(data.script, document.baseURI).href).catch((error) => {
    root.loading = undefined; // the next message tries again
    throw error;
  });
  const d3 = await root.loading;
  root.stage ??= new Stage(d3, root);
  root.stage.take(root.fresh);
}

class Stage {
  constructor(d3, root) {
    Object.assign(this, { d3, root, sent: null, sentAt: 0, held: null, journey: null, playing: false, walking: false, handles: [] });
    this.picture = new Picture(d3, root);
    lightsParts(root);
    new ResizeObserver(() => this.data && this.redraw()).observe(root);
    window.addEventListener("resize", () => this.data && root.isConnected && this.redraw());
    for (const [name, lit] of [["pointerover", true], ["focusin", true], ["pointerout", false], ["focusout", false]])
      root.addEventListener(name, (event) => this.light(lit ? event.target.closest?.("[data-task]")?.dataset.task : undefined));
  }

  light(task) {
    if (task === undefined) delete this.root.dataset.lit;
    else this.root.dataset.lit = task;
  }

  // An answer to an older place must not move anything back under the finger.
  take({ data, send }) {
    this.send = send;
    this.data = data;
    this.root.classList.toggle("shows", Boolean(data.shows)); // it says less: where a star stands never changes
    const settled = data.n === this.sent;
    const expected = this.sent !== null && !settled && Date.now() - this.sentAt < FORGET;
    if (settled) this.waiting = false;
    if (this.held === null && !this.playing && !this.walking && !expected && !this.dirty) {
      const moved = this.state && JSON.stringify([data.theta, data.stars]) !== JSON.stringify([this.state.theta, this.state.stars]);
      const { theta, stars, steps, rate, surface, method } = data;
      if (moved || (this.state && method !== this.state.method)) this.journey = null;
      this.state = { theta: [...theta], stars: stars.map((star) => [...star]), steps, rate, surface, method };
    }
    this.controls();
    this.redraw();
    if (data.shows && !data.still && !this.shownOnce) this.show();
    this.root.dataset.answered = data.n;
    if (settled && !this.dirty && this.held === null) this.describe();
    if (this.dirty) this.flush();
  }

  // -- messages: the newest state, not more often than it is answered

  tell() {
    this.dirty = true;
    this.flush();
  }

  flush() {
    if (this.data.shows) return; // what it shows is fixed, and nobody is asked
    clearTimeout(this.later);
    const since = Date.now() - this.sentAt;
    const wait = Math.max(SEND_EVERY - since, this.waiting ? PATIENCE - since : 0);
    if (wait > 0) return void (this.later = setTimeout(() => this.flush(), wait));
    this.dirty = false;
    this.waiting = true;
    this.sentAt = Date.now();
    this.sent = Math.max(this.sentAt, (this.sent ?? 0) + 1);
    this.send({ n: this.sent, ...structuredClone(this.state), moving: this.held !== null || this.playing });
  }

  change(what, action) {
    Object.assign(this.state, what);
    this.action = action;
    if (!("surface" in what) && !("theta" in what && action === "walked")) this.end();
    this.controls();
    this.redraw();
    this.tell();
  }

  // -- what is on screen

  redraw() {
    const { data, picture, state, root } = this;
    if (!root.clientWidth) return;
    const resized = picture.layout(root.clientWidth, data.edges, data.words.axes);
    const losses = data.losses[state.surface];
    const shown = [data.losses.id, state.surface].join();
    if (resized || shown !== this.shown) {
      picture.contours(losses, data.losses.size, state.surface, [state.theta, ...state.stars]);
      this.shown = shown;
    }
    this.drawAnswer();
    this.drawHeld();
  }

  drawAnswer() {
    const { data, picture, state } = this;
    const { answer, tasks, methods } = data;
    const arrows = answer.arrows[state.method] ? state.method : null; // Reptile has none without inner steps
    picture.paths(answer.path.slice(0, state.steps + 1), tasks);
    const means = Object.entries(answer.arrows).sort(([name]) => (name === arrows ? 1 : -1)).map(([name, { mean }]) => ({
      from: answer.theta, by: mean, colour: methods[name].colour, kind: "mean", part: name === arrows ? `outer outer-${name}` : `outer-${name}`,
      ...(name === arrows ? { width: 5, dash: "none" } : { width: 2, dash: methods[name].dash }),
    }));
    const each = (answer.arrows[arrows]?.tasks ?? []).map((by, task) => ({ from: answer.theta, by, colour: tasks[task].colour, width: 1.6, dash: "none", task, kind: "proposal", part: "share" }));
    picture.arrows([...means.slice(0, -1), ...each, ...means.slice(-1)]);
    const walks = this.journey?.walks ?? answer.walks;
    picture.walks(Object.entries(walks).map(([name, { places }]) => ({ ...methods[name], places, chosen: name === state.method })));
  }

  // what follows the finger at once
  drawHeld() {
    const { data, picture, state } = this;
    const { answer, tasks } = data;
    if (!this.handles.length) this.makeHandles();
    const places = [...state.stars, state.theta];
    this.handles.forEach((node, i) => {
      const [a, b] = places[i];
      node.setAttribute("transform", `translate(${picture.at(places[i])})`);
      if (data.shows) return;
      const name = i < tasks.length ? data.words.star : data.words.theta;
      node.setAttribute("aria-label", fill(name, { task: tasks[i]?.name, a, b }));
    });
    const last = answer.path[Math.min(state.steps, answer.path.length - 1)];
    picture.waves([
      ...state.stars.map((phi, task) => ({ phi, colour: tasks[task].colour, dash: "7 5", width: 1.8, task, kind: "truth", part: "task" })),
      ...last.map((phi, task) => ({ phi, colour: tasks[task].colour, dash: "none", width: 2.2, task, kind: "adapted", part: "phi" })),
      { phi: state.theta, colour: data.look.colour, dash: "none", width: 4, kind: "initial", part: "theta" },
    ]);
  }

  makeHandles() {
    const { d3, data, picture } = this;
    const kinds = [...data.tasks.map((look, i) => ["star", i, look]), ["theta", undefined, data.look]];
    this.handles = kinds.map(([kind, task, look]) => picture.handle(kind, task, look));
    if (data.shows) return this.handles.forEach((node) => (node.removeAttribute("tabindex"), node.removeAttribute("role")));
    this.handles.forEach((node, i) => {
      const place = () => (i < data.tasks.length ? this.state.stars[i] : this.state.theta);
      const set = ([a, b]) => {
        if (i < data.tasks.length) this.state.stars[i] = this.inside(a, b);
        else this.state.theta = this.inside(a, b);
        this.action = i < data.tasks.length ? { star: i } : "theta";
        this.end();
        this.drawHeld();
        this.tell();
      };
      const { sx, sy } = { sx: (v) => picture.plane.sx(v), sy: (v) => picture.plane.sy(v) };
      // or the page scrolls under the finger; `touch-action` does not reach what is in an SVG
      node.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
      d3.select(node).call(
        d3.drag().container(() => picture.handles).subject(() => ({ x: sx(place()[0]), y: sy(place()[1]) }))
          .on("start", () => {
            node.focus({ preventScroll: true });
            this.held = i;
            this.pause();
          })
          .on("drag", ({ x, y }) => set([picture.plane.sx.invert(x), picture.plane.sy.invert(y)]))
          .on("end", () => {
            this.held = null;
            this.tell();
          }),
      );
      node.addEventListener("keydown", (event) => {
        event.stopPropagation(); // keys on a handle are not the page's shortcuts
        const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
        if (!by) return;
        event.preventDefault();
        const step = event.shiftKey ? 5 * KEY_STEP : KEY_STEP;
        set([place()[0] + step * by[0], place()[1] + step * by[1]]);
      });
    });
  }

  inside(a, b) {
    return [a, b].map((value, i) => Math.round(1000 * Math.min(Math.max(value, 0), this.data.edges[i])) / 1000);
  }

  // -- controls: made once, then brought up to date

  controls() {
    const { data, root, state } = this;
    const { words } = data;
    const spoken = JSON.stringify([words, data.tasks, data.methods]);
    if (spoken !== this.spoken) this.make();
    this.spoken = spoken;
    for (const button of root.querySelectorAll(".switch button")) button.setAttribute("aria-pressed", state[button.dataset.what] === button.value);
    for (const [name, { input, output }] of Object.entries(this.sliders)) {
      input.value = state[name];
      output.textContent = name === "rate" ? state.rate.toFixed(2) : state[name];
      input.setAttribute("aria-valuetext", output.textContent);
    }
    this.play.textContent = this.playing ? words.pause : words.play;
    for (const entry of root.querySelectorAll("[data-method]")) entry.classList.toggle("chosen", entry.dataset.method === state.method);
    root.querySelector("h4").textContent = data.title;
    root.querySelector(".plane").setAttribute("aria-label", data.alt);
  }

  make() {
    const { data, root } = this;
    const { words } = data;
    const button = (text, press, more = {}) => Object.assign(element("button", text), { onclick: press, type: "button" }, more);
    const choices = (what, names) => {
      const group = element("div", "", { className: "switch" });
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", words[what]);
      group.append(...Object.entries(names).map(([value, text]) => {
        const made = button(text, () => this.change({ [what]: value }, what), { value });
        made.dataset.what = what;
        return made;
      }));
      return group;
    };
    const slider = (name, max, step) => {
      const input = element("input", "", { type: "range", min: 0, max, step });
      const output = element("output", "");
      input.addEventListener("keydown", (event) => event.stopPropagation());
      input.oninput = () => this.change({ [name]: Number(input.value) }, name);
      const label = element("label", words[name]);
      label.append(input, output);
      return { label, input, output };
    };
    this.sliders = { steps: slider("steps", data.most, 1), rate: slider("rate", data.fastest, 0.01) };
    this.play = button(words.play, () => (this.playing ? this.pause() : this.begin()), { className: "play" });
    const step = button(words.step, () => (this.pause(), this.walk()), { className: "forward" });
    const reset = button(words.reset, () => this.change(structuredClone(data.home), "theta"), { className: "reset" });
    const methods = Object.fromEntries(Object.entries(data.methods).filter(([name]) => name !== "joint").map(([name, { name: text }]) => [name, text]));
    const { steps: count, rate } = this.sliders;
    const tools = data.shows ? [] : [choices("surface", words.surfaces), choices("method", methods), count.label, rate.label];
    root.querySelector(".controls").replaceChildren(...tools);
    root.querySelector(".run").replaceChildren(this.play, ...(data.shows ? [] : [step, reset]));
    root.querySelector(".legend").replaceChildren(
      ...data.tasks.map((look, task) => {
        const entry = button("", () => this.light(task), { className: "entry" });
        entry.append(key(look), element("span", look.name));
        entry.dataset.task = task;
        return entry;
      }),
      ...Object.entries(data.methods).map(([name, look]) => {
        const entry = element("span", "", { className: "entry" });
        entry.append(key({ ...look, symbol: null, width: 3 }), element("span", look.name));
        entry.dataset.method = name;
        return entry;
      }),
    );
    root.querySelector(".functions").setAttribute("aria-label", words.functions);
  }

  // -- the outer loop: θ goes along the walk that was computed from where it stood

  begin() {
    this.playing = true;
    this.controls();
    this.walk();
  }

  // what a guess has waited for: the walk, from its beginning
  show() {
    this.shownOnce = true;
    this.begin();
  }

  pause() {
    clearTimeout(this.next);
    if (!this.playing) return;
    this.playing = false;
    this.controls();
    this.tell(); // it is at rest
  }

  end() {
    this.journey = null;
    this.walking = false;
    if (this.playing) {
      clearTimeout(this.next);
      this.playing = false;
    }
  }

  walk() {
    const { data, state } = this;
    const method = data.answer.walks[state.method] ? state.method : "maml";
    if (!this.journey || this.journey.at + 1 >= this.journey.walks[method].places.length) {
      const { theta, walks } = data.answer;
      if (data.shows) state.theta = [...theta];
      const fits = Math.hypot(theta[0] - state.theta[0], theta[1] - state.theta[1]) < NEAR && data.answer.whole && walks[method].places.length > 1;
      if (!fits) return void (this.playing ? (this.next = setTimeout(() => this.walk(), PACE.rest)) : null);
      this.journey = { walks, method, at: 0 };
    }
    const walk = this.journey.walks[method];
    const to = walk.places[this.journey.at + 1];
    const out = to.some((value, i) => !(value >= 0 && value <= data.edges[i]));
    if (out) {
      this.pause();
      this.say(fill(data.words.left, { method: data.methods[method].name }));
      return void (this.action = "left");
    }
    const from = state.theta;
    this.journey.at += 1;
    this.action = "walked";
    this.walking = true; // an answer to the step before must not end the walk
    const arrive = () => {
      this.walking = false;
      state.theta = this.inside(...to);
      this.drawHeld();
      this.tell();
      if (this.journey) this.say(this.walked());
      if (this.journey && this.journey.at + 1 >= walk.places.length) this.pause();
      else if (this.playing) this.next = setTimeout(() => this.walk(), PACE.rest);
    };
    if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return arrive();
    const { root } = this;
    this.d3.select(root).transition("walk").duration(PACE.moving).tween("theta", () => (share) => {
      if (!this.journey) return;
      state.theta = from.map((value, i) => value + share * (to[i] - value));
      this.drawHeld();
    }).on("end", () => this.journey && root.isConnected && arrive());
  }

  // -- one sentence that says what has changed

  walked() {
    const { at, method, walks } = this.journey;
    const { places, before, after } = walks[method];
    const values = { i: at, n: places.length - 1, method: this.data.methods[method].name, before: before[at], after: after[at] };
    return fill(this.data.words.walked, values);
  }

  describe() {
    const { data, state } = this;
    const [a, b] = state.theta;
    const values = { a, b, before: data.answer.before, after: data.answer.after };
    if (this.action === "left") return;
    if (this.action === "walked" && this.journey) return this.playing || this.say(this.walked());
    const star = this.action?.star;
    if (star === undefined) return this.say(fill(data.words.now, values));
    const [x, y] = state.stars[star];
    this.say(fill(data.words.starred, { ...values, task: data.tasks[star].name, a: x, b: y }));
  }

  say(text) {
    this.root.querySelector(".said").textContent = text;
  }
}

function element(name, text, more = {}) {
  const made = Object.assign(document.createElement(name), more);
  if (text) made.textContent = text;
  return made;
}
// numbers that are no whole ones get two digits
function fill(text, values) {
  const shown = (value) => (typeof value === "number" && !Number.isInteger(value) ? value.toFixed(2) : String(value ?? ""));
  return text.replace(/\{(\w+)\}/g, (_, name) => shown(values[name]));
}
function key({ colour, dash, symbol, width = 2.2 }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ width: 34, height: 14, "aria-hidden": "true" })) svg.setAttribute(name, value);
  stroke(put(svg, "line", { x1: 0, x2: 34, y1: 7, y2: 7 }), { colour, width, dash });
  const shapes = { circle: { cx: 17, cy: 7, r: 4.5 }, square: { x: 13, y: 3, width: 8, height: 8 }, diamond: { d: "M17,1L23,7L17,13L11,7Z" } };
  const names = { circle: "circle", square: "rect", diamond: "path" };
  if (symbol) put(svg, names[symbol], { ...shapes[symbol], fill: colour });
  return svg;
}
