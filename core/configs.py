"""Every config of tasks and algorithms, free of torch, so that forms and URLs can be made from them."""

import math
from dataclasses import dataclass, field, replace

from core.options import Config, ConfigError, option
from core.tasks.characters import DRAWERS, SPLITS


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
                raise ConfigError(f"{name}_low={low:g} is above {name}_high={high:g}: swap them")


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
            raise ConfigError(f"shots={self.shots} and queries={self.queries}: a character has {DRAWERS} drawings")


@dataclass(frozen=True)
class Sequences(Config):
    """Sequences of random bits to be remembered (Graves et al. 2014, section 4)."""

    kind: str = option("copy", "what is asked of a sequence", choices=("copy", "repeat", "recall"))
    bits: int = option(8, "bits of a vector", low=1, high=16)
    shortest: int = option(1, "shortest sequence in training; in recall, of items", low=1, high=120)
    longest: int = option(20, "longest sequence in training; in recall, of items", low=1, high=120)
    repeats: int = option(10, "most repeats in repeat copy", low=1, high=20)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shortest > self.longest:
            raise ConfigError(f"shortest={self.shortest} is above longest={self.longest}: swap them")


Task = Sinusoid | Episodes | Sequences


@dataclass(frozen=True)
class Descent:
    """How a task's own parameters go down its loss: plain gradient steps, or Adam without momentum."""

    rate: float
    optimizer: str = "sgd"


@dataclass(frozen=True)
class Training(Config):
    """What every training run has: its tasks, its length and its seed."""

    task: Task = field(default_factory=Sinusoid)
    meta_batch: int = option(25, "tasks per outer update", low=1, high=1024)
    iterations: int = option(10_000, "outer updates", low=0, high=10_000_000)
    seconds: float = option(0.0, "stop after this time; 0 is no limit", unit="s", low=0.0, high=86_400.0)
    seed: int = option(0, "seed of the run", low=0, high=2**31 - 1)
    anneal: bool = option(False, "let the outer rate fall in a line to zero at the last of `iterations`")
    report_every: int = option(25, "outer updates between two reports", low=1, high=100_000)
    snapshot_every: int = option(0, "outer updates between two snapshots of theta; 0 is none", low=0, high=10_000_000)
    test_tasks: int = option(1000, "unseen tasks of the evaluation", low=2, high=10_000)
    trace: bool = option(False, "yield every inner update as an event too")

    @property
    def episodes(self) -> Episodes:
        """The task, where it is one of episodes. Raises ConfigError where it is not."""
        if not isinstance(self.task, Episodes):
            raise ConfigError("this needs episodes of characters")
        return self.task


@dataclass(frozen=True)
class Adapting(Training):
    """A run whose tasks adapt by gradient steps."""

    inner_rate: float = option(0.01, "inner learning rate alpha", low=0.0, high=10.0)
    inner_steps: int = option(1, "inner gradient steps in training", low=0, high=50)
    test_steps: int = option(10, "inner gradient steps on unseen tasks in the evaluation", low=0, high=100)

    @property
    def descent(self) -> Descent:
        """How a task adapts."""
        return Descent(self.inner_rate)


@dataclass(frozen=True)
class Maml(Adapting):
    """Model-agnostic meta-learning (Finn et al. 2017, algorithm 2)."""

    inner_steps: int = option(1, "inner gradient steps in training", low=0, high=20)
    outer_rate: float = option(0.003, "outer learning rate of Adam (the paper: 0.001)", low=0.0, high=1.0)
    order: int = option(2, "2: through the inner steps; 1: first-order MAML", choices=(1, 2))
    average: float = option(
        0.0, "theta is a running mean of the updates that keeps this share at each; 0: the last", low=0.0, high=0.999
    )


@dataclass(frozen=True)
class Reptile(Adapting):
    """Reptile (Nichol et al. 2018, algorithm 1 in its batched form)."""

    inner_steps: int = option(5, "inner gradient steps in training", low=1, high=50)
    inner_optimizer: str = option("sgd", "sgd, or adam with beta1 = 0 as in the paper", choices=("sgd", "adam"))
    inner_batch: int = option(0, "points of an inner step in training; 0 is all of the task's", low=0, high=500)
    epsilon: float = option(0.5, "outer step size epsilon", low=0.0, high=2.0)

    @property
    def descent(self) -> Descent:
        """How a task adapts."""
        return Descent(self.inner_rate, self.inner_optimizer)


@dataclass(frozen=True)
class Published(Adapting):
    """The article's programs, with a switch for each fault; see core.algorithms.published."""

    meta_batch: int = option(5, "tasks of a pass", low=1, high=100)
    inner_steps: int = option(5, "inner gradient steps in training", low=1, high=20)
    outer_rate: float = option(0.003, "size of MAML's outer step, a plain gradient step", low=0.0, high=1.0)
    epsilon: float = option(0.5, "Reptile's outer step size", low=0.0, high=2.0)
    family: str = option("maml", "which of the two programs", choices=("maml", "reptile"))
    adds_up: bool = option(False, "maml: an inner step starts where the last one ended")
    link: str = option("cut", "maml: how phi hangs on theta", choices=("kept", "cut", "overwritten"))
    copies: bool = option(False, "reptile: each task trains a copy of theta")
    mean: bool = option(False, "reptile: the mean of the arrows, not their sum")

    @property
    def repaired(self) -> "Published":
        """The same run without a fault."""
        return replace(self, adds_up=True, link="kept", copies=True, mean=True)


