"""What the page on memory-augmented networks says of a sequence, a read, its votes and its rows."""

from dataclasses import dataclass

import numpy as np
import pytest

from core.dispatch import answer
from core.events.evaluations import ByInstance
from core.events.memory import Recalled
from core.seeding import generator
from core.tasks import omniglot
from lessons.demos import memory
from lessons.demos.fewshot import LETTERS
from lessons.mann.lesson import LESSON
from lessons.notices import mann
from pages.mann import PICTURES, _forgotten
from pages.sections.timeline import OPENING
from tests.claims.registry import STATES, Claims

claims = Claims()
claims.names("label {letter}", "no label", "the least used row", "rows in turn")


@dataclass(frozen=True, eq=False)
class State:
    """What is on screen: the answered sequence, the chosen step, the wipe, the rule of the memory."""

    recalled: Recalled
    step: int
    wipe: int
    rule: str

    @property
    def truth(self) -> int:
        return int(self.recalled.y[self.step])

    def times(self, label: int) -> int:
        """How often a label came up to this step: that of each picture comes with the next one."""
        return [int(y) for y in self.recalled.y[: self.step]].count(label)

    def share(self, label: int) -> float:
        """The share of the read of all that was written at the step when `label` came, added up one by one."""
        read = self.recalled.sources[self.step]
        part = sum(float(read[s + 1]) for s in range(self.step) if self.recalled.y[s] == label)
        return part / max(float(read.sum()), 1e-9)

    def largest(self) -> int:
        return max(range(self.recalled.p.shape[1]), key=self.share)


def near(a: float, b: float) -> bool:
    return abs(a - b) < 1e-3  # a recorded state holds half floats


@claims.says(
    "**Notice** The network names {first} of the {count} first pictures correctly, and {others} of the {count2} "
    "others ({share:.0%}). "
)
def _(state, said):
    right = [bool(p.argmax() == y) for p, y in zip(state.recalled.p, state.recalled.y, strict=True)]
    is_first = [n == 0 for n in state.recalled.instance]
    first = [r for r, f in zip(right, is_first, strict=True) if f]
    others = [r for r, f in zip(right, is_first, strict=True) if not f]
    return (
        (said["first"], said["count"], said["others"], said["count2"])
        == (sum(first), len(first), sum(others), len(others))
        and near(said["share"], sum(others) / len(others))
    )  # fmt: skip


@claims.says(
    "Of the pictures whose character it had seen before, {before:.0%} are right before the wipe and {after:.0%} after "
    "it. "
)
def _(state, said):
    right = state.recalled.p.argmax(1) == state.recalled.y
    pairs = [(s, bool(right[s])) for s in range(len(right)) if state.recalled.instance[s] > 0]
    before = [r for s, r in pairs if s < state.wipe]
    after = [r for s, r in pairs if s >= state.wipe]
    return near(said["before"], np.mean(before)) and near(said["after"], np.mean(after)) and 0 < state.wipe


@claims.says("Step {at} shows picture {instance} of {letter}; the network says {answer} ({p:.0%}).")
def _(state, said):
    p = state.recalled.p[state.step]
    return (
        said["at"] == state.step + 1
        and said["letter"] == LETTERS[state.truth]
        and said["instance"] == 1 + state.recalled.instance[state.step]
        and near(p[LETTERS.index(said["answer"])], p.max())
        and near(said["p"], p.max())
    )


@claims.says(
    "**Notice** A plain LSTM has no rows to read. All that it knows of this sequence is in its {units} units, which "
    "every step changes."
)
def _(state, said):
    return not state.recalled.writing.size and said["units"] == memory.network("lstm").config.hidden


@claims.says("**Notice** No label has come yet, so there is nothing to look up.")
def _(state, said):
    return state.step == 0 or sum(state.share(k) for k in range(5)) < 0.01


