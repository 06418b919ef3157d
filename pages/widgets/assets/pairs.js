// What a step of a memory reads, tied to every earlier picture, or the pairs of a mistake.
// Pictures are cut out of one sheet. All text is set as text, never as markup.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".links");
  const draw = () => (data.kind === "pairs" ? drawPairs(root, data, setTriggerValue) : drawLinks(root, data));
  draw();
  root.watcher?.disconnect();
  let width = root.clientWidth;
  root.watcher = new ResizeObserver(() => {
    if (Math.abs(root.clientWidth - width) > 4) {
      width = root.clientWidth;
      draw();
    }
  });
  root.watcher.observe(root);
  return () => root.watcher.disconnect();
}

function drawLinks(root, data) {
  const shots = Math.max(...data.rows.map((row) => row.cells.length));
  const wide = root.clientWidth || 700;
  const small = wide < 480;
  const size = Math.max(18, Math.min(small ? 30 : 40, Math.floor((wide * 0.45) / shots) - 4, data.rows.length > 10 ? 30 : 40));
  const [asked, letter, bar] = [small ? 56 : 84, 26, small ? 64 : 150];
  const step = size + 4;
  const high = size + 8;
  const gap = Math.max(24, Math.min(190, wide - asked - letter - shots * step - bar - 12));
  const left = asked + gap;
  const total = Math.max(data.rows.length * high, asked + 44);
  const field = element("div", "field");
  Object.assign(field.style, { height: `${total}px`, width: "100%" });
  field.setAttribute("role", "img");
  field.setAttribute("aria-label", data.alt);
  const lines = svg("svg", { width: left + letter + shots * step, height: total, class: "lines" });
  const parts = [lines];
  const middle = total / 2;
  data.rows.forEach((row, r) => {
    const y = r * high + high / 2 + (total - data.rows.length * high) / 2;
    row.cells.forEach((one, c) => {
      const x = left + letter + c * step;
      if (one.tie > 0.004) {
        const bend = asked + gap * 0.55;
        lines.append(
          svg("path", {
            d: `M${asked},${middle} C${bend},${middle} ${bend},${y} ${left - 2},${y} L${x},${y}`,
            "stroke-width": Math.max(0.8, 16 * one.tie).toFixed(2),
            stroke: row.colour,
            fill: "none",
            opacity: 0.25 + 0.6 * one.tie,
          }),
        );
      }
      const picture = cell(element("span", "cell"), data.sheet, one.cell, size);
      picture.title = `${row.letter}: ${percent(one.tie)}`;
      parts.push(placed(picture, x, y - size / 2 - 1));
    });
    const badge = element("span", "letter");
    badge.textContent = row.letter;
    badge.style.background = row.colour;
    badge.classList.toggle("truth", row.truth);
    badge.title = row.name;
    parts.push(placed(badge, left, y - 10));
    const sum = element("div", "sum");
    const track = element("div", "track");
    const fill = element("div", "fill");
    fill.style.width = `${(100 * row.sum).toFixed(1)}%`;
    fill.style.background = row.colour;
    track.append(fill);
    const value = element("span", "value");
    value.textContent = row.said + (row.truth ? " ✓" : "");
    sum.append(track, value);
    sum.style.width = `${bar}px`;
    parts.push(placed(sum, left + letter + shots * step + 4, y - 9));
  });
  const picture = cell(element("span", "cell"), data.sheet, data.query, asked - 4);
  parts.push(placed(picture, 0, middle - asked / 2));
  const word = element("div", "word");
  word.textContent = data.words.query;
  parts.push(placed(word, 0, middle + asked / 2 + 2));
  field.append(...parts);
  root.replaceChildren(field);
}

function drawPairs(root, data, setTriggerValue) {
  const list = element("div", "pairs");
  list.append(
    ...data.pairs.map((pair, i) => {
      const card = element("button", "pair");
      card.type = "button";
      card.setAttribute("aria-pressed", i === data.picked);
      const faces = element("span", "faces");
      faces.append(...pair.cells.map((one) => cell(element("span", "cell"), data.sheet, one, data.size)));
      const track = element("span", "track");
      const fill = element("span", "fill");
      fill.style.width = `${(100 * pair.p).toFixed(1)}%`;
      track.append(fill);
      const number = element("span", "number");
      number.textContent = pair.text;
      const title = element("span", "number");
      title.textContent = pair.title;
      card.append(title, faces, track, number);
      card.onclick = () => setTriggerValue("clicked", i);
      return card;
    }),
  );
  root.replaceChildren(list);
}

function placed(node, x, y) {
  Object.assign(node.style, { position: "absolute", left: `${x}px`, top: `${y}px` });
  return node;
}
function svg(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
