"""The settings of memory-augmented networks, free of torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.options import ConfigError, option
from core.tasks import sizes
from core.tasks.config import Sinusoid
from core.training.config import MemoryConfig
from core.words import Words


def head_size(width: int, values: int, separate_write_vector: bool) -> int:
    """Return how many numbers the controller sends to a head for rows of `width`: a key, what it writes, and a gate.

    Of `values` numbers beside the key, both together are as wide as a row.
    """
    return width * (1 if values else 1 + separate_write_vector) + 1


@dataclass(frozen=True)
class MannConfig(MemoryConfig):
    """Memory-augmented network (Santoro et al. 2016) and its control, on sequences of labelled pictures."""

    FORMER_NAMES: ClassVar[Mapping[str, str]] = {"adds": "separate_write_vector"}
    FORMER_DEFAULTS: ClassVar[Mapping[str, Any]] = {"value_columns": 0}

    outer_rate: float = option(0.003, "learning rate of Adam", low=0.0, high=1.0)
    memory: bool = option(True, "false: the plain LSTM, as a control")
    instances: int = option(10, "pictures of each class in a sequence", low=2, high=20)
    hidden: int = option(200, "units of the controller", low=4, high=512)
    rows: int = option(128, "rows of the memory", low=8, high=1024)
    columns: int = option(40, "numbers in a row of the memory", low=2, high=128)
    heads: int = option(1, "heads, each of which reads and writes (the paper: 4)", low=1, high=8)
    value_columns: int = option(10, "columns of a row that hold a value, beside those of the last step's key; 0: a row "
                                "is one vector", low=0, high=127)  # fmt: skip
    separate_write_vector: bool = option(True, "where value_columns is 0, a head writes a vector of its own; "
                                         "false: its key, as in the paper")  # fmt: skip
    rule: str = option("least used", "which rows the heads empty and write to: the least used, or all in turn",
                       choices=("least used", "in turn"))  # fmt: skip
    decay: float = option(0.95, "what is left of a row's usage after a step", low=0.0, high=1.0)
    strength: float = option(10.0, "what the cosine is multiplied by before the softmax of a read; the paper: 1",
                             low=0.1, high=100.0)  # fmt: skip
    points: int = option(20, "points of a sinusoid, one after the other", low=2, high=100)
    side: int = option(20, "height and width that pictures are reduced to", choices=(14, 20, 28))
    shuffle: bool = option(True, "labels are drawn anew for every sequence; false: a character keeps its label")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.value_columns >= self.columns:
            text = "value_columns={value} leaves no column for the key: there are {columns} columns"
            raise ConfigError(Words(text, value=self.value_columns, columns=self.columns))

    @property
    def channels(self) -> tuple[int, int]:
        """The inputs and outputs of the network. Raises ConfigError."""
        if isinstance(self.task, Sinusoid):
            return 2, 1
        return self.side**2 + self.episodes.way, self.episodes.way

    @property
    def parameters(self) -> int:
        """The length of theta: the controller, the output layer and, with a memory, the heads. Raises ConfigError."""
        inputs, outputs = self.channels
        read = self.heads * self.columns * self.memory
        head_params = self.heads * head_size(self.columns, self.value_columns, self.separate_write_vector) * self.memory
        controller = sizes.lstm(inputs + read, self.hidden)
        return controller + sizes.mlp(self.hidden + read, outputs) + sizes.mlp(self.hidden, head_params)
