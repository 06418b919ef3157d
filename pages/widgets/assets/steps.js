// What the stages of the memory methods share: a sequence that is gone through step by step. A browser has all steps,
// so that it draws each at once; Python hears where the learner has come to rest. Every word comes from Python.
const SEND_AFTER = 180; // ms of rest before Python hears of it
const FORGET = 3000; // ms after which an answer that has not come does not count any more
const PACE = 700; // ms of a step that is played

function put(parent, name, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return parent.appendChild(node);
}
function tag(name, text, more = {}) {
  const made = Object.assign(document.createElement(name), more);
  if (text) made.textContent = text;
  return made;
}
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}
function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// Sparse weights: [row, thousandths, row, thousandths, ...]
function pairs(flat) {
  const found = [];
  for (let i = 0; i < flat.length; i += 2) found.push([flat[i], flat[i + 1] / 1000]);
  return found;
}

// The row with the most weight, and its weight; `nowhere` is where a head is drawn whose weights are all nearly 0.
function largest(weights) {
  return weights.reduce((best, each) => (each[1] > best[1] ? each : best), [0, 0]);
}

// A stage adds make(), which makes its picture, and redraw(), which brings it to a step.
class Steps {
  constructor(d3, root) {
    Object.assign(this, { d3, root, sent: null, sentAt: 0, playing: false, state: {} });
    lightsParts(root);
    new ResizeObserver(() => {
      // taken out of the page it has no width, and no size of letters to draw by
      if (!this.data || !root.clientWidth || Math.abs(root.clientWidth - (this.wide ?? 0)) < 2) return;
      this.remake();
      this.show();
    }).observe(root);
    root.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -5, PageDown: 5, Home: -Infinity, End: Infinity }[event.key];
      if (!event.target.closest(".along") || by === undefined) return;
      event.preventDefault();
      event.stopPropagation(); // keys on the sequence are not the page's shortcuts
      this.go(this.state.step + by);
    });
  }

  take({ data, send }) {
    this.send = send;
    const shape = JSON.stringify({ ...data, n: 0, state: 0 });
    const expected = this.sent !== null && data.n !== this.sent && Date.now() - this.sentAt < FORGET;
    this.data = data;
    if (!expected && !this.later && !this.playing) this.state = { ...data.state };
    this.state.step = Math.min(this.state.step, data.steps);
    if (shape !== this.shape || this.wide !== this.root.clientWidth) this.remake();
    this.shape = shape;
    this.show();
    this.root.dataset.answered = data.n;
  }

  // made anew, with the focus where it was
  remake() {
    const places = () => [...this.root.querySelectorAll("button, input, [tabindex]")];
    const at = places().indexOf(this.root.getRootNode().activeElement);
    this.make();
    if (at >= 0) places()[at]?.focus({ preventScroll: true });
  }

  // -- where the learner is

  go(step) {
    this.pause();
    this.change({ step: Math.max(1, Math.min(step, this.data.steps)) });
  }

  change(what) {
    Object.assign(this.state, what);
    this.show();
    this.tell();
  }

  tell() {
    if (this.data.alone) return; // a picture that Python need not hear of
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      this.later = undefined;
      this.sentAt = Date.now();
      this.sent = Math.max(this.sentAt, (this.sent ?? 0) + 1);
      this.send({ n: this.sent, ...this.state });
    }, SEND_AFTER);
  }

  play() {
    if (this.playing) return this.pause();
    this.playing = true;
    if (this.state.step >= this.data.steps) this.state.step = 1;
    this.show();
    this.next = setTimeout(() => this.tick(), PACE);
  }

  tick() {
    if (!this.playing || !this.root.isConnected) return;
    if (this.state.step >= this.data.steps) return this.pause();
    this.state.step += 1;
    this.show();
    this.next = setTimeout(() => this.tick(), PACE);
  }

  pause() {
    clearTimeout(this.next);
    if (!this.playing) return;
    this.playing = false;
    this.show();
    this.tell();
  }

  // -- controls

  button(text, press, more = {}) {
    return Object.assign(tag("button", text), { onclick: press, type: "button" }, more);
  }

  choices(what, names, label) {
    const group = tag("div", "", { className: "switch" });
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label);
    for (const [value, text] of Object.entries(names)) {
      const made = this.button(text, () => (this.pause(), this.change({ [what]: value })), { value });
      made.dataset.what = what;
      group.append(made);
    }
    return group;
  }

  walker() {
    const { words, steps } = this.data;
    this.playButton = this.button(words.play, () => this.play(), { className: "play" });
    const back = this.button("◀", () => this.go(this.state.step - 1), { className: "back", title: words.back });
    const on = this.button("▶|", () => this.go(this.state.step + 1), { className: "forward", title: words.forward });
    back.setAttribute("aria-label", words.back);
    on.setAttribute("aria-label", words.forward);
    back.textContent = "|◀";
    this.slider = tag("input", "", { type: "range", min: 1, max: steps, step: 1 });
    this.slider.setAttribute("aria-label", words.step);
    this.slider.addEventListener("keydown", (event) => event.stopPropagation());
    this.slider.oninput = () => this.go(Number(this.slider.value));
    this.count = tag("output", "");
    return [this.playButton, back, this.slider, on, this.count];
  }

  show() {
    const { data, root, state } = this;
    const { words } = data;
    for (const one of root.querySelectorAll(".switch button"))
      one.setAttribute("aria-pressed", state[one.dataset.what] === one.value);
    this.slider.value = state.step;
    this.slider.setAttribute("aria-valuetext", fill(words.count, { at: state.step, count: data.steps }));
    this.count.textContent = fill(words.count, { at: state.step, count: data.steps });
    this.playButton.textContent = this.playing ? words.pause : words.play;
    this.redraw();
    const said = root.querySelector(".said");
    said.setAttribute("aria-live", this.playing ? "off" : "polite"); // what is played would be cut off by the next step
    said.textContent = data.said[state.step - 1];
  }
}

async function staged(kind, { parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".stage");
  root.fresh = { data, send: (asked) => setStateValue("asked", asked) };
  root.loading ??= import(new URL(data.script, document.baseURI).href).catch((error) => {
    root.loading = undefined; // the next message tries again
    throw error;
  });
  const d3 = await root.loading;
  root.stage ??= new kind(d3, root);
  root.stage.take(root.fresh);
}
