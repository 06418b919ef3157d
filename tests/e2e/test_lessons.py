"""A learner's progress in a real browser: kept across a reload, and in a tab that is opened later."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import WAIT, Server
from tests.e2e.test_app import open_page

expect.set_options(timeout=WAIT)


def test_answers_and_goals_are_kept_by_the_browser(page: Page, server: Server):
    open_page(page, server, "tasks")
    predict = page.locator(".st-key-_tasks-predict")
    predict.get_by_text("Something flat, the mean of all sinusoids").click()
    expect(page.get_by_text("over a full circle nothing would be left")).to_be_visible()
    page.wait_for_function("(localStorage.getItem('learn-meta-learning/progress') || '').includes('tasks/predict')")
    page.reload()
    expect(page.get_by_text("over a full circle nothing would be left")).to_be_visible()
    expect(page.get_by_text(re.compile("10 minutes · 20% done"))).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{server.url}/")
    expect(other.get_by_role("row", name=re.compile("Tasks and meta-knowledge.*20%"))).to_be_visible()
    other.close()
