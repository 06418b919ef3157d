"""How many parameters the networks have, by their settings; free of torch, so that a server can check a file."""

import itertools

SIDE, BLOCKS = 28, 4  # of the pictures of episodes, and of the encoder that sees them


def mlp(*widths: int) -> int:
    """Return the parameters of `core.models.mlp.Mlp` with these layer widths."""
    return sum((a + 1) * b for a, b in itertools.pairwise(widths))


def blocks(width: int) -> list[int]:
    """Return the parameters of each block of `core.models.encoder.Encoder`: its filters, scale and shift."""
    return [(9 + 2) * width] + [(9 * width + 2) * width] * (BLOCKS - 1)


def encoder(width: int) -> int:
    """Return the parameters of `core.models.encoder.Encoder`."""
    return sum(blocks(width))


def statistics(width: int) -> int:
    """Return how many statistics of batch normalization an encoder leaves behind."""
    return 2 * BLOCKS * width


def sides(pool: bool) -> list[int]:
    """Return the side of a picture before the encoder, and after each of its blocks."""
    sides = [SIDE]
    for _ in range(BLOCKS):
        sides.append(sides[-1] // 2 if pool else (sides[-1] + 1) // 2)
    return sides


def features(width: int, pool: bool) -> int:
    """Return the length of an encoder's embedding of a picture."""
    return sides(pool)[-1] ** 2 * width


def lstm(inputs: int, hidden: int, recurrent: int | None = None) -> int:
    """Return the parameters of an LSTM, whose gates see `recurrent` numbers of the past, or its output."""
    return (inputs + (hidden if recurrent is None else recurrent) + 1) * 4 * hidden
