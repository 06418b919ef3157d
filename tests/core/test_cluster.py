"""Runs on a real Ray cluster of two nodes, each with its own processes; one is killed in the middle of a run."""

from functools import partial

import pytest

from core.demos.questions import Plane
from core.dispatch import run
from core.methods.maml.config import MamlConfig
from core.options import ConfigError
from core.runtime import executors
from core.runtime.pool import Pool
from tests.core import test_jobs
from tests.core.test_jobs import LONG

pytestmark = pytest.mark.cluster
SMALL = {"num_cpus": 1, "object_store_memory": 80 * 2**20}


until = partial(test_jobs.until, seconds=60.0)


def ready(pool):
    return sum(worker.ready for worker in pool._training.workers)


@pytest.fixture(scope="module")
def cluster():
    pytest.importorskip("ray", reason="Ray is an extra: pip install -r requirements-cluster.txt")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args=SMALL | {"include_dashboard": False})
    made.second = made.add_node(**SMALL)
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def pool(cluster):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METALEARN_EXECUTOR", "ray")
        patch.setenv("RAY_ADDRESS", cluster.address)
        made = Pool(trainers=2)
        until(lambda: ready(made) == 2 and made.ready())
        yield made  # workers that replace others find the cluster too
        made.close()


def test_a_run_on_the_cluster_yields_what_it_yields_here(pool):
    config = MamlConfig(iterations=100)
    job = pool.wait(pool.start(config, "a"))
    assert job.state == "done"
    assert [event.to_json() for event in job.events] == [event.to_json() for event in run(config)]


def test_a_run_on_the_cluster_fails_in_words_and_is_cancelled(pool):
    job = pool.wait(pool.start(MamlConfig(inner_rate=10.0, inner_steps=5), "a"))
    assert job.state == "failed" and "try a smaller inner rate" in job.reason and job.steps
    job = pool.start(LONG, "a")
    until(lambda: len(job.steps) > 2)
    pool.cancel(job)
    pool.wait(job, 5)
    assert job.state == "cancelled" and len(job.steps) > 2


def test_a_node_that_is_killed_loses_its_run_in_words_and_nothing_else(pool, cluster):
    two = [pool.start(LONG.updated(seed=seed), owner) for seed, owner in enumerate("ab")]
    until(lambda: all(len(job.steps) > 2 for job in two))
    cluster.remove_node(cluster.second, allow_graceful=False)
    until(lambda: any(job.over for job in two))
    lost, other = sorted(two, key=lambda job: not job.over)
    assert (lost.state, lost.reason) == ("failed", executors.LOST) and lost.steps
    seen = len(other.steps)
    until(lambda: len(other.steps) > seen + 2)
    assert other.state == "running"

    again = pool.start(MamlConfig(iterations=20), lost.owner)  # one core is left: it waits for the other run
    assert again.state == "queued"
    pool.cancel(other)
    assert pool.wait(again).state == "done"

    cluster.add_node(**SMALL)
    until(lambda: ready(pool) == 2)


def test_sliders_are_answered_here_when_the_cluster_is_gone(pool, cluster):
    job = pool.start(LONG, "a")
    until(lambda: job.steps)
    cluster.shutdown()
    pool.wait(job)
    assert (job.state, job.reason) == ("failed", executors.LOST)
    assert pool.ask(Plane())


def test_without_a_cluster_it_is_said_that_no_worker_starts(monkeypatch):
    pytest.importorskip("ray")
    monkeypatch.setenv("METALEARN_EXECUTOR", "ray")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    alone = Pool(trainers=1)
    try:
        job = alone.wait(alone.start(LONG, "a"))
        assert job.state == "failed" and "do not start" in job.reason
    finally:
        alone.close()


def test_only_known_executors_are_taken(monkeypatch):
    monkeypatch.delenv("METALEARN_EXECUTOR", raising=False)
    assert executors.executor() is executors.HERE
    monkeypatch.setenv("METALEARN_EXECUTOR", "magic")
    with pytest.raises(ConfigError, match="processes, ray"):
        executors.executor()
    monkeypatch.setenv("METALEARN_EXECUTOR", "ray")
    monkeypatch.setattr(executors, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"requirements-cluster\.txt"):
        executors.executor()