@claims.says(
    "**Notice** This is the first picture of {letter}, so no row holds its label. The largest share of the read, "
    "{share:.0%}, comes from rows with label {other}."
)
def _(state, said):
    return (
        said["letter"] == LETTERS[state.truth]
        and state.times(state.truth) == 0
        and not state.share(state.truth)
        and near(state.share(LETTERS.index(said["other"])), state.share(state.largest()))
        and near(said["share"], state.share(state.largest()))
    )


@claims.says(
    "**Notice** Label {letter} had come once before this picture of {letter}. ",
    "**Notice** Label {letter} had come {count} times before this picture of {letter}. ",
)
def _(state, said):
    return said["letter"] == LETTERS[state.truth] and said["count"] == state.times(state.truth) > 0


@claims.says("The rows written then make up {share:.0%} of the read, the largest share.")
def _(state, said):
    share = state.share(state.truth)
    return near(said["share"], share) and near(share, state.share(state.largest()))


@claims.says(
    "The rows written then make up {share:.0%} of the read; those with label {other} make up more, {most:.0%}."
)
def _(state, said):
    other = LETTERS.index(said["other"])
    return (
        near(said["share"], state.share(state.truth))
        and near(said["most"], state.share(other))
        and state.share(other) > state.share(state.truth)
    )


def lead(state, best: str, second: str) -> np.ndarray:
    return np.array([row[LETTERS.index(best)] - row[LETTERS.index(second)] for row in state.recalled.votes[state.step]])


@claims.says(
    "**Notice** The votes add up to a lead of {whole:.1f} for {best} over {second}. Rows with label {best} give "
    "{own:+.1f} of it, all other rows {others:+.1f}, and the controller by itself {controller:+.1f}. "
)
def _(state, said):
    parts, p = lead(state, said["best"], said["second"]), state.recalled.p[state.step]
    k, second = LETTERS.index(said["best"]), LETTERS.index(said["second"])
    return (
        near(p[k], p.max())
        and sum(p > p[second] + 1e-6) <= 1
        and abs(said["own"] - parts[k]) < 0.051
        and abs(said["controller"] - parts[-1]) < 0.051
        and abs(said["own"] + said["others"] + said["controller"] - said["whole"]) < 0.151
        # the odds of the softmax on screen are those of the lead
        and abs(np.log(max(p[k], 1e-9) / max(p[second], 1e-9)) - said["whole"]) < 0.1 + 0.02 * said["whole"]
    )


def made_of(state, which: str) -> bool:
    second, best = state.recalled.p[state.step].argsort()[-2:].tolist()
    parts = lead(state, LETTERS[best], LETTERS[second])
    three = {"own": parts[best], "controller": parts[-1], "others": parts.sum() - parts[best] - parts[-1]}
    return three[which] >= max(three.values()) - 1e-3


claims.says("So the network **looked the answer up**.")(
    lambda state, said: made_of(state, "own") and int(state.recalled.p[state.step].argmax()) == state.truth
)
claims.says("So the network followed rows with label {best}, and that is wrong here.")(
    lambda state, said: made_of(state, "own") and said["best"] != LETTERS[state.truth]
)


@claims.says("So small a lead is hardly more than a guess.")
def _(state, said):
    second, best = sorted(state.recalled.p[state.step].tolist())[-2:]
    return best < 1.7 * second


claims.says("So the network **ruled other labels out** more than it looked the answer up.")(
    lambda state, said: made_of(state, "others")
)
claims.says("So the controller answered mostly from its own state, not from the memory.")(
    lambda state, said: made_of(state, "controller")
)


@claims.says("**Notice** Step {at} writes to row {row}, which no earlier step had written to.")
def _(state, said):
    return said["at"] == state.step + 1 and not state.recalled.emptied[: state.step][:, 0].tolist().count(said["row"])


