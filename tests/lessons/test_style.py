"""How texts are written, in both languages: Markdown that renders, one joiner a language, the course's own terms.

Each test holds for all texts: the Markdown of the lessons, the translations, and the English texts in the source.
"""

import ast
import re
import unicodedata
from collections.abc import Iterator

import pytest

from core.words import Words
from lessons.engine.content import FOLDER, sections
from lessons.engine.language import ask, joined, listed, named, table
from tests.lessons.test_language import CORE, PAGES, constants, labels

ROOT = PAGES.parent
HAN = "\u4e00-\u9fff"
CODE = re.compile(r"`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)|:material/\w+:", re.DOTALL)


def texts(language: str) -> Iterator[tuple[str, str]]:
    """Every text that is read as Markdown, with where it stands."""
    for path in sorted(FOLDER.glob(f"*/{language}.md")):
        for name, section in sections(path.parent.name, language).items():
            yield f"{path.parent.name}/{path.name}, {name}", section.text
    for english, chinese in table("zh").items():
        yield f"translation of {english[:60]!r}", chinese if language == "zh" else english


def is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def emphasis(text: str) -> tuple[list[str], list[str]]:
    """What a text's asterisks make slanted, and those that stay as they are, by CommonMark's rule: one that opens has
    no space behind it, and beside punctuation, Chinese as well, it needs a space or punctuation before it; one that
    closes the other way round.
    """
    slanted, left_over = [], []
    for paragraph in re.split(r"\n\s*\n|\n(?=- )|\|", CODE.sub("M", text)):
        opened: dict[int, int] = {}
        for run in re.finditer(r"(?<!\\)\*+", paragraph):
            before, after = paragraph[: run.start()][-1:] or " ", paragraph[run.end() :][:1] or " "
            opens = not after.isspace() and (not is_mark(after) or before.isspace() or is_mark(before))
            closes = not before.isspace() and (not is_mark(before) or after.isspace() or is_mark(after))
            size = len(run[0])
            if size in opened and closes:
                start = opened.pop(size)
                slanted += [paragraph[start : run.start()]] if size == 1 else []
            elif size not in opened and opens:
                opened[size] = run.end()
            else:
                left_over.append(paragraph[max(0, run.start() - 10) : run.end() + 10])
        left_over += [paragraph[start : start + 10] for start in opened.values()]
    return slanted, left_over


def sources() -> Iterator[tuple[str, ast.Module]]:
    """The modules that speak to learners, by their path."""
    for path in sorted([*(ROOT / "lessons").rglob("*.py"), *PAGES.rglob("*.py")]):
        name = path.relative_to(ROOT).as_posix()
        if name not in {"lessons/record.py", "lessons/engine/language.py"}:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_asterisk_is_left_over_that_should_have_been_emphasis(language: str):
    assert not {where: left_over for where, text in texts(language) if (left_over := emphasis(text)[1])}
    assert emphasis("从**“这个”**开始")[1], "beside a quotation mark"


def test_chinese_is_never_slanted():
    assert emphasis("*one* and **two**") == (["one"], []) and emphasis("**一**和*二*")[0] == ["二"]
    assert not {where: slanted for where, text in texts("zh") if (slanted := emphasis(text)[0])}


def test_chinese_has_its_own_punctuation():
    ascii_mark = re.compile(rf"[{HAN}][.,;:?!](?!\d)|[{HAN}] ?\((?!\w+\))|(?<!\d)[.,;:?!] [{HAN}]")
    assert ascii_mark.search("一，二, 三") and not ascii_mark.search("1. 内容：Graves 等 2014，第 3 节。")
    assert not [(where, match[0]) for where, text in texts("zh") if (match := ascii_mark.search(CODE.sub("M", text)))]


