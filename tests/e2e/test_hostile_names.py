"""A run's name that would load a picture, link, run a script or be a formula, in Chromium: it is only read."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.storage import run_store
from core.storage.checkpoints import shipped
from lessons.engine.plain import GAP
from tests.e2e.conftest import WAIT, Server, settle

expect.set_options(timeout=WAIT)
OWNER = "f" * 32
NAMES = (
    "![x](http://h.test/b.png) [Click](http://h.test)",
    "<img src=http://h.test/x onerror=alert(1)> <a href=http://h.test>y</a>",
    "</script><script>alert(1)</script> $x^2$ :material/home: :smile:",
    "=HYPERLINK(http://h.test) http://h.test www.h.test a@h.test",
)


@pytest.fixture(scope="module")
def ids() -> list[str]:
    run = shipped("maml-sinusoid")
    return [run_store.store(run, OWNER, state="done", name=name) for name in NAMES]


def plain(text: str) -> str:
    return text.replace(GAP, "")


def test_names_are_read_and_nothing_else(page: Page, server: Server, ids: list[str], tmp_path: Path):
    asked, dialogs = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for id, name in zip(ids, NAMES, strict=True):
        page.goto(f"{server.url}/runs?run={id}")
        heading = page.locator("#run")
        expect(heading).to_be_visible()
        expect(page.locator(".js-plotly-plot .legendtext").first).to_be_visible()
        settle(page)
        assert plain(heading.inner_text()).strip() == name
        assert plain(page.locator(".js-plotly-plot .legendtext").first.text_content() or "") == name
    with page.expect_download() as saved:
        page.get_by_role("button", name="Curve (CSV)").click()
    rows = [*csv.reader(io.StringIO(saved.value.path().read_text("utf-8-sig")))]
    assert saved.value.path().read_bytes().startswith(b"\xef\xbb\xbf")
    assert rows[1][0] == GAP + NAMES[-1] and float(rows[1][1]) == 0
    page.goto(f"{server.url}/runs?run={ids[2]}")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Figure (HTML)").click()
    figure = tmp_path / "figure.html"
    saved.value.save_as(figure)
    page.goto(figure.as_uri())
    expect(page.locator(".legendtext").first).to_be_visible()
    assert plain(page.locator(".legendtext").first.text_content() or "") == NAMES[2]
    assert page.locator(".main-svg a[href*='h.test'], img[src*='h.test']").count() == 0
    assert not dialogs and not [url for url in asked if "h.test" in url]


def test_the_table_s_own_download_holds_no_formula(page: Page, server: Server, ids: list[str]):
    page.add_init_script("delete window.showSaveFilePicker")  # which asks where to save; without it, it is a download
    page.evaluate(f"localStorage.setItem('learn-meta-learning/learner', '{OWNER}')")
    page.goto(f"{server.url}/runs")
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible()
    settle(page)
    table.hover()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as CSV").click()
    rows = [*csv.reader(io.StringIO(saved.value.path().read_text("utf-8-sig")))]
    names = [cell for row in rows for cell in row if plain(cell) in NAMES]
    assert len(names) == len(ids) and not any(name.startswith("=") for name in names)
