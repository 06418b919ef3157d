// Pictures cut out of one sheet: a grid to pick from, or an episode with its support set and the
// class probabilities of each query. All text is set as text, never as markup.
export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".characters");
  if (!root.lights) lightsParts(root);
  root.lights = true;
  if (data.kind === "picker") drawPicker(root, data, setTriggerValue);
  else drawEpisode(root, data, setTriggerValue);
}

function drawPicker(root, data, setTriggerValue) {
  const made = JSON.stringify([data.sheet.url, data.labels, data.fixed]);
  if (root.made !== made) {
    root.made = made;
    const grid = element("div", data.notes ? "grid noted" : "grid");
    grid.append(
      ...data.labels.map((label, i) => {
        const button = cell(element(data.fixed ? "span" : "button", "cell"), data.sheet, i, data.size);
        if (data.fixed) button.setAttribute("role", "img");
        else button.type = "button";
        button.title = label;
        button.setAttribute("aria-label", label);
        if (!data.notes) return button;
        const tile = element("div", "tile");
        tile.append(button, element("span", "note"), element("span", "badges"));
        return tile;
      }),
    );
    root.replaceChildren(grid);
  }
  [...root.querySelectorAll(".cell")].forEach((button, i) => {
    cell(button, data.sheet, i, data.size);
    const marks = data.badges?.[i] ?? [];
    const said = [data.notes?.[i] ?? "", ...marks].filter((part) => part);
    button.dataset.note = said.join(" ");
    button.setAttribute("aria-label", [data.labels[i], said.join(", ")].filter((part) => part).join(": "));
    if (data.notes) {
      const [note, badges] = [...button.parentElement.children].slice(1);
      note.textContent = data.notes[i];
      badges.replaceChildren(
        ...marks.map((mark) => {
          const badge = element("span", "badge");
          badge.textContent = mark;
          return badge;
        }),
      );
    }
    if (data.fixed) return;
    button.setAttribute("aria-pressed", data.picked.includes(i));
    button.onclick = () => setTriggerValue("clicked", i);
  });
}

function drawEpisode(root, data, setTriggerValue) {
  const made = JSON.stringify([data.sheet.url, data.classes.map((c) => c.cells), data.queries.map((q) => [q.cell, !q.p]), data.naming]);
  if (root.made !== made) {
    root.made = made;
    root.sent = [];
    root.names = data.names;
    root.at = Math.max(0, data.naming ? data.names.indexOf("-") : data.queries.findIndex((one) => one.right === false));
    const episode = part(element("div"), "episode"); // a formula's N is of such ones
    episode.append(...frame(data));
    root.replaceChildren(episode);
  }
  // an answer to an older name may arrive after a newer one was given: the newest counts
  const known = root.sent.lastIndexOf(data.names);
  if (known >= 0) root.sent.splice(0, known + 1);
  else if (!root.sent.length) root.names = data.names;
  const cards = [...root.querySelectorAll(".query")];
  const name = (i, given) => {
    const before = root.names[i];
    const now = before === given ? "-" : given;
    root.names = root.names.slice(0, i) + now + root.names.slice(i + 1);
    root.sent.push(root.names);
    cards.forEach((card, j) => fill(card, j, root.names[j], data));
    const next = root.names.indexOf("-", i);
    if (root.names[i] !== "-" && next >= 0) look(next);
    setTriggerValue("named", root.names);
  };
  // on a phone one query at a time has its letters or its bars; elsewhere all have them, and this is not seen
  const look = (at) => {
    root.at = at;
    cards.forEach((card, i) => card.classList.toggle("current", i === at));
  };
  look(root.at);
  cards.forEach((card, i) => {
    fill(card, i, root.names[i], data);
    card.onclick = (event) => event.target.closest(".picks, .bars") || look(i);
    card.onfocus = () => look(i);
    if (!data.naming) return;
    [...card.querySelectorAll(".pick")].forEach((pick, k) => (pick.onclick = () => name(i, data.classes[k].letter)));
    card.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const typed = data.classes.find((one) => one.letter === event.key.toUpperCase());
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (step) cards[i + step]?.focus();
      else if (["Backspace", "Delete"].includes(event.key) && root.names[i] !== "-") name(i, root.names[i]);
      else if (typed) {
        if (root.names[i] !== typed.letter) name(i, typed.letter);
        cards[i + 1]?.focus();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    };
  });
}

