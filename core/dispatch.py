"""The functions that answer questions and run configs. It imports torch, so workers import it, not the server."""

from collections.abc import Callable, Iterator
from typing import Any

from core import registry
from core.demos import adapt, compare, follow, layers, metric, plane, program, read, sweep, trace, travel
from core.demos import questions as q
from core.events import Event, Snapshot
from core.options import Config
from core.tasks import omniglot
from core.training.config import TrainingConfig

ANSWERS: dict[type[Config], Callable[[Any], Iterator[Any]]] = {
    q.Address: follow.address,
    q.AnswerCurve: metric.curve,
    q.AnswerEpisode: metric.episode,
    q.CompareMethods: compare.run,
    q.Fit: adapt.run,
    q.FitEpisode: adapt.run_episode,
    q.FollowMann: follow.recall,
    q.FollowNtm: follow.tape,
    q.JudgeDrawings: compare.judge,
    q.MoveLayers: layers.run,
    q.Mistakes: metric.mistakes,
    q.Plane: plane.run,
    q.Prepare: omniglot.prepare,
    q.ReadPoints: read.run,
    q.RunProgram: program.run,
    q.ScoreLayers: layers.score,
    q.Score: adapt.score,
    q.Sweep: sweep.run,
    q.Table: metric.table,
    q.Trace: trace.run,
    q.Travel: travel.run,
    q.Verify: metric.verify,
}


def run(config: Config, resume: Snapshot | None = None) -> Iterator[Event]:
    """Return the event stream of `config`: of a training run, resumed where asked for, or of a question."""
    if isinstance(config, TrainingConfig):
        return registry.train(config, resume)
    return ANSWERS[type(config)](config)


def answer(question: q.Question[q.Answer]) -> Iterator[q.Answer]:
    """Return the events that answer a question, computed in this process."""
    return ANSWERS[type(question)](question)
