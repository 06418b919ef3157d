"""A class of learners on one server:  python -m tests.load [--learners 30] [--retrain 10] [--seconds 90]

Clients that speak Streamlit's own websocket protocol open pages, move sliders, retrain in turn and leave. Reports
the reruns' p50 and p95 in seconds, how long runs waited, memory a session and in all, and errors. Bounded in
count and in time; starts a server of its own on a folder of its own.
"""

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

PAGES = {"maml": "steps", "tasks": "steps", "reptile": "steps", "ntm": "length_copy", "matching": "n"}  # in Play
MOST_BYTES = 64 * 2**20  # of one message


@dataclass
class Found:
    """What all learners met."""

    opened: list[float] = field(default_factory=list)
    reruns: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)  # what pages ask for by themselves
    retrained: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass
class Learner:
    """One session: its socket, and the controls that the page has shown so far."""

    socket: websockets.ClientConnection
    found: Found
    query: str = ""
    controls: dict[str, tuple[str, object]] = field(default_factory=dict)  # element id and its message, by key
    timers: dict[str, float] = field(default_factory=dict)  # seconds between two runs of a fragment, by fragment

    async def rerun(self, state: WidgetState | None = None, fragment: str = "") -> float:
        """Ask for a run of the script (or of a fragment), wait for its end, and return the seconds it took."""
        message = BackMsg()
        message.rerun_script.query_string = self.query.partition("?")[2]
        message.rerun_script.page_script_hash = ""
        message.rerun_script.page_name = self.query.partition("?")[0]
        message.rerun_script.fragment_id = fragment
        if state is not None:
            message.rerun_script.widget_states.widgets.append(state)
        if not fragment:
            self.timers = {}
        begun = time.monotonic()
        await self.socket.send(message.SerializeToString())
        await self.until_finished()
        return time.monotonic() - begun

    async def until_finished(self) -> None:
        """Read messages until the script has ended."""
        while True:
            told = ForwardMsg()
            told.ParseFromString(await asyncio.wait_for(self.socket.recv(), 60))  # type: ignore[arg-type]
            kind = told.WhichOneof("type")
            if kind == "delta":
                self.look(told)
            elif kind == "auto_rerun":
                self.timers[told.auto_rerun.fragment_id] = told.auto_rerun.interval
            elif kind == "script_finished":
                if told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return
                self.timers = {}  # a fragment has asked for the whole page

    async def idle(self, seconds: float) -> None:
        """Do nothing for a while, as a browser does: run the fragments that want to be run every so often."""
        now = time.monotonic()
        end, due = now + seconds, {fragment: now + every for fragment, every in self.timers.items()}
        while due:
            fragment = min(due, key=lambda one: due[one])
            if due[fragment] > end:
                break
            await asyncio.sleep(max(0.0, due[fragment] - time.monotonic()))
            before = dict(self.timers)
            self.found.looks.append(await self.rerun(fragment=fragment))
            now = time.monotonic()
            # the page may have run as a whole, and set other timers
            changed = before.keys() != self.timers.keys()
            due = {one: now + self.timers[one] if changed or one == fragment else due[one] for one in self.timers}
        await asyncio.sleep(max(0.0, end - time.monotonic()))

    def look(self, told: ForwardMsg) -> None:
        """Keep the controls, note the errors."""
        element = told.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.found.errors.append(element.exception.message[:200])
        if kind in ("slider", "button"):
            one = getattr(element, kind)
            key = one.id.rsplit("-", 1)[-1] if kind == "slider" else one.label
            self.controls[key] = (told.delta.fragment_id, one)

    async def slide(self, key: str, source: random.Random) -> None:
        """Move a slider to another place."""
        if key not in self.controls:
            return
        fragment, slider = self.controls[key]
        state = WidgetState(id=slider.id)  # type: ignore[attr-defined]
        low, high = slider.min, slider.max  # type: ignore[attr-defined]
        state.double_array_value.data.append(float(source.randint(int(low), max(int(low), int(high)))))
        self.found.reruns.append(await self.rerun(state, fragment))

    async def press(self, label: str) -> None:
        """Press a button."""
        fragment, button = self.controls[label]
        self.found.reruns.append(
            await self.rerun(WidgetState(id=button.id, trigger_value=True), fragment)  # type: ignore[attr-defined]
        )


