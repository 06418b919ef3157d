"""A class that stays:  python -m tests.soak [--minutes 30] [--learners 30]

Clients that speak Streamlit's own websocket protocol open pages, hold arrow keys on sliders, retrain, cancel, import
settings, look at a lesson in a frame, leave and come back. A worker is killed every now and then, and the server
once, early. Reports errors on pages and in the log, runs that were lost, and the memory of server and workers at
the end beside that of five minutes after the server began.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.load import MOST_BYTES, PAGES, Found, Learner, metrics

SETTLED = 300.0  # seconds after which the memory of a server counts
KILL_SERVER = 60.0  # seconds after the beginning
KILL_WORKER = 45.0  # seconds between two workers that are killed
BOUND = 1.10  # of the memory after SETTLED
HIT = re.compile("stopped from outside|worker is warming up|页")  # what a page says of a worker that was killed
SETTINGS = json.dumps({"algorithm": "maml", "task": "sinusoid", "config": {"iterations": 300, "trace": True}}).encode()


@dataclass
class Guest(Learner):
    """A learner who notes what a page complains of, and knows its session."""

    session: str = ""
    uploader: str = ""
    hit: list[str] = field(default_factory=list)
    doing: str = ""

    def look(self, told: ForwardMsg) -> None:
        super().look(told)
        element = told.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "file_uploader":
            self.uploader = element.file_uploader.id
        if kind == "alert" and element.alert.icon == ":material/error:":
            (self.hit if HIT.search(element.alert.body) else self.found.errors).append(element.alert.body[:200])

    async def until_finished(self) -> None:
        """As for a learner, and note the session's id on the way."""
        self.doing = " < ".join(reversed([frame.name for frame in traceback.extract_stack()[-4:-1]]))
        asked_again = False
        while True:
            told = ForwardMsg()
            try:
                told.ParseFromString(await asyncio.wait_for(self.socket.recv(), 20))  # type: ignore[arg-type]
            except TimeoutError:
                # two requests may have become one, and its end was read before: only silence now is a dead session
                if asked_again:
                    raise
                asked_again = True
                again = BackMsg()
                again.rerun_script.query_string = self.query.partition("?")[2]
                again.rerun_script.page_name = self.query.partition("?")[0]
                await self.socket.send(again.SerializeToString())
                continue
            match told.WhichOneof("type"):
                case "new_session":
                    self.session = told.new_session.initialize.session_id
                case "delta":
                    self.look(told)
                case "auto_rerun":
                    self.timers[told.auto_rerun.fragment_id] = told.auto_rerun.interval
                case "script_finished":
                    if told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                        return
                    self.timers = {}

    async def hold(self, key: str, source: random.Random) -> None:
        """Hold an arrow key: nine values of a slider, 50 ms apart, no answer awaited in between."""
        if key not in self.controls:
            return
        fragment, slider = self.controls[key]
        low, high = int(slider.min), max(int(slider.min), int(slider.max))  # type: ignore[attr-defined]
        at, step = source.randint(low, high), source.choice([-1, 1])
        for i in range(9):
            message = BackMsg()
            message.rerun_script.query_string = self.query.partition("?")[2]
            message.rerun_script.page_name = self.query.partition("?")[0]
            message.rerun_script.fragment_id = fragment
            state = message.rerun_script.widget_states.widgets.add()
            state.id = slider.id  # type: ignore[attr-defined]
            state.double_array_value.data.append(float(min(max(at + step * i, low), high)))
            await self.socket.send(message.SerializeToString())
            await asyncio.sleep(0.05)
        await self.until_finished()

    async def bring(self, url: str) -> None:
        """Import a settings file, as the browser does: ask for an address, put the file there, tell the page."""
        ask = BackMsg()
        ask.file_urls_request.request_id, ask.file_urls_request.session_id = "1", self.session
        ask.file_urls_request.file_names.append("settings.json")
        await self.socket.send(ask.SerializeToString())
        told = ForwardMsg()
        while told.WhichOneof("type") != "file_urls_response":
            told.ParseFromString(await asyncio.wait_for(self.socket.recv(), 60))  # type: ignore[arg-type]
        urls = told.file_urls_response.file_urls[0]
        status = await asyncio.to_thread(put, f"{url}{urls.upload_url}", SETTINGS)
        if status != 204:
            self.found.errors.append(f"an upload was answered with {status}")
            return
        state = WidgetState(id=self.uploader)
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.file_id, info.name, info.size = urls.file_id, "settings.json", len(SETTINGS)
        info.file_urls.CopyFrom(urls)
        await self.rerun(state)


