"""What is the learner's own, in Chromium: drawings by mouse, runs that are kept, the contest live."""

import re
import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.storage import run_store
from tests.e2e.conftest import WAIT, Server, free_port, settle, started

expect.set_options(timeout=WAIT)


def draw(page: Page, pad, points: list[tuple[float, float]]) -> None:
    settle(page)
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*at[0])
    page.mouse.down()
    for x, y in at[1:]:
        page.mouse.move(x, y, steps=6)
    page.mouse.up()


CROSS = [(0.2, 0.2), (0.8, 0.8), (0.5, 0.5), (0.8, 0.2), (0.2, 0.8)]
BOX = [(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2)]


def test_drawings_by_mouse_are_recognized_undone_and_kept(page: Page, server: Server):
    page.goto(f"{server.url}/draw?n=2")
    expect(page.get_by_text(re.compile("methods say B"))).to_be_visible()
    page.get_by_role("button", name="Clear everything").click()
    expect(page.get_by_text("nothing yet in A, B")).to_be_visible()
    pads = page.locator(".draw canvas")
    draw(page, pads.nth(0), CROSS)
    draw(page, pads.nth(1), BOX)
    expect(page.get_by_text("Now draw one to be recognized")).to_be_visible()
    draw(page, pads.nth(2), [(x + 0.05, 0.9 * y + 0.05) for x, y in BOX])
    verdict = page.get_by_text(re.compile(r"\d+ of \d+ methods say B"))
    expect(verdict).to_be_visible()
    agree, methods = map(int, re.findall(r"\d+", verdict.inner_text())[:2])
    assert agree >= 0.6 * methods
    page.get_by_role("button", name="undo: class B, drawing 1").click()
    expect(page.get_by_text("nothing yet in B")).to_be_visible()
    draw(page, pads.nth(1), BOX)
    expect(page.get_by_text(re.compile("methods say B"))).to_be_visible()
    settle(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    assert '"A1"' in saved.value.path().read_text()


def test_all_methods_play_live(page: Page, server: Server):
    page.goto(f"{server.url}/compare?tasks=40")
    page.get_by_role("button", name="Let them play").click()
    expect(page.get_by_text(re.compile("is ahead|are level"))).to_be_visible(timeout=60_000)
    assert page.locator(".st-key-contest .js-plotly-plot .point").count() >= 9


@pytest.fixture
def kept_run(page: Page, server: Server) -> str:
    page.goto(f"{server.url}/maml?iterations=400")
    page.get_by_role("button", name="Retrain").click()
    link = page.get_by_role("link", name="open it among your runs")
    expect(link).to_be_visible(timeout=60_000)
    assert "./runs?lang=en&run=" in (link.get_attribute("href") or "")
    return str(link.evaluate("anchor => anchor.pathname + anchor.search"))


def test_a_run_is_kept_found_again_replayed_and_shared(page: Page, stranger: Page, server: Server, kept_run: str):
    page.goto(server.url + kept_run)
    expect(page.get_by_text("Loss over training")).to_be_visible()
    expect(page.get_by_text(re.compile("Moment 2[01] of 2[01]: after 400 outer updates"))).to_be_visible()
    page.get_by_role("slider", name="Moment of the training").press("Home")
    expect(page.get_by_text(re.compile("Moment 1 of .*: after 0 outer updates"))).to_be_visible()
    expect(page.get_by_text("After 0 outer updates: the same task")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("first try")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="first try")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Program").click()
    assert 'config_for("maml", "sinusoid")' in saved.value.path().read_text()
    stranger.goto(server.url + kept_run)
    expect(stranger.get_by_role("heading", name="first try")).to_be_visible()
    expect(stranger.get_by_text("No run is kept yet")).to_be_visible()
    assert stranger.get_by_label("Name", exact=True).count() == 0


def test_a_server_killed_while_saving_loses_that_run_alone(page: Page, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("META_RUNS_DIR", str(tmp_path))
    port, link = free_port(), page.get_by_role("link", name="open it among your runs")
    retrain = page.get_by_role("button", name="Retrain")
    with started(tmp_path, port, META_WORKERS="1") as first:
        page.goto(f"{first.url}/maml?iterations=200")
        retrain.click()
        expect(link).to_be_visible(timeout=60_000)
        holder = sqlite3.connect(run_store.file(), isolation_level=None)
        holder.execute("begin exclusive")  # the next run waits here to be written
        retrain.click()
        expect(page.get_by_text("Done: 200 outer updates")).to_be_visible(timeout=60_000)
        first.process.kill()
        first.process.wait(10)
        holder.execute("rollback")
    with started(tmp_path, port, META_WORKERS="1") as second:
        page.goto(f"{second.url}/runs")
        expect(page.get_by_test_id("stDataFrame")).to_be_visible()
        expect(page.locator(".stException")).to_have_count(0)
        page.goto(f"{second.url}/maml?iterations=200")
        retrain.click()
        expect(link).to_be_visible(timeout=60_000)
        owner = page.evaluate("localStorage.getItem('learn-meta-learning/learner')")
    assert len(run_store.runs(owner)) == 2  # under a hash: only the browser knows the number
