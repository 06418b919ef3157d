"""The stage of the plane of two parameters: what its picture shows of an answer, all to scale."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.events import Arrows, PlaneAnswer
from core.registry import WRITTEN
from lessons.demos.plane import HIGHEST_RATE, MOST_STEPS, OUTER_RATE, Places, outer_arrow, task_arrows
from lessons.engine.language import listed, t
from lessons.figures.theme import ANY_METHOD, METHODS, MUTED, PLANE_TASKS, TASK_DASHES, TASK_SYMBOLS, Line

THETA = "#D55E00"
WALKS = METHODS | {"joint": Line("joint training", MUTED, "dashdot", 2)}
OWN_WALK = {WRITTEN.name: ANY_METHOD[WRITTEN.name]}
DASHES = {"solid": "none", "dot": "2 4", "dash": "9 5", "dashdot": "9 4 2 4"}
HIGHEST = 1e6  # of a loss that is drawn; where steps diverge it has no bound


def stage(answer: PlaneAnswer, stars: Places, view: int | None, method: str = "") -> dict[str, Any]:
    """Return the numbers of the picture: both surfaces, of the mean or of the task `view`, paths, arrows, walks.

    method: the chosen one; a method that a learner has written takes inner steps of its own, all others the same.
    """
    own = method if method == WRITTEN.name else ""
    first = next((arrows for arrows in answer.arrows if arrows.name == own), answer.arrows[0])
    walk = next((walk for walk in answer.walks if walk.name == own), answer.walks[0])
    return {
        "losses": {
            "size": [len(answer.surface.amplitudes), len(answer.surface.phases)],
            "at": _flat(answer.surface.losses, view),
            "after": _flat(answer.after.losses, view),
        },
        "answer": {
            "theta": _plain(first.path[0, 0]),
            "stars": stars,
            "path": _plain(first.path),
            "arrows": {
                arrows.name: {"tasks": _plain(task_arrows(arrows)), "mean": _plain(outer_arrow(arrows))}
                for arrows in answer.arrows
            },
            "walks": {
                walk.name: {name: _plain(getattr(walk, name)) for name in ("places", "before", "after")}
                for walk in answer.walks
            },
            "before": _plain(walk.before[0]),
            "after": _plain(walk.after[0]),
        },
    }


def looks(own: bool = False) -> dict[str, Any]:
    """Return how tasks, methods and theta look, and all words of the stage. own: whether one is the learner's own."""
    tasks = [
        {
            "name": _task(i),
            "sign": str(i + 1),
            "colour": colour,
            "dash": DASHES[TASK_DASHES[i]],
            "symbol": TASK_SYMBOLS[i],
        }
        for i, colour in enumerate(PLANE_TASKS)
    ]
    methods = {
        name: {"name": line.label, "colour": line.colour, "dash": DASHES[line.dash]}
        for name, line in (WALKS | (OWN_WALK if own else {})).items()
    }
    words = {
        "axes": [t("θ₁: amplitude"), t("θ₂: phase (rad)"), "x", "f(x)"],
        "surface": t("Loss surface"),
        "surfaces": {"at": t("loss at θ"), "after": t("after the steps")},
        "method": t("Inner paths and contributions of"),
        "steps": t("Inner steps"),
        "rate": t("Inner rate α"),
        "play": "▶ " + t("Play"),
        "pause": "⏸ " + t("Pause"),
        "step": t("One step"),
        "reset": t("Reset"),
        "theta": t("θ: amplitude {a}, phase {b}; arrow keys move it"),
        "star": t("★ {task}: amplitude {a}, phase {b}; arrow keys move it"),
        "functions": t(
            "The functions: of each task dashed, of θ thick, and of each φ after the inner steps in its task's colour"
        ),
        "now": t("θ₁ = {a}, θ₂ = {b}: the mean loss is {before} at θ and {after} after the inner steps."),
        "starred": t(
            "The best parameters of {task} are amplitude {a}, phase {b} now. The mean loss is {before} at θ and "
            "{after} after the inner steps."
        ),
        "walked": t(
            "Outer step {i} of {n}, {method}: the mean loss is {before} at θ and {after} after the inner steps."
        ),
        "left": t("{method}: the next outer step leaves the picture, so θ stays here."),
    }
    return {
        "tasks": tasks, "methods": methods, "words": words, "most": MOST_STEPS, "fastest": HIGHEST_RATE,
        "look": {"colour": THETA, "sign": "θ"},
    }  # fmt: skip