TERMS = {
    "瞎猜": "随机猜测", "评判": "评估", "样例": "样本", "录制": "预存训练结果", "让它们做": "开始比较",
    "带一个进来": "导入", "检查题": "自测题", "内层循环": "内循环", "外层循环": "外循环",
    "内层": "内循环", "外层": "外循环", "自带": "预存", "误差（MSE）": "均方误差", "键 **": "按键 **",
    "向每个头要": "控制器向每个读写头输出", "三个四层块": "三个由四个卷积块组成",
}  # fmt: skip
WORDS_WITH_HEAD = re.compile("读写头|读取头|写入头|箭头|过头|过了头|手头|开头|回头|尽头|两头|头五")


def test_chinese_uses_the_terms_of_the_course():
    keys = {where: text.replace("按键 **", "") for where, text in texts("zh")}
    assert not [(where, term) for where, text in keys.items() for term in TERMS if term in text]
    assert not [where for where, text in texts("zh") if "头" in WORDS_WITH_HEAD.sub("", text)], "读写头"
    assert table("zh")["Check"] == "自测"


HABITS = re.compile(
    r"\b(shall|anew|rightly|wrongly answered|are to be|is to be|(?:been|was|were|is|are) told|told apart)\b"
    r"|\basks? each head|\bthat no run has\b",
    re.IGNORECASE,
)


def test_english_has_none_of_the_habits_of_another_language():
    markdown = {where: text for where, text in texts("en") if not where.startswith("translation")}
    spoken = {f"{name}: {text[:60]}": text for name, tree in sources() for text in templates(tree)}
    assert not [(where, match[0]) for where, text in (markdown | spoken).items() if (match := HABITS.search(text))]


