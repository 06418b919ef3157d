// The pairs of a mistake, as cards. Pictures are cut out of one sheet. All text is set as text, never as markup.
export default function ({ parentElement, data, setTriggerValue }) {
  parentElement.querySelector(".pairs").replaceChildren(
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
}
