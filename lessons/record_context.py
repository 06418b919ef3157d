"""Record what the lesson on learning in context measures: errors by the number of points, of all that can use so many,
and of networks that were trained on few functions, again and again.
"""

import json

import numpy as np

from core.demos.by_points import adapted, on_its_own
from core.dispatch import answer, run
from core.events import Snapshot
from core.events.evaluations import LossByPoints
from core.training.config import Descent
from lessons.demos import context, sinusoid

FEW = tuple(2**n for n in range(1, 13))  # 2 to 4096 functions
FEW_UPDATES = 600


def main() -> None:
    """Write lessons/recorded/context.json and context.npz."""
    by_points = {name: np.round(context.scored(name).loss_by_points, 5).tolist() for name in context.READERS}
    steps = adapted(sinusoid.inits("maml")["maml"], Descent(sinusoid.DEFAULT_RATE), (1, context.STEPS)).round(5)
    by_points |= {"maml 1": steps[0].tolist(), "maml 10": steps[1].tolist()}
    context.RECORDED.write_text(json.dumps({"by_points": by_points, "tasks": _few()}) + "\n", encoding="utf-8")
    first_paint()


def first_paint() -> None:
    """Write lessons/recorded/context.npz: what the page opens with."""
    arrays: dict[str, np.ndarray] = {}
    for name in context.READERS:
        (read,) = answer(context.read_request(name, context.first_points(), 0.0))
        arrays |= {f"{name}_{part}": getattr(read, part) for part in context.PARTS}
    np.savez_compressed(context.FIRST_PAINT, **arrays)  # type: ignore[arg-type]
    print(f"wrote {context.RECORDED} and {context.FIRST_PAINT}")


def _few() -> dict[str, list[float]]:
    """Return the error after ten points of networks trained on few functions: on those, and on new ones."""
    errors: dict[str, list[float]] = {"few": list(FEW), "new": [], "seen": []}
    for few in FEW:
        config = context.network("in-context").config.updated(few=few, iterations=FEW_UPDATES, report_every=FEW_UPDATES)
        *_, snapshot, score = run(config)
        assert isinstance(score, LossByPoints) and isinstance(snapshot, Snapshot)
        errors["new"].append(round(float(score.loss_by_points[context.SHOTS]), 5))
        errors["seen"].append(round(on_its_own(config, snapshot.theta, context.SHOTS), 5))
        print(f"{few} functions: {errors['seen'][-1]} on them, {errors['new'][-1]} on new ones", flush=True)
    return errors


if __name__ == "__main__":
    main()
