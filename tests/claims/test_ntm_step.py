"""What the page on Neural Turing Machines says of one step is so: which stage moved a head, what was written."""

from typing import Any

import numpy as np
import torch

from core.dispatch import answer
from lessons.demos import memory
from lessons.engine.language import table
from lessons.notices.ntm import about_step, about_written
from tests.claims.registry import STATES, Claims
from tests.claims.screens import HEADS, Screen, near, place, screens

steps = Claims()
steps.names("**Notice**")


@steps.says("The {head} is at no row, as before: its largest weight is {most:.0%}, on row {row}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    after = screen.stage("sharpened")
    return place(screen.stage("before")) is None and screen.row is None and near(after[said["row"]], said["most"])


@steps.says("The {head} leaves row {before} and is at no row now: its largest weight is {most:.0%}, on row {row}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    after = screen.stage("sharpened")
    left = place(screen.stage("before")) == said["before"]
    return left and screen.row is None and near(after[said["row"]], said["most"]) and near(after.max(), said["most"])


@steps.says("The {head} was at no row before and is at row {after} now.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return place(screen.stage("before")) is None and screen.row == said["after"]


@steps.says("The {head} stays at row {after}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return place(screen.stage("before")) == screen.row == said["after"]


@steps.says("The {head} moves from row {before} to row {after}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    before = place(screen.stage("before"))
    return (
        said["head"] == HEADS[screen.head]
        and (before, screen.row) == (said["before"], said["after"])
        and (before != screen.row)
    )


@steps.says("The gate is 0: content has no say.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return torch.equal(screen.stage("gated"), screen.stage("before")) and screen.parts == "shift"


def of_content(template: str, holds: Any) -> None:
    @steps.says(template)
    def _(screen: Screen, said: dict[str, Any]) -> bool:
        kept, sought = screen.without(content=False), screen.without(last=False)
        return near(said["gate"], screen.stage("gate")) and bool(holds(screen, said, kept, sought))


of_content(
    "Content and its last place agree: with the gate (here {gate:.2f}) at 0 or at 1 it would be there too.",
    lambda screen, said, kept, sought: kept == sought == screen.row is not None,
)
of_content(
    "**It needs no content** for that: with the gate (here {gate:.2f}) at 0 it would be there too, at 1 not.",
    lambda screen, said, kept, sought: kept == screen.row is not None and sought != screen.row,
)
of_content(
    "**Only the mixture leads there**: with the gate (here {gate:.2f}) at 0 or at 1 it would not be there.",
    lambda screen, said, kept, sought: screen.row is not None and screen.row not in (kept, sought),
)
of_content(
    "**Content brings it there**: the key fits row {row} best ({share:.0%} of the content stage). With the "
    "gate (here {gate:.2f}) at 0 it would be at no row.",
    lambda screen, said, kept, sought: (
        kept is None and sought == screen.row is not None and near(screen.stage("content").max(), said["share"])
    ),
)
of_content(
    "**Content brings it there**: the key fits row {row} best ({share:.0%} of the content stage). With the gate "
    "(here {gate:.2f}) at 0 it would be at row {kept}.",
    lambda screen, said, kept, sought: (
        kept == said["kept"] != sought and sought == screen.row is not None
        and near(screen.stage("content")[said["row"]], screen.stage("content").max())
    ),
)  # fmt: skip
of_content(
    "**It is torn**: with the gate (here {gate:.2f}) at 0 it would be at row {kept}, at 1 at row {sought}.",
    lambda screen, said, kept, sought: screen.row is None and (kept, sought) == (said["kept"], said["sought"]),
)
of_content(
    "**Content spreads it**: with the gate (here {gate:.2f}) at 0 it would be at row {kept}.",
    lambda screen, said, kept, sought: screen.row is None and sought is None and kept == said["kept"],
)
of_content(
    "**Its last place spreads it**: with the gate (here {gate:.2f}) at 1 it would be at row {sought}.",
    lambda screen, said, kept, sought: screen.row is None and kept is None and sought == said["sought"],
)
of_content(
    "With the gate (here {gate:.2f}) at 0 or at 1 it would be at no row either.",
    lambda screen, said, kept, sought: screen.row is None and kept is None and sought is None,
)


@steps.says("**The shift spreads it**: without the shift it would be at row {row}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.parts != "content" and screen.row is None and screen.without(shift=False) == said["row"]


@steps.says("The shift changes no row: without it the head would be there too.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.parts != "content" and screen.without(shift=False) == screen.row is not None


@steps.says("Without the shift it would be at no row.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.parts != "content" and screen.row is not None and screen.without(shift=False) is None


@steps.says("**The shift moves it**: without the shift it would be at row {row}.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return screen.parts != "content" and screen.row != said["row"] == screen.without(shift=False)


@steps.says(
    "Sharpening (γ = {gamma:.1f}) leaves its largest weight at {after:.0%}.",
    "Sharpening (γ = {gamma:.1f}) takes its largest weight from {shifted:.0%} to {after:.0%}.",
)
def _(screen: Screen, said: dict[str, Any]) -> bool:
    shifted, after = screen.stage("shifted").max(), screen.stage("sharpened").max()
    return near(said["gamma"], screen.stage("gamma")) and near(shifted, said["shifted"]) and near(after, said["after"])


@steps.says(
    "**Sharpening** (γ = {gamma:.1f}) takes its largest weight from {shifted:.0%} to {after:.0%}: without it the head "
    "would be at no row."
)
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return place(screen.stage("shifted")) is None and screen.row is not None


def changes(screen: Screen) -> np.ndarray:
    table_of_rows = screen.answer.written.memory
    difference = table_of_rows[screen.step + 1].astype(float) - table_of_rows[screen.step]
    return np.sqrt((difference**2).sum(-1))


@steps.says(
    "**Notice** The write head has {share:.0%} of its weight on row {row}. There it erases {erased:.0%} of a number on "
    "average, and the row changes by {change:.2f} (the length of the difference)."
)
def _(screen: Screen, said: dict[str, Any]) -> bool:
    weighting = screen.answer.tape.weightings[screen.step, 1]
    erase = screen.answer.written.erase[screen.step, 0]
    return (
        near(weighting[said["row"]], said["share"])
        and near(weighting.max(), said["share"])
        and near((float(weighting[said["row"]]) * erase.astype(float)).mean(), said["erased"])
        and near(changes(screen)[said["row"]], said["change"])
    )


@steps.says("All rows together change by {all:.2f}: this step writes next to nothing.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    return near(changes(screen).sum(), said["all"]) and said["all"] < 0.1


@steps.says("That is {part:.0%} of all that changes in the memory at this step.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    row = screen.answer.tape.weightings[screen.step, 1].argmax()
    return near(changes(screen)[row] / changes(screen).sum(), said["part"])


@steps.says("Most of what it writes is spread over other rows.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    row = screen.answer.tape.weightings[screen.step, 1].argmax()
    return changes(screen)[row] <= 0.5 * changes(screen).sum() + 1e-6


@steps.says("The row holds numbers that the controller has put together, not the bits themselves.")
def _(screen: Screen, said: dict[str, Any]) -> bool:
    row = screen.answer.tape.weightings[screen.step, 1].argmax()
    after = screen.answer.written.memory[screen.step + 1, row]
    return not np.isin(np.round(after, 3), (0, 1)).all()


def speak_of(screen: Screen) -> str:
    tape, addressed, written = screen.answer.tape, screen.answer.addressed, screen.answer.written
    moved = about_step(addressed, screen.step, screen.head, HEADS[screen.head])
    return f"{moved} {about_written(written, screen.step, 0, tape.weightings[screen.step, tape.readers])}"


def test_what_is_said_of_a_step_is_so():
    for screen in screens(6 * STATES, 2):
        steps.audit(lambda screen=screen: speak_of(screen), screen)
    never = steps.checks.keys() - steps.heard
    assert len(never) <= 4, never
    assert [template for template in steps.checks if template not in table("zh")] == []


def test_a_jump_by_content_is_called_so():
    machine = memory.machine("repeat")
    (seen,) = answer(memory.follow(machine.config, machine.snapshot.theta, 4, 1, "both"))
    text = about_step(seen.addressed, 11, 0, "read head")
    assert "moves from row 7 to row 4" in text and "**Content brings it there**: the key fits row 3" in text
    assert (
        "at 0 it would be at row 8" in text and "**The shift moves it**: without the shift it would be at row 3" in text
    )
