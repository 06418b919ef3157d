"""What the texts and the legend beside Reptile's stepper say of it, against its events."""

import numpy as np
import torch

from core.demos.questions import Trace
from core.dispatch import answer
from core.registry import demo_for
from core.training.problem import sinusoid_problem
from lessons.demos import sinusoid
from lessons.demos.plane import RATES
from lessons.engine.content import section
from pages.sections.stepper import sinusoid_walk


def test_the_texts_name_epsilon_where_it_is_what_they_say():
    """Training begins with 1, the stepper and the recorded run take 0.5, the plane 1."""
    assert demo_for("reptile", "sinusoid").epsilon == RATES["reptile"] == 1
    assert sinusoid_walk("reptile").training.epsilon == sinusoid.recorded("reptile").config.epsilon == 0.5
    for language, here in (("en", "Here ε = 0.5"), ("zh", "这里 ε = 0.5")):
        assert here in section("reptile", "theta moves", language)
        assert "0.50](#steps)" in section("reptile", "symbols", language)


def test_reptile_trains_on_the_points_that_its_stepper_calls_query():
    walk = sinusoid_walk("reptile")
    trace = list(answer(Trace(walk.training)))
    drawn, first = trace[0].event, trace[1].event
    x = np.concatenate([drawn.support_x, drawn.query_x], 1)
    y = np.concatenate([drawn.support_y, drawn.query_y], 1)
    problem, theta = sinusoid_problem(), torch.from_numpy(drawn.theta).expand(len(x), -1)
    both = problem.loss(theta, *(torch.tensor(values)[..., None] for values in (x, y))).numpy()
    assert np.allclose(first.losses, both, rtol=1e-4)
    moved = trace[-1].event
    assert np.allclose(moved.after - moved.before, 0.5 * trace[-2].event.arrows.mean(0), atol=1e-6)
    names = {line.name for line in walk.draw(trace, 1).figure.data}
    assert "query (Reptile trains on these too)" in names and "query" not in names
