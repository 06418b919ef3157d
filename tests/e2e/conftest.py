"""A real server and a real headless Chromium, both started once for the whole folder."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from pages.sections.chapters import COOKIE

ROOT = Path(__file__).parents[2]
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
WAIT = 20_000  # ms that an expectation may take on a busy machine
expect.set_options(timeout=WAIT)
DESKTOP = {"width": 1280, "height": 900}
# nothing has changed for a while, fades included; a page that always moves is settled after three seconds
SETTLED = """() => new Promise(done => {
    const begun = performance.now();
    let changed = begun;
    const watch = new MutationObserver(() => { changed = performance.now(); });
    watch.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    const look = () => {
        const now = performance.now();
        const busy = !document.querySelector("[data-test-script-state=notRunning]")
            || document.querySelector("[data-stale=true]")
            || document.getAnimations().some(one => one.playState === "running");
        if (busy) changed = now;
        if (now - changed < 700 && now - begun < 3000) return setTimeout(look, 50);
        watch.disconnect();
        done();
    };
    look();
})"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(str(item.path)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.e2e)


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen

    def workers(self) -> list[int]:
        """Process ids of the training workers."""
        found = subprocess.run(
            ["pgrep", "-f", "core.runtime.worker", "-P", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        return [int(line) for line in found.stdout.split()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(
    folder: Path, port: int = 0, prefix: str = "", host: str = "127.0.0.1", **environment: str
) -> Iterator[Server]:
    """A server of its own under `prefix`, for instance "/course", with a log in `folder`."""
    port = port or free_port()
    log = folder / f"log-{time.monotonic_ns()}"
    with log.open("w") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true",
             f"--server.address={host}", f"--server.port={port}", f"--server.baseUrlPath={prefix}"],
            cwd=ROOT, stdout=sink, stderr=sink, env=os.environ | environment,
        )  # fmt: skip
        try:
            url = f"http://{host}:{port}{prefix}"
            _wait_until_healthy(url, process, log)
            yield Server(url, process)
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(tmp_path_factory.mktemp("server"), free_port(), META_ABANDONED="8") as found:
        yield found


def _wait_until_healthy(url: str, process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "the browser tests need Chromium on the PATH; test.sh installs it from Debian's packages"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield found
        found.close()


def wait_until(page: Page, expression: str, arg: object = None) -> None:
    """Wait until a page's expression holds. Playwright's own way looks again from within the page, where its policy
    lets no text become a script.
    """
    end = time.monotonic() + WAIT / 1000
    while not page.evaluate(expression, arg):
        assert time.monotonic() < end, f"waited too long for {expression}"
        page.wait_for_timeout(50)


def settle(page: Page) -> None:
    """Wait until the page has become what it is going to be."""
    page.evaluate(SETTLED)


@contextmanager
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP)  # type: ignore[arg-type]
    context.set_default_timeout(WAIT)
    yield context.new_page()
    context.close()


def on_one_page(page: Page, server: Server) -> None:
    """Let lessons have all chapters on one page, as a reader may prefer: most tests look at parts of several."""
    page.context.add_cookies([{"name": COOKIE, "value": "all", "url": server.url}])


def as_new(page: Page, server: Server) -> Page:
    """The tab as a new learner has it: nothing is stored, desktop size, on a screen, light."""
    page.goto(f"{server.url}/_stcore/health")  # of the app's origin, and no page
    page.evaluate("localStorage.clear(), sessionStorage.clear()")
    page.context.clear_cookies()
    on_one_page(page, server)
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(media="screen", color_scheme="light")
    return page


@pytest.fixture(scope="session")
def first_tab(browser: Browser) -> Iterator[Page]:
    """One for all tests: what Chromium has compiled it keeps, and opening a page takes half the work."""
    with tab(browser) as opened:
        yield opened


@pytest.fixture(scope="session")
def second_tab(browser: Browser) -> Iterator[Page]:
    with tab(browser) as opened:
        yield opened


@pytest.fixture
def page(first_tab: Page, server: Server) -> Page:
    """What the learner of this test sees."""
    return as_new(first_tab, server)


@pytest.fixture
def stranger(second_tab: Page, server: Server) -> Iterator[Page]:
    """What somebody else sees, in a browser that shares nothing with the learner's."""
    yield as_new(second_tab, server)
    second_tab.goto("about:blank")
