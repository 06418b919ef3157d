// What surrounds the page: the language of the document, links between pages, and what this browser refuses to keep.
const LANGUAGE = "learn-meta-learning-language";
const PROBE = "learn-meta-learning/probe";
const TEXTS = "[data-testid=stMarkdownContainer], [data-testid=stCaptionContainer]"; // notices and answers too
let written = ""; // a browser's own translation may have set the document's language since

export default function ({ data, setStateValue }) {
  translatable();
  if (written !== data.language) {
    document.documentElement.lang = written = data.language;
    remember(data.language);
  }
  const refused = { storage: !stores(), uploads: data.xsrf && !has("_streamlit_xsrf=") };
  if (refused.storage !== data.refused.storage || refused.uploads !== data.refused.uploads) setStateValue("refused", refused);
  if (location.hash) showAnchor();
  const onClick = (event) => follow(event, data.pages);
  document.addEventListener("click", onClick, true);
  return () => document.removeEventListener("click", onClick, true);
}

// All pages lie in one folder, whatever prefix a proxy puts before it.
const base = () => new URL(".", location.href);

function remember(language) {
  try {
    const site = window.top === window ? "SameSite=Lax" : "SameSite=None; Secure; Partitioned";
    document.cookie = `${LANGUAGE}=${language}; path=${base().pathname}; max-age=31536000; ${site}`;
  } catch {} // a sandbox refuses: then the link holds the language
}

function stores() {
  try {
    localStorage.setItem(PROBE, "1");
    localStorage.removeItem(PROBE);
    return true;
  } catch {
    return false;
  }
}

function has(cookie) {
  try {
    return document.cookie.includes(cookie);
  } catch {
    return false;
  }
}

// Opens a link to a page of the app in this tab and session, the way the browser's own Back does.
function follow(event, pages) {
  const anchor = event.target.closest?.(`:is(${TEXTS}) a[href]`);
  if (!anchor || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const to = new URL(anchor.href);
  const folder = base();
  if (to.origin !== folder.origin || !to.pathname.startsWith(folder.pathname)) return;
  if (!pages.includes(to.pathname.slice(folder.pathname.length)) || anchor.getAttribute("href").startsWith("#")) return;
  event.preventDefault();
  event.stopPropagation();
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name === "embed" || name === "embed_options") to.searchParams.append(name, value);
  }
  history.pushState({}, "", to);
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
  showAnchor();
}

// The heading of the link's anchor appears while the page is drawn, and moves until that is done.
function showAnchor() {
  const { pathname, hash } = location;
  let name;
  try {
    name = decodeURIComponent(hash.slice(1));
  } catch {
    return;
  }
  const begun = performance.now();
  const look = () => {
    if (!name || location.pathname !== pathname || location.hash !== hash || performance.now() - begun > 10_000) return;
    const heading = document.getElementById(name);
    if (heading && document.querySelector("[data-test-script-state=notRunning]")) heading.scrollIntoView();
    else setTimeout(look, 100);
  };
  setTimeout(look, 300);
}
