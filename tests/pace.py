"""How fast a page answers in a real browser:  python -m tests.pace [PAGE ...]

From the click on Retrain to the first event on screen, figure updates a second while a run trains, bytes of a
message from the server, and the largest figure that the page was sent. Starts a server and Chromium of its own.
"""

import argparse
import json
import shutil
import statistics
import time
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.e2e.conftest import FLAGS
from tests.e2e.test_app import COUNT_DRAWINGS
from tests.load import server

PAGES = {"maml": "maml?iterations=20000", "reptile": "reptile?iterations=20000"}
WATCHED = 6.0  # seconds
CLICKS = 5
# the clock starts in the page, at the click itself, and stops when the text is there
FIRST = """() => new Promise(done => {
    const button = [...document.querySelectorAll("button")].find(one => one.textContent.includes("Retrain"))
    const begun = performance.now()
    const look = () => {
        const told = document.querySelector("[data-testid=stProgress]")?.textContent ?? ""
        if (/[1-9]\\d* outer updates/.test(told)) done(performance.now() - begun)
        else requestAnimationFrame(look)
    }
    button.click()
    look()
})"""


@dataclass
class Sent:
    """Bytes of each message, and of each figure."""

    messages: list[int] = field(default_factory=list)
    figures: list[int] = field(default_factory=list)

    def keep(self, data: bytes | str) -> None:
        """Look at one message."""
        if isinstance(data, bytes):
            told = ForwardMsg()
            told.ParseFromString(data)
            self.messages.append(len(data))
            element = told.delta.new_element
            if element.WhichOneof("type") == "bidi_component" and "meta_chart" in element.bidi_component.component_name:
                self.figures.append(element.bidi_component.ByteSize())


def measured(browser: Browser, url: str, name: str, address: str) -> dict[str, object]:
    """One page: several clicks, then a run that is watched."""
    first, sent = list[float](), Sent()
    page = browser.new_page(viewport={"width": 1400, "height": 1000})

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", sent.keep)

    page.on("websocket", listen)
    for _ in range(CLICKS):
        _open(page, f"{url}/{address}", name)
        first.append(page.evaluate(FIRST))
        page.get_by_role("button", name="Cancel").click()
        page.get_by_text("Cancelled after").wait_for()
    _open(page, f"{url}/{address}", name)
    page.evaluate(COUNT_DRAWINGS, f"learning_{name}")
    page.evaluate(FIRST)
    sent.messages.clear()
    page.evaluate("window.drawn = 0")
    begun = time.monotonic()
    page.wait_for_timeout(WATCHED * 1000)
    spent, drawn = time.monotonic() - begun, page.evaluate("window.drawn")
    page.get_by_role("button", name="Cancel").click()
    page.close()
    return {
        "page": name,
        "ms from click to first event": round(statistics.median(first)),
        "figure updates a second": round(drawn / spent, 1),
        "kB a second while training": round(sum(sent.messages) / spent / 1000),
        "kB of the largest figure": round(max(sent.figures) / 1000),
    }


def _open(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.locator(f".st-key-learning_{name} .js-plotly-plot .scatterlayer").first.wait_for()
    page.wait_for_timeout(1000)


def main() -> None:
    """Measure the pages and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.pace")
    parser.add_argument("pages", nargs="*", default=list(PAGES), metavar="PAGE", help=", ".join(PAGES))
    parser.add_argument("--port", type=int, default=8656)
    told = parser.parse_args()
    started = server(told.port)
    try:
        with sync_playwright() as driver:
            path = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
            for name in told.pages:
                print(json.dumps(measured(browser, f"http://localhost:{told.port}", name, PAGES[name])), flush=True)
            browser.close()
    finally:
        started.terminate()
        started.wait()


if __name__ == "__main__":
    main()
