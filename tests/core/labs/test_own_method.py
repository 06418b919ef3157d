"""A whole method in a file: its contract, its mistakes by what they do, and what the program gets of it."""

import ast
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.demos import compare, plane
from core.demos.questions import CompareMethods, Plane
from core.events import DivergedError, OuterStep, Snapshot
from core.events.evaluations import Evaluation
from core.labs import methods
from core.labs.catalog import LABS, WHOLE
from core.labs.methods import MethodError
from core.labs.verdict import Ended, Point
from core.methods.written import WrittenConfig
from core.options import ConfigError
from core.storage import checkpoints
from core.storage.checkpoints import Checkpoint, from_bytes, from_events, shipped, to_bytes

LAB = WHOLE
ADAPT, STEP = "moves = torch.arange", "return losses, -settings.outer_rate * gradient.mean(0)"


def changed(*edits: tuple[str, str]) -> str:
    source = LAB.solution
    for right, other in edits:
        assert source.count(right) == 1, right
        source = source.replace(right, other)
    return source


EVERYTHING = ("share: float = option(0.5", "share: float = option(1.0")
REPTILE = changed(
    EVERYTHING,
    (STEP, "return losses, settings.outer_rate * 20 * (phi - theta).mean(0)"),
    (
        "phi = adapt(problem, phi, batch.support_x, batch.support_y, settings, settings.inner_steps)",
        "x = torch.cat([batch.support_x, batch.query_x], 1)\n    y = torch.cat([batch.support_y, batch.query_y], 1)\n"
        "    phi = adapt(problem, phi, x, y, settings, settings.inner_steps)",
    ),
)
MAML = changed(
    EVERYTHING, ("outer_rate: float = option(0.05", "outer_rate: float = option(0.005"),
    (
        "    phi = adapt(problem, phi, batch.support_x, batch.support_y, settings, settings.inner_steps)\n",
        "    hessians = []\n    for _ in range(settings.inner_steps):\n"
        "        _, slope, times = problem.derivatives(phi, batch.support_x, batch.support_y, curvature=True)\n"
        "        phi = phi - settings.inner_rate * slope\n        hessians.append(times)\n",
    ),
    (STEP, "for times in reversed(hessians):\n"
     f"        gradient = gradient - settings.inner_rate * times(gradient)\n    {STEP}"),
)  # fmt: skip
LAST_BIAS = changed((">= (1 - settings.share) * phi.shape[1]", ">= phi.shape[1] - 1"))
JOINT = changed((", settings, settings.inner_steps)\n    losses, gradient", ", settings, 0)\n    losses, gradient"))
FIRST_ORDER = changed(EVERYTHING)
NARROW = changed(
    ("alpha\", low=0.0, high=10.0)", "alpha\", low=0.01, high=0.1)"),
    ('training", low=0, high=50)', 'training", low=2, high=5)'),
)  # fmt: skip
BY_AUTOGRAD = changed(
    EVERYTHING, ("outer_rate: float = option(0.05", "outer_rate: float = option(0.005"),
    (
        "    phi = theta.expand(batch.tasks, -1)\n"
        "    phi = adapt(problem, phi, batch.support_x, batch.support_y, settings, settings.inner_steps)\n"
        "    losses, gradient, _ = problem.derivatives(phi, batch.query_x, batch.query_y)\n",
        "    leaf = theta.clone().requires_grad_()\n    phi = leaf.expand(batch.tasks, -1)\n"
        "    for _ in range(settings.inner_steps):\n"
        "        loss = problem.loss(phi, batch.support_x, batch.support_y)\n"
        "        phi = phi - settings.inner_rate * torch.autograd.grad(loss.sum(), phi, create_graph=True)[0]\n"
        "    losses = problem.loss(phi, batch.query_x, batch.query_y)\n"
        "    gradient = torch.autograd.grad(losses.mean(), leaf)[0]\n",
    ),
    (STEP, "return losses.detach(), -settings.outer_rate * gradient"),
)  # fmt: skip
MOMENTUM = changed(
    ("    for batch, scale in run.meta_batches():\n",
     "    kept = torch.zeros_like(run.theta)\n    if resume:\n"
     "        kept = torch.from_numpy(resume.optimizer['kept'])\n"
     "    for batch, scale in run.meta_batches():\n"),
    ("run.theta = run.theta + scale * step", "kept = 0.9 * kept + step\n        run.theta = run.theta + scale * kept"),
    ("    yield snapshot(run.iteration, run.theta)\n    yield evaluate",
     "    yield Snapshot(run.iteration, run.theta.numpy().copy(), {'kept': kept.numpy().copy()})\n    yield evaluate"),
    ("outer_rate: float = option(0.05", "outer_rate: float = option(0.01"),
)  # fmt: skip
TOWARDS = changed((STEP, "return losses, settings.outer_rate * (phi.mean(0) - theta)"))
DECAYED = changed((STEP, "return losses, -settings.outer_rate * gradient.mean(0) - 0.01 * theta"))
BY_SEED = changed(
    ("    moves = torch.arange(phi.shape[1]) >= (1 - settings.share) * phi.shape[1]",
     "    from core.seeding import generator\n"
     "    moves = torch.rand(phi.shape[1], generator=generator(7, 'mask')) < settings.share")
)  # fmt: skip
RIGHT = {
    "by autograd": BY_AUTOGRAD,
    "momentum": MOMENTUM,
    "towards the copies": TOWARDS,
    "decayed": DECAYED,
    "by a seed": BY_SEED,
    "narrow ranges": NARROW,
    "reptile": REPTILE,
    "maml": MAML,
    "last bias": LAST_BIAS,
    "joint": JOINT,
    "first order": FIRST_ORDER,
}


