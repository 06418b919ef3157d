"""The chapters of every lesson: each can be opened alone, shows what belongs to it, and keeps what others hold."""

import re

import pytest

from lessons.engine.content import sections
from lessons.engine.course import COURSE
from pages.sections import chapters
from pages.sections.chapters import ALL, CHAPTERS, LABELS
from tests.pages.test_lessons import DATA, opened
from tests.pages.test_pages import open_page, words

NAMES = [name for name in COURSE if name != "home"]


@pytest.fixture(autouse=True)
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapters, "wants_all", lambda: False)


def offered(at) -> list[str]:
    return list(at.segmented_control(key="chapter").options)


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_opens_with_its_first_chapter_and_shows_no_other(name):
    at = opened(name)
    assert at.segmented_control(key="chapter").value == "See" == offered(at)[0] and offered(at)[-1] == LABELS[ALL]
    assert not at.radio, "neither the prediction nor a check is on screen"
    assert not any(one.value == LABELS["check"] for one in at.header)


def shown(at) -> tuple[str, str]:
    """The chapter on screen, and the part of it, where it has several."""
    chapter = at.segmented_control(key="chapter").value
    name = next(name for name, label in LABELS.items() if label == chapter)
    parts = [one for one in at.segmented_control if one.key == f"{name}_part"]
    return chapter, parts[0].value if parts else ""


@pytest.mark.parametrize("name", NAMES)
def test_every_screen_opens_alone_and_one_leads_to_the_next(name):
    at = opened(name)
    screens = [shown(at)]
    while any(one.key == "_turn_N" for one in at.button):
        at.button(key="_turn_N").click().run()
        assert not at.error and not at.exception
        screens.append(shown(at))
    assert list(dict.fromkeys(chapter for chapter, _ in screens)) == offered(at)[:-1]
    assert len(set(screens)) == len(screens), "each is shown once"
    for screen in screens[-2::-1]:
        at.button(key="_turn_P").click().run()
        assert shown(at) == screen
    assert not any(one.key == "_turn_P" for one in at.button)


def test_a_part_of_a_chapter_opens_by_a_link_and_is_kept_while_another_chapter_is_shown():
    at = open_page("ntm", chapter="Play with it", play_part="Be the controller")
    assert at.slider(key="beta") and not any(one.key == "length_copy" for one in at.slider)
    at.segmented_control(key="chapter").set_value("Check").run()
    at.segmented_control(key="chapter").set_value("Play with it").run()
    assert shown(at) == ("Play with it", "Be the controller")
    at = open_page("ntm", chapter="Play with it", play_part="Nowhere")
    assert shown(at) == ("Play with it", "The tape")
    assert any("play_part" in one.value and "Be the controller" in one.value for one in at.warning)


@pytest.mark.parametrize("name", NAMES)
def test_every_anchor_of_a_text_leads_to_a_chapter(name):
    at = opened(name, chapter=LABELS[ALL])
    anchors = {one.proto.anchor for kind in ("header", "subheader") for one in at.get(kind)}
    linked = {
        anchor for text in sections(name).values() for anchor in re.findall(rf"\]\((?:/{name})?#([\w-]+)\)", text.text)
    }
    assert linked <= anchors


def test_what_a_chapter_holds_is_kept_while_another_is_shown():
    at = open_page("maml", chapter="Play with it")
    at.slider(key="steps").set_value(7).run()
    at.button(key="_turn_N").click().run()
    assert not any(one.key == "steps" for one in at.slider)
    at.button(key="_turn_P").click().run()
    assert at.slider(key="steps").value == 7 and "After 7 steps" in words(at)


def test_a_chapter_that_does_not_exist_is_said():
    at = open_page("maml", chapter="Nowhere")
    assert any("chapter" in one.value and "Watch it learn" in one.value for one in at.warning)


def test_a_reader_who_prefers_it_gets_all_on_one_page(monkeypatch):
    monkeypatch.setattr(chapters, "wants_all", lambda: True)
    at = opened("maml")
    assert (
        at.radio
        and at.slider(key="steps")
        and at.slider(key="event")
        and not any(one.key == "_turn_N" for one in at.button)
    )


def test_labels_are_the_same_chapters_in_the_order_of_the_design():
    assert list(CHAPTERS) == ["see", "predict", "play", "learn", "why", "code", "write", "check", "next"] and DATA


def test_a_part_says_what_it_takes_over_from_another_and_puts_it_back():
    step = {"chapter": "Play with it", "play_part": "One step, opened"}
    for name, changed, said in (
        ("ntm", {"parts": "content alone"}, "As set in *The tape*: the heads may use content alone."),
        ("mann", {"labels": "kept", "who": "8 rows"}, "who answers: 8 rows; labels of a character: kept."),
    ):
        at = opened(name, **step, **changed)
        assert any(said in caption.value for caption in at.caption)
        next(one for one in at.button if one.label == "As at first").click().run()
        assert not any("As set in" in caption.value for caption in at.caption) and not at.exception
        assert not any("As set in" in caption.value for caption in opened(name, **step).caption)


@pytest.mark.parametrize("name", ["fewshot_maml", "fewshot_reptile"])
def test_the_game_in_play_begins_without_the_answers_that_see_has_shown(name):
    at = opened(name, episode_answers="with the answers")
    assert "You have named no query" in words(at)
    for _ in range(2):
        at.button(key="_turn_N").click().run()
    assert shown(at)[0] == "Play with it" and not at.exception
    assert any("You have named 0 of 15" in caption.value for caption in at.caption)
