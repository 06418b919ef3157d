"""What surrounds a page: links under a prefix, the language, another site's frame, as a browser finds them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import WAIT, Server, free_port, settle, started, tab

expect.set_options(timeout=WAIT)
LANGUAGE = "document.documentElement.lang"


@pytest.fixture(scope="module")
def prefixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(tmp_path_factory.mktemp("prefixed"), free_port(), "/x/course", META_WORKERS="1") as found:
        yield found


def test_links_in_texts_stay_in_the_tab_the_session_and_the_language(browser: Browser, prefixed: Server):
    with tab(browser) as page:
        documents, lines = list[str](), list[str]()
        page.on("request", lambda one: documents.append(one.url) if one.is_navigation_request() else None)
        page.on("websocket", lambda one: lines.append(one.url))
        page.goto(f"{prefixed.url}/?lang=zh")
        expect(page.locator("h1")).to_have_text("在动手中学习元学习")
        assert page.evaluate(LANGUAGE) == "zh"
        settle(page)
        page.locator(".stMarkdown a[href='./first-order?lang=zh']").click()
        expect(page.locator("h1")).to_contain_text("一阶")
        settle(page)
        page.locator(".stMarkdown a[href^='./glossary?lang=zh#']").first.click()
        expect(page.locator("h1")).to_have_text("术语表")
        settle(page)
        anchor = page.evaluate("decodeURIComponent(location.hash.slice(1))")
        page.wait_for_function(
            "name => Math.abs(document.getElementById(name).getBoundingClientRect().top) < 800", arg=anchor
        )
        page.go_back()
        expect(page.locator("h1")).to_contain_text("一阶")
        assert page.evaluate("location.pathname + location.search") == "/x/course/first-order?lang=zh"
        assert len(documents) == len(lines) == len(page.context.pages) == 1


def test_the_language_is_remembered_and_a_link_comes_before_it(browser: Browser, prefixed: Server):
    with tab(browser) as page:
        page.goto(f"{prefixed.url}/glossary")
        expect(page.locator("h1")).to_have_text("Glossary")
        page.locator(".st-key-lang").get_by_text("中文").click()
        expect(page.locator("h1")).to_have_text("术语表")
        page.wait_for_function(f"{LANGUAGE} === 'zh' && location.search.includes('lang=zh')")
        page.goto(f"{prefixed.url}/glossary")
        expect(page.locator("h1")).to_have_text("术语表")
        page.goto(f"{prefixed.url}/glossary?lang=en")
        expect(page.locator("h1")).to_have_text("Glossary")
        page.wait_for_function(f"{LANGUAGE} === 'en'")
