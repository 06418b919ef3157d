"""Siamese and Matching networks in a real browser: episodes, mistakes, a game, a map that moves, a shared link."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import WAIT, Server, wait_until
from tests.e2e.test_app import link_of, notice, open_page, press_slider

expect.set_options(timeout=WAIT)
GLYPHS = "data=generated+glyphs"


def test_links_follow_n_and_k_and_a_link_opens_the_same(page: Page, stranger: Page, server: Server):
    open_page(page, server, f"matching?{GLYPHS}")
    links = page.locator(".st-key-play_links .matching")
    expect(links.locator(".said")).to_contain_text("a query of class D")
    press_slider(page, "k", "ArrowRight", "ArrowRight")
    expect(links.locator(".links line")).to_have_count(15)  # 5 classes, 3 drawings of each
    links.locator(".tile").nth(2).click()  # of the third class
    wait_until(page, "location.search.includes('query=3') && location.search.includes('k=3')")
    expect(links.locator(".said")).to_contain_text("a query of class C")
    notice(page, "The query is of class C")
    sums = links.locator(".sum .value").all_inner_texts()
    stranger.goto(link_of(page))
    expect(stranger.locator(".st-key-play_links .said")).to_contain_text("a query of class C")
    expect(stranger.locator(".st-key-play_links .sum .value")).to_have_text(sums)


def test_a_large_episode_fits_a_narrow_phone(page: Page, server: Server):
    page.set_viewport_size({"width": 380, "height": 800})
    open_page(page, server, f"matching?{GLYPHS}&n=20&k=5")
    links = page.locator(".st-key-play_links")
    expect(links.locator(".links line")).to_have_count(100)
    right = page.evaluate(
        "Math.max(...[...document.querySelector('.st-key-play_links').querySelectorAll('*')]"
        ".map((one) => one.getBoundingClientRect().right))"
    )
    assert right <= 380


def test_a_click_on_a_card_of_a_mistake_explains_that_card(page: Page, server: Server):
    open_page(page, server, f"siamese?{GLYPHS}")
    cards = page.locator(".st-key-mistake_pairs .pair")
    expect(cards.nth(0)).to_have_attribute("aria-pressed", "true")
    chart = page.locator(".st-key-mistake_parts")
    before = chart.locator(".waterfalllayer .point path").first
    expect(before).to_be_attached()
    said = page.get_by_text(re.compile("takes apart the pair with"))
    first = said.inner_text()
    cards.nth(1).click()
    expect(cards.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(said).not_to_have_text(first)
    wait_until(page, "location.search.includes('mistaken=2')")


def test_the_learner_plays_first_and_then_sees_what_the_network_chose(page: Page, server: Server):
    open_page(page, server, f"siamese?{GLYPHS}")
    candidates = page.locator(".st-key-candidates button.cell")
    expect(candidates).to_have_count(20)
    expect(page.locator('.st-key-candidates button.cell[data-note*="network"]')).to_have_count(0)
    candidates.nth(4).click()
    expect(page.locator('.st-key-candidates button.cell[data-note*="network"]')).to_have_count(1)
    expect(page.locator('.st-key-candidates button.cell[data-note*="right"]')).to_have_count(1)
    expect(candidates.nth(4)).to_have_attribute("data-note", re.compile("you"))
    expect(page.locator(".st-key-candidates .note", has_text="%")).to_have_count(20)
    wider = "(all) => all.filter((one) => one.scrollWidth > one.closest('.tile').querySelector('button').offsetWidth)"
    assert not page.locator(".st-key-candidates .badge").evaluate_all(wider), "a word is wider than its tile"
    notice(page, "Trials so far: 1.")
    candidates.nth(7).click()  # too late: the first click counts
    expect(candidates.nth(4)).to_have_attribute("data-note", re.compile("you"))
    page.get_by_role("button", name="Next trial").click()
    expect(page.locator('.st-key-candidates button.cell[data-note*="network"]')).to_have_count(0)
    notice(page, "Trials so far: 1.")


def test_the_map_moves_while_a_run_trains_and_the_demo_uses_the_run(page: Page, server: Server):
    open_page(page, server, f"siamese?{GLYPHS}&iterations=200")
    page.get_by_role("button", name="Retrain").click()
    title = page.get_by_text(re.compile(r"One unseen episode after \d+ outer updates"))
    expect(title).to_be_visible()
    point = page.locator(".st-key-map_live .scatterlayer .point").first
    expect(point).to_be_attached()
    before = point.get_attribute("transform")
    expect(point).not_to_have_attribute("transform", before or "", timeout=60_000)
    expect(page.get_by_text(re.compile("Done: 200 outer updates"))).to_be_visible(timeout=90_000)
    expect(page.locator(".st-key-roc_live .legendtext", has_text="your run")).to_be_visible()
    expect(page.locator(".st-key-who [aria-checked=true]")).to_have_text("your run")
