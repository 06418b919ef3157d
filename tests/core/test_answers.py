"""Questions: shared answers, turns by learner; and what a server holds of a run is bounded."""

import contextlib
import gc
import os
import signal
import threading
import time
import weakref
from dataclasses import replace

import numpy as np
import pytest

from core.demos.questions import Plane, Sweep
from core.events import Fitted, OuterStep, Snapshot
from core.methods.maml.config import MamlConfig
from core.runtime import pool as jobs
from core.runtime.answers import BusyError, UnavailableError
from core.runtime.bounded import MOST_BYTES, MOST_EVENTS, size
from core.runtime.job import TOO_MUCH, Job
from core.runtime.pool import Pool
from core.storage.schema import SchemaError, SettingsFile, parse
from tests.core.waiting import HELPERS, LONG, until


def slow(number):
    """A question that takes a good part of a second, another one for each number."""
    rng = np.random.default_rng(number)
    return Sweep({"random": rng.normal(size=1761).astype(np.float32)}, inner_steps=4)


def test_who_asks_the_same_shares_an_answer(pool):
    question, answers = Plane(amplitude=1.234), []
    ask = [threading.Thread(target=lambda i=i: answers.append(pool.ask(question, f"{i}"))) for i in range(20)]
    for one in ask:
        one.start()
    for one in ask:
        one.join()
    assert len(answers) == 20 and all(answer is answers[0] for answer in answers)
    assert pool.ask(question, "another") is answers[0]


def test_a_question_that_waits_is_told_its_place_and_keeps_it(pool):
    before = [slow(i) for i in range(3)]
    for question in before:
        with contextlib.suppress(BusyError):
            pool.ask(question, "busy", timeout=0.0)
    with pytest.raises(BusyError) as caught:
        pool.ask(slow(100), "busy", timeout=0.01)
    assert caught.value.place >= 1
    while pool.place_of(slow(100)) is not None:
        [pool.place_of(question) for question in before]  # they are waited for, too
        time.sleep(0.1)
    assert pool.ask(slow(100), "busy", timeout=0.5)


def test_a_learner_s_many_questions_do_not_hold_up_another_s(pool):
    for i in range(200, 206):
        with contextlib.suppress(BusyError):
            pool.ask(slow(i), "busy", timeout=0.0)
    asked = time.monotonic()
    assert pool.ask(Plane(amplitude=2.345), "other")
    assert sum(job.owner == "busy" for job in pool._helping.running) <= max(1, HELPERS - 1)
    assert time.monotonic() - asked < 5 if HELPERS > 1 else True


def test_a_question_that_nobody_waits_for_is_dropped(pool):
    for i in range(300, 306):
        with contextlib.suppress(BusyError):
            pool.ask(slow(i), "gone", timeout=0.0)
    until(lambda: not pool._helping.waiting and not pool._helping.running, 60)


def test_what_a_run_reports_is_bounded(pool):
    worst = replace(LONG, report_every=1, snapshot_every=1, iterations=3000, meta_batch=1, inner_steps=0)
    job = pool.wait(pool.start(worst, "a"), 120)
    assert job.state == "done"
    assert len(job.steps) <= MOST_EVENTS and sum(isinstance(event, Snapshot) for event in job.events) > 100
    assert sum(map(size, job.events)) < 3 * MOST_BYTES
    assert (job.steps[0].iteration, job.steps[-1].iteration) == (0, 3000)


def test_events_are_thinned_evenly_and_the_last_optimizer_stays():
    job = Job(LONG, "a")
    theta = np.zeros(200_000, np.float32)
    for i in range(300):
        job.take([OuterStep(i, 1.0, 0.5), Snapshot(i, theta, {"exp_avg": theta})])
        assert job.size < 3 * MOST_BYTES
    snapshots = [event for event in job.events if isinstance(event, Snapshot)]
    assert snapshots[0].iteration == 0 and snapshots[-1].iteration == 299 and snapshots[-1].optimizer
    assert not any(event.optimizer for event in snapshots[:-1]) and 8 <= len(snapshots) <= 40
    assert np.diff([event.iteration for event in snapshots]).max() < 300 / 5
    job.release()
    assert [event.iteration for event in job.events if isinstance(event, Snapshot)] == [299]
    assert len(job.steps) == 300


def test_too_large_an_answer_is_stopped():
    job = Job(Plane(), "a")
    for _ in range(40):
        job.take([Fitted("x", np.zeros(10**6), np.zeros(1), np.zeros(1), np.zeros(1))])
    assert job.stopping == TOO_MUCH and not job.events


def test_nothing_of_a_run_is_held_once_nobody_looks_at_it():
    made = Pool(1, keep=lambda job: None)
    try:
        until(made.ready, 60)
        job = made.wait(made.start(MamlConfig(iterations=50, snapshot_every=5), "a"))
        until(lambda: job.kept)
        made._ended_runs.clear()
        seen, job = weakref.ref(job), None
        gc.collect()
        until(lambda: seen() is None, 5)
    finally:
        made.close()


def test_a_question_that_takes_too_long_is_not_asked_for_ever(pool, monkeypatch):
    monkeypatch.setattr(jobs, "LONGEST_ANSWER", 0.001)
    question = replace(slow(900), inner_steps=20)  # longer than the pause between two looks of the watchdog
    with pytest.raises(UnavailableError, match="this server ends a run"):
        pool.ask(question, "a", timeout=30)
    assert pool.place_of(question) is None  # nobody asks for it any more
    with pytest.raises(UnavailableError, match="this server ends a run"):
        pool.ask(question, "a")


def test_a_worker_that_does_not_read_holds_up_nobody(pool):
    worker = pool._helping.workers[0]
    os.kill(worker.process.pid, signal.SIGSTOP)
    try:
        begun = time.monotonic()
        worker.send("run", "x", np.zeros(10**6), 1)
        assert time.monotonic() - begun < 0.5
    finally:
        worker.process.kill()
    until(lambda: all(w.ready for w in pool._helping.workers) and len(pool._helping.workers) == HELPERS, 60)


def test_a_refused_run_leaves_the_one_that_its_learner_has(pool):
    job = pool.start(LONG, "a")
    refused = pool.start(replace(LONG, trace=True), "a")
    assert refused.state == "failed" and not job.stopping
    pool.cancel(job)
    pool.wait(job)


def test_a_huge_text_is_refused_before_it_is_read():
    with pytest.raises(SchemaError, match="at most"):
        parse("[" + "[]," * 400_000 + "[]]", SettingsFile)
