// A pad for each drawing: mouse, touch and pen. Strokes are lists of points in a unit box; what is drawn goes to
// Python when the pen is lifted. Python hands strokes in only with a new `version`: on opening, clearing and loading.
const LARGE = 208; // pixels of a canvas; the style shows it half as large
const NEAR = 0.006; // of the box: points closer than this are left out

function paint(canvas, strokes) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, LARGE, LARGE);
  context.lineWidth = 7;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = "#111";
  for (const stroke of strokes) {
    context.beginPath();
    stroke.forEach(([x, y], i) => (i ? context.lineTo(x * LARGE, y * LARGE) : context.moveTo(x * LARGE, y * LARGE)));
    if (stroke.length === 1) context.lineTo(stroke[0][0] * LARGE + 0.1, stroke[0][1] * LARGE);
    context.stroke();
  }
}

function pad(key, label, state, words, send) {
  const box = document.createElement("div");
  box.className = "pad";
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = LARGE;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  const tools = document.createElement("div");
  tools.className = "tools";
  const buttons = ["undo", "clear"].map((what) => {
    const button = document.createElement("button");
    button.textContent = words[what];
    button.setAttribute("aria-label", `${words[what]}: ${label}`);
    button.onclick = () => change(what === "undo" ? strokes().slice(0, -1) : []);
    tools.append(button);
    return button;
  });
  const strokes = () => state.boxes[key] || [];
  const refresh = () => {
    paint(canvas, strokes());
    canvas.setAttribute("aria-label", `${label}: ${strokes().length} ${words.strokes}`);
    for (const button of buttons) button.disabled = !strokes().length;
  };
  const change = (next) => {
    state.boxes[key] = next;
    refresh();
    send();
  };
  canvas.onkeydown = (event) => {
    if (event.key === "Backspace" || (event.key === "z" && event.ctrlKey)) change(strokes().slice(0, -1));
    else if (event.key === "Delete") change([]);
    else return;
    event.preventDefault();
  };
  let stroke = null;
  const point = (event) => {
    const place = canvas.getBoundingClientRect();
    const at = (value) => Math.round(1000 * Math.min(1, Math.max(0, value))) / 1000;
    return [at((event.clientX - place.left) / place.width), at((event.clientY - place.top) / place.height)];
  };
  canvas.onpointerdown = (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    stroke = [point(event)];
    state.boxes[key] = [...strokes(), stroke];
    refresh();
  };
  canvas.onpointermove = (event) => {
    if (!stroke) return;
    for (const one of event.getCoalescedEvents?.() || [event]) {
      const [x, y] = point(one), [a, b] = stroke[stroke.length - 1];
      if (Math.hypot(x - a, y - b) > NEAR) stroke.push([x, y]);
    }
    paint(canvas, strokes());
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (!stroke) return;
    stroke = null;
    refresh();
    send();
  };
  box.append(canvas, tools);
  refresh();
  return box;
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".draw");
  const state = (root.state ||= { version: null, boxes: {} });
  if (state.version !== data.version) {
    state.version = data.version;
    state.boxes = JSON.parse(JSON.stringify(data.boxes));
  }
  const shape = JSON.stringify([data.version, data.rows, data.words]);
  if (root.shape === shape) return; // the pads are in use: leave them alone
  root.shape = shape;
  const send = () => setStateValue("drawn", { version: state.version, boxes: state.boxes });
  root.replaceChildren(
    ...data.rows.map((row) => {
      const line = document.createElement("div");
      line.className = "row";
      const tag = document.createElement("span");
      tag.className = row.colour ? "tag" : "tag query";
      tag.style.background = row.colour || "";
      tag.textContent = row.letter;
      line.append(tag, ...row.keys.map((key, i) => pad(key, row.labels[i], state, data.words, send)));
      return line;
    })
  );
}
