"""Moments of the shipped runs: what the network of a page answered at points of its training to one question.

`python -m lessons.record moments` trains each run again from its own command and records the answers; the last moment
is the shipped network itself.
"""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from core.demos.answers import LayersMoved
from core.events import Compared, Event, Fitted, FittedEpisode, PointsRead
from core.events.memory import Addressed, Recalled, Tape, TapeAnswer, Written
from core.tasks.characters import Characters
from lessons.demos.drawings import pictured
from lessons.demos.fewshot import DATA, characters
from lessons.demos.shipped import arrays

FOLDER = Path(__file__).parents[1] / "recorded" / "moments"
COUNT = 24
RUNS = {  # the shipped run of each page, and up to which update it is trained again
    "maml": ("maml-sinusoid", 50_000),
    "reptile": ("reptile-sinusoid", 50_000),
    "fewshot_maml": ("maml-omniglot-5way1shot", 1_500),
    "fewshot_reptile": ("reptile-omniglot-5way1shot", 2_000),
    "siamese": ("siamese-omniglot", 4_000),
    "matching": ("matching-omniglot-cosine", 6_000),
    "ntm": ("ntm-copy", 4_000),
    "mann": ("mann-omniglot", 8_000),
    "in_context": ("in-context-sinusoid", 4_000),
    "what_adapts_anil": ("anil-sinusoid", 5_000),
    "what_adapts_meta-sgd": ("meta-sgd-sinusoid", 5_000),
    "what_adapts_imaml": ("imaml-sinusoid", 1_500),
}
KINDS = {
    kind.__name__: kind for kind in (Fitted, FittedEpisode, Compared, Recalled, TapeAnswer, PointsRead, LayersMoved)
}
PARTS = {kind.__name__: kind for kind in (Tape, Addressed, Written)}
SMALL = 1000  # numbers of an array that keeps all digits: an answer is counted as right or wrong by it
_SEPARATOR = "|"


def updates(until: int, last: int) -> list[int]:
    """Return the updates of `COUNT` moments, closer together where training begins: 0, then 10 up to `until`, and
    `last`.
    """
    between = COUNT
    while True:
        at = {0, last, *np.geomspace(10, until, between).round(-1).astype(int).tolist()}
        if len(at) >= COUNT:
            return sorted(at)
        between += 1


def save(name: str, answers: Sequence[tuple[int, Event]]) -> Path:
    """Write the events that answered after so many updates each; large arrays as half floats, and once what never
    changes.
    """
    flat = [_flat(event) for _, event in answers]
    stored = {"kind": np.array(type(answers[0][1]).__name__), "updates": np.array([at for at, _ in answers])}
    for key in flat[0]:
        values = [event[key] for event in flat]
        same = all(np.array_equal(values[0], value) for value in values)
        stored[("one" if same else "each") + _SEPARATOR + key] = values[0] if same else np.stack(values)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.npz"
    np.savez_compressed(path, **stored)  # type: ignore[arg-type]
    return path


def recorded_for(page: str, data: str = "") -> list[tuple[int, Event]]:
    """Return the moments of a page's shipped run, asked about pictures of `data` where it is asked about any; empty if
    they are not recorded, or this machine's pictures are others.
    """
    moments = recorded(f"{page}-{data}") if data else recorded(page)
    with_places = data and any(isinstance(event, Recalled) for _, event in moments)
    return _with_pictures(f"{page}-{data}", data, characters(data)) if with_places else moments


@lru_cache(maxsize=len(DATA))  # each is some megabytes
def _with_pictures(name: str, data: str, _: Characters) -> list[tuple[int, Event]]:
    """Return the moments of a file that holds places of pictures, with the pictures of this machine's characters."""
    shown = [(at, pictured(event, data)) for at, event in recorded(name) if isinstance(event, Recalled)]
    return [(at, event) for at, event in shown if event]


@cache
def recorded(name: str) -> list[tuple[int, Event]]:
    """Return the moments of a file: updates so far, and the answering event; empty if not recorded."""
    stored = arrays(FOLDER / f"{name}.npz")
    if "kind" not in stored:
        return []
    values = {key.split(_SEPARATOR, 1)[1]: (key.startswith("each"), array) for key, array in stored.items()
              if _SEPARATOR in key}  # fmt: skip
    moments = list[tuple[int, Event]]()
    for i, at in enumerate(stored["updates"].tolist()):
        now = {key: array[i] if each else array for key, (each, array) in values.items()}
        moments.append((at, _event(KINDS[str(stored["kind"])], now, "")))
    return moments


def _flat(event: Any, prefix: str = "") -> dict[str, np.ndarray]:
    flat = dict[str, np.ndarray]()
    for field in fields(event):
        value = getattr(event, field.name)
        if is_dataclass(value):
            flat |= _flat(value, f"{field.name}.")
            continue
        array = np.asarray(value)
        large = array.dtype in (np.float32, np.float64) and array.size > SMALL
        flat[prefix + field.name] = array.astype(np.float16) if large else array
    return flat


def _event(kind: Any, values: dict[str, np.ndarray], prefix: str) -> Any:
    made = dict[str, Any]()
    for field in fields(kind):
        if isinstance(field.type, type) and field.type.__name__ in PARTS:
            made[field.name] = _event(field.type, values, f"{field.name}.")
            continue
        array = values[prefix + field.name]
        made[field.name] = array.item() if array.ndim == 0 else array
    return kind(**made)