@pytest.fixture
def run(bench) -> Checkpoint:
    config = methods.described(bench, LAB.solution, "sinusoid", SMALL, [])
    return from_events(config, methods.events(bench, LAB.solution, config))


SMALL = {"iterations": 4, "meta_batch": 3, "report_every": 2, "snapshot_every": 2, "test_tasks": 5}


def test_the_file_is_short_and_states_what_to_write():
    assert len(LAB.solution.splitlines()) < 80
    head, _, rest = LAB.skeleton.partition("def outer_step(")
    assert "def train(" in head and "class Settings" in head and "NotImplementedError" in rest
    ast.parse(LAB.skeleton)


@pytest.mark.parametrize("mistake", LAB.mistakes, ids=[mistake.name for mistake in LAB.mistakes])
def test_each_mistake_is_named_by_what_it_does(bench, mistake):
    for seed in range(2):
        verdict = bench.check(LAB.twin(mistake), LAB, seed)
        assert (verdict.passed, verdict.mistake, verdict.said) == (False, mistake.name, mistake.said)


OWN_WORDS = {
    "settings-not-frozen": (("@dataclass(frozen=True)", "@dataclass(frozen=False)"),),
    "changes-theta": (("phi = phi - settings.inner_rate * gradient * moves",
                       "phi = phi.contiguous()\n        phi -= settings.inner_rate * gradient * moves"),),
    "row-for-each-task": ((STEP, "return losses, -settings.outer_rate * gradient / batch.tasks"),),
    "returns-theta": ((STEP, "theta = theta - settings.outer_rate * gradient.mean(0)\n    return losses, theta"),),
    "adapt-returns-nothing": (("    return phi\n", "    return\n"),),
    "adapts-by-chance": (("phi = phi - settings", "phi = phi - (0.9 + 0.2 * torch.rand(())) * settings"),),
    "step-of-zeros": ((STEP, "return losses, (theta - theta) * settings.outer_rate"),),
    "ends-worse": (("outer_rate: float = option(0.05", "outer_rate: float = option(1.0"),),
    "sum-for-mean": ((STEP, "return losses, sum(-settings.outer_rate * row for row in gradient)"),),
    "uphill": ((STEP, "return losses, settings.outer_rate * (gradient.sum(0) / batch.tasks)"),),
    "adapts-uphill": (("- settings.inner_rate * gradient", "+ gradient * settings.inner_rate"),),
    "adapts-by-other-steps": (("for _ in range(steps):", "for _ in range(settings.inner_steps):"),),
    "ignores-iterations": (("for batch, scale in run.meta_batches():",
                            "for number, (batch, scale) in enumerate(run.meta_batches()):\n        if number == 1:\n"
                            "            break"),),
    "not-reproducible": ((STEP, STEP + " + 1e-3 * torch.randn(len(theta))"),),
    "stands-still": (("run.theta = run.theta + scale * step", "run.theta + scale * step"),),
}  # fmt: skip


