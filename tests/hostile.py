"""Whether a page answers while a lab's file does its worst:  python -m tests.hostile

One learner's browser checks and trains with a hostile file over and over; another's moves a slider meanwhile. Printed
are the median and the 95th percentile of the time from a key on the slider to its figure, with nothing beside it and
beside each file, and how the file ended. Starts a server and Chromium of its own.
"""

import argparse
import json
import os
import shutil
import statistics

from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.labs.catalog import LABS
from tests.e2e.conftest import FLAGS
from tests.load import server

LAB = LABS["inner-step"]
FILES = {
    "a right function": "phi = theta\n    for _ in range(steps):\n        "  # what a check costs anyway
    "(gradient,) = torch.autograd.grad(loss(phi).sum(), phi, create_graph=True)\n        "
    "phi = phi - inner_rate * gradient\n    return phi",
    "endless loop": "while True:\n        pass",
    "endless loop that catches all": "while True:\n        try:\n            while True: pass\n"
    "        except BaseException: pass",
    "fork bomb": "import ctypes\n    while True: ctypes.CDLL(None).fork()",
    "threads": "import threading\n    while True: threading.Thread(target=lambda: list(iter(int, 1))).start()",
    "memory": "keep = []\n    while True: keep.append(torch.ones(10**7))",
    "prints": "while True: print('x' * 10**5)",
}
MOVES, LIMIT = 40, 200  # keys on the slider for each file; ms that the slider may take
REPEAT = """number => window.again = setInterval(() => {
    const roots = [document, ...[...document.querySelectorAll("*")].map(one => one.shadowRoot).filter(Boolean)]
    roots.map(root => root.querySelectorAll(".bar button")[number]).find(Boolean)?.click()
}, 300)"""
WATCH = """() => {
    window.addEventListener("keydown", () => { window.pressed = performance.now(); window.answered = 0 }, true)
    new MutationObserver(changes => {
        if (window.pressed && !window.answered && changes.some(one => one.target.closest?.(".scatterlayer")))
            requestAnimationFrame(() => { window.answered ||= performance.now() })
    }).observe(document.body, { subtree: true, childList: true, attributeFilter: ["d"] })
}"""

TOOK = """() => new Promise(done => {
    const look = () => (window.answered ? done(window.answered - window.pressed) : requestAnimationFrame(look))
    look()
})"""


def moved(page: Page) -> list[float]:
    """Press keys on the slider of the inner steps; return how long its figure took, in ms."""
    handle, took = page.locator(".st-key-steps input[type=range]"), list[float]()
    handle.focus()
    for number in range(MOVES):
        page.keyboard.press("ArrowRight" if number % 8 < 4 else "ArrowLeft")
        took.append(page.evaluate(TOOK))
        page.wait_for_timeout(120)
    return took


def besieged(browser: Browser, url: str, watched: Page, code: str, button: int) -> tuple[list[float], str]:
    """Return how long the slider took beside a file, and what was said of it last."""
    page = browser.new_page()
    page.goto(f"{url}/maml?chapter=Write+it")
    page.locator(".cm-content").click(timeout=60_000)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(LAB.skeleton.replace('raise NotImplementedError("write it here")', code))
    page.evaluate(REPEAT, button)
    page.wait_for_timeout(1500)
    took = moved(watched)
    page.evaluate("clearInterval(window.again)")
    alert = page.locator(".stAlert").last
    expect(alert).to_be_visible(timeout=120_000)
    said = alert.inner_text()
    page.close()
    return took, " ".join(said.split())


def line(name: str, took: list[float], said: str = "") -> str:
    """Return a measurement as a line of JSON."""
    late = statistics.quantiles(took, n=20)[-1]
    return json.dumps(
        {"beside": name, "median ms": round(statistics.median(took)), "p95 ms": round(late), "within": late < LIMIT}
        | ({"said": said[:110]} if said else {})
    )


def main() -> None:
    """Measure, and print a line for each file."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile")
    parser.add_argument("files", nargs="*", default=list(FILES), metavar="FILE", help=", ".join(FILES))
    parser.add_argument("--port", type=int, default=8657)
    parser.add_argument("--train", action="store_true", help="train with the file, instead of checking it")
    told = parser.parse_args()
    os.environ["META_LABS"] = "1"
    started = server(told.port)
    url = f"http://localhost:{told.port}"
    try:
        with sync_playwright() as driver:
            path = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
            watched = browser.new_page(viewport={"width": 1400, "height": 1000})
            watched.goto(f"{url}/maml?chapter=Play+with+it")
            watched.locator(".st-key-steps input[type=range]").wait_for()
            watched.locator(".js-plotly-plot .scatterlayer").first.wait_for()
            watched.wait_for_timeout(1500)
            watched.evaluate(WATCH)
            print(line("nothing", moved(watched)), flush=True)
            for name in told.files:
                button = 1 if told.train else 0
                print(line(name, *besieged(browser, url, watched, FILES[name], button)), flush=True)
            print(line("nothing, afterwards", moved(watched)), flush=True)
            browser.close()
    finally:
        started.terminate()
        started.wait()


if __name__ == "__main__":
    main()
