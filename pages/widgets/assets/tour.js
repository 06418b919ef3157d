// The guided tour: walks through parts of the page that are there, with words of the page.
let loading = null;
let shown = 0; // the tour that was begun last, whichever node asks for it

export default function ({ data }) {
  if (data.n === shown) return;
  shown = data.n;
  loading ??= import(new URL(data.script, document.baseURI).href);
  loading.then((tour) => begin(tour, data), () => (loading = null));
}

function begin({ driver, styles }, { steps, words }) {
  if (!document.getElementById("tour-styles")) {
    const style = document.createElement("style");
    style.id = "tour-styles";
    style.textContent = styles;
    document.head.prepend(style); // those of the page come after
  }
  const there = steps.filter(({ at }) => !at || document.querySelector(at)?.checkVisibility());
  driver({
    animate: false, // while it moves it hears no key
    showProgress: true,
    progressText: "{{current}} / {{total}}",
    nextBtnText: words.next,
    prevBtnText: words.back,
    doneBtnText: words.done,
    steps: there.map(({ at, title, text }) => ({ element: at || undefined, popover: { title, description: text } })),
  }).drive();
}