@pytest.mark.parametrize("name", OWN_WORDS)
def test_a_mistake_is_named_in_other_code_too(bench, name):
    assert bench.check(changed(*OWN_WORDS[name]), LAB).mistake == name


@pytest.mark.parametrize("name", RIGHT)
def test_any_method_that_keeps_to_the_contract_passes(bench, name):
    verdict = bench.check(RIGHT[name], LAB)
    assert verdict.passed and verdict.done == LAB.done, verdict


@pytest.mark.parametrize(
    ("source", "mistake", "words"),
    [
        (LAB.skeleton, "not-written-yet", "not written yet"), ("", "lacks", "no Settings"),
        (LAB.solution.replace("def adapt(", "def adept("), "lacks", "no adapt"),
        (changed((STEP, "return losses")), "not-for-the-trainer", "2 results, losses, step. The function returns 1"),
        (changed((STEP, "step = 1")), "not-for-the-trainer", "The function returns nothing"),
        (changed((STEP, "return None + 1")), "raises", "Something here is None. Has a function"),
        (changed((STEP, "return theta.grad + 1")), "raises", "`.grad` is kept for leaf tensors alone"),
        (changed(("phi = theta.expand(batch.tasks, -1)", "phi = theta")), "raises", "is that of the tasks missing"),
        (changed((STEP, "leaf = phi.clone().requires_grad_()\n    x, y = batch.query_x, batch.query_y\n"
                  "    problem.derivatives(leaf, x, y)[0].sum().backward()")), "raises", "its gradient ready-made"),
        (changed((STEP, "return losses, gradient.mean()")), "not-for-the-trainer", "step with the shape [1761]"),
        (changed((STEP, "while True: pass")), "endless-at", "seconds"),
        (changed((STEP, "return losses, 1 / 0")), "raises", "ZeroDivisionError"),
        (changed(("option(0.05,", "option(50.0,")), "refused", "outer_rate=50 is out of range"),
        ("import socket; socket.create_connection(('127.0.0.1', 80))\n" + LAB.solution, "forbidden", "the network"),
        (changed(("class Settings(AdaptationConfig)", "class Settings")), "lacks", "no Settings"),
        ("def f(:", "not-python", "Line 1"),
    ],
)  # fmt: skip
def test_what_is_no_method_ends_in_words(bench, source, mistake, words):
    verdict = bench.check(source, LAB)
    assert verdict.mistake == mistake and words in verdict.said and not verdict.passed


def test_prints_while_it_is_being_written_do_not_stop_a_check(bench):
    verdict = bench.check(changed((STEP, f"print('x' * 1000)\n    {STEP}")), LAB)
    assert verdict.passed and verdict.output.startswith("xxx")


def test_a_file_trains_and_its_settings_are_kept_with_the_run(bench, run):
    again = from_bytes(to_bytes(run), "run")
    assert isinstance(again.config, WrittenConfig) and again.config == run.config
    assert again.config.own == "outer_rate=0.05; share=0.5" and len(again.config.code) == 64
    assert (again.config.inner_rate, again.config.inner_steps) == (0.02, 3), "the file's own defaults"
    assert isinstance(again.evaluation, Evaluation) and [step.iteration for step in again.steps] == [0, 2, 4]
    assert (methods.score(bench, LAB.solution, again).loss_by_step == again.evaluation.loss_by_step).all()