def put(url: str, data: bytes) -> int:
    """Upload a file as Streamlit's page does; returns the status."""
    boundary = "soak"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="settings.json"\r\n'
        "Content-Type: application/json\r\n\r\n"
    ).encode() + data + f"\r\n--{boundary}--\r\n".encode()  # fmt: skip
    root = "/".join(url.split("/")[:3])
    with urllib.request.urlopen(f"{root}/_stcore/health", timeout=30) as answer:
        cookies = [value.partition(";")[0] for name, value in answer.headers.items() if name.lower() == "set-cookie"]
    token = next((cookie.partition("=")[2] for cookie in cookies if "xsrf" in cookie), "")
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}", "X-Xsrftoken": token}
    request = urllib.request.Request(url, body, headers | {"Cookie": "; ".join(cookies)}, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)


async def visit(url: str, number: int, source: random.Random, found: Found, hit: list[str]) -> None:
    """Come, do something for half a minute or so, and leave."""
    page = source.choice(list(PAGES))
    kind = source.choice(["slide", "slide", "retrain", "cancel", "import", "embed"])
    page = {"retrain": "maml", "cancel": "maml", "import": "runs"}.get(kind, page)
    query = {"retrain": "iterations=500", "cancel": "iterations=5000", "embed": "embed=true&lang=zh"}.get(kind, "")
    async with websockets.connect(
        f"{url.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"], max_size=MOST_BYTES,  # type: ignore[list-item]
        origin=url, open_timeout=30,  # type: ignore[arg-type]
    ) as socket:  # fmt: skip
        one = Guest(socket, found, query=f"{page}?{query}", hit=hit)
        try:
            await stay(one, url, kind, page, source)
        except TimeoutError:
            found.errors.append(f"no answer within a minute: {kind} on {page}, {one.doing}")


async def stay(one: Guest, url: str, kind: str, page: str, source: random.Random) -> None:
    """Do what a visit is for."""
    found = one.found
    found.opened.append(await one.rerun())
    if kind in ("retrain", "cancel"):
        await one.press("Retrain")
        found.retrained += 1
        await one.idle(source.uniform(3, 15))
        if kind == "cancel" and "Cancel" in one.controls:
            await one.press("Cancel")
    if kind == "import" and one.uploader:
        await one.bring(url)
        if "Train with these settings" in one.controls:
            await one.press("Train with these settings")
            found.retrained += 1
    for _ in range(source.randrange(1, 5)):
        if page in PAGES:
            await one.hold(PAGES[page], source)
        await one.idle(source.uniform(1, 5))


async def learner(url: str, number: int, end: float, found: Found, hit: list[str]) -> None:
    """Visit again and again until the end. A connection that is cut while the server is down is no error."""
    source = random.Random(number)
    await asyncio.sleep(source.uniform(0, 10))
    while time.monotonic() < end:
        try:
            await asyncio.wait_for(visit(url, number, source, found, hit), 180)
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            if alive(url):
                found.errors.append(f"learner {number}: {type(error).__name__} {error}"[:200])
            await asyncio.sleep(3)


def alive(url: str) -> bool:
    """Whether the server has been up for longer than a moment: it answers, and its helpers have started."""
    try:
        numbers = metrics(url)
    except OSError:
        return False
    return numbers["uptime_seconds"] > 20


