"""A method is one folder: one that lives in the tests is listed, trained, refused, kept, exported and evaluated."""

import contextlib
import io
import json

import pytest
import torch

from core import registry
from core.commands.main import main
from core.demos.questions import Trace
from core.dispatch import answer
from core.seeding import generator
from core.storage import checkpoints, run_store
from core.storage.program import script
from core.tasks import sinusoid
from core.tasks.config import Sinusoid
from core.training.problem import sinusoid_problem
from tests.core import last_bias
from tests.core.conftest import doubled

FEW = [f"--set={field}" for field in ("width=4", "meta_batch=2", "test_tasks=4", "report_every=2", "snapshot_every=2")]


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """The only thing that there is to do: a line in the registry."""
    monkeypatch.setitem(registry.METHODS, "last-bias", last_bias.METHOD)


@pytest.fixture
def saved(tmp_path, capsys):
    file = tmp_path / "run.npz"
    command = ["train", "last-bias", "--task", "glyphs", "--iterations", "4", *FEW, "--json", "--save", str(file)]
    assert main(command) == 0
    return file, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_it_is_listed_with_its_fields(capsys):
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert "last-bias: MAML whose inner loop moves the last bias alone" in listed
    assert "inner learning rate of the last bias" in listed and "[0 to 5]" in listed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "last-bias", "--set", "inner_rate=9"], "inner_rate=9 is out of range: allowed is 0 to 5"),
        (["train", "last-bias", "--task", "copy"], "last-bias does not run on copy: allowed are sinusoid, omniglot"),
        (["train", "last-bias", "--set", "depth=3"], "unknown field 'depth'"),
        (["train", "first-bias"], "linear-attention, pretrain, reading, last-bias"),
        (["evaluate", "last-bias", "--task", "glyphs"], "no checkpoint of last-bias for 5 ways is shipped"),
    ],
)
def test_wrong_settings_are_refused_in_words(arguments, words, capsys):
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_it_trains_by_the_command_line_and_is_evaluated_again(saved, capsys):
    file, events = saved
    assert [event["iteration"] for event in events if event["event"] == "outer_step"] == [0, 2, 4]
    command = ["evaluate", "last-bias", "--task", "glyphs", "--episodes", "4", "--checkpoint", str(file), "--json"]
    assert main(command) == 0
    score = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert score["accuracy"] == events[-1]["accuracy"] and score["steps"] == [1]


def test_a_run_goes_on_where_it_was(saved, tmp_path):
    file, _ = saved
    whole, rest = tmp_path / "whole.npz", tmp_path / "rest.npz"
    common = ["--task", "glyphs", "--iterations", "8", "--json", "--save"]
    assert main(["train", "last-bias", *FEW, *common, str(whole)]) == 0
    assert main(["train", "last-bias", "--resume", str(file), *common, str(rest)]) == 0
    assert (checkpoints.load(rest).snapshot.theta == checkpoints.load(whole).snapshot.theta).all()


def test_it_is_kept_and_exported_as_a_program_that_ends_the_same(saved, tmp_path, monkeypatch):
    file, events = saved
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path))
    run_store.store(checkpoints.load(file), "a" * 32, state="done")
    (stored,) = run_store.runs("a" * 32)
    assert (stored.algorithm, stored.task, stored.iteration) == ("last-bias", "glyphs", 4)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(script(run_store.open_run(stored.id), "again.py"), {})
    assert f"'accuracy': {events[-1]['accuracy']}" in printed.getvalue().splitlines()[-1]


def test_the_stepper_walks_it():
    names = [type(traced.event).__name__ for traced in answer(Trace(last_bias.LastBiasConfig(meta_batch=2)))]
    assert names == []  # it yields no detailed events, and the stepper ends in peace


def test_its_gradient_is_that_of_finite_differences():
    config, problem = last_bias.LastBiasConfig(inner_steps=2), sinusoid_problem()
    batch = doubled(sinusoid.draw(Sinusoid(shots=5, queries=7), 3, generator(1, "test")))
    theta = problem.model.init(generator(2, "test")).double()
    direction = torch.randn(theta.shape, generator=generator(3, "test"), dtype=torch.double)
    _, gradient = last_bias.meta_gradient(problem, theta, batch, config)

    def loss(size: float) -> torch.Tensor:
        phi, _ = last_bias.adapted(problem, (theta + size * direction).expand(3, -1), batch, config, 2)
        return problem.loss(phi, batch.query_x, batch.query_y).mean()

    assert (loss(1e-6) - loss(-1e-6)) / 2e-6 == pytest.approx((gradient @ direction).item(), rel=1e-5)
