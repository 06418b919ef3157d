// Shows highlighted source and keeps the marked lines in sight; the server escapes the markup.
export default function ({ parentElement, data }) {
  const box = parentElement.querySelector(".source");
  if (box.dataset.made !== data.html) {
    box.innerHTML = data.html;
    box.dataset.made = data.html;
  }
  box.classList.toggle("wrapped", Boolean(data.wrapped));
  const marked = box.querySelector(".hll");
  if (marked) box.scrollTo({ top: marked.offsetTop - box.clientHeight / 2.5, behavior: "smooth" });
  const copy = parentElement.querySelector("button");
  copy.textContent = data.copy;
  copy.hidden = false;
  copy.onclick = async () => {
    const done = await copied(data.text);
    copy.textContent = done ? data.copied : data.failed;
    if (!done) getSelection().selectAllChildren(box);
  };
}

// Whether the text is in the clipboard now. Pages that come over plain http have no clipboard: they can only copy what
// is selected.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {}
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true; // no keyboard opens on a phone
  Object.assign(field.style, { position: "fixed", top: 0, opacity: 0 });
  const focused = document.activeElement;
  document.body.append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    focused?.focus({ preventScroll: true });
  }
}