def test_a_run_goes_on_bit_for_bit(bench, run):
    half = next(e for e in methods.events(bench, LAB.solution, run.config)
                if isinstance(e, Snapshot) and e.iteration == 2)  # fmt: skip
    *_, rest = (e for e in methods.events(bench, LAB.solution, run.config, half) if isinstance(e, Snapshot))
    assert (rest.theta == run.snapshot.theta).all()


def test_wrong_settings_are_refused_in_words(bench):
    for assignments, words in (
        (["share=2"], "share=2 is out of range"), (["nothing=1"], "unknown field 'nothing': of a file, --set sees"),
        (["nothing"], "expected field=value"),
    ):  # fmt: skip
        with pytest.raises(MethodError, match=words):
            methods.described(bench, LAB.solution, "sinusoid", {}, assignments)
    with pytest.raises(ConfigError, match="a method from a file does not run on copy"):
        methods.described(bench, LAB.solution, "copy", {}, [])


def test_it_trains_on_characters_too(bench):
    values = {"iterations": 1, "meta_batch": 2, "test_tasks": 4, "width": 4, "way": 3}
    config = methods.described(bench, FIRST_ORDER, "glyphs", values, [])
    run = from_events(config, methods.events(bench, FIRST_ORDER, config))
    assert run.evaluation.way == 3 and run.evaluation.data == "glyphs"
    (score,) = methods.contest(bench, FIRST_ORDER, run, CompareMethods(data="glyphs", way=2, tasks=3))
    assert 0 <= score.score <= 1 and score.tasks == 3


def test_a_diverging_run_says_where_and_keeps_its_last_state(bench):
    config = methods.described(bench, LAB.solution, "sinusoid", {"iterations": 50, "report_every": 1}, ["outer_rate=1"])
    with pytest.raises(DivergedError) as caught:
        list(methods.events(bench, LAB.solution, config))
    assert "a smaller outer rate" in str(caught.value)
    assert caught.value.iteration > 0 and caught.value.last is not None


def test_in_the_contest_it_answers_the_tasks_that_all_answer(bench):
    """The shipped Reptile, adapted by a file that adapts as it does, scores what Reptile scores."""
    base = shipped("reptile-sinusoid")
    described = methods.described(bench, REPTILE, "sinusoid", {"inner_rate": base.config.inner_rate}, [])
    mine = Checkpoint(described, [], base.start, replace(base.snapshot, optimizer={}), None, base.about)
    question = CompareMethods(kind="curves", shots=10, queries=20, tasks=30)
    *_, last = methods.contest(bench, REPTILE, mine, question)
    theirs = [score for score in compare.run(question) if score.name == "reptile"][-1]
    assert (last.name, last.tasks) == ("written", 30)
    assert last.score == pytest.approx(theirs.score, rel=1e-4) and last.latest == pytest.approx(theirs.latest, rel=1e-3)
    assert (last.passes, last.parameters, last.memory) == (theirs.passes, theirs.parameters, theirs.memory)


@pytest.mark.parametrize(("source", "twin"), [(FIRST_ORDER, "fomaml"), (MAML, "maml")])
def test_on_the_plane_it_walks_as_the_method_does_that_it_is(bench, run, source, twin):
    question = Plane(outer_rate=0.05, outer_steps=12)
    config = methods.described(bench, source, "sinusoid", {}, ["outer_rate=0.05"])
    arrows, walk = methods.on_plane(bench, source, replace(run, config=config), question)
    (answer,) = plane.run(question)
    theirs = next(each for each in answer.arrows if each.name == twin)
    assert arrows.path == pytest.approx(theirs.path, abs=1e-5)
    assert arrows.contributions == pytest.approx(question.outer_rate * theirs.contributions, abs=1e-5)
    walked = next(each for each in answer.walks if each.name == twin)
    for name in ("places", "before", "after"):
        assert getattr(walk, name) == pytest.approx(getattr(walked, name), abs=1e-3)


