"""A learner's progress in a real browser: kept across a reload, and in a tab that is opened later."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import WAIT, Server, wait_until
from tests.e2e.test_app import open_page

expect.set_options(timeout=WAIT)


def test_answers_and_goals_are_kept_by_the_browser(page: Page, server: Server):
    open_page(page, server, "tasks")
    predict = page.locator(".st-key-_tasks-predict")
    predict.get_by_text("The mean of all sinusoids, the same wave every time").click()
    expect(page.get_by_text("Your guess is kept. Now try it")).to_be_visible()
    wait_until(page, "(localStorage.getItem('learn-meta-learning/progress') || '').includes('tasks/predict')")
    page.reload()
    expect(page.get_by_text("Your guess is kept. Now try it")).to_be_visible()
    expect(page.get_by_text(re.compile("10 minutes · 20% done"))).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{server.url}/")
    expect(other.locator("li", has_text=re.compile("Tasks and meta-knowledge.*20%"))).to_be_visible()
    other.close()


def test_the_language_can_be_switched_and_keeps_place_and_state(page: Page, server: Server):
    open_page(page, server, "first-order?plane_steps=5")
    page.locator(".st-key-_first_order-predict").get_by_text("When there are many tasks").click()
    expect(page.get_by_text("does not cancel").first).to_be_visible()
    page.locator(".st-key-lang").get_by_text("中文").click()
    expect(page.locator("h1")).to_have_text("一阶：可以略去什么？")
    expect(page.get_by_text("不会互相抵消").first).to_be_visible()
    expect(page.get_by_role("link", name="任务与元知识")).to_be_visible()
    wait_until(page, "location.search.includes('plane_steps=5')")
    page.get_by_role("link", name="已发表的代码").click()
    expect(page.locator("h1")).to_have_text("读已发表的代码：它究竟做了什么？")
