"""A method that a learner has written: its settings here, its rule in a file that runs in the process of labs alone."""

from dataclasses import dataclass

from core.methods.method import Algorithm, Method
from core.options import ConfigError, option
from core.tasks.config import Episodes, Sinusoid
from core.training.config import AdaptationConfig
from core.words import Words

BETWEEN = "; "  # two settings of the file's own


@dataclass(frozen=True)
class WrittenConfig(AdaptationConfig):
    """The settings that all methods have which adapt, and which file's rule it is."""

    code: str = option("", "SHA-256 of the file that holds the rule")
    own: str = option("", "settings that only this file has")

    @property
    def advice(self) -> Words:
        """What to try when the loss is no longer finite. The outer rate is the file's own, under a name of its own."""
        return Words("try a smaller inner rate or a smaller outer rate")


def load_algorithm() -> Algorithm:
    """Refuse: what a learner has written runs in no process of ours. Raises ConfigError."""
    raise ConfigError(Words("the rule of this run is in a file of its own: name it with --from FILE"))


METHOD = Method(
    "written",
    WrittenConfig,
    "a method of your own, from a file: train --from FILE",
    load_algorithm,
    tasks={Sinusoid: {}, Episodes: {"test_steps": 1}},
)