@claims.says("**Notice** Step {at} empties row {row}, written last at step {last} with {what}. ")
def _(state, said):
    emptied = state.recalled.emptied[:, 0].tolist()
    earlier = [s for s in range(state.step) if emptied[s] == said["row"]]
    if not earlier or said["last"] != earlier[-1] + 1 or emptied[state.step] != said["row"]:
        return False
    wiped = state.wipe and earlier[-1] < state.wipe <= state.step - 1
    came = "no label" if earlier[-1] == 0 or wiped else f"label {LETTERS[state.recalled.y[earlier[-1] - 1]]}"
    return said["what"] == came


@claims.says("Its usage was the lowest, {usage:.2f}.")
def _(state, said):
    return state.rule == "least used" and near(said["usage"], state.recalled.usage[state.step - 1].min())


claims.says("Its turn had come, whether it was used or not.")(
    lambda state, said: state.recalled.emptied[state.step, 0] == state.step % state.recalled.usage.shape[1]
)


@claims.says("{share:.0%} of its write goes there, and {rest:.0%} onto the rows that it read at the step before.")
def _(state, said):
    """The write is the gate's mixture: away from the emptied row it is a multiple of the read before."""
    writing, row = state.recalled.writing[state.step, 0].astype(float), state.recalled.emptied[state.step, 0]
    read = state.recalled.reading[state.step - 1, 0].astype(float)
    away, read_away = np.delete(writing, row), np.delete(read, row)
    gate = away.sum() / max(read_away.sum(), 1e-9)
    return (
        near(said["rest"], away.sum() / writing.sum()) and near(said["share"] + said["rest"], 1)
        and np.allclose(away, gate * read_away, atol=1e-3)
    )  # fmt: skip


def states(count: int, names=PICTURES):
    random = np.random.default_rng(5)
    data = ["glyphs", *(["omniglot"] if omniglot.available() else [])]
    for i in range(count):
        name = names[i % len(names)]
        network, wipe = memory.network(name), int(random.choice([0, 0, random.integers(1, 50)]))
        theta = network.snapshot.theta
        if i % 7 == 6:
            theta = 0.3 * np.asarray(generator(i, "random").initial_seed() % 97 / 97 - 0.5) + network.start
            theta = theta.astype(np.float32)
        shuffle = bool(random.integers(4))
        question = memory.watch(
            network.config, theta, str(random.choice(data)), int(random.integers(10_000)), wipe, shuffle
        )
        (recalled,) = answer(question)
        for step in {0, 1, 49, *random.integers(50, size=8).tolist()}:
            yield State(recalled, int(step), wipe, network.config.rule)


def test_what_is_said_of_a_sequence_is_so():
    seen = 0
    for state in states(STATES):
        claims.audit(lambda state=state: mann.about_sequence(state.recalled, state.step, state.wipe), state)
        claims.audit(lambda state=state: mann.about_reading(state.recalled, state.step), state)
        claims.audit(lambda state=state: mann.about_votes(state.recalled, state.step), state)
        if state.recalled.writing.size:
            claims.audit(
                lambda state=state: mann.about_usage(state.recalled, state.step, state.rule, state.wipe), state
            )
        seen += 1
    assert seen >= STATES
    assert not claims.checks.keys() - claims.heard - {"the least used row", "rows in turn", *OF_SCORES, *OF_RULES}


RULES = (
    "**Notice** In this sequence the rule of the least used row emptied a label's last row {least}, and writing in "
    "turn did so {turn}. Of the {all} pictures that are not the first of their character, they name {right} and "
    "{right2} correctly."
)
OFTEN = ("once", "{count} times")
OF_RULES = {RULES, *OFTEN}
claims.names(*OFTEN)


