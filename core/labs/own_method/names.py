"""What a file of a whole method must define. Free of torch."""

from typing import Any

Names = dict[str, Any]  # what a file defines
METHOD = {
    "Settings": "class",
    "adapt": "function",
    "outer_step": "function",
    "train": "function",
    "evaluate": "function",
}


class LacksError(ValueError):
    """A file does not define what a method has; the text is its name."""
