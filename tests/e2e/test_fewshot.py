"""Characters in a real browser: build an episode, let networks learn it, retrain, step, share."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import WAIT, Server, wait_until
from tests.e2e.test_app import link_of, notice, open_page, press_slider, progress

expect.set_options(timeout=WAIT)
GLYPHS = "data=generated+glyphs"
SHOWN = "episode_answers=with+the+answers"


def test_an_episode_is_built_by_clicks_and_learned(page: Page, server: Server):
    open_page(page, server, f"characters?{GLYPHS}")
    grid = page.locator(".st-key-alphabet_grid button.cell")
    expect(grid).to_have_count(20)
    for i in (2, 5, 7, 11, 13):
        grid.nth(i).click()
        expect(grid.nth(i)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Your own episode, 5-way 1-shot")).to_be_visible()
    wait_until(page, "location.search.includes('picked=2.5.7.11.13')")
    page.get_by_role("link", name="Let MAML learn it").click()
    expect(page.locator("h1")).to_contain_text("Few-shot MAML")
    expect(page.locator(".st-key-episode .query")).to_have_count(15)
    expect(page.locator(".st-key-episode .class").first).to_have_attribute("title", re.compile("character 3"))
    page.get_by_role("button", name="Show the answers").click()
    notice(page, "After 1 step the MAML init has")


def test_queries_are_named_by_mouse_and_keys_before_the_network_names_them(page: Page, stranger: Page, server: Server):
    open_page(page, server, f"fewshot-maml?{GLYPHS}")
    cards = page.locator(".st-key-episode .query")
    expect(cards).to_have_count(15)
    assert not "".join(page.locator(".st-key-episode .verdict").all_inner_texts())  # no query has a letter yet
    cards.nth(0).locator(".pick").nth(1).click()
    expect(cards.nth(0).locator("[aria-checked=true]")).to_have_text("B")
    cards.nth(1).focus()
    page.keyboard.press("c")
    page.keyboard.press("d")  # the next query has the focus by now
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")
    expect(cards.nth(1).locator("[aria-checked=true]")).to_have_text("C")
    expect(cards.nth(2).locator("[aria-checked=true]")).to_have_count(0)
    expect(page.get_by_text("You have named 2 of 15")).to_be_visible()
    wait_until(page, r"/episode_named=[0-9a-f]{8}\.BC-{13}/.test(location.search)")
    stranger.goto(link_of(page))
    expect(stranger.locator(".st-key-episode .query").nth(1).locator("[aria-checked=true]")).to_have_text("C")
    page.get_by_role("button", name="Show the answers").click()
    expect(page.get_by_text("Of the 2 queries that you named")).to_be_visible()
    expect(cards.nth(1).locator(".yours")).to_contain_text("you: C")
    notice(page, "After 1 step the MAML init has")
    page.get_by_role("button", name="New episode").click()
    expect(page.get_by_text("You have named 0 of 15")).to_be_visible()


def test_a_query_is_named_by_touch_on_a_phone(browser: Browser, server: Server):
    context = browser.new_context(viewport={"width": 390, "height": 800}, has_touch=True)
    page = context.new_page()
    open_page(page, server, f"fewshot-maml?{GLYPHS}")
    card = page.locator(".st-key-episode .query").nth(3)
    card.tap()
    card.locator(".pick").nth(4).tap()
    expect(card.locator("[aria-checked=true]")).to_have_text("E")
    expect(card.locator(".given")).to_have_text("E")
    expect(page.locator(".st-key-episode .query").nth(4)).to_have_class(re.compile("current"))  # the next one's turn
    wide = card.locator(".pick").evaluate_all("(picks) => new Set(picks.map((one) => one.offsetTop)).size")
    assert wide == 1  # the five letters are in one row
    context.close()


def test_a_picked_character_is_put_back_by_a_second_click(page: Page, server: Server):
    open_page(page, server, f"characters?{GLYPHS}&picked=4")
    cell = page.locator(".st-key-alphabet_grid button.cell").nth(4)
    expect(cell).to_have_attribute("aria-pressed", "true")
    cell.click()
    expect(cell).to_have_attribute("aria-pressed", "false")
    wait_until(page, "!location.search.includes('picked')")


def test_probabilities_follow_the_slider_and_a_link_opens_the_same(page: Page, stranger: Page, server: Server):
    open_page(page, server, f"fewshot-maml?{GLYPHS}&{SHOWN}")
    notice(page, "After 1 step the MAML init has")
    bars = page.locator(".st-key-episode .query .fill")
    expect(bars).to_have_count(75)
    before = [bars.nth(i).get_attribute("style") for i in range(5)]
    press_slider(page, "steps", "ArrowLeft")
    notice(page, "Before any step")
    expect(page.locator(".st-key-episode .query.wrong").nth(5)).to_be_visible()
    assert [bars.nth(i).get_attribute("style") for i in range(5)] != before
    press_slider(page, "steps", "ArrowRight", "ArrowRight", "ArrowRight")
    notice(page, "After 3 steps")
    page.get_by_role("button", name="More").click()
    page.get_by_text("5 shots", exact=True).click()
    expect(page.locator(".st-key-episode .class .cell")).to_have_count(25)
    wait_until(page, "location.search.includes('steps=3') && location.search.includes('shots=')")
    verdicts = page.locator(".st-key-episode .verdict").all_inner_texts()
    stranger.goto(link_of(page))
    notice(stranger, "After 3 steps")
    expect(stranger.locator(".st-key-episode .class .cell")).to_have_count(25)
    assert stranger.locator(".st-key-episode .verdict").all_inner_texts() == verdicts


def test_retraining_on_characters_draws_its_curve_and_joins_the_demo(page: Page, server: Server):
    open_page(page, server, f"fewshot-maml?{GLYPHS}&{SHOWN}&iterations=100&meta_batch=4")
    page.get_by_role("button", name="Retrain").click()
    expect(progress(page).get_by_text(re.compile(r"[1-9]\d* outer updates"))).to_be_visible()
    expect(page.get_by_text(re.compile("Done: 100 outer updates"))).to_be_visible(timeout=90_000)
    legend = page.locator(".st-key-learning_fewshot_maml .legendtext", has_text=re.compile("run 1.*: after"))
    expect(legend.first).to_be_visible()
    notice(page, "init of your run has")
    page.locator(".st-key-init").get_by_text("init of your run").click()
    expect(page.locator(".st-key-init [aria-checked=true]")).to_have_text("init of your run")
    wait_until(page, "location.search.includes('init=init+of+your+run')")


def test_the_stepper_walks_an_episode_beside_the_source(page: Page, server: Server):
    open_page(page, server, f"fewshot-reptile?{GLYPHS}")
    expect(page.get_by_text("Event 1 of 5: tasks drawn")).to_be_visible()
    page.keyboard.press("l")
    expect(page.get_by_text("Event 2 of 5: inner step 1")).to_be_visible()
    expect(page.locator(".st-key-formula .hll").first).to_contain_text("phi = phi - inner_rate * gradient")
    page.get_by_role("button", name="Last").click()
    expect(page.get_by_text("Event 5 of 5: theta moves")).to_be_visible()
    expect(page.locator(".st-key-source .hll").first).to_contain_text("theta += ")
