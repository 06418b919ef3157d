// Keeps what the learner has done in this browser. Asked for (`progress` is null), it hands over what is kept.
// Another tab may have kept something meanwhile: what is there is added to, not replaced, unless `replace` says so.
const KEY = "learn-meta-learning/progress";
const LEARNER = "learn-meta-learning/learner";

// A number that nobody can guess, made by this browser: under it the server finds this learner's kept runs again.
function learner() {
  let kept = localStorage.getItem(LEARNER);
  if (!/^[0-9a-f]{32}$/.test(kept || "")) {
    kept = [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
    localStorage.setItem(LEARNER, kept);
  }
  return kept;
}

export default function ({ data, setStateValue }) {
  try {
    const kept = localStorage.getItem(KEY);
    if (data.progress === null) {
      setStateValue("learner", learner());
      if (kept) setStateValue("kept", kept.slice(0, data.largest));
      return;
    }
    const now = JSON.parse(data.progress);
    let before = {};
    try {
      before = data.replace ? {} : JSON.parse(kept) || {};
    } catch {}
    if (before.format === now.format) {
      now.answers = { ...before.answers, ...now.answers };
      now.due = { ...before.due, ...now.due };
      now.goals = [...new Set([...(before.goals || []), ...now.goals])];
    }
    localStorage.setItem(KEY, JSON.stringify(now));
  } catch {} // private windows may refuse: then progress lasts as long as the tab
}
