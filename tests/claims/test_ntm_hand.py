"""What the page on Neural Turing Machines says of a head that the learner moves by hand is so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.dispatch import answer
from core.events.memory import Addressed
from lessons.demos import memory
from lessons.demos.memory import FARTHEST, HAND, HAND_START, SHARPEST, STRONGEST, TARGET
from lessons.engine.course import lesson
from lessons.engine.language import table
from lessons.figures import memory as figures
from lessons.notices.hand import about_hand
from tests.claims.registry import STATES, Claims

GOAL = 0.9
hands = Claims()
KEY = (0.2, 0.3, -0.4)  # the page opens with it


def near(a: float, b: float) -> bool:
    return abs(float(a) - float(b)) < 1e-4


@dataclass(frozen=True)
class Moved:
    """The controls of a head moved by hand, where it was, and the gates of all its steps."""

    key: Sequence[float]
    strength: float
    gate: float
    shift: float
    gamma: float
    before: Sequence[float]
    gates: Sequence[float]

    def addressed(self, **changed: Any) -> Addressed:
        values = vars(self) | changed
        values.pop("gates")
        rows = values.pop("shift")
        (event,) = answer(memory.by_hand(rows=rows, **values))
        return event

    def share(self, **changed: Any) -> float:
        return float(self.addressed(**changed).sharpened[0, 0, TARGET])

    def share_after(self, steps: int, **changed: Any) -> float:
        """The share of the marked row after so many steps with the same controls, this one the first."""
        before = self.before
        for _ in range(steps):
            after = self.addressed(**(changed | {"before": before})).sharpened[0, 0]
            before = after.tolist()
        return float(after[TARGET])

    @property
    def cosines(self) -> np.ndarray:
        key = np.array(self.key)
        return HAND @ key / np.linalg.norm(HAND, axis=1) / max(float(np.linalg.norm(key)), 1e-8)


hands.names("**Reached.**")


@hands.says("**Notice** The largest weight is {share:.0%}, on row {row}; the marked row {target} has {goal:.0%}.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    after = moved.addressed().sharpened[0, 0]
    return near(after[said["row"]], after.max()) and near(after.max(), said["share"]) and near(after[5], said["goal"])


@hands.says("Content did it: with the gate at 0 the row would have {kept:.0%}.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    kept = moved.share(gate=0.0)
    return near(kept, said["kept"]) and kept <= GOAL < moved.share()


@hands.says("This step did not need its content: with the gate at 0 the row would have {kept:.0%}.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    return moved.gate > 0 and near(moved.share(gate=0.0), said["kept"]) and said["kept"] > GOAL


@hands.says("Can you walk there too? Start again, set the gate to 0 and use the shift.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    """It must be possible: with the controls that the page has, from the start."""
    start = Moved(moved.key, moved.strength, 0.0, FARTHEST, 3.0, HAND_START, [0.0])
    return max(start.share_after(steps) for steps in (3, 4)) > GOAL


@hands.says("Can you find the row by its content, in one step? Start again and set the gate to 1.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    looks = Moved(HAND[TARGET].tolist(), STRONGEST, 1.0, 0.0, 1.0, HAND_START, [1.0])
    return looks.share() > GOAL


@hands.says("This step used no content, but an earlier one did.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    return moved.gate == 0 and max(moved.gates) > 0 and moved.share() > GOAL


@hands.says("You walked there in {count} steps.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    return not any(moved.gates) and said["count"] == len(moved.gates) and moved.share() > GOAL


@hands.says("A key of zeros is like no row: set its numbers.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    return not any(moved.key)


@hands.says(
    "The key is most like row {best} (cosine {cosine:.2f}); its cosine with row {target} is {own:.2f}. Turn the key "
    "towards row {target}."
)
def _(moved: Moved, said: dict[str, Any]) -> bool:
    cosines = moved.cosines
    return (
        said["best"] != TARGET and near(cosines.max(), said["cosine"]) and near(cosines[said["best"]], cosines.max())
        and near(cosines[TARGET], said["own"]) and cosines[TARGET] < 0.99
    )  # fmt: skip


@hands.says("The key is most like the marked row (cosine {own:.2f}).")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    return int(moved.cosines.argmax()) == TARGET and near(moved.cosines[TARGET], said["own"])


def would_reach(template: str, **changed: float) -> None:
    @hands.says(template)
    def _(moved: Moved, said: dict[str, Any]) -> bool:
        return moved.share() <= GOAL < moved.share(**changed) and near(moved.share(**changed), said["share"])


would_reach("Raise the strength β: at {most:.0f} the row would have {share:.0%}.", strength=STRONGEST)
would_reach("The shift moves the head away again: at 0 the row would have {share:.0%}.", shift=0.0)
would_reach("The gate keeps a part where the head was: at 1 the row would have {share:.0%}.", gate=1.0)
would_reach("Sharpen it: with γ = {most:.0f} the row would have {share:.0%}.", gamma=SHARPEST)


@hands.says("Turn the key closer still, or change more than one of strength, gate and shift.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    return moved.cosines[TARGET] < 0.996 and no_control_alone(moved)


@hands.says("No single control does it from here: combine strength, gate and shift.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    combined = moved.share(strength=STRONGEST, gate=1.0, shift=0.0)
    return no_control_alone(moved) and combined > GOAL


def no_control_alone(moved: Moved) -> bool:
    alone: Sequence[dict[str, float]] = (
        {"strength": STRONGEST}, {"gate": 1.0}, {"shift": 0.0}, {"gamma": SHARPEST}
    )  # fmt: skip
    return all(moved.share(**change) <= GOAL for change in alone)


@hands.says("With a shift of 0 nothing moves the head. Choose a shift, then press *Take a step*.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    addressed = moved.addressed()
    return moved.shift == 0 and np.array_equal(addressed.gated, addressed.shifted)


@hands.says(
    "Press *Take a step* once with these settings: the row would have {share:.0%} then.",
    "Press *Take a step* {count} times with these settings: the row would have {share:.0%} then.",
)
def _(moved: Moved, said: dict[str, Any]) -> bool:
    share = moved.share_after(said["count"] + 1)
    return moved.share() <= GOAL < share and near(share, said["share"])


@hands.says(
    "The largest weight is {count} row away from the marked one.",
    "The largest weight is {count} rows away from the marked one.",
)
def _(moved: Moved, said: dict[str, Any]) -> bool:
    after = moved.addressed().sharpened[0, 0]
    return any(near(after[(TARGET + way * said["count"]) % 8], after.max()) for way in (1, -1))


@hands.says("The gate still takes {gate:.0%} from content: set it to 0 to walk only.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    return near(moved.gate, said["gate"]) and moved.gate > 0


@hands.says("Every soft shift blurs the weighting, and the blur adds up. Raise the sharpness γ, which undoes it.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    sharper = [gamma for gamma in np.arange(1, 20.5, 0.5) if gamma > moved.gamma]
    return moved.gate == 0 and any(
        moved.share_after(steps, gamma=float(gamma)) > GOAL for gamma in sharper for steps in range(1, 9)
    )


@hands.says("Only {moves:.0%} of the weighting moves: choose a larger shift.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    far = float(np.copysign(FARTHEST, moved.shift))
    return near(abs(moved.shift), said["moves"]) and any(
        moved.share_after(steps, shift=far, gamma=gamma / 2) > GOAL for gamma in range(2, 41) for steps in range(1, 9)
    )


@hands.says("The weighting is too blurred to walk on. Press *Start again*.")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    return all(moved.share_after(steps, gamma=float(gamma)) <= GOAL for gamma in (1, 2, 5, 20) for steps in range(1, 9))


hands.names(
    "key", "row {i}", "row {i} (was here)", "where it was", "1 content", "2 interpolation", "3 shift", "4 sharpening",
    "Your head: from where it was to where it is",
)  # fmt: skip


@hands.says("row {i}: cosine {one:.2f}")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    return near(moved.cosines[said["i"]], said["one"])


@hands.says("{name}: {share:.0%} on row {row}")
def _(moved: Moved, said: dict[str, Any]) -> bool:
    stages = {text: name for name, text in figures.STAGES.items()}
    values = getattr(moved.addressed(), stages[said["name"]])[0, 0]
    return abs(values[said["row"]] - said["share"]) < 1e-3 and near(values[said["row"]], values.max())


def random_hand(generator: np.random.Generator) -> Moved:
    def on(low: float, high: float, step: float, *often: float) -> float:
        return float(generator.choice([*often, round(round(generator.uniform(low, high) / step) * step, 2)]))

    row = HAND[generator.choice([TARGET, TARGET, generator.integers(len(HAND))])].tolist()
    keys = [row, [on(-1, 1, 0.1) for _ in range(3)], [0.0, 0.0, 0.0], [float(np.round(k, 1)) for k in row]]
    moved = Moved(
        keys[generator.choice(4, p=[0.45, 0.4, 0.05, 0.1])],
        on(0, STRONGEST, 0.5, 3.0, STRONGEST), on(0, 1, 0.05, 0.0, 0.0, 1.0, 1.0),
        on(-FARTHEST, FARTHEST, 0.05, 0.0, FARTHEST, -FARTHEST), on(1, SHARPEST, 0.5, 1.0, 2.0, 5.0), HAND_START, [],
    )  # fmt: skip
    gate, shift = on(0, 1, 0.05, 0.0, 0.0, 0.0, 1.0), on(-FARTHEST, FARTHEST, 0.05, FARTHEST, -FARTHEST)
    gates, before = list[float](), tuple[float, ...](HAND_START)
    for _ in range(int(generator.choice([0, 0, 1, 2, 3, 4, 8]))):
        before = tuple(moved.addressed(gate=gate, shift=shift, before=before).sharpened[0, 0].tolist())
        gates.append(gate)
    return Moved(moved.key, moved.strength, moved.gate, moved.shift, moved.gamma, before, [*gates, moved.gate])


def pictured(moved: Moved) -> str:
    """The texts of the figures that stand beside the notice."""
    memory_shown = figures.small_memory(HAND, np.array(moved.key), np.array(moved.before))
    return f"{memory_shown.alt} {figures.hand(moved.addressed(), TARGET).alt}"


def test_what_is_said_of_a_head_moved_by_hand_is_so():
    generator = np.random.default_rng(2)
    for i in range(4 * STATES):
        moved = random_hand(generator)
        addressed = moved.addressed()
        hands.audit(lambda moved=moved, addressed=addressed: about_hand(addressed, TARGET, moved.gates), moved)
        if i % 10 == 0:
            hands.audit(lambda moved=moved: pictured(moved), moved)
    assert sorted(hands.checks.keys() - hands.heard) == []
    assert [template for template in hands.checks if template not in table("zh")] == []


def test_both_tasks_of_the_hand_are_possible_and_take_more_than_one_control():
    start = Moved(KEY, 3.0, 1.0, 0.0, 1.0, HAND_START, [1.0])
    goals = lesson("ntm").goals

    def reached(steps: int, **changed: Any) -> set[str]:
        moved = Moved(**vars(start) | changed)
        before = tuple[float, ...](HAND_START)
        for _ in range(steps - 1):
            before = tuple(moved.addressed(before=before).sharpened[0, 0].tolist())
        share, kept = moved.share(before=before), moved.share(before=before, gate=0.0)
        facts = {"share": share, "kept": kept, "gate": moved.gate, "steps": steps}
        return {name for name in ("reach", "walk") if goals[name].reached(facts)}

    assert reached(1, key=HAND[TARGET].tolist(), strength=30.0) == {"reach"}
    assert reached(4, gate=0.0, shift=FARTHEST, gamma=3.0) == {"walk"}
    assert not reached(4, gate=0.0, shift=FARTHEST)  # the blur of four steps
    for name, low, high in (("strength", 0, STRONGEST), ("gate", 0, 1), ("shift", -FARTHEST, FARTHEST),
                            ("gamma", 1, SHARPEST)):  # fmt: skip
        for value in np.linspace(low, high, 9):
            assert not reached(1, **{name: float(value)}) and not reached(4, **{name: float(value)})
