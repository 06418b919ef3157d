"""Record what pages show before a worker is warm:  python -m lessons.record

Fits the first tasks of the demo from the shipped checkpoints, by the same request as the page, and
sweeps the inner rate.
"""

import numpy as np

from core.configs import Sweep
from core.events import Fitted, Swept
from core.runs import run
from lessons.sinusoid import (
    DEFAULT_RATE,
    DEFAULT_SHOTS,
    FIRST_PAINT,
    HOME_TASKS,
    SWEEP_STEPS,
    fit_request,
    inits,
    support_of,
    task_of,
)


def main() -> None:
    """Write lessons/recorded/first_paint.npz."""
    arrays = {}
    for seed in HOME_TASKS:
        task = task_of(seed)
        points = support_of(seed, task, DEFAULT_SHOTS, 0.0)
        for event in run(fit_request(task, points, inits("maml") | inits("reptile"), DEFAULT_RATE)):
            assert isinstance(event, Fitted)
            arrays["grid"] = event.grid
            arrays[f"{seed}_{event.name}_curves"] = event.curves
            arrays[f"{seed}_{event.name}_support"] = event.support_loss
            arrays[f"{seed}_{event.name}_query"] = event.query_loss
    for event in run(Sweep(inits("maml"), SWEEP_STEPS)):
        assert isinstance(event, Swept)
        arrays["sweep_rates"], arrays["sweep_tasks"] = event.rates, np.array(event.tasks)
        arrays[f"sweep_{event.name}"] = event.losses
    FIRST_PAINT.parent.mkdir(exist_ok=True)
    np.savez_compressed(FIRST_PAINT, **arrays)  # type: ignore[arg-type]
    print(f"wrote {FIRST_PAINT}")


if __name__ == "__main__":
    main()