@claims.says(RULES)
def _(state, said):
    def lost(recalled):
        held, count = [-1] * recalled.usage.shape[1], 0
        for step in range(1, 50):
            (row,) = recalled.emptied[step]
            gone, held[row] = held[row], int(recalled.y[step - 1])
            count += gone >= 0 and gone not in held
        return count

    def right(recalled):
        return sum(
            bool(p.argmax() == y and n)
            for p, y, n in zip(recalled.p, recalled.y, recalled.instance, strict=True)
        )  # fmt: skip

    often = ["once" if lost(recalled) == 1 else f"{lost(recalled)} times" for recalled in state]
    return (said["least"], said["turn"], said["right"], said["right2"], said["all"]) == (
        *often, *map(right, state), 45
    )  # fmt: skip


def test_what_is_said_of_two_rules_is_so():
    for number in range(30):
        pair = []
        for name in ("small", "in turn"):
            network = memory.network(name)
            question = memory.watch(network.config, network.snapshot.theta, "glyphs", number, 0, True)
            pair.extend(answer(question))
        assert np.array_equal(pair[0].y, pair[1].y)
        claims.audit(lambda pair=pair: mann.about_rules(*pair), pair)


SCORES = (
    "**Notice** Over {sequences} sequences, at the last picture {least:.1%} ± {half:.1%} are right where the least "
    "used row is overwritten, and {turn:.1%} ± {half2:.1%} where rows are overwritten in turn. "
)
APART = "The intervals do not overlap: the better rule here is {rule}."
ALIKE = "The intervals overlap: this test does not tell the two rules apart."
OF_SCORES = {SCORES, APART, ALIKE}


@claims.says(SCORES)
def _(state, said):
    least, turn = state
    ours = (least.sequences, least.accuracy_by_instance[9], least.ci95[9], turn.accuracy_by_instance[9], turn.ci95[9])
    return all(near(a, b) for a, b in zip(said.values(), ours, strict=True))


def apart(state) -> float:
    """The distance of the two intervals at the last picture, negative where they overlap."""
    least, turn = state
    return abs(least.accuracy_by_instance[9] - turn.accuracy_by_instance[9]) - least.ci95[9] - turn.ci95[9]


@claims.says(APART)
def _(state, said):
    better = (
        "the least used row" if state[0].accuracy_by_instance[9] > state[1].accuracy_by_instance[9] else "rows in turn"
    )
    return apart(state) > -1e-9 and said["rule"] == better


claims.says(ALIKE)(lambda state, said: apart(state) <= 1e-9)


def test_what_is_said_of_their_scores_is_so():
    random = np.random.default_rng(0)
    for _ in range(STATES):
        pair = [
            ByInstance(0, random.uniform(0.6, 0.7, 10), random.uniform(0, 0.05, 10), 5, 100, "glyphs", True)
            for _ in range(2)
        ]
        claims.audit(lambda pair=pair: mann.about_rule_scores(*pair), pair)


@pytest.mark.parametrize("name", LESSON.presets)
def test_no_preset_alone_reaches_the_goal(name):
    # a preset changes the wipe or the labels; the page stays at its sequence and step
    preset, network = LESSON.presets[name], memory.network("mann")
    wipe = int(preset.get("wipe", 0))
    for data in ("glyphs", *(["omniglot"] if omniglot.available() else [])):
        question = memory.watch(network.config, network.snapshot.theta, data, 1, wipe, "labels" not in preset)
        (recalled,) = answer(question)
        assert not LESSON.goals["forget"].reached(_forgotten(recalled, OPENING - 1, wipe, trained=True))


def test_the_goal_can_be_reached_by_a_small_memory_and_by_a_wipe():
    for name, wipe in (("in turn", 0), ("mann", 25)):
        network, reached = memory.network(name), 0
        for number in range(10):
            (recalled,) = answer(memory.watch(network.config, network.snapshot.theta, "glyphs", number, wipe, True))
            goal, facts = LESSON.goals["forget"], [_forgotten(recalled, step, wipe, True) for step in range(50)]
            reached += any(map(goal.reached, facts))
            assert not any(goal.reached(_forgotten(recalled, step, wipe, trained=False)) for step in range(50))
        assert reached >= 5, name
