// The editor of a lab. What is written is kept by the browser; the server gets it when it is asked for something.
let loading = null;

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".lab");
  root.ask = (what) => root.view && setTriggerValue("asked", { do: what, source: root.view.state.doc.toString() });
  loading ??= import(new URL(data.script, document.baseURI).href);
  loading.then(
    (cm) => (root.view ? update(cm, root, data) : begin(cm, root, data)),
    () => (loading = null),
  );
}

function begin(cm, root, data) {
  const { EditorState, EditorView, StateEffect, StateField, Decoration, keymap } = cm;
  root.name = data.name;
  root.mark = StateEffect.define();
  const wrong = StateField.define({
    create: () => Decoration.none,
    update(marks, { changes, effects, state, docChanged }) {
      if (docChanged) marks = Decoration.none; // the line may be another one now
      for (const effect of effects)
        if (effect.is(root.mark)) {
          const line = effect.value >= 1 && effect.value <= state.doc.lines ? state.doc.line(effect.value) : null;
          marks = line ? Decoration.set([Decoration.line({ class: "cm-wrong" }).range(line.from)]) : Decoration.none;
        }
      return marks;
    },
    provide: (field) => EditorView.decorations.from(field),
  });
  // Tab indents; Escape and then Tab leaves the editor, as CodeMirror advises
  let leaving = false;
  const tab = (command) => (view) => {
    if (leaving) return (leaving = false);
    return command(view);
  };
  const keys = [
    { key: "Escape", run: () => (leaving = true) },
    { key: "Tab", run: tab(cm.indentMore), shift: tab(cm.indentLess) },
    { key: "Mod-Enter", run: () => (root.ask("check"), true) },
  ];
  root.view = new EditorView({
    parent: root.querySelector(".code"),
    state: EditorState.create({
      doc: kept(data) ?? data.source,
      extensions: [
        cm.lineNumbers(), EditorView.lineWrapping, cm.history(), cm.drawSelection(), cm.indentOnInput(), cm.bracketMatching(), cm.highlightActiveLine(),
        cm.indentUnit.of("    "), EditorState.tabSize.of(4), cm.python(), cm.syntaxHighlighting(style(cm)), wrong,
        keymap.of([...keys, ...cm.historyKeymap, ...cm.defaultKeymap]),
        EditorView.contentAttributes.of({ "aria-label": data.words.label, spellcheck: "false", tabindex: "0" }),
        EditorView.updateListener.of(({ docChanged, focusChanged }) => {
          if (focusChanged) leaving = false;
          if (docChanged) keep(data, print(root));
        }),
      ],
    }),
  });
  const text = print(root).trimEnd();
  const todo = text.indexOf("raise NotImplementedError");
  const place = todo < 0 ? text.length : todo;
  root.view.dispatch({ selection: { anchor: place }, effects: EditorView.scrollIntoView(place, { y: "end", yMargin: 30 }) });
  // the keys that turn the page are letters here
  root.querySelector(".code").addEventListener("keydown", (event) => event.stopPropagation());
  update(cm, root, data);
}

function update(cm, root, data) {
  const bar = root.querySelector(".bar");
  const buttons = [
    ["check", data.words.check, "primary"],
    ["train", data.words.train, ""],
    ["reset", data.words.reset, ""],
  ];
  if (!bar.childElementCount) {
    for (const [what, , kind] of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = kind;
      button.onclick = () => (what === "reset" ? put(root, data.skeleton) : root.ask(what));
      bar.append(button);
    }
    bar.append(document.createElement("small"));
  }
  buttons.forEach(([, text], i) => (bar.children[i].textContent = text));
  bar.lastElementChild.textContent = data.words.keys;
  if (root.marked !== data.n) {
    root.marked = data.n;
    root.view.dispatch({ effects: root.mark.of(data.line) });
  }
}

// The editor draws the lines in view alone; on paper all of them stand in a copy. Returns the text.
function print(root) {
  return (root.querySelector(".printed").textContent = root.view.state.doc.toString());
}

// As one change, which Ctrl+Z takes back.
function put({ view }, text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  view.focus();
}

function style({ HighlightStyle, tags }) {
  return HighlightStyle.define([
    { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.definitionKeyword], fontWeight: "650" },
    { tag: [tags.comment, tags.docString], fontStyle: "italic", opacity: "0.8" },
    { tag: tags.string, color: "light-dark(#7a4a00, #f0c070)" },
    { tag: [tags.number, tags.bool, tags.null], color: "light-dark(#0067A3, #56B4E9)" },
    { tag: tags.definition(tags.variableName), color: "light-dark(#9a3b00, #f0a070)" },
  ]);
}

const stored = ({ name }) => `learn-meta-learning-lab-${name}`;

function kept(data) {
  try {
    return localStorage.getItem(stored(data));
  } catch {
    return null; // a sandbox keeps nothing
  }
}

function keep(data, text) {
  try {
    if (text.length <= data.longest) localStorage.setItem(stored(data), text);
  } catch {}
}