async def learner(url: str, number: int, retrains: bool, seconds: float, found: Found) -> None:
    """Open a page, slide, retrain if it is one's turn, and leave."""
    source = random.Random(number)
    page = list(PAGES)[number % len(PAGES)] if not retrains else "maml"
    await asyncio.sleep(source.uniform(0, 5))
    end = time.monotonic() + seconds
    try:
        async with websockets.connect(
            f"{url.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"], max_size=MOST_BYTES,  # type: ignore[list-item]
            origin=url, open_timeout=30,  # type: ignore[arg-type]
        ) as socket:  # fmt: skip
            chapter = "All+on+one+page&iterations=500" if retrains else "Play+with+it"
            one = Learner(socket, found, query=f"{page}?chapter={chapter}")
            found.opened.append(await one.rerun())
            if retrains:
                await one.idle(5 + 4 * (number % 10))
                await one.press("Retrain")
                found.retrained += 1
            while time.monotonic() < end:
                await one.slide(PAGES[page], source)
                await one.idle(source.uniform(1, 4))
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        found.errors.append(f"learner {number}: {type(error).__name__} {error}"[:200])


def metrics(url: str) -> dict[str, float]:
    """The server's own numbers."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as told:
        rows = [line.split() for line in told.read().decode().splitlines() if not line.startswith("#")]
    return {name.removeprefix("learn_meta_learning_"): float(value) for name, value in rows}


def server(port: int) -> subprocess.Popen:
    """A server on a folder of its own, ready to answer."""
    folder = tempfile.mkdtemp(prefix="load-")
    started = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"],
        cwd=Path(__file__).parents[1], env=os.environ | {"META_RUNS_DIR": folder}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(240):
        try:
            if metrics(f"http://localhost:{port}")["ready"] >= 2:
                return started
        except OSError:
            pass
        time.sleep(0.5)
    raise TimeoutError("the server did not start")


async def watch(url: str, seconds: float, sizes: list[dict[str, float]]) -> None:
    """Look at the server's numbers while the class is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sizes.append(await asyncio.to_thread(metrics, url))
        await asyncio.sleep(2)


def lines(found: Found, before: dict[str, float], sizes: list[dict[str, float]], learners: int) -> Iterator[str]:
    """What was found, in words."""
    most = max(sizes, key=lambda one: one["sessions"])
    grown = max(one["server_bytes"] for one in sizes) - before["server_bytes"]
    largest = max(one["server_bytes"] + one["workers_bytes"] for one in sizes)
    quick = statistics.quantiles(found.reruns, n=20)
    opened = statistics.median(found.opened), max(found.opened)
    yield f"{learners} learners opened a page in p50 {opened[0]:.2f} s, at most {opened[1]:.2f}"
    yield f"{len(found.reruns)} reruns: p50 {quick[9]:.3f} s, p95 {quick[18]:.3f} s; {found.retrained} runs started"
    looks = statistics.quantiles(found.looks, n=20)
    yield f"{len(found.looks)} looks that pages take by themselves: p50 {looks[9]:.3f} s, p95 {looks[18]:.3f} s"
    yield f"most sessions at once {most['sessions']:g}, most jobs waiting {max(one['waiting'] for one in sizes):g}"
    yield f"memory a session {grown / max(most['sessions'], 1) / 2**20:.1f} MB"
    yield f"memory in all, server and workers, at most {largest / 2**20:.0f} MB"
    yield f"{len(found.errors)} errors " + "; ".join(found.errors[:3])


def main() -> int:
    """Run the class and report; the exit code says whether there was an error."""
    parser = argparse.ArgumentParser(prog="python -m tests.load")
    parser.add_argument("--learners", type=int, default=30, choices=range(1, 101), metavar="1..100")
    parser.add_argument("--retrain", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=90)
    parser.add_argument("--port", type=int, default=8655)
    told = parser.parse_args()
    seconds = min(told.seconds, 600)
    url, found, sizes = f"http://localhost:{told.port}", Found(), list[dict[str, float]]()
    started = server(told.port)
    try:
        before = metrics(url)

        async def class_of_them() -> None:
            them = [learner(url, i, i < told.retrain, seconds, found) for i in range(told.learners)]
            await asyncio.gather(watch(url, seconds, sizes), *them)

        asyncio.run(class_of_them())
    finally:
        started.terminate()
        started.wait()
    print("\n".join(lines(found, before, sizes, told.learners)))
    return int(bool(found.errors))


if __name__ == "__main__":
    sys.exit(main())
