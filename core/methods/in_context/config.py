"""The settings of learning in context, free of torch."""

from dataclasses import dataclass

from core.options import ConfigError, option
from core.tasks import sizes
from core.training.config import ContextConfig
from core.words import Words


@dataclass(frozen=True)
class InContextConfig(ContextConfig):
    """A transformer that reads points of a function and answers at a new x (Garg et al. 2022)."""

    width: int = option(64, "numbers of a token", low=4, high=256)
    layers: int = option(2, "blocks, each of attention and a perceptron", low=1, high=8)
    heads: int = option(4, "heads of each attention; they share the width", low=1, high=16)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.width % self.heads:
            text = "width={width} cannot be shared by heads={heads}: choose a multiple"
            raise ConfigError(Words(text, width=self.width, heads=self.heads))

    @property
    def parameters(self) -> int:
        """The length of theta: tokens, the token before all points, blocks, output."""
        width = self.width
        block = width + 4 * width**2 + width + sizes.mlp(width, 4 * width, width)
        return 3 * width + width + self.layers * block + width + sizes.mlp(width, 1)
