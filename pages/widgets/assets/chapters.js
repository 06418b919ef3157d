// Turns the screens of a lesson: by a swipe, and by a link to an anchor that another screen holds. It keeps whether
// the reader wants all of them on one page, and begins each screen at its top.
const FAR = 70; // px of a swipe
const MOVABLE = "input, textarea, canvas, svg, table, pre, [role=slider], [role=tablist], [data-testid=stSlider], .stPlotlyChart";

let last = null; // the screen that was shown before, whichever node shows it
let followed = ""; // the address whose anchor has been gone to: the learner may leave it again

export default function ({ data, setTriggerValue }) {
  if (last !== null && last !== data.chapter) {
    if (!data.anchors[location.hash.slice(1)]) document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
    remember(data);
  }
  if (last !== data.chapter && data.part) showPart(data.part);
  last = data.chapter;
  const ask = (chapter) => chapter && chapter !== data.chapter && setTriggerValue("asked", chapter);
  const toAnchor = (hash) => {
    const name = decoded(hash);
    if (data.chapter !== "all" && name && !document.getElementById(name)) ask(data.anchors[name]);
  };
  const here = location.pathname + location.hash;
  if (location.hash && here !== followed) toAnchor(location.hash);
  followed = here;
  const onClick = (event) => {
    const link = event.target.closest?.("a[href]");
    if (link?.hash && link.pathname === location.pathname) toAnchor(link.hash);
  };
  let from = null;
  const onDown = (event) => {
    const touch = event.touches.length === 1 && !event.composedPath().some(movesItself) ? event.touches[0] : null;
    from = touch && { x: touch.clientX, y: touch.clientY };
  };
  const onUp = (event) => {
    if (!from || data.chapter === "all") return;
    const dx = event.changedTouches[0].clientX - from.x;
    const dy = event.changedTouches[0].clientY - from.y;
    from = null;
    if (Math.abs(dx) < FAR || Math.abs(dy) > Math.abs(dx) / 2) return;
    ask(data.order[data.order.indexOf(data.chapter) + (dx < 0 ? 1 : -1)]);
  };
  // the buttons of the page know N and P, but not while a slider or a choice has the focus
  const onKey = (event) => {
    const slider = event.composedPath()[0]?.matches?.("input:is([type=range], [type=radio], [type=checkbox])");
    const by = { n: 1, p: -1 }[event.key.toLowerCase()];
    if (slider && by && !event.ctrlKey && !event.metaKey && !event.altKey) ask(data.order[data.order.indexOf(data.chapter) + by]);
  };
  const main = document.querySelector("[data-testid=stMain]") ?? document;
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey);
  main.addEventListener("touchstart", onDown, { passive: true });
  main.addEventListener("touchend", onUp, { passive: true });
  return () => {
    document.removeEventListener("click", onClick, true);
    document.removeEventListener("keydown", onKey);
    main.removeEventListener("touchstart", onDown);
    main.removeEventListener("touchend", onUp);
  };
}

// a drawing that a finger moves, or a row that is wider than the screen
function movesItself(node) {
  if (!node.matches) return false;
  return node.matches(MOVABLE) || (node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX === "auto");
}

// On a phone the tabs of the parts are a row that a finger moves: the chosen one, which is drawn a little later than
// this, is brought into it.
function showPart(label) {
  const begun = performance.now();
  const look = () => {
    const tab = document.querySelector(".st-key-scenes [role=radio][aria-checked=true]");
    if (tab?.textContent.trim() !== label) return performance.now() - begun < 10_000 && setTimeout(look, 100);
    const row = tab.closest(".st-key-scenes");
    const [own, room] = [tab.getBoundingClientRect(), row.getBoundingClientRect()];
    const off = own.left - room.left - (room.width - own.width) / 2;
    if (own.left < room.left || own.right > room.right) row.scrollLeft += off;
  };
  look();
}

function decoded(hash) {
  try {
    return decodeURIComponent(hash.slice(1));
  } catch {
    return "";
  }
}

function remember({ chapter, cookie }) {
  try {
    const site = window.top === window ? "SameSite=Lax" : "SameSite=None; Secure; Partitioned";
    const age = chapter === "all" ? 31536000 : 0;
    document.cookie = `${cookie}=all; path=${new URL(".", location.href).pathname}; max-age=${age}; ${site}`;
  } catch {} // a sandbox refuses: then the link holds the view
}
