"""The settings of a layer of linear attention, free of torch."""

from dataclasses import dataclass, field

from core.options import ConfigError, option
from core.tasks.config import Linear, Task
from core.training.config import ContextConfig
from core.words import Words


@dataclass(frozen=True)
class LinearAttentionConfig(ContextConfig):
    """One layer of attention without its softmax, on linear functions (von Oswald et al. 2023)."""

    task: Task = field(default_factory=Linear)
    meta_batch: int = option(256, "functions per update", low=1, high=1024)
    outer_rate: float = option(0.01, "learning rate of Adam", low=0.0, high=1.0)

    @property
    def linear(self) -> Linear:
        """The task. Raises ConfigError where it is another one."""
        if not isinstance(self.task, Linear):
            raise ConfigError(Words("a layer of linear attention needs linear functions"))
        return self.task

    @property
    def parameters(self) -> int:
        """The length of theta: queries, keys and values. Raises ConfigError."""
        token = self.linear.inputs + 1
        return 2 * token**2 + token
