// Pictures cut out of one sheet: a grid to pick from, or an episode with its support set and the
// class probabilities of each query. All text is set as text, never as markup.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".characters");
  if (data.kind === "picker") drawPicker(root, data, setTriggerValue);
  else drawEpisode(root, data);
}

function drawPicker(root, data, setTriggerValue) {
  const made = JSON.stringify([data.sheet.url, data.labels]);
  if (root.made !== made) {
    root.made = made;
    const grid = element("div", data.notes ? "grid noted" : "grid");
    grid.append(
      ...data.labels.map((label, i) => {
        const button = cell(element("button", "cell"), data.sheet, i, data.size);
        button.type = "button";
        button.title = label;
        button.setAttribute("aria-label", label);
        return button;
      }),
    );
    root.replaceChildren(grid);
  }
  [...root.querySelectorAll("button")].forEach((button, i) => {
    cell(button, data.sheet, i, data.size);
    const note = data.notes?.[i] ?? "";
    button.dataset.note = note;
    if (note) button.setAttribute("aria-label", `${data.labels[i]}: ${note}`);
    button.setAttribute("aria-pressed", data.picked.includes(i));
    button.onclick = () => setTriggerValue("clicked", i);
  });
}

function drawEpisode(root, data) {
  const made = JSON.stringify([data.sheet.url, data.classes.map((c) => c.cells), data.queries.map((q) => [q.cell, !q.p])]);
  if (root.made !== made) {
    root.made = made;
    root.replaceChildren(...frame(data));
  }
  [...root.querySelectorAll(".query")].forEach((card, i) => fill(card, data.queries[i], data));
}

function frame(data) {
  const support = element("div", "classes");
  const widest = Math.max(...data.classes.map((c) => c.cells.length));
  support.style.setProperty("--class-width", `${Math.min(widest, 5) * (data.size + 6) + 26}px`);
  support.append(
    ...data.classes.map((one) => {
      const row = element("div", "class");
      const cells = element("div", "cells");
      cells.append(...one.cells.map((i) => cell(element("span", "cell"), data.sheet, i, data.size)));
      row.append(letter(one), cells);
      row.setAttribute("role", "img");
      row.setAttribute("aria-label", `${one.letter}: ${one.name}`);
      row.title = one.name;
      return row;
    }),
  );
  const queries = element("div", data.queries[0]?.p ? "queries" : "queries plain");
  queries.append(
    ...data.queries.map((query) => {
      const card = element("div", "query");
      card.setAttribute("role", "img");
      const picture = element("div", "picture");
      picture.append(cell(element("span", "cell"), data.sheet, query.cell, data.size), element("div", "verdict"));
      card.append(picture);
      if (query.p) {
        const bars = element("div", "bars");
        bars.append(
          ...data.classes.map((one) => {
            const bar = element("div", "bar");
            const track = element("div", "track");
            const part = element("div", "fill");
            part.style.background = one.colour;
            track.append(part);
            const name = element("span", "name");
            name.textContent = one.letter;
            bar.append(name, track, element("span", "value"));
            return bar;
          }),
        );
        card.append(bars);
      }
      return card;
    }),
  );
  return [heading(data.words.support), support, heading(data.words.queries), queries];
}

function fill(card, query, data) {
  const truth = data.classes[query.truth];
  const verdict = card.querySelector(".verdict");
  if (!query.p) {
    verdict.textContent = truth.letter;
    card.setAttribute("aria-label", `${data.words.query} ${truth.letter}`);
    return;
  }
  const best = query.p.indexOf(Math.max(...query.p));
  const right = best === query.truth;
  card.classList.toggle("right", right);
  card.classList.toggle("wrong", !right);
  verdict.textContent = right ? `✓ ${truth.letter}` : `✗ ${data.words.wrong.replace("{said}", data.classes[best].letter).replace("{truth}", truth.letter)}`;
  card.setAttribute("aria-label", `${data.words.query} ${truth.letter}: ${data.classes[best].letter} ${percent(query.p[best])}`);
  [...card.querySelectorAll(".bar")].forEach((bar, i) => {
    bar.classList.toggle("truth", i === query.truth);
    bar.querySelector(".fill").style.width = `${(100 * query.p[i]).toFixed(1)}%`;
    bar.querySelector(".value").textContent = percent(query.p[i]);
  });
}

function letter(one) {
  const badge = element("span", "letter");
  badge.textContent = one.letter;
  badge.style.background = one.colour;
  return badge;
}
function heading(text) {
  const made = element("h4");
  made.textContent = text;
  return made;
}
