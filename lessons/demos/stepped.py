"""What a browser sends from a stage, checked: whole numbers, and the message of a sequence gone through by steps."""

from collections.abc import Collection, Mapping
from typing import Any

LARGEST = 2**53 - 1  # number of a message: a browser counts no further


def whole(value: object, most: int) -> int | None:
    """Return `value` if it is a whole number from 0 to `most`."""
    return value if type(value) is int and 0 <= value <= most else None


def moved(
    asked: object, numbers: Mapping[str, tuple[int, int]], choices: Mapping[str, Collection[str]]
) -> dict[str, Any] | None:
    """Return the checked values of a message, its number under "n"; None if the message is not as it must be.

    numbers: the least and the most of each; choices: the allowed names of each. All of them must be there.
    """
    if not isinstance(asked, Mapping):
        return None
    limits = {"n": (0, LARGEST), **numbers}
    values = {name: asked.get(name) for name in (*limits, *choices)}
    for name, (low, high) in limits.items():
        value = whole(values[name], high)
        if value is None or value < low:
            return None
    known = all(isinstance(values[name], str) and values[name] in allowed for name, allowed in choices.items())
    return values if known else None