def alt(answer: PlaneAnswer, view: int | None, after: bool) -> str:
    """Return the text alternative of the plane."""
    theta = answer.arrows[0].path[0, 0]
    loss = t("mean loss") if view is None else t("loss of task {task}", task=view + 1)
    return t(
        "Contours of the {what} {where} over amplitude and phase, θ at amplitude {amplitude:.2f} and phase "
        "{phase:.2f}. Outer arrows, to scale: {arrows}.",
        what=loss, where=t("after the inner steps") if after else t("at each place"),
        amplitude=theta[0], phase=theta[1],
        arrows=listed(
            t("{label} of length {length:.2f}", label=ANY_METHOD[arrows.name].label, length=_length(arrows))
            for arrows in answer.arrows
        ),
    )  # fmt: skip


def title(method: str, view: int | None, moves: bool = True) -> str:
    """Return the title of the stage. moves: whether the method has arrows: Reptile has none without inner steps."""
    loss = t("mean loss") if view is None else t("loss of task {task}", task=view + 1)
    if not moves:
        text = "The plane of θ: {what}, and the outer arrows; {label} has none"
        return t(text, what=loss, label=ANY_METHOD[method].label)
    return t(
        "The plane of θ: {what}, the paths and arrows of the tasks for {label}, and the outer arrows",
        what=loss, label=ANY_METHOD[method].label,
    )  # fmt: skip


def _task(number: int) -> str:
    return t("task {i}", i=number + 1)


def _flat(losses: np.ndarray, view: int | None) -> list[float]:
    """Return the surface [amplitudes, phases] phase by phase."""
    surface = np.asarray(losses.mean(0) if view is None else losses[view], dtype=float).T
    drawn = np.nan_to_num(surface, nan=HIGHEST, posinf=HIGHEST).clip(max=HIGHEST).round(3)
    values: list[float] = drawn.ravel().tolist()
    return values


def _plain(values: Any) -> Any:
    """Return numbers for JSON, which knows no number that is not finite: those become very large."""
    return (
        np.nan_to_num(np.asarray(values, dtype=float), nan=HIGHEST, posinf=HIGHEST, neginf=-HIGHEST).round(4).tolist()
    )


def table(all_arrows: Sequence[Arrows]) -> pd.DataFrame:
    """Tabulate the arrow of each task and their mean, the outer arrow, for each method."""
    rows = []
    for arrows in all_arrows:
        label, each = ANY_METHOD[arrows.name].label, task_arrows(arrows)
        rows += [(label, t("task {i}", i=i + 1), *move, np.linalg.norm(move)) for i, move in enumerate(each)]
        rows.append((label, t("their mean: the outer arrow"), *outer_arrow(arrows), _length(arrows)))
    return pd.DataFrame(rows, columns=["method", "arrow", "amplitude", "phase", "length"])


def scale() -> str:
    """Say what the arrows of the plane are."""
    return t(
        "Both axes have the same scale, and so have all arrows. A thin arrow is the outer step that one task proposes: "
        "for MAML and first-order MAML {rate:g} times the downhill gradient, for Reptile φ − θ. A thick arrow is "
        "exactly the mean of its method's thin ones; an arrow that is longer than the picture runs out of it.",
        rate=OUTER_RATE,
    )


def _length(arrows: Arrows) -> float:
    return float(np.linalg.norm(outer_arrow(arrows)))
