"""The worker pool: warm, cancellable, isolated, and alive after a crash. One pool for the file."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from core.demos.questions import CompareMethods, Fit, FollowNtm, Plane
from core.events import Fitted, OuterStep
from core.events.evaluations import Evaluation
from core.methods.maml.config import MamlConfig
from core.methods.ntm.config import NtmConfig
from core.options import ConfigError
from core.registry import config_for
from core.runtime import lane
from core.runtime.answers import UnavailableError
from core.runtime.limits import Limits, from_environment, variable
from core.runtime.pool import REPLACED, Pool
from core.storage.checkpoints import shipped
from tests.core.waiting import HELPERS, LONG, until


def test_a_run_yields_what_it_yields_in_this_process(pool):
    from core.dispatch import run

    config = MamlConfig(iterations=50)
    job = pool.wait(pool.start(config, "a"))
    assert job.state == "done"
    assert [e.to_json() for e in job.events] == [e.to_json() for e in run(config)]
    assert isinstance(job.events[-1], Evaluation)
    assert job.progress() == (1.0, 0.0)


def test_a_warm_worker_answers_within_half_a_second(pool):
    waited = []
    for _ in range(3):
        job = pool.start(LONG, "a")
        until(lambda job=job: job.events)
        waited.append(job.first_event - job.submitted_at)
        pool.cancel(job)
        pool.wait(job)
    assert min(waited) < 0.5


def test_cancel_stops_between_events_and_keeps_the_curve(pool):
    job = pool.start(LONG, "a")
    until(lambda: len(job.steps) > 2)
    share, remaining = job.progress()
    assert 0 < share < 0.5 and (remaining is None or remaining > 1)
    pool.cancel(job)
    pool.wait(job, 5)
    assert job.state == "cancelled"
    assert len(job.steps) > 2


def test_a_diverging_run_fails_in_words_and_keeps_its_curve(pool):
    job = pool.wait(pool.start(MamlConfig(inner_rate=10.0, inner_steps=5), "a"))
    assert job.state == "failed"
    assert "no longer finite" in job.reason and "try a smaller inner rate" in job.reason
    assert job.steps


def test_two_owners_run_at_once_and_do_not_mix(pool):
    one, two = pool.start(replace(LONG, seed=1), "a"), pool.start(replace(LONG, seed=2), "b")
    until(lambda: len(one.steps) > 3 and len(two.steps) > 3)
    assert one.steps[0].before != two.steps[0].before
    pool.cancel(one)
    pool.wait(one)
    assert two.state == "running"
    seen = len(two.steps)
    until(lambda: len(two.steps) > seen)
    pool.cancel(two)
    pool.wait(two)


def test_a_new_run_replaces_the_owners_old_one(pool):
    old = pool.start(LONG, "a")
    new = pool.start(MamlConfig(iterations=20), "a")
    pool.wait(old)
    pool.wait(new)
    assert (old.state, old.reason, new.state) == ("cancelled", REPLACED, "done")


def test_more_runs_than_workers_wait_in_line(pool):
    first, second = pool.start(LONG, "a"), pool.start(LONG, "b")
    third, fourth = pool.start(MamlConfig(iterations=20), "c"), pool.start(MamlConfig(iterations=20), "d")
    assert (third.state, pool.place(third), pool.place(fourth)) == ("queued", 0, 1)
    pool.cancel(fourth)
    assert fourth.state == "cancelled"
    pool.cancel(first)
    assert pool.wait(third).state == "done"
    pool.cancel(second)
    pool.wait(second)


def test_a_killed_worker_fails_its_run_and_the_next_one_works(pool):
    job = pool.start(LONG, "a")
    until(lambda: job.steps)
    next(w for w in pool._training.workers if w.job is job).process.kill()
    pool.wait(job)
    assert job.state == "failed"
    assert "stopped" in job.reason
    assert job.steps
    assert pool.wait(pool.start(MamlConfig(iterations=20), "a")).state == "done"
    until(lambda: sum(w.ready for w in pool._training.workers) == 2, 60)


def limited(pool, **changed):
    pool.limits = replace(Limits(), **changed)


@pytest.fixture
def normal(pool):
    yield pool
    limited(pool)


def test_a_run_that_nobody_looks_at_is_stopped(normal):
    limited(normal, abandoned=0.2)
    job = normal.start(LONG, "a")
    until(lambda: job.over)
    assert (job.state, job.reason) == ("cancelled", "the page was closed")


def test_a_run_goes_on_while_its_learner_is_connected_and_ends_soon_after(normal):
    limited(normal, abandoned=0.3)
    here = [True]
    job = normal.start(LONG, "a", watched=lambda: here[0])
    until(lambda: job.steps)
    time.sleep(1.5)  # nobody polls, as in a tab in the background
    assert job.state == "running"
    here[0], gone = False, time.monotonic()
    until(lambda: job.over)
    assert time.monotonic() - gone < 5 and job.state == "cancelled"


def test_a_run_ends_when_its_time_is_up_and_keeps_its_curve(normal):
    limited(normal, seconds=0.5)
    job = normal.wait(normal.start(LONG, "a"))
    assert job.state == "cancelled" and "this server ends a run after 0.5 s" in job.reason and job.steps


def test_too_long_a_run_and_too_long_a_queue_are_refused_in_words(normal):
    limited(normal, updates=1000)
    job = normal.start(LONG, "a")
    assert job.state == "failed" and "this server runs at most 1000 outer updates" in job.reason
    limited(normal, queue=1)
    busy = [normal.start(LONG, owner) for owner in "ab"]
    waits, refused = normal.start(LONG, "c"), normal.start(LONG, "d")
    assert waits.state == "queued" and refused.state == "failed" and "1 runs wait already" in refused.reason
    for one in (waits, *busy):
        normal.cancel(one)
        normal.wait(one)


def test_a_worker_that_hangs_is_replaced_and_says_so(normal):
    job = normal.start(LONG, "a")
    until(lambda: job.steps)
    worker = next(w for w in normal._training.workers if w.job is job)
    limited(normal, hung=3.0)
    os.kill(worker.process.pid, signal.SIGSTOP)
    normal.wait(job)
    assert job.state == "failed" and "did not answer any more" in job.reason and job.steps
    until(lambda: sum(w.ready for w in normal._training.workers) == 2, 60)
    assert worker.process.pid not in normal.pids()
    counts = normal.counts()
    assert [counts[name] for name in ("workers", "ready", "busy", "waiting")] == [2 + HELPERS, 2 + HELPERS, 0, 0]


def test_a_worker_that_breaks_down_says_what_is_likely(normal):
    job = normal.start(LONG, "a")
    until(lambda: job.steps)
    os.kill(next(w for w in normal._training.workers if w.job is job).process.pid, signal.SIGSEGV)
    normal.wait(job)
    assert job.state == "failed" and "broke down" in job.reason and "needs more memory" in job.reason
    until(lambda: sum(w.ready for w in normal._training.workers) == 2, 60)


def test_a_run_that_needs_too_much_memory_fails_in_words():
    small = Pool(1, limits=Limits(memory=700))
    try:
        until(small.ready, 60)
        large = config_for("maml", "glyphs").updated(meta_batch=1024, inner_steps=5, width=128, queries=15)
        job = small.wait(small.start(large, "a"), 120)
        assert job.state == "failed" and "needs more memory" in job.reason
        again = small.wait(small.start(MamlConfig(iterations=20), "a"))
        assert again.state == "done", again.reason
    finally:
        small.close()


def test_the_clock_may_go_back(normal, monkeypatch):
    job = normal.start(MamlConfig(iterations=300), "a")
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert normal.wait(job).state == "done"


def test_limits_come_from_the_environment_and_are_checked(monkeypatch):
    monkeypatch.setenv("META_QUEUE", "7")
    monkeypatch.setenv("META_HUNG", "2.5")
    assert (from_environment().queue, from_environment().hung) == (7, 2.5)
    monkeypatch.setenv("META_QUEUE", "many")
    with pytest.raises(ConfigError, match="META_QUEUE"):
        from_environment()


def test_every_limit_is_in_the_readme():
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    for one in fields(Limits):
        assert f"`{variable(one.name)}`" in text


def test_the_helper_answers_while_all_trainers_are_busy(pool):
    busy = [pool.start(LONG, owner) for owner in "ab"]
    until(lambda: all(job.steps for job in busy))
    theta = np.zeros(1761, dtype=np.float32)
    events = pool.ask(Fit(x=(0.0, 1.0), y=(1.0, 2.0), inits={"random": theta}))
    assert isinstance(events[0], Fitted)
    assert events[0].curves.shape == (11, 121)
    for job in busy:
        pool.cancel(job)
        pool.wait(job)


def test_an_error_in_a_question_is_said_in_words(pool):
    wrong = FollowNtm(shipped("ntm-recall", NtmConfig).config, shipped("ntm-recall").snapshot.theta, length=1)
    for _ in range(3):
        with pytest.raises(UnavailableError, match="recall needs at least 2") as caught:
            pool.ask(wrong)
        assert not caught.value.again  # it would fail again: no page repeats it
    assert pool.ask(Plane())


def test_a_cold_pool_says_that_it_is_warming_up():
    cold = Pool(trainers=1)
    try:
        with pytest.raises(UnavailableError, match="warming up"):
            cold.ask(Plane())
    finally:
        cold.close()


def test_the_pages_side_of_the_pool_does_not_import_torch():
    code = (
        "import sys, core.runtime.shared, core.storage.checkpoints, core.registry, core.demos.questions\n"
        "import lessons.demos.sinusoid as s; s.inits('maml'); print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_workers_end_with_the_process_that_started_them():
    code = (
        "from core.runtime.pool import Pool; p = Pool(1);"
        "print(*[w.process.pid for lane in (p._training, p._helping) for w in lane.workers])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    def alive(pid):
        try:
            os.kill(pid, 0)
            with open(f"/proc/{pid}/stat") as stat:
                return stat.read().split()[2] != "Z"
        except (ProcessLookupError, FileNotFoundError):
            return False

    until(lambda: not any(alive(int(pid)) for pid in out.stdout.split()))


def test_steps_arrive_in_order(pool):
    job = pool.wait(pool.start(MamlConfig(iterations=400), "a"))
    iterations = [event.iteration for event in job.events if isinstance(event, OuterStep)]
    assert iterations == sorted(iterations) and len(iterations) == 17


def test_a_run_is_found_again_on_its_page_by_its_learner_alone(pool):
    job = pool.start(LONG, "a", page="maml")
    assert pool.find("a", "maml") is job and pool.find("b", "maml") is None and pool.find("a", "ntm") is None
    pool.cancel(job)
    pool.wait(job)
    assert pool.find("a", "maml") is job  # ended a moment ago


def test_a_contest_and_a_run_are_one_run_of_the_learner(pool):
    contest = pool.start(CompareMethods(data="glyphs"), "a", page="compare")
    job = pool.start(MamlConfig(iterations=20), "a", page="maml")
    pool.wait(contest)
    assert (contest.state, contest.reason) == ("cancelled", REPLACED) and pool.wait(job).state == "done"


def test_an_instructor_lets_a_run_pause_and_go_on(pool):
    job = pool.start(LONG, "a")
    until(lambda: len(job.steps) > 2)
    pool.pause(job, True)
    time.sleep(0.5)
    seen = len(job.steps)
    time.sleep(0.5)
    assert len(job.steps) == seen and job.state == "running" and job in pool.runs()
    pool.pause(job, False)
    until(lambda: len(job.steps) > seen)
    pool.pause(job, True)
    pool.cancel(job, "the instructor ended it")
    assert pool.wait(job, 10).reason == "the instructor ended it"


def test_a_run_with_every_update_in_it_is_refused(pool):
    job = pool.start(replace(LONG, trace=True), "a")
    assert job.state == "failed" and "command line" in job.reason


def test_a_run_that_waits_for_a_learner_who_is_away_lets_others_go_first(normal, monkeypatch):
    monkeypatch.setattr(lane, "AWAY", 0.6)
    here = [False]
    busy = [normal.start(LONG, owner, watched=lambda: True) for owner in "ab"]
    away = normal.start(MamlConfig(iterations=20), "c", watched=lambda: here[0])
    away.seen -= 1.0
    present = normal.start(MamlConfig(iterations=20), "d", watched=lambda: True)
    normal.cancel(busy[0])
    assert normal.wait(present).state == "done" and away.state == "queued"
    here[0] = True
    until(lambda: away.state == "done")
    normal.cancel(busy[1])
    normal.wait(busy[1])
