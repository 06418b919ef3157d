"""The settings of each task distribution p(T), free of torch, so that forms and links can be made from them."""

import math
from dataclasses import dataclass

from core.options import Config, ConfigError, option
from core.tasks import sizes
from core.tasks.characters import DRAWERS, SPLITS
from core.words import Words


@dataclass(frozen=True)
class Sinusoid(Config):
    """p(T): y = A sin(x - phase), A and phase uniform (Finn et al. 2017, section 5.1)."""

    shots: int = option(10, "support points per task (K)", low=1, high=100)
    queries: int = option(10, "query points per task in training", low=1, high=100)
    amplitude_low: float = option(0.1, "smallest amplitude", low=0.0, high=10.0)
    amplitude_high: float = option(5.0, "largest amplitude", low=0.0, high=10.0)
    phase_low: float = option(0.0, "smallest phase", unit="rad", low=-2 * math.pi, high=2 * math.pi)
    phase_high: float = option(math.pi, "largest phase", unit="rad", low=-2 * math.pi, high=2 * math.pi)
    x_low: float = option(-5.0, "left end of x", low=-10.0, high=10.0)
    x_high: float = option(5.0, "right end of x", low=-10.0, high=10.0)
    noise: float = option(0.0, "standard deviation of noise on support y", low=0.0, high=2.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("amplitude", "phase", "x"):
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if low > high:
                text = "{name}_low={low:g} is above {name}_high={high:g}: swap them"
                raise ConfigError(Words(text, name=name, low=low, high=high))
        if self.x_low == self.x_high:
            raise ConfigError(Words("x_low and x_high are both {x:g}: there is no room for points", x=self.x_low))


@dataclass(frozen=True)
class Episodes(Config):
    """N-way K-shot episodes of handwritten characters (Vinyals et al. 2016, section 4.1), and the network for them."""

    data: str = option("omniglot", "omniglot, or glyphs that are generated", choices=("omniglot", "glyphs"))
    split: str = option("characters", "characters: 1200 to train, 423 to test; or by alphabets", choices=SPLITS)
    rotations: bool = option(True, "quarter turns of training characters are classes of their own")
    way: int = option(5, "classes of an episode (N)", low=2, high=60)
    shots: int = option(1, "support drawings of each class (K)", low=1, high=10)
    queries: int = option(5, "query drawings of each class in training", low=1, high=15)
    transductive: bool = option(True, "test queries are normalized together; false: each with the support alone")
    within: float = option(0.0, "share of training episodes drawn from one alphabet", low=0.0, high=1.0)
    distort: bool = option(False, "training drawings are turned, sheared, scaled and moved a little")
    width: int = option(32, "filters of each of the four blocks", low=4, high=128)
    downsample: str = option("stride", "how a block halves the picture", choices=("stride", "pool"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shots + self.queries > DRAWERS:
            text = "shots={shots} and queries={queries}: a character has {drawers} drawings"
            raise ConfigError(Words(text, shots=self.shots, queries=self.queries, drawers=DRAWERS))

    @property
    def features(self) -> int:
        """The length of the encoder's embedding of a picture."""
        return sizes.features(self.width, self.downsample == "pool")


@dataclass(frozen=True)
class Sequences(Config):
    """Sequences of random bits to be remembered (Graves et al. 2014, section 4)."""

    kind: str = option("copy", "what is asked of a sequence", choices=("copy", "repeat", "recall"))
    bits: int = option(8, "bits of a vector", low=1, high=16)
    shortest: int = option(1, "shortest sequence in training; in recall, of items", low=1, high=120)
    longest: int = option(20, "longest sequence in training; in recall, of items", low=1, high=120)
    repeats: int = option(10, "most repeats in repeat copy", low=1, high=20)

    @property
    def least(self) -> int:
        """The shortest length that a sequence can have: a recall needs an item that followed another one."""
        return 2 if self.kind == "recall" else 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shortest > self.longest:
            text = "shortest={shortest} is above longest={longest}: swap them"
            raise ConfigError(Words(text, shortest=self.shortest, longest=self.longest))
        if self.longest < self.least:
            text = "longest={longest}: {kind} needs at least {least}"
            raise ConfigError(Words(text, longest=self.longest, kind=self.kind, least=self.least))

    @property
    def channels(self) -> tuple[int, int]:
        """The inputs and outputs of a network."""
        return {
            "copy": (self.bits + 1, self.bits),
            "repeat": (self.bits + 2, self.bits + 1),
            "recall": (self.bits + 2, self.bits),
        }[self.kind]


@dataclass(frozen=True)
class Linear(Config):
    """p(T): y = w . x, w normal, x uniform in [-1, 1]^inputs (von Oswald et al. 2023, section 3)."""

    inputs: int = option(10, "numbers of x", low=1, high=50)
    shots: int = option(10, "support points per function (K)", low=1, high=100)
    queries: int = option(10, "query points per function in training", low=1, high=100)


Task = Sinusoid | Episodes | Sequences | Linear
