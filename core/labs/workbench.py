"""The learner's side of a judge: ask it to check a file or to train with it, and read its answers. Free of torch."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from queue import Empty, Queue
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from core.labs.catalog import lab_of
from core.labs.lab import Lab
from core.labs.verdict import Ended, Point, Verdict, ended, verdict_of

ROOT = Path(__file__).parents[2]
START = "import sys; sys.path.insert(0, sys.argv[1]); from core.labs.judge import main; main()"
KEPT = (  # of the environment: what Python may need to start, and where the judge looks for data
    "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "OMNIGLOT_DIR", "META_DATA_DIR", "XDG_CACHE_HOME",
)  # fmt: skip
STARTING, SILENT, ENDING = 60.0, 100.0, 3.0  # seconds until a judge that says nothing is given up
LOOK = 0.2  # seconds between two looks whether the asker has given up


class BrokenJudgeError(RuntimeError):
    """The judge has ended, or says nothing."""


class GivenUpError(RuntimeError):
    """Who asked no longer wants to know."""


def never() -> bool:
    """Return that the answer is still wanted."""
    return False


class Workbench:
    """A warm judge, started when it is first needed. It answers one at a time; others wait."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: Queue[bytes] = Queue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def warm(self) -> None:
        """Start the judge, so that no check waits for PyTorch. Whoever asks is told if it cannot start."""
        with self._lock, contextlib.suppress(BrokenJudgeError, OSError):
            self._started()

    def check(self, source: str, lab: Lab | None = None, seed: int = 0) -> Verdict:
        """Return what the lab's checks say about a learner's file. Raises ConfigError where it is of no lab."""
        lab = lab or lab_of(source)
        *_, report = self._ask({"do": "check", "lab": lab.name, "source": source, "seed": seed})
        return verdict_of(lab, report)

    def train(
        self, source: str, lab: Lab | None = None, given_up: Callable[[], bool] = never
    ) -> Iterator[Point | Ended]:
        """Train with a learner's file in place of our function; yield the points of both curves, and how it ended.

        Closing the iterator stops the training, and so does `given_up`, which is asked while a file says nothing.
        Raises ConfigError where the file is of no lab.
        """
        lab = lab or lab_of(source)
        points = list[Point]()
        for report in self._ask({"do": "train", "lab": lab.name, "source": source}, given_up=given_up):
            if "iteration" not in report:
                yield ended(lab, report, points)
                return
            points.append(Point(**report))
            yield points[-1]

    def relayed(
        self, do: str, lab: Lab, source: str, wish: Mapping[str, Any], seconds: float,
        given_up: Callable[[], bool] = never
    ) -> Iterator[Any]:  # fmt: skip
        """Let a file do what `core.labs.own_method.work` can, for `seconds` at most; yield what it says, and last how
        it ended, as `Ended`. Closing the iterator stops it, and so does `given_up`, which is asked meanwhile.
        """
        request = {"do": do, "lab": lab.name, "source": source, "wish": dict(wish), "seconds": seconds}
        for report in self._ask(request, SILENT + seconds, given_up):
            yield report["part"] if "part" in report else ended(lab, report)

    def close(self) -> None:
        """End the judge and whatever it runs."""
        process, self._process = self._process, None
        if not process:
            return
        assert process.stdin and process.stdout
        with contextlib.suppress(OSError):
            process.stdin.close()  # it ends what it runs, and itself
        try:
            process.wait(ENDING)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _ask(
        self, request: dict[str, Any], silent: float = SILENT, given_up: Callable[[], bool] = never
    ) -> Iterator[dict[str, Any]]:
        """Yield the judge's answers to a request; one that says "broken" where there is none for `silent` seconds."""
        with self._lock:
            ended = False
            try:
                process = self._started()
                assert process.stdin
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
                while not ended:
                    answer = self._answer(silent, given_up)
                    ended = answer.pop("end", False)
                    yield answer
            except (BrokenJudgeError, OSError, ValueError):  # of the last, what is written where all is closed
                yield {"kind": "broken"}
            except GivenUpError:
                yield {"kind": "stopped"}
            finally:
                if not ended:
                    self._stop()

    def _stop(self) -> None:
        """End the job that runs; the judge stays, if it can."""
        try:
            assert self._process and self._process.stdin
            self._process.stdin.write(b'{"do": "stop"}\n')
            self._process.stdin.flush()
            while not self._answer(ENDING).get("end", False):
                pass
        except (AssertionError, BrokenJudgeError, OSError):
            self.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process and self._process.poll() is None:
            return self._process
        self.close()
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        self._process = process = subprocess.Popen(
            [sys.executable, "-I", "-c", START, str(ROOT)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, close_fds=True,
            env={**environment, "OMP_NUM_THREADS": "1"}, start_new_session=True,
        )  # fmt: skip
        answers: Queue[bytes] = Queue()
        self._answers = answers

        def read() -> None:
            assert process.stdout
            with contextlib.suppress(OSError, ValueError):  # closed meanwhile
                for line in process.stdout:
                    answers.put(line)
            answers.put(b"")

        Thread(target=read, daemon=True).start()
        self._answer(STARTING)
        return process

    def _answer(self, seconds: float, given_up: Callable[[], bool] = never) -> dict[str, Any]:
        """Return the next answer. Raises BrokenJudgeError, GivenUpError."""
        until = time.monotonic() + seconds
        while not given_up():
            left = until - time.monotonic()
            try:
                line = self._answers.get(timeout=max(0.0, min(LOOK, left)))
                answer: dict[str, Any] = json.loads(line)
            except Empty:
                if left <= LOOK:
                    raise BrokenJudgeError from None
            except ValueError:
                raise BrokenJudgeError from None
            else:
                return answer
        raise GivenUpError
