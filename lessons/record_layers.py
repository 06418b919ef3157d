"""Record what the lesson on what really adapts measures: scores of shipped networks of which only some layers move."""

import json
from typing import Any

import numpy as np

from core.demos.questions import ScoreLayers
from core.dispatch import answer
from core.storage.checkpoints import shipped
from core.training.config import AdaptationConfig
from lessons.demos import layers

TASKS = {"sinusoid": 1000, "omniglot": 400}


def main() -> None:
    """Write lessons/recorded/layers.json and layers.npz."""
    (moved,) = answer(layers.first_request())
    np.savez_compressed(layers.FIRST_PAINT, **vars(moved))
    runs = {"sinusoid": {name: f"{name}-sinusoid" for name in layers.NAMES}, "omniglot": layers.PICTURES}
    results = {
        kind: {
            name: _scores(kind, run, layers.STEPS[name] if kind == "sinusoid" else None) for name, run in all.items()
        }
        for kind, all in runs.items()
    }
    layers.RECORDED.write_text(json.dumps(results) + "\n", encoding="utf-8")
    print(f"wrote {layers.RECORDED} and {layers.FIRST_PAINT}")


def _scores(kind: str, name: str, steps: int | None) -> list[dict[str, Any]]:
    run = shipped(name, AdaptationConfig)
    theta = run.snapshot.theta.astype(np.float32)
    rows = []
    for moves in layers.holds(len(run.config.layers)):
        used = run.config.test_steps if steps is None else steps
        (scored,) = answer(ScoreLayers(run.config, theta, moves, used, TASKS[kind]))
        parts = {part: np.round(getattr(scored, part), 4).tolist() for part in ("distances", "lengths")}
        rows.append(
            {"moves": moves, "score": round(scored.score, 5), "ci95": round(scored.ci95, 5), "tasks": scored.tasks}
            | parts
        )
        print(f"{name} {moves}: {rows[-1]['score']}", flush=True)
    return rows


if __name__ == "__main__":
    main()
