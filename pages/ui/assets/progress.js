// Keeps what the learner has done in this browser. Asked for (`progress` is null), it hands over what is kept.
// Another tab may have kept something meanwhile: what is there is added to, not replaced, unless `replace` says so.
const KEY = "learn-meta-learning/progress";
export default function ({ data, setStateValue }) {
  try {
    const kept = localStorage.getItem(KEY);
    if (data.progress === null) {
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
      now.goals = [...new Set([...(before.goals || []), ...now.goals])];
    }
    localStorage.setItem(KEY, JSON.stringify(now));
  } catch {} // private windows may refuse: then progress lasts as long as the tab
}
