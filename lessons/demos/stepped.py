"""What a browser sends from the stage of a sequence that is gone through step by step."""

from collections.abc import Collection, Mapping
from typing import Any


def moved(
    asked: object, numbers: Mapping[str, tuple[int, int]], choices: Mapping[str, Collection[str]]
) -> dict[str, Any] | None:
    """Return the checked values of a message, its number under "n"; None if the message is not as it must be.

    numbers: the least and the most of each; choices: the allowed names of each. All of them must be there.
    """
    if not isinstance(asked, Mapping):
        return None
    limits = {"n": (0, 2**53 - 1), **numbers}
    values = {name: asked.get(name) for name in (*limits, *choices)}
    for name, (low, high) in limits.items():
        value = values[name]
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            return None
    known = all(isinstance(values[name], str) and values[name] in allowed for name, allowed in choices.items())
    return values if known else None
