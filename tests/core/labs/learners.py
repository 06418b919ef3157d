"""What learners write: every lab solved in another way than the reference, and each mistake made in that way."""

from dataclasses import dataclass
from itertools import pairwise

from core.labs.catalog import LABS
from core.labs.lab import Lab

FUNCTIONS = {name: lab for name, lab in LABS.items() if not lab.whole}  # the labs that ask for one function alone


@dataclass(frozen=True)
class Learner:
    """A right file, and for each mistake what is put wrong in it: (right, wrong, ...), or a whole file."""

    source: str
    mistakes: dict[str, tuple[str, ...] | str]

    def with_mistake(self, name: str) -> str:
        change = self.mistakes[name]
        if isinstance(change, str):
            return change
        source = self.source
        for right, wrong in [*pairwise(change)][::2]:
            assert source.count(right) == 1, (name, right)
            source = source.replace(right, wrong)
        return source


def learner_of(lab: Lab) -> Learner:
    from tests.core.labs import learners_adapt, learners_compare, learners_memory

    return (learners_adapt.LEARNERS | learners_compare.LEARNERS | learners_memory.LEARNERS)[lab.name]
