"""The settings of Neural Turing Machines, free of torch."""

import contextlib
from dataclasses import dataclass

from core.options import ConfigError, option
from core.tasks import sizes
from core.tasks.config import Sequences
from core.training.config import MemoryConfig
from core.words import Words

LONGEST, MOST_LENGTHS, LONGEST_TEXT = 1000, 50, 200  # of a tested sequence; of lengths; of their text, in characters


@dataclass(frozen=True)
class NtmConfig(MemoryConfig):
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

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.lengths  # a wrong one is refused now, not after all training

    @property
    def sequences(self) -> Sequences:
        """The task. Raises ConfigError where it is not one of sequences."""
        if not isinstance(self.task, Sequences):
            raise ConfigError(Words("a Neural Turing Machine needs sequences of bits"))
        return self.task

    @property
    def lengths(self) -> list[int]:
        """The lengths of the evaluation. Raises ConfigError."""
        least = self.task.least if isinstance(self.task, Sequences) else 1
        lengths = list[int]()
        if len(self.test_lengths) <= LONGEST_TEXT:
            with contextlib.suppress(ValueError):
                lengths = [int(part) for part in self.test_lengths.split(",")]
        if not 1 <= len(lengths) <= MOST_LENGTHS or not all(least <= length <= LONGEST for length in lengths):
            text = (
                "test_lengths={given!r}: expected numbers from {least} to {longest} and commas, at most {most} of them"
            )
            values = {"given": self.test_lengths[:40], "least": least, "longest": LONGEST, "most": MOST_LENGTHS}
            raise ConfigError(Words(text, **values))
        return lengths

    @property
    def parameters(self) -> int:
        """The length of theta: controller, heads, erase and add vectors, output layer. Raises ConfigError."""
        inputs, outputs = self.sequences.channels
        read, heads = self.readers * self.columns, self.readers + self.writers
        seen, hidden = inputs + read, self.hidden
        controller = sizes.lstm(seen, hidden) if self.controller == "lstm" else sizes.mlp(seen, hidden)
        addressing = heads * (self.columns + 6)  # key, strength, gate, three shifts, sharpness
        return (
            controller
            + sizes.mlp(hidden, addressing + 2 * self.writers * self.columns)
            + sizes.mlp(hidden + read, outputs)
        )