class Server:
    """The server under test, which can be killed and started again on the same folder."""

    def __init__(self, port: int) -> None:
        self.port, self.folder = port, Path(tempfile.mkdtemp(prefix="soak-"))
        self.log = self.folder / "log"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("a") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true",
                 f"--server.port={self.port}", "--server.address=127.0.0.1"],
                cwd=Path(__file__).parents[1], stdout=sink, stderr=sink,
                env=os.environ | {"META_RUNS_DIR": str(self.folder)},
            )  # fmt: skip
        self.begun = time.monotonic()
        for _ in range(240):
            time.sleep(0.5)
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended: {self.log.read_text()[-500:]}")
            with contextlib.suppress(OSError):
                if metrics(self.url)["ready"] >= 2:
                    return
        self.process.kill()
        raise TimeoutError("the server did not start")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> list[int]:
        told = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        return [int(line) for line in told.stdout.split()]

    def kept(self) -> int:
        """How many runs are stored."""
        files = list(self.folder.rglob("*.sqlite"))
        if not files:
            return 0
        with sqlite3.connect(f"file:{files[0]}?mode=ro", uri=True) as database:
            return int(database.execute("select count(*) from runs").fetchone()[0])


async def attack(server: Server, end: float, lost: list[str], sizes: list[tuple[float, float]]) -> None:
    """Kill the server once and workers now and then; note memory, and runs that are gone."""
    source, started, last, killed = random.Random(0), time.monotonic(), time.monotonic(), False
    while time.monotonic() < end:
        await asyncio.sleep(5)
        now = time.monotonic()
        if not killed and now - started > KILL_SERVER:
            killed, before = True, server.kept()
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            await asyncio.to_thread(server.start)
            if server.kept() < before:
                lost.append(f"{before - server.kept()} stored runs after the server was killed")
            continue
        if now - last > KILL_WORKER and now < end - 30 and (pids := server.workers()):
            last, before = now, server.kept()
            os.kill(source.choice(pids), signal.SIGKILL)
            if server.kept() < before:
                lost.append("stored runs after a worker was killed")
        numbers = await asyncio.to_thread(metrics, server.url)
        sizes.append((now - server.begun, numbers["server_bytes"] + numbers["workers_bytes"]))


def typical(sizes: list[tuple[float, float]], low: float, high: float) -> float:
    """The largest memory between two times, in MB: single looks miss a worker that has just been killed."""
    return max((size for at, size in sizes if low <= at <= high), default=0.0) / 2**20


def main() -> int:
    """Let the class stay, and report; the exit code says whether anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--learners", type=int, default=30, choices=range(1, 101), metavar="1..100")
    parser.add_argument("--port", type=int, default=8657)
    told = parser.parse_args()
    server, found, hit, lost, sizes = Server(told.port), Found(), list[str](), list[str](), list[tuple[float, float]]()
    end = time.monotonic() + 60 * told.minutes
    try:

        async def class_of_them() -> None:
            them = [learner(server.url, i, end, found, hit) for i in range(told.learners)]
            await asyncio.gather(attack(server, end, lost, sizes), *them)

        asyncio.run(class_of_them())
    finally:
        server.process.terminate()
        server.process.wait()
    longest = max(at for at, _ in sizes)
    first = typical(sizes, min(SETTLED, longest / 2) - 60, min(SETTLED, longest / 2))
    last = typical(sizes, longest - 60, longest)
    traces = server.log.read_text(errors="replace").count("Traceback")
    print(f"{len(found.opened)} visits, {found.retrained} runs started, {server.kept()} kept")
    print(f"memory of server and workers: {first:.0f} MB after five minutes, {last:.0f} MB at the end")
    print(f"pages that said that a worker was killed: {len(hit)}")
    print(f"lost: {len(lost)} {'; '.join(lost[:3])}")
    print(f"errors on pages: {len(found.errors)} {'; '.join(found.errors[:5])}")
    print(f"tracebacks in the log {server.log}: {traces}")
    return int(bool(found.errors or lost or traces) or last > BOUND * first)


if __name__ == "__main__":
    sys.exit(main())
