// Shows highlighted source and keeps the marked lines in sight; the server escapes the markup.
export default function ({ parentElement, data }) {
  const box = parentElement.querySelector(".source");
  if (box.dataset.made !== data.html) {
    box.innerHTML = data.html;
    box.dataset.made = data.html;
  }
  const marked = box.querySelector(".hll");
  if (marked) box.scrollTo({ top: marked.offsetTop - box.clientHeight / 2.5, behavior: "smooth" });
  const copy = parentElement.querySelector("button");
  copy.textContent = data.copy;
  copy.hidden = false;
  copy.onclick = async () => {
    await navigator.clipboard?.writeText(data.text);
    copy.textContent = data.copied;
  };
}
