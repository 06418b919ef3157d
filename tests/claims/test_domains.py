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


@SAID.says(
    "Against new characters of Omniglot, with one drawing, {least} has lost least of those that adapt or compare "
    "({little:.1%}), and {most} has lost most ({much:.1%})."
)
def _(state, said):
    lost = [score(state, HOME, name, 1).score - score(state, state[1], name, 1).score for name in ADAPT + COMPARE]
    return np.allclose([said["little"], said["much"]], [min(lost), max(lost)])


def gaps(state) -> dict[int, float]:
    """By how much the best that adapts is ahead of the best that compares, beyond the interval of both."""
    apart = {}
    for shots in SHOTS:
        adapt, compare = (max(here(state, shots, names), key=lambda row: row.score) for names in (ADAPT, COMPARE))
        apart[shots] = adapt.score - compare.score - np.hypot(adapt.half, compare.half)
    return apart


SAID.says("With no number of drawings is adaptation clearly ahead of comparison.")(
    lambda state, said: max(gaps(state).values()) <= 0
)
SAID.says("Adaptation is clearly ahead of comparison with K = {shots}.")(
    lambda state, said: said["shots"] == ", ".join(str(shots) for shots, gap in gaps(state).items() if gap > 0)
)


def test_what_is_said_of_domains_is_true():
    source = np.random.default_rng(9)
    for number in range(STATES):
        rows = [
            Row(domain, method, shots, float(source.uniform(0.3, 1)), float(source.uniform(0.001, 0.1)), 200)
            for domain in DOMAINS
            for method in METHODS
            for shots in SHOTS
        ]
        domain = list(DOMAINS)[number % len(DOMAINS)]
        SAID.audit(partial(about_domain, rows, domain), (rows, domain))
    for domain in DOMAINS:
        SAID.audit(partial(about_domain, domains.measured(), domain), (domains.measured(), domain))
    assert SAID.heard >= set(SAID.checks) - set(LABELS.values())
