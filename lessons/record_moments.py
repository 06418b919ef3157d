"""Train the shipped runs again, each from its own settings and seed, and record what they answered on the way.

On another machine a run takes other roundings, and after thousands of updates another way to about the same place; so
its curve is compared with the shipped one, and the last moment is the shipped network. The training takes an hour in
all; the thetas are kept in the folder of data, so that a recording that was interrupted goes on.
"""

import argparse
from dataclasses import replace

import numpy as np

from core.dispatch import answer, run
from core.events import OuterStep, Snapshot
from core.events.memory import Recalled
from core.folders import data_folder
from core.storage.checkpoints import shipped
from core.training.config import TrainingConfig
from lessons.demos import moments
from lessons.demos.drawings import places_of
from lessons.demos.fewshot import DATA
from lessons.figures.replay import moment

EVERY = 10  # updates between two snapshots, of which those of the moments are kept


def main(names: list[str]) -> None:
    """Record the moments of the pages `names`, or of all."""
    for name in names or moments.RUNS:
        run_name, until = moments.RUNS[name]
        thetas = trained(run_name, until)
        config = shipped(run_name, TrainingConfig).config
        pictures = "data" in config.flat()
        for data in DATA if pictures else ("",):
            asked = config.updated(data=data) if data else config
            answers = []
            for at, theta in thetas:
                shown = moment(asked, theta)
                assert shown
                (event,) = answer(shown.question)
                if isinstance(event, Recalled):
                    event = replace(event, x=places_of(event.x, data))
                answers.append((at, event))
            path = moments.save(f"{name}-{data}" if data else name, answers)
            print(f"wrote {path}: {path.stat().st_size / 1e6:.2f} MB")


def trained(name: str, until: int) -> list[tuple[int, np.ndarray]]:
    """Return theta [parameters] of a shipped run at each of its moments."""
    checkpoint = shipped(name, TrainingConfig)
    final = checkpoint.snapshot.iteration
    at = moments.updates(until, final)
    kept = data_folder() / "moments" / f"{name}.npz"
    if not kept.exists():
        thetas, curve = {final: checkpoint.snapshot.theta}, {step.iteration: step.after for step in checkpoint.steps}
        apart = list[float]()
        for event in run(checkpoint.config.updated(snapshot_every=EVERY)):
            if isinstance(event, OuterStep) and event.iteration in curve:
                apart.append(abs(event.after - curve[event.iteration]))
            if isinstance(event, Snapshot):
                if event.iteration in at and event.iteration != final:
                    thetas[event.iteration] = event.theta.copy()
                if event.iteration >= until:
                    break
        print(f"{name}: from the shipped curve by {np.mean(apart):.4f} in the mean, by {max(apart):.4f} at most")
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, updates=np.array(sorted(thetas)), thetas=np.stack([thetas[i] for i in sorted(thetas)]))
    with np.load(kept, allow_pickle=False) as file:
        stored = dict(zip(file["updates"].tolist(), file["thetas"], strict=True))
    return [(i, stored[i] if i < final else checkpoint.snapshot.theta) for i in at]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m lessons.record_moments", description=__doc__)
    parser.add_argument("pages", nargs="*", default="all", choices=["all", *moments.RUNS], metavar="PAGE")
    pages = parser.parse_args().pages
    main([] if "all" in pages else pages)