def templates(tree: ast.Module) -> Iterator[str]:
    """The English texts of calls of `t` and `plural` in a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in ("t", "plural"):
            for argument in node.args[:1] if called(node) == "t" else node.args[1:3]:
                yield from constants(argument)


def test_lists_and_sentences_are_joined_as_the_language_does_it(monkeypatch):
    separators = {", ", "; ", ". ", ": "}
    by_hand = []
    for name, tree in sources():
        for node in ast.walk(tree):
            joins = isinstance(node, ast.Call) and called(node) == "join" and isinstance(node.func, ast.Attribute)
            parts = [node.func.value] if joins else []  # type: ignore[attr-defined]
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                parts += [node.left, node.right]
            if isinstance(node, ast.AugAssign):
                parts += [node.value]
            if any(isinstance(part, ast.Constant) and part.value in separators for part in parts):
                by_hand.append(f"{name}:{node.lineno}")
    assert set(by_hand) <= {place for place in by_hand if place.startswith(OPERATORS)}, by_hand
    from lessons.engine import language

    monkeypatch.setattr(language._Learner, "language", staticmethod(lambda: "zh"))
    assert (joined("一。", "", "二。"), listed(["一", "二"]), named("甲乙")) == ("一。二。", "一；二", "甲、乙")
    ask(lambda: "en")
    assert (joined("One.", "", "Two."), listed("ab"), named("ab")) == ("One. Two.", "a; b", "a, b")


OPERATORS = ("pages/session/gate.py", "lessons/engine/course.py")  # headers; errors in a lesson, for who writes it
SHOWS = {
    "markdown", "caption", "info", "warning", "error", "success", "title", "header", "subheader", "metric", "button",
    "toggle", "text_input", "expander", "popover", "selectbox", "download_button", "file_uploader",
}  # fmt: skip


def test_nothing_is_shown_that_is_written_in_english_alone():
    """Each text that Streamlit gets has gone through `t`, `plural` or a section; numbers and names stay as they are."""
    bare = []
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in SHOWS and ast.unparse(node.func)[:4] != "LOG.":
                for argument in node.args[:1]:
                    if isinstance(argument, ast.JoinedStr):
                        literals = [part.value for part in argument.values if isinstance(part, ast.Constant)]
                    else:
                        literals = list(constants(argument))
                    words = re.findall(r"[A-Za-z]{2,}", re.sub(r":material/\w+:", "", " ".join(map(str, literals))))
                    if words and words != ["CSV"]:
                        bare.append((f"{name}:{node.lineno}", words))
    assert not bare


SCRIPTS = re.compile(r"`[^`]*\}[^`$]*?[a-z]{2,} \$\{|textContent = \"[A-Za-z]{2,}")


def test_no_script_of_a_component_writes_english():
    assert SCRIPTS.search("`✗ ${a.letter}, is ${b.letter}`")
    for path in (PAGES / "widgets" / "assets").glob("[!.]*[!n].js"):  # none that others have made smaller, .min.js
        assert not [line for line in path.read_text().splitlines() if "textContent" in line and SCRIPTS.search(line)], (
            path
        )


# errors that only the command line, the start of a server or another module reads
NOT_SHOWN = ("core/commands", "core/bench", "core/parallel", "core/runtime/executors.py", "core/runtime/limits.py")
INNER = {"DamagedError", "_BrokenError", "LookupError", "ValueError", "TypeError", "AssertionError"}


def test_every_error_that_a_page_may_show_can_be_translated():
    plain = []
    for path in sorted([*CORE.rglob("*.py"), *(ROOT / "lessons").rglob("*.py"), *PAGES.rglob("*.py")]):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call) or not node.exc.args:
                continue
            error, text = called(node.exc), node.exc.args[0]
            if name.startswith(NOT_SHOWN) or error in INNER or error in ("LessonError", "broken", "_error"):
                continue
            if isinstance(text, ast.JoinedStr) and "no checkpoint of" not in ast.unparse(text):  # of the command line
                plain.append(f"{name}:{node.lineno}")
            if isinstance(text, ast.Constant) and text.value not in table("zh"):
                plain.append(f"{name}:{node.lineno}")
    assert not plain


def test_every_reason_for_the_end_of_a_run_can_be_translated():
    from core.runtime import answers, executors, job, lane, limits, pool

    for module in (answers, executors, job, lane, limits, pool):
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str) and not isinstance(value, Words) and value.count(" ") > 2:
                assert value in table("zh"), f"{module.__name__}.{name}"


COUNTED = re.compile(r"\{(\w+)(?::[,dg]*)?\} (?:of your |wrong |unseen |outer |inner |first |support |query )*(\w+s)\b")
VERBS = {
    "is",
    "was",
    "has",
    "does",
    "says",
    "holds",
    "gets",
    "needs",
    "moves",
    "stays",
    "leaves",
    "ends",
    "writes",
    "takes",
    "comes",
    "empties",
    "shows",
}
# numbers that are never one, or whose noun belongs to something else
NEVER_ONE = {
    "{minutes} minutes": "no lesson is so short",
    "{count} steps; {wrong} of {bits} bits wrong.": "a tape has at least three steps and eight bits",
    "**Notice** All {bits} bits of the answer are right.": "a vector has more bits than one",
    "You walked there in {count} steps.": "the marked row is four steps away",
    "{count} processes, {kind}: {ratio:.1f} times": "one process is left out",
    "Measured with one thread for each operation on {cores} cores ({cpu}), torch {torch}, Python {python}.": "eight",
    "**Notice** From {first:.0%} of the bits right to {last:.1%} after {iteration} updates; guessing gets a half.":
        "the second report is after 20",
    "The same steps from three starts, mean of {tasks} unseen tasks": "a thousand",
    "{label} ({filters} filters, α = {rate:g})": "dozens",
    "{label} adapts in another way before it is measured ({differences}).": "the noun is the label's",
    "**Notice** At length {length}, the longest of its training, and {repeats} repeats, all {bits} bits were right in "
    "each of the {sequences} sequences.": "ten repeats",
    "At length {length}, which it has never seen, {wrong:.1f} ± {half:.1f} of {bits} bits are wrong.": "ten repeats",
    "**Notice** At length {length}, the longest of its training, and {repeats} repeats, {wrong:.1f} ± {half:.1f} of "
    "{bits} bits are wrong.": "ten repeats",
    "{wrong} of {bits} bits of the answer are wrong.": "six at least",
    "Answer: {right} of {bits} bits are right.": "six at least",
    "Of the networks, {quick} takes {fast:.1f} ms a task and stores {little:,} numbers of it; {slow} takes {long:.1f} "
    "ms and stores {memory:,}. ": "dozens: an embedding of an example at least",
    "**Notice** After {tasks} tasks {first} is ahead ({score}), then {second} ({other}). ": "blocks of twenty",
    "**Notice** After {tasks} tasks {first} and {second} are level ({score}). ": "blocks of twenty",
    "Everybody on the same {tasks} unseen tasks": "the page offers at least 20",
    "{count} method so far, up to {done} of {tasks} tasks": "a contest has at least 20 tasks",
    "{count} methods so far, up to {done} of {tasks} tasks": "a contest has at least 20 tasks",
    "{tasks} tasks answered by all": "the page offers at least 20",
    "The arrows of the tasks were added up: the direction is right, and the step is {times} times as long as it "
    "should be.":
        "a pass of the page has five tasks",
    "{way}-way {shot}-shot, {episodes} unseen episodes; queries {how}; dotted: chance":
        "an evaluation has two at least",
    "More classes are mostly harder, and more drawings mostly help: right answers of the shipped network ({distance}, "
    "T = {temperature:g}) on {episodes} unseen {data} episodes for each N and K": "an evaluation has two at least",
    "Class probabilities of the queries of {tasks} tasks after the event {said}.": "two are traced",
    "{tasks} tasks after the event {said}.": "two are traced",
    "{tasks} tasks side by side after the event {said}.": "three are traced",
    "{split} support and {count} query embeddings of {way} classes on two principal components; {right:.0%} of the "
    "queries are answered correctly.": "two classes at least, each with a drawing and a query",
    "Both axes have the same scale, and so have all arrows. A thin arrow is the outer step that one task proposes: for "
    "MAML and first-order MAML {rate:g} times the downhill gradient, for Reptile φ − θ. A thick arrow is exactly the "
    "mean of its method's thin ones; an arrow that is longer than the picture runs out of it.": "a tenth",
    "**Notice** The network names {first} of the {count} first pictures correctly, and {others} of the {count2} others "
    "({share:.0%}). ": "two classes at least, with two pictures each",
    "**Notice** A plain LSTM has no rows to read. All that it knows of this sequence is in its {units} units, which "
    "every step changes.": "two hundred",
    "**Notice** In this sequence the rule of the least used row emptied a label's last row {least}, and writing in "
    "turn did so {turn}. Of the {all} pictures that are not the first of their character, they name {right} and "
    "{right2} correctly.": "45, of five characters",
    "**Notice** Over {sequences} sequences, at the last picture {least:.1%} ± {half:.1%} are right where the least "
    "used row is overwritten, and {turn:.1%} ± {half2:.1%} where rows are overwritten in turn. ": "a thousand",
    "**Notice** At a threshold of {threshold:.2f} the network judges {count} of these {all} pairs correctly "
    "({kinds}). ": "eight",
    "**Notice** On all {pairs} pairs of 50 episodes of unseen characters ({data}) it finds about {hits:.1%} of the "
    "pairs that match and gives about {alarms:.1%} false alarms. ": "thousands",
    "**Notice** In a straight line through all {dimensions} dimensions, a query is on average {own:.3g} away from the "
    "support of its own class and {other:.3g} from that of another class. ": "four filters at least",
    "A flat map of {dimensions} dimensions: the two directions shown hold {share:.0%} of the variance.":
        "four filters at least",
    "Each pair of two characters shown here is a hard one: the query with the most similar of the {count} other "
    "characters.": "seven",
    "Of all {all} queries {count} have the same winner at both temperatures.": "six at least, and all of them",
    "{path} pixels, {width} channels: {features} numbers": "four filters at least",
    "Two drawings go through twin encoders into two rows of numbers; their differences, times learned weights, and a "
    "bias add up to the score of the pair. Probabilities of the {count} pairs: {shares}. Threshold {threshold:.2f}.":
        "eight, or twenty",
    "**Notice** One drawing is compared with all {count} candidates, {count} times the same question. The "
    "highest probability is that of candidate {first}, {p:.1%}; next comes candidate {second}, {q:.1%}. ": "twenty",
    "**Notice** These {tasks} tasks are nearly one and the same: their average has less than 2% of the error of "
    "answering 0 everywhere. Tasks as alike as these need no meta-learning. Next: widen the phases or the amplitudes.":
        "a single task has a text of its own",
    "**Notice** The average of these {tasks} tasks has a mean squared error of **{error:.3g}** on them; answering 0 "
    "everywhere has {zero:.3g}. A model that gives one answer to all of them keeps at least {share:.0%} of that error, "
    "however long it trains. ": "a single task has a text of its own",
    "**Notice** From the {label}, {steps} take the error on {tasks} unseen tasks from {before:.2f} to {after:.2f}. "
    "The weights move by {gone:.2f}, which is {share:.1%} of the length of θ ({length:.1f}). ": "a thousand",
    "**Notice** From the {label}, {steps} takes the error on {tasks} unseen tasks from {before:.2f} to {after:.2f}. It "
    "moves it by {gone:.2f}, which is {share:.1%} of the length of θ ({length:.1f}). ": "a thousand",
    "**Notice** Before any step nobody can know which character is called A and which B: the {label} has {right} of "
    "{count} queries right, chance is {chance:.0f}. What it has learned is not an answer. Move the slider to 1.":
        "five classes, with a query each at least",
    "**Notice** After {steps} the {label} has {right} of {count} queries right; {others}. ":
        "five classes, with a query each at least",
    "the {known} does not get there in {steps} steps ({loss:.2f})": "a fit has twenty",
    "The *first* step from the {label} makes {gain:.0%} of what all {steps} steps gain, and goes {part:.0%} as far. ":
        "ten",
    "**{name}: {count} characters**, one drawing of each. Click up to {most} of them for an episode.":
        "a generated alphabet has 20",
    "**{name}: {count} characters**, one drawing of each; a {side} alphabet in the split by alphabets. Click up to "
    "{most} of them for an episode.": "the smallest alphabet has 14",
    "**{name}, drawn by {drawers} hands**": "twenty",
    "**Notice** This is a {way}-way {shots}-shot episode: {way} classes, {support} pictures to learn from, {queries} "
    "queries. Guessing names {chance:.0%} of the queries correctly on average. Try: cover the support with your hand. "
    "Can you still name a query? You cannot: without the support the letters have no meaning.":
        "two classes at least, each with a drawing and a query",
    "**Notice** The picture shows five generated glyphs that neither network has seen. After one step the {learned} "
    "has {first} of {queries} queries right, and the {pretrained} have {first2}; after {steps} steps it is {last} and "
    "{last2}.": "fifteen queries, and ten steps",
    "Of all that the shipped network gets wrong in {episodes} unseen episodes of {way} classes, these are the {count} "
    "mistakes in which the right class is furthest behind the chosen one, the furthest first.": "a dozen, of a hundred",
}  # fmt: skip


def test_one_thing_is_never_said_in_the_plural():
    """A text with a number and its noun is one of two texts of `plural`, or its number is never one."""
    single = {text for text, _ in labels()}
    assert single >= NEVER_ONE.keys(), "a text is gone: take it out here too"
    wrong = []
    for name, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) == "t" and node.args:
                for text in constants(node.args[0]):
                    nouns = [noun for _, noun in COUNTED.findall(text) if noun not in VERBS]
                    if nouns and text not in NEVER_ONE:
                        wrong.append((f"{name}:{node.lineno}", text))
    assert not wrong