def test_a_part_of_theta_adapts_on_the_plane(bench, run):
    arrows, walk = methods.on_plane(bench, LAB.solution, run, Plane(outer_steps=30, inner_steps=5))
    assert np.ptp(arrows.path[..., 0]) == 0 < np.ptp(arrows.path[..., 1]) and len(walk.places) == 31


def test_on_its_lab_s_page_it_trains_beside_maml(bench):
    *points, ended = methods.trained(bench, LAB.solution)
    assert all(isinstance(point, Point) and point.reference is not None for point in points) and len(points) == 21
    assert isinstance(ended, Ended) and ended.finished and ended.run.evaluation is not None
    said = methods.measured(ended.run)
    assert "3 of your method" in said and "3 of MAML, with an inner rate of 0.02 and an outer rate of 0.005" in said
    assert points[-1].own < 0.6 * points[0].own and [step.after for step in ended.run.steps][-1] == points[-1].own
    *_, ended = methods.trained(bench, LAB.skeleton)
    assert (ended.finished, ended.mistake) == (False, "not-written-yet")
    *_, ended = methods.trained(bench, changed((STEP, "raise SystemExit")))
    assert (ended.finished, ended.mistake) == (False, "ended-itself")


LIES = {
    "no numbers": "say({'step': ['x', 1, 2, None, None]})",
    "no event": "say({'nothing': 1})",
    "another length": "say({'snapshot': [0, '', {}]})",
    "no base64": "say({'snapshot': [0, 7, {}]})",
    "no score": "say({'score': {'iteration': -1}})",
    "no object": "say([1])",
    "no JSON": "say(float)",
}


@pytest.mark.parametrize("lie", LIES)
def test_what_a_process_says_is_checked(bench, run, lie):
    """A file that speaks for itself on the pipe of its process is believed nothing that is no event."""
    say = (
        "import json, os\n\ndef say(part):\n    for n in range(3, 20):\n        try:\n"
        "            os.write(n, (b'{]' if part is float else json.dumps({'part': part}).encode()) + b'\\n')\n"
        "        except OSError: pass\n\n"
    )
    source = say + changed(("    problem = problem_of(settings.task)\n    run", f"    {LIES[lie]}\n    run")).replace(
        "run = MetaTrainer(problem,", "problem = problem_of(settings.task)\n    run = MetaTrainer(problem,"
    )
    with pytest.raises(MethodError, match="cannot be read"):
        list(methods.events(bench, source, run.config))


def test_the_contest_and_the_plane_check_too(bench, run):
    silent = changed(("    return phi\n", "    return phi * float('nan')\n"))
    arrows, walk = methods.on_plane(bench, silent, run, Plane())
    assert len(walk.places) == 1 and not np.isfinite(arrows.path[1:]).any()
    with pytest.raises(MethodError, match="Line"):
        list(methods.contest(bench, changed(("    return phi\n", "    return 1 / 0\n")), run,
                             CompareMethods(kind="curves", tasks=5)))  # fmt: skip


def test_the_other_labs_are_no_whole_methods():
    assert [lab.name for lab in LABS.values() if lab.whole] == ["own-method"]


def test_a_checkpoint_of_it_holds_no_code(run, tmp_path: Path):
    checkpoints.save(tmp_path / "run.npz", run)
    with np.load(tmp_path / "run.npz") as file:
        header = json.loads(str(file["header"]))
    assert header["algorithm"] == "written" and "def " not in json.dumps(header)
    assert all(isinstance(step, OuterStep) for step in checkpoints.load(tmp_path / "run.npz").steps)