function frame(data) {
  const widest = Math.max(...data.classes.map((c) => c.cells.length));
  const support = element("div", widest === 1 ? "classes single" : "classes");
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
  const queries = element("div", `queries ${data.naming ? "naming" : data.queries[0]?.p ? "" : "plain"}`);
  const rows = data.naming ? Math.ceil(data.classes.length / 6) * 48 : data.classes.length * 18;
  queries.style.setProperty("--below", `${rows + 8}px`);
  queries.append(
    ...data.queries.map((query) => {
      const card = element("div", "query");
      const picture = element("div", "picture");
      picture.append(part(cell(element("span", "cell"), data.sheet, query.cell, data.size), "query"), element("div", "verdict"), element("div", "yours"), element("div", "given"));
      card.append(picture);
      if (data.naming) {
        card.tabIndex = 0;
        card.setAttribute("role", "radiogroup");
        card.append(picks(data));
      } else card.setAttribute("role", "img");
      if (query.p) card.append(bars(data, query));
      return card;
    }),
  );
  const learn = part(element("div", "learn"), "support");
  learn.append(heading(data.words.support), support);
  const marks = Object.assign(element("p", "marks"), { textContent: data.words.marks });
  return [learn, heading(data.words.queries), ...(data.words.marks ? [marks] : []), queries];
}

function picks(data) {
  const row = element("div", "picks");
  row.append(
    ...data.classes.map((one) => {
      const pick = element("button", "pick");
      pick.type = "button";
      pick.tabIndex = -1; // the card takes the keys
      pick.textContent = one.letter;
      pick.setAttribute("role", "radio");
      pick.style.setProperty("--colour", one.colour);
      return pick;
    }),
  );
  return row;
}

// before: the probabilities before the steps, if they are shown as well, each as a mark on its bar
function bars(data, { p, before }) {
  const made = element("div", "bars");
  made.append(
    ...data.classes.map((one, k) => {
      const bar = element("div", "bar");
      const track = element("div", "track");
      const share = part(element("div", "fill"), "phi");
      share.style.background = one.colour;
      track.append(share);
      if (before) track.append(...marksOf(before[k], p[k]));
      const name = element("span", "name");
      name.textContent = one.letter;
      bar.append(name, track, element("span", "value"));
      return bar;
    }),
  );
  return made;
}

function marksOf(from, to) {
  const [way, mark] = [part(element("div", "way"), "step"), part(element("div", "mark"), "theta")];
  mark.style.left = `${(100 * from).toFixed(1)}%`;
  way.style.left = `${(100 * Math.min(from, to)).toFixed(1)}%`;
  way.style.width = `${(100 * Math.abs(to - from)).toFixed(1)}%`;
  return [way, mark];
}

function fill(card, place, name, data) {
  const query = data.queries[place];
  const named = name === "-" ? data.words.unnamed : data.words.named.replace("{letter}", name);
  card.setAttribute("aria-label", data.naming ? `${query.label}: ${named}` : query.label);
  const given = card.querySelector(".given");
  given.textContent = name === "-" ? "" : name;
  given.style.background = data.classes.find((one) => one.letter === name)?.colour ?? "none";
  card.querySelector(".verdict").textContent = query.verdict ?? "";
  card.querySelector(".yours").textContent = query.yours ?? "";
  [...card.querySelectorAll(".pick")].forEach((pick, k) =>
    pick.setAttribute("aria-checked", data.classes[k].letter === name),
  );
  card.classList.toggle("right", query.right === true);
  card.classList.toggle("wrong", query.right === false);
  [...card.querySelectorAll(".bar")].forEach((bar, k) => {
    bar.classList.toggle("truth", k === query.truth);
    if (k === query.truth) part(bar, "loss");
    else delete bar.dataset.part;
    bar.querySelector(".fill").style.width = `${(100 * query.p[k]).toFixed(1)}%`;
    bar.querySelector(".value").textContent = percent(query.p[k]);
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
