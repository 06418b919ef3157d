"""The controls and the link of a page whose messages are slow, or whose question waits for its turn."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.e2e.conftest import WAIT, Server, on_one_page, settle, started, tab, wait_until

IN_LINK = "key => new URLSearchParams(location.search).get(key)"


class Slow:
    """A tab's line to the server, which can hold back what the server says."""

    def __init__(self, page: Page) -> None:
        self.page, self.held, self.holds = page, list[str | bytes](), False
        page.route_web_socket(re.compile("/_stcore/stream"), self._connect)

    def _connect(self, line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        self.line = line

        def arrived(message: str | bytes) -> None:
            if self.holds:
                self.held.append(message)
            else:
                line.send(message)

        server.on_message(arrived)
        line.on_message(server.send)

    @contextmanager
    def holding(self) -> Iterator[None]:
        self.holds = True
        yield
        self.wait()
        self.holds = False
        for message in self.held:
            self.line.send(message)
        self.held.clear()

    def wait(self, link: bytes = b"") -> None:
        """Wait until the server has sent a `link` and has said what it had to say."""
        before, end = -1, time.monotonic() + WAIT / 1000
        while not any(link in message for message in self.held if isinstance(message, bytes)):
            assert time.monotonic() < end, f"the server has sent no {link!r}"
            self.page.wait_for_timeout(50)
        while before != len(self.held):
            before = len(self.held)
            self.page.wait_for_timeout(1500)


@pytest.fixture
def slow(browser: Browser, server: Server) -> Iterator[Slow]:
    with tab(browser) as page:
        on_one_page(page, server)
        yield Slow(page)


def opened(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("h1")).to_be_visible()
    settle(page)


def test_a_message_on_its_way_brings_back_no_older_value(slow: Slow, server: Server):
    page = slow.page
    opened(page, f"{server.url}/compare?lang=en&n=4")
    with slow.holding():
        page.locator(".st-key-kind").get_by_text("sinusoids").click()
        slow.wait(b"kind=sinusoids")  # the server takes `n` out of the link, and says so
        count = page.locator(".st-key-tasks input")
        count.fill("140")
        count.press("Enter")
        wait_until(page, "location.search.includes('tasks=140')")
    settle(page)
    wait_until(page, "location.search.includes('tasks=140')")
    assert page.evaluate(IN_LINK, "kind") == "sinusoids"
    assert page.evaluate(IN_LINK, "n") is None
    expect(count).to_have_value("140")
    page.reload()
    expect(count).to_have_value("140")


def test_sliders_of_a_question_that_waits_say_what_the_link_says(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
):
    with started(tmp_path_factory.mktemp("busy")) as server, tab(browser) as page:
        on_one_page(page, server)
        slow = Slow(page)
        opened(page, f"{server.url}/maml?lang=en&event=3")
        expect(page.locator(".st-key-event input")).to_have_value("3")
        steps = page.locator(".st-key-trace_steps input")
        for worker in server.workers():
            os.kill(worker, signal.SIGSTOP)
        try:
            steps.focus()
            with slow.holding():
                page.keyboard.press("End")
                slow.wait(b"lang=en&trace_steps=5")  # no answer comes, and the slider of its events goes
                page.keyboard.press("ArrowLeft")
        finally:
            for worker in server.workers():
                os.kill(worker, signal.SIGCONT)
        expect(page.locator(".st-key-event input")).to_have_value("3")
        settle(page)
        expect(steps).to_have_value("4")
        assert page.evaluate(IN_LINK, "trace_steps") == "4"
        assert page.evaluate(IN_LINK, "event") == "3"


def test_back_and_another_link_still_move_the_controls(slow: Slow, server: Server):
    page = slow.page
    opened(page, f"{server.url}/compare?lang=en&tasks=40")
    count = page.locator(".st-key-tasks input")
    page.locator(".st-key-kind").get_by_text("sinusoids").click()
    wait_until(page, "location.search.includes('kind=')")
    page.evaluate("history.pushState({}, '', location.pathname + '?lang=en&tasks=80')")
    page.evaluate("history.pushState({}, '', location.pathname + '?lang=en&tasks=90&k=3')")
    page.go_back()
    expect(count).to_have_value("80")
    expect(page.locator(".st-key-k input")).to_have_value("1")
    page.go_back()
    expect(count).to_have_value("40")
    expect(page.locator(".st-key-points")).to_be_visible()
    page.go_forward()
    expect(count).to_have_value("80")
    settle(page)
    assert page.evaluate("location.search") == "?lang=en&tasks=80"
