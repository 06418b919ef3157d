"""What the stages of the memory methods say of each step, in words and in their text alternatives, is so."""

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.dispatch import answer
from core.events.memory import Recalled
from lessons.demos import memory
from lessons.demos.fewshot import LETTERS
from lessons.engine.language import table
from lessons.figures import machine, timeline
from lessons.notices.steps import about_answer, about_second, about_step_of_tape
from tests.claims.registry import STATES, Claims
from tests.claims.screens import HALF, Screen, place, screens

moments = Claims()
moments.names("read head", "write head")


@moments.says("Answer: {right} of {bits} bits are right.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    tape, step = screen.answer.tape, screen.step
    right = [(p > HALF) == (y > HALF) for p, y in zip(tape.p[step], tape.y[step], strict=True)]
    return bool(screen.asked[step]) and said == {"right": sum(right), "bits": len(right)}


moments.says("Input comes in.")(lambda screen, said: not screen.asked[screen.step])


def changes(screen: Screen) -> np.ndarray:
    before, after = (screen.answer.written.memory[screen.step + i].astype(float) for i in (0, 1))
    return np.sqrt(((after - before) ** 2).sum(1))


moments.says("It writes next to nothing.")(lambda screen, said: changes(screen).sum() < 0.1)


@moments.says("The largest change is in row {row}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return changes(screen).sum() >= 0.1 and np.isclose(changes(screen)[said["row"]], changes(screen).max())


def says_where(head: int, name: str) -> None:
    @moments.says(f"The {name} head is at row {{row}} ({{share:.0%}}).")
    def _(screen: Screen, said: dict[str, Any]) -> bool:
        weighting = screen.answer.tape.weightings[screen.step, head]
        return place(weighting) == said["row"] and np.isclose(said["share"], weighting.max())

    @moments.says(f"The {name} head is at no row: its largest weight is {{share:.0%}}, on row {{row}}.")
    def _(screen: Screen, said: dict[str, Any]) -> bool:
        weighting = screen.answer.tape.weightings[screen.step, head]
        return place(weighting) is None and weighting[said["row"]] == weighting.max() == said["share"]


says_where(0, "read")
says_where(1, "write")


@moments.says(
    "A tape machine in {count} step: input bits, the rows of the memory with both heads, output bits.",
    "A tape machine in {count} steps: input bits, the rows of the memory with both heads, output bits.",
)
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return said["count"] == len(screen.answer.tape.x)


@moments.says("{wrong} of {bits} bits of the answer are wrong.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    tape, asked = screen.answer.tape, screen.asked
    return said["wrong"] == ((tape.p > HALF) != (tape.y > HALF))[asked].sum() and said["bits"] == tape.y[asked].size


@moments.says("Row with the most weight at each step: {rows}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    reads, writes = (", ".join(map(str, screen.answer.tape.weightings[:, i].argmax(-1))) for i in (0, 1))
    return said["rows"] == f"write head {writes}; read head {reads}"


def test_what_is_said_of_each_step_of_a_tape_is_so():
    for i, screen in enumerate(screens(STATES, 3)):
        steps = len(screen.answer.tape.x)
        for step in {screen.step, 0, steps - 1, steps // 2}:
            at = replace(screen, step=step)
            moments.audit(lambda at=at: about_step_of_tape(at.answer, at.step), at)
        if i % 2 == 0:
            moments.audit(lambda screen=screen: machine.alt(screen.answer.tape), screen)
    rare = {"A tape machine in {count} step: input bits, the rows of the memory with both heads, output bits."}
    assert sorted(moments.checks.keys() - moments.heard - rare) == []
    assert [template for template in moments.checks if template not in table("zh")] == []


def test_the_picture_of_a_tape_holds_what_the_events_hold():
    """A browser draws these numbers: weights and the memory, step after step, and each wrong bit."""
    for screen in screens(20, 4):
        seen, tape = screen.answer, screen.answer.tape
        data = machine.machine(seen, opened=True)
        rows = data["rows"]
        shown = np.array(data["memory"]["first"])
        for step in range(len(tape.x)):
            for row, numbers in data["memory"]["changes"][step]:
                shown[row] = numbers
            exact = machine.LEVELS * seen.written.memory[step + 1][rows] / np.abs(seen.written.memory[:, rows]).max()
            if np.abs(seen.written.memory[:, rows]).max() > 1:
                assert np.abs(shown - exact).max() <= 1, "as near as the eye can see"
            for head, number in ((0, 1), (1, 0)):
                pairs = data["heads"][head]["at"][step]
                assert rows[data["heads"][head]["top"][step]] == tape.weightings[step, number].argmax()
                weights = dict(zip(pairs[::2], pairs[1::2], strict=True))
                for i, row in enumerate(rows):
                    assert abs(weights.get(i, 0) / 1000 - tape.weightings[step, number, row]) <= machine.FINEST / 1000
        assert sum(map(len, data["wrong"])) == tape.wrong
        for step in range(len(tape.x)):
            said = re.findall(r"row (\d+)", about_step_of_tape(seen, step))
            assert {int(row) for row in said} <= set(rows), "a row that is spoken of is drawn"
        most = max(float(getattr(seen.addressed, name)[screen.step].max()) for name in ("content", "gated", "shifted"))
        drawn = [n / 1000 for stage in data["stages"] for head in stage["at"] for n in head[screen.step][1::2]]
        assert most <= memory.USED or abs(max(drawn) - most) < 0.01 or max(drawn) > most, "no peak is left out"


@dataclass(frozen=True, eq=False)
class Moment:
    """A step of an answered sequence whose memory is emptied before the step `wipe`."""

    recalled: Recalled
    step: int
    wipe: int

    @property
    def truth(self) -> int:
        return int(self.recalled.y[self.step])

    @property
    def p(self) -> np.ndarray:
        return self.recalled.p[self.step]


pictures = Claims()


@pictures.says("Step {at}: with this picture comes the label of the one before, {label}.")
def _(moment: Moment, said: dict[str, Any]) -> bool:
    return said == {"at": moment.step + 1, "label": LETTERS[moment.recalled.y[moment.step - 1]]} and moment.step > 0


pictures.says("Step {at}: no label has come yet.")(lambda moment, said: moment.step == 0 and said["at"] == 1)


@pictures.says(
    "It is of class {letter}, and that label has come once before.",
    "It is of class {letter}, and that label has come {count} times before.",
)
def _(moment: Moment, said: dict[str, Any]) -> bool:
    labels = moment.recalled.y[: moment.step].tolist()
    return said == {"letter": LETTERS[moment.truth], "count": labels.count(moment.truth)} and said["count"] > 0


@pictures.says("It is of class {letter}, and that label has not come yet.")
def _(moment: Moment, said: dict[str, Any]) -> bool:
    return said["letter"] == LETTERS[moment.truth] and moment.truth not in moment.recalled.y[: moment.step]


@pictures.says("The network says {letter} ({p:.0%}), which is right.")
def _(moment: Moment, said: dict[str, Any]) -> bool:
    return said["letter"] == LETTERS[moment.truth] and said["p"] == moment.p[moment.truth] == moment.p.max()


@pictures.says("The network says {letter} ({p:.0%}), which is wrong.")
def _(moment: Moment, said: dict[str, Any]) -> bool:
    answer = LETTERS.index(said["letter"])
    return answer != moment.truth and said["p"] == moment.p[answer] == moment.p.max()


def since_the_wipe(moment: Moment) -> list[str]:
    """The labels that came when the memory was emptied, or later: each comes a step after its picture."""
    return [moment.recalled.y[at - 1] for at in range(moment.wipe, moment.step + 1)]


@pictures.says("The memory was emptied after step {wipe}, and that label has not come since.")
def _(moment: Moment, said: dict[str, Any]) -> bool:
    return 0 < moment.wipe == said["wipe"] <= moment.step and moment.truth not in since_the_wipe(moment)


@pictures.says(
    "The memory was emptied after step {wipe}; since then that label has come once.",
    "The memory was emptied after step {wipe}; since then that label has come {count} times.",
)
def _(moment: Moment, said: dict[str, Any]) -> bool:
    times = since_the_wipe(moment).count(moment.truth)
    return 0 < moment.wipe == said["wipe"] <= moment.step and times == said.get("count", 1) > 0


@pictures.says(
    "A timeline of {count} picture; the label of each comes one step late. Answers that are right: {right}.",
    "A timeline of {count} pictures; the label of each comes one step late. Answers that are right: {right}.",
)
def _(moment: Moment, said: dict[str, Any]) -> bool:
    right = sum(int(p.argmax()) == y for p, y in zip(moment.recalled.p, moment.recalled.y, strict=True))
    return said == {"count": len(moment.recalled.y), "right": right}


pictures.says("The memory is emptied after step {wipe}.")(lambda moment, said: moment.wipe == said["wipe"] > 0)


@pictures.says(
    "**Notice** In this sequence {second} of the {count} second pictures are named correctly, and {first} of the first "
    "ones."
)
def _(moment: Moment, said: dict[str, Any]) -> bool:
    seen, rights = dict[int, int](), {1: 0, 2: 0}
    for y, p in zip(moment.recalled.y.tolist(), moment.recalled.p, strict=True):
        seen[y] = seen.get(y, 0) + 1
        if seen[y] in rights:
            rights[seen[y]] += int(p.argmax()) == y
    return said == {"second": rights[2], "first": rights[1], "count": len(seen)}


def sequences(count: int) -> list[tuple[Recalled, int]]:
    random, found = np.random.default_rng(8), []
    for i in range(count):
        name = ("mann", "small", "in turn", "one vector", "lstm")[i % 5]
        shipped, wipe = memory.network(name), int(random.choice([0, random.integers(1, 50)]))
        question = memory.watch(
            shipped.config, shipped.snapshot.theta, "glyphs", int(random.integers(10_000)), wipe, True
        )
        found.append((next(iter(answer(question))), wipe))
    return found


def test_what_is_said_of_each_step_of_a_sequence_is_so():
    drawn = sequences(STATES // 5)
    for recalled, wipe in drawn:
        for step in {0, 1, wipe, *range(2, 50, 4)}:
            moment = Moment(recalled, step, wipe)
            pictures.audit(lambda moment=moment: about_answer(moment.recalled, moment.step, moment.wipe), moment)
        pictures.audit(lambda moment=moment: timeline.alt(moment.recalled, moment.wipe), moment)
        pictures.audit(lambda moment=moment: about_second(moment.recalled), moment)
    rare = {"A timeline of {count} picture; the label of each comes one step late. Answers that are right: {right}."}
    assert sorted(pictures.checks.keys() - pictures.heard - rare) == []
    assert [template for template in pictures.checks if template not in table("zh")] == []


def test_the_picture_of_a_sequence_holds_what_the_events_hold():
    for recalled, wipe in sequences(10):
        data = timeline.timeline(recalled, wipe)
        held = memory.labels_in_rows(recalled, wipe)
        for step in range(50):
            read = recalled.sources[step]
            ties = dict(zip(data["ties"][step][::2], data["ties"][step][1::2], strict=True))
            for source in range(50):
                exact = read[source] / max(float(read.sum()), 1e-9)
                assert abs(ties.get(source, 0) / 1000 - exact) <= timeline.FINEST / 1000
            assert all(source <= step for source in ties)
            assert np.abs(np.array(data["votes"][step]).sum(0) - data["sums"][step]).max() < 0.5  # rounded
            assert np.abs(recalled.votes[step].sum(0) - data["sums"][step]).max() < 0.06
            assert recalled.p[step, data["answer"][step]] == recalled.p[step].max()
            assert [held[step, row] for row in data["rows"]] == data["held"][step]
        if data["rows"]:
            assert all(data["written"]) and set(recalled.emptied.ravel().tolist()) <= set(data["rows"])
