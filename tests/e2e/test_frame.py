"""What surrounds a page: links under a prefix, the language, another site's frame, as a browser finds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed

from core.runtime.status import resident
from tests.e2e.client import open_session
from tests.e2e.conftest import WAIT, Server, free_port, on_one_page, settle, started, tab, wait_until

expect.set_options(timeout=WAIT)
MB = 2**20
LANGUAGE = "document.documentElement.lang"


@pytest.fixture(scope="module")
def prefixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as one sets it up for frames of another site, under a prefix."""
    more = {"META_FRAME_ANCESTORS": "http://127.0.0.1:*", "STREAMLIT_SERVER_XSRF_COOKIE_SAME_SITE": "none"}
    with started(tmp_path_factory.mktemp("prefixed"), free_port(), "/x/course", META_WORKERS="1", **more) as found:
        yield found


def test_links_in_texts_stay_in_the_tab_the_session_and_the_language(browser: Browser, prefixed: Server):
    with tab(browser) as page:
        documents, lines = list[str](), list[str]()
        on_one_page(page, prefixed)
        page.goto(f"{prefixed.url}/progress")
        expect(page.locator("h1")).to_have_text("Your progress")
        page.locator(".st-key-lang").get_by_text("中文").click()
        wait_until(page, f"{LANGUAGE} === 'zh' && location.search === '?lang=zh'")
        page.on("request", lambda one: documents.append(one.url) if one.is_navigation_request() else None)
        page.on("websocket", lambda one: lines.append(one.url))
        page.goto(f"{prefixed.url}/first-order")  # the language is remembered
        expect(page.locator("h1")).to_contain_text("一阶")
        settle(page)
        page.locator(".stMarkdown a[href^='./glossary?lang=zh#']").first.click()
        expect(page.locator("h1")).to_have_text("术语表")
        name = page.evaluate("decodeURIComponent(location.hash.slice(1))")
        near = "name => Math.abs(document.getElementById(name)?.getBoundingClientRect().top ?? 9999) < 800"
        wait_until(page, near, arg=name)
        page.go_back()
        expect(page.locator("h1")).to_contain_text("一阶")
        assert page.evaluate("location.pathname + location.search") == "/x/course/first-order?lang=zh"
        assert len(documents) == len(lines) == len(page.context.pages) == 1


@contextmanager
def embedded(frame: str) -> Iterator[str]:
    """A site of another origin that shows `frame`."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<iframe src="{frame}" width="1200" height="800"></iframe>'.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{site.server_port}"
        site.shutdown()


def test_another_sites_frame_is_refused_unless_it_is_named(browser: Browser, server: Server):
    def refused(message: ConsoleMessage) -> bool:
        return "frame-ancestors" in message.text

    lesson = f"{server.url.replace('127.0.0.1', 'localhost')}/maml"
    with tab(browser) as page, embedded(lesson) as site, page.expect_console_message(refused):
        page.goto(site)


def test_a_frame_says_what_the_browser_refuses_and_opens_files(browser: Browser, prefixed: Server):
    """Chromium refuses other sites' storage in a window like this one's, and keeps partitioned cookies."""
    lesson = f"{prefixed.url.replace('127.0.0.1', 'localhost')}/progress?embed=true"
    with tab(browser) as page, embedded(lesson) as site:
        page.goto(site)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_text("Kept until this page is loaded again")).to_be_visible()
        expect(frame.get_by_text("This browser keeps nothing for this page")).to_be_visible()
        expect(frame.get_by_test_id("stSidebar")).to_have_count(0)
        file = {"name": "p.json", "mimeType": "application/json", "buffer": b"{}"}
        frame.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        expect(frame.get_by_text("Nothing was changed: the file does not hold")).to_be_visible()


def test_files_put_by_a_script_do_not_fill_the_server(prefixed: Server):
    session = open_session(prefixed.url)
    before = resident(prefixed.process.pid)
    assert session.put("large", 190 * MB)[0] == 413
    answers = [session.put(f"{i}", 20 * MB) for i in range(6)]
    assert [status for status, _ in answers] == [204, 204, 204, 413, 413, 413] and "64 MB" in answers[-1][1]
    assert resident(prefixed.process.pid) - before < 200 * MB
    message = BackMsg()
    widget = message.rerun_script.widget_states.widgets.add()
    widget.id, widget.string_value = "x", "x" * 3 * MB
    session.line.send(message.SerializeToString())
    with pytest.raises(ConnectionClosed, match="1009"):
        while True:
            session.line.recv(timeout=WAIT / 1000)


# what Chrome does to each text of a page that it translates
TRANSLATE = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
        if (!text.data.trim() || text.parentElement.closest("[translate=no], style, script, font")) continue;
        const [outer, inner] = [document.createElement("font"), document.createElement("font")];
        inner.textContent = `[${text.data}]`;
        outer.append(inner);
        text.replaceWith(outer);
    }
}"""


NOTICE = ".stAlert [data-testid=stMarkdownContainer]"


def test_a_translated_notice_follows_its_slider(page: Page, server: Server):
    page.goto(f"{server.url}/tasks")
    notice, slider = page.locator(NOTICE).last, page.locator(".st-key-steps input[type=range]")
    expect(notice).to_be_visible()
    settle(page)
    one = notice.text_content() or ""
    slider.press("ArrowRight")
    expect(notice).not_to_have_text(one)
    two = notice.text_content()
    slider.press("ArrowLeft")
    expect(notice).to_have_text(one)
    page.evaluate(TRANSLATE)
    assert page.locator(".katex, code").count() and not page.locator(".katex font, code font").count()
    assert "[" in notice.inner_text()
    slider.press("ArrowRight")
    wait_until(
        page,
        "([at, text]) => [...document.querySelectorAll(at)].at(-1).textContent.replace(/[\\[\\]]/g, '') === text",
        arg=[NOTICE, two],
    )
    page.evaluate(TRANSLATE)
    page.locator(".stSidebar a").last.click()
    expect(page.locator("h1")).to_contain_text("Glossary")
    expect(page.locator(".stException, .stErrorElement")).to_have_count(0)