@dataclass(frozen=True)
class Pretrain(Adapting):
    """Ordinary supervised training on all training classes at once, whose features are then fine-tuned.

    The control for few-shot learning: one network, one big classification task, no episodes.
    """

    meta_batch: int = option(64, "images per update", low=2, high=1024)
    inner_rate: float = option(0.1, "learning rate of the fine-tuning", low=0.0, high=10.0)
    outer_rate: float = option(0.003, "learning rate of Adam", low=0.0, high=1.0)


@dataclass(frozen=True)
class Metric(Training):
    """A run that learns to compare: nothing adapts to a task, so any way and shot can be tested."""

    outer_rate: float = option(0.001, "learning rate of Adam", low=0.0, high=1.0)
    test_way: int = option(5, "classes of an episode in the evaluation", low=2, high=20)
    test_shots: int = option(1, "support drawings of each class in the evaluation", low=1, high=10)

    @property
    def tested(self) -> Task:
        """The tasks of the evaluation."""
        if not isinstance(self.task, Episodes):
            return self.task
        return self.task.updated(way=self.test_way, shots=self.test_shots, transductive=False)


@dataclass(frozen=True)
class Matching(Metric):
    """Matching network (Vinyals et al. 2016), and prototypes (Snell et al. 2017) as a variant."""

    meta_batch: int = option(2, "episodes per update", low=1, high=256)
    distance: str = option("cosine", "how embeddings are compared", choices=("cosine", "dot", "euclid"))
    scale: float = option(10.0, "what similarities are multiplied by before the softmax", low=0.01, high=100.0)
    prototypes: bool = option(False, "attend to the mean embedding of each class")
    context: int = option(0, "steps of the query's LSTM in full-context embeddings; 0 is none", low=0, high=10)


@dataclass(frozen=True)
class Siamese(Metric):
    """Siamese network (Koch et al. 2015), trained on all pairs of an episode's support and queries."""

    meta_batch: int = option(2, "groups of pairs per update", low=1, high=256)
    negatives: str = option("hardest", "pairs of two characters that count", choices=("hardest", "all"))


@dataclass(frozen=True)
class Memory(Training):
    """A run that learns to use a memory, on sequences."""

    meta_batch: int = option(16, "sequences per update", low=1, high=256)
    outer_rate: float = option(0.001, "learning rate of Adam", low=0.0, high=1.0)
    clip: float = option(10.0, "largest norm of a gradient", low=0.01, high=1000.0)


@dataclass(frozen=True)
class Ntm(Memory):
    """Neural Turing Machine (Graves et al. 2014)."""

    outer_rate: float = option(0.002, "learning rate of Adam", low=0.0, high=1.0)
    clip: float = option(0.1, "largest norm of a gradient", low=0.01, high=1000.0)

    controller: str = option("lstm", "what drives the heads", choices=("lstm", "feedforward"))
    hidden: int = option(100, "units of the controller", low=4, high=512)
    rows: int = option(128, "rows of the memory", low=2, high=1024)
    columns: int = option(20, "numbers in a row of the memory", low=2, high=128)
    readers: int = option(1, "read heads", low=1, high=8)
    writers: int = option(1, "write heads", low=1, high=8)
    content: bool = option(True, "heads may address by content")
    shifts: bool = option(True, "heads may shift to neighbouring rows")
    test_lengths: str = option("10,20,40,80,120", "lengths of the evaluation, with commas between")

    @property
    def sequences(self) -> Sequences:
        """The task. Raises ConfigError where it is none of sequences."""
        if not isinstance(self.task, Sequences):
            raise ConfigError("a Neural Turing Machine needs sequences of bits")
        return self.task

    @property
    def lengths(self) -> list[int]:
        """The lengths of the evaluation. Raises ConfigError."""
        try:
            found = [int(part) for part in self.test_lengths.split(",")]
        except ValueError:
            found = []
        if not found or not all(1 <= one <= 1000 for one in found):
            raise ConfigError(f"test_lengths={self.test_lengths[:40]!r}: expected numbers from 1 to 1000 and commas")
        return found


@dataclass(frozen=True)
class Mann(Memory):
    """Memory-augmented network (Santoro et al. 2016) and its control, on sequences of labelled pictures."""

    outer_rate: float = option(0.003, "learning rate of Adam", low=0.0, high=1.0)
    memory: bool = option(True, "false: the plain LSTM, as a control")
    instances: int = option(10, "pictures of each class in a sequence", low=2, high=20)
    hidden: int = option(200, "units of the controller", low=4, high=512)
    rows: int = option(128, "rows of the memory", low=8, high=1024)
    columns: int = option(40, "numbers in a row of the memory", low=2, high=128)
    heads: int = option(1, "heads, each of which reads and writes (the paper: 4)", low=1, high=8)
    adds: bool = option(True, "a head writes a vector of its own; false: its key, as in the paper")
    decay: float = option(0.95, "what is left of a row's usage after a step", low=0.0, high=1.0)
    strength: float = option(10.0, "what the cosine is multiplied by before the softmax of a read; the paper: 1",
                             low=0.1, high=100.0)  # fmt: skip
    points: int = option(20, "points of a sinusoid, one after the other", low=2, high=100)
    side: int = option(20, "height and width that pictures are reduced to", choices=(14, 20, 28))
    shuffle: bool = option(True, "labels are drawn anew for every sequence; false: a character keeps its label")
