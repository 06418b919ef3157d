"""What the comparison says of methods that were trained here and are tested there, on measured and on random scores."""

from functools import partial

import numpy as np

from lessons.demos import domains
from lessons.demos.compare import LABELS
from lessons.demos.domains import ADAPT, COMPARE, DOMAINS, HOME, SHOTS, Row
from lessons.notices.domains import about_domain
from tests.claims.registry import STATES, Claims

SAID = Claims()
SAID.names("**Notice**", *LABELS.values())
METHODS = (*ADAPT, *COMPARE, "mann", "pixels")


def score(state, domain: str, method: str, shots: int) -> Row:
    return next(row for row in state[0] if (row.domain, row.method, row.shots) == (domain, method, shots))


def here(state, shots: int, methods=METHODS) -> list[Row]:
    present = {row.method for row in state[0]}
    return [score(state, state[1], method, shots) for method in methods if method in present]


@SAID.says(
    "With {count} drawing the best score is {score:.1%} ({methods}).",
    "With {count} drawings the best score is {score:.1%} ({methods}).",
)
def _(state, said):
    rows = [row for row in state[0] if (row.domain, row.shots) == (state[1], said["count"])]
    best = max(row.score for row in rows)
    names = [LABELS[row.method] for row in rows if row.score == best]
    return np.isclose(best, said["score"]) and said["methods"] == ", ".join(names)


def lost(state) -> list[float]:
    pairs = [(score(state, HOME, name, 1).score, score(state, state[1], name, 1).score) for name in ADAPT + COMPARE]
    return [100 * (before - after) for before, after in pairs]


AGAINST = "Against new characters of Omniglot, with one drawing, "
SAID.says(AGAINST + "none of those that have learned to adapt or to compare has lost anything.")(
    lambda state, said: max(lost(state)) <= 0
)
SAID.says(AGAINST + "{most} has lost most of those that have learned to adapt or to compare: {much:.1f} points.")(
    lambda state, said: np.isclose(said["much"], max(lost(state))) and said["much"] > 0
)
SAID.says("{least} has even gained {more:.1f} points.")(
    lambda state, said: np.isclose(-said["more"], min(lost(state))) and said["more"] > 0
)
SAID.says("{least} has lost least: {little:.1f} points.")(
    lambda state, said: np.isclose(said["little"], min(lost(state))) and said["little"] >= 0
)


def gaps(state, first, second) -> dict[int, float]:
    """By how much the best of `first` is ahead of the best of `second`, beyond the interval of both."""
    apart = {}
    for shots in SHOTS:
        ahead, behind = (max(here(state, shots, names), key=lambda row: row.score) for names in (first, second))
        apart[shots] = ahead.score - behind.score - np.hypot(ahead.half, behind.half)
    return apart


SAID.says("With no number of drawings is adaptation clearly ahead of comparison, or behind it.")(
    lambda state, said: max(*gaps(state, ADAPT, COMPARE).values(), *gaps(state, COMPARE, ADAPT).values()) <= 0
)
for text, sides in (
    ("Adaptation is clearly ahead of comparison with K = {shots}.", (ADAPT, COMPARE)),
    ("Comparison is clearly ahead of adaptation with K = {shots}.", (COMPARE, ADAPT)),
):
    SAID.says(text)(
        lambda state, said, sides=sides: (
            said["shots"] == ", ".join(str(shots) for shots, gap in gaps(state, *sides).items() if gap > 0)
        )
    )


def level(source: np.random.Generator, domain: str, number: int) -> float:
    """A score: in a third of the states all are better at home, in a third all are worse there."""
    least = {0: 0.3, 1: 0.7 if domain == HOME else 0.3, 2: 0.3 if domain == HOME else 0.7}[number % 3]
    return float(source.uniform(least, 1 if least > 0.5 or number % 3 == 0 else 0.6))


def test_what_is_said_of_domains_is_true():
    source = np.random.default_rng(9)
    for number in range(STATES):
        rows = [
            Row(domain, method, shots, level(source, domain, number), float(source.uniform(0.001, 0.1)), 200)
            for domain in DOMAINS
            for method in METHODS
            for shots in SHOTS
        ]
        domain = list(DOMAINS)[number % len(DOMAINS)]
        SAID.audit(partial(about_domain, rows, domain), (rows, domain))
    for domain in DOMAINS:
        SAID.audit(partial(about_domain, domains.measured(), domain), (domains.measured(), domain))
    assert SAID.heard >= set(SAID.checks) - set(LABELS.values())
