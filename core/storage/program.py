"""A stored run as a program of its own: it imports `core`, trains the same, and ends with the same numbers."""

from core.registry import config_for, task_name
from core.storage.checkpoints import Checkpoint

TEMPLATE = '''"""{what}, as it was run in the app. From the project's folder:  python {file}"""

import torch

from core.events import OuterStep, Snapshot
from core.registry import config_for, method_of, train

torch.set_num_threads(1)  # as the app's workers do; the numbers depend on nothing else of the machine

config = config_for("{algorithm}", "{task}").updated(
{settings})

for event in train(config):
    if isinstance(event, OuterStep):
        print(event.to_json())
    if isinstance(event, Snapshot):
        theta = event.theta
        if event.iteration >= {iteration}:  # as far as the run of the app went
            break

score = method_of(config).algorithm().evaluate(torch.from_numpy(theta), config, {iteration})
print(score.to_json())
'''


def script(run: Checkpoint, file: str) -> str:
    """Return the program, with every setting that differs from the defaults of its task.

    What a run brings into it are literals: numbers, texts and truth values that its config has checked.
    """
    algorithm, task = run.method, task_name(run.config)
    defaults = config_for(algorithm, task).flat()
    changes = {name: value for name, value in run.config.flat().items() if value != defaults.get(name)}
    settings = "".join(f"    {name}={value!r},\n" for name, value in changes.items())
    iteration = int(run.snapshot.iteration)
    return TEMPLATE.format(
        what=f"{algorithm} on {task}, {iteration} outer updates", file=file, algorithm=algorithm, task=task,
        settings=settings, iteration=iteration
    )  # fmt: skip
