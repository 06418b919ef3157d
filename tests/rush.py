"""A class that opens one page at once:  python -m tests.rush [--page fewshot-maml] [--learners 30] [--within 5]

Clients that speak Streamlit's own websocket protocol open the page within some seconds, on a server that has just
warmed up. Reports when each had all the figures that the page has, and whether any saw a failure.
"""

import argparse
import asyncio
import random
import sys
import time
from dataclasses import dataclass, field

import websockets
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.load import MOST_BYTES, Found, Learner, metrics, server

FIGURES = ("plotly_chart", "bidi_component", "arrow_data_frame")
LONGEST = 60.0  # seconds


@dataclass
class Onlooker(Learner):
    """A learner who counts figures and notes what went wrong: by the place of each element on the page."""

    places: dict[tuple[int, ...], str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def look(self, told: ForwardMsg) -> None:
        super().look(told)
        element = told.delta.new_element
        kind = element.WhichOneof("type") or "block"
        if kind == "alert":
            kind = f"alert {element.alert.icon}"
            if element.alert.icon in (":material/error:", ":material/warning:"):
                self.failures.append(element.alert.body)
        self.places[tuple(told.metadata.delta_path)] = kind

    @property
    def figures(self) -> int:
        return sum(kind in FIGURES for kind in self.places.values())

    @property
    def waits(self) -> bool:
        return any("hourglass" in kind for kind in self.places.values())


async def opened(url: str, page: str, wanted: int, after: float) -> tuple[float, int, list[str]]:
    """Open the page; returns when it had its figures, how many, and what went wrong."""
    await asyncio.sleep(after)
    begun, found = time.monotonic(), Found()
    async with websockets.connect(
        f"{url.replace('http', 'ws')}/_stcore/stream", subprotocols=["streamlit"], max_size=MOST_BYTES,  # type: ignore[list-item]
        origin=url, open_timeout=LONGEST,  # type: ignore[arg-type]
    ) as socket:  # fmt: skip
        one = Onlooker(socket, found, query=f"{page}?")
        await one.rerun()
        while (one.figures < wanted or one.waits) and time.monotonic() - begun < LONGEST:
            one.places = {place: kind for place, kind in one.places.items() if "hourglass" not in kind}
            await one.idle(0.5)
        return time.monotonic() - begun, one.figures, [*one.failures, *found.errors]


def main() -> int:
    """Let the class open the page and report; the exit code says whether any failed or waited over ten seconds."""
    parser = argparse.ArgumentParser(prog="python -m tests.rush")
    parser.add_argument("--page", default="fewshot-maml")
    parser.add_argument("--learners", type=int, default=30, choices=range(1, 101), metavar="1..100")
    parser.add_argument("--within", type=float, default=5)
    parser.add_argument("--port", type=int, default=8656)
    told = parser.parse_args()
    url, source = f"http://localhost:{told.port}", random.Random(1)
    quiet = server(told.port)
    try:
        _, wanted, wrong = asyncio.run(opened(url, told.page, 1, 0))
    finally:
        quiet.terminate()
        quiet.wait()
    started = server(told.port)  # a fresh one: nobody has asked it anything yet
    try:

        async def rush() -> list[tuple[float, int, list[str]]]:
            starts = [source.uniform(0, told.within) for _ in range(told.learners)]
            return await asyncio.gather(*(opened(url, told.page, wanted, start) for start in starts))

        results = asyncio.run(rush())
        waited = metrics(url)
    finally:
        started.terminate()
        started.wait()
    seconds = sorted(result[0] for result in results)
    failures = [failure for *_, wrong in results for failure in wrong] + wrong
    half, last = seconds[len(seconds) // 2], seconds[-1]
    print(f"{told.learners} learners, {wanted} figures each: p50 {half:.2f} s, last {last:.2f} s")
    print(f"fewest figures {min(result[1] for result in results)}, waited at most {waited['waited_p95_seconds']:g} s")
    print(f"{len(failures)} failures " + "; ".join(failures[:3]))
    return int(bool(failures) or seconds[-1] > 10)


if __name__ == "__main__":
    sys.exit(main())
