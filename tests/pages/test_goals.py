"""Every goal of these pages needs thought: no preset alone reaches it, nor a button of the metric pages."""

import pytest

from lessons.demos import sinusoid
from lessons.engine.course import goal_text, lesson
from tests.pages.test_lessons import goals, on_stage, opened
from tests.pages.test_pages import words

PAGES = ("home", "tasks", "maml", "first_order", "reptile", "reading", "choosing")
PRESETS = [(name, preset) for name in PAGES for preset in lesson(name).presets]


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_a_preset_alone_reaches_no_goal(name, preset):
    at = opened(name)
    at.button(key=f"preset_{preset}").click().run()
    assert not goals(at) and not at.exception


BUTTONS = {
    "siamese": [{"who": "untrained"}],
    "matching": [
        {"who": "untrained"}, {"compare": "dot"}, {"compare": "Euclid²"}, {"with": "the mean of each class"},
        {"who": "untrained", "compare": "dot"}, {"who": "untrained", "compare": "Euclid²"},
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "preset"), [(name, p) for name in BUTTONS for p in ("", *lesson(name).presets)])
def test_no_preset_and_no_button_alone_reaches_a_goal_of_a_metric_page(name, preset):
    """Nor a preset with one of the buttons, as far as it is of the shipped network's doubt: others doubt everything."""
    for pressed in [{}, *BUTTONS[name]]:
        at = opened(name)
        if preset:
            at.button(key=f"preset_{preset}").click()
        for key, label in pressed.items():
            at.segmented_control(key=key).set_value(label)
        at.run()
        assert not at.exception and not goals(at) - ({"matching/flip"} if preset else set()), (preset, pressed)


@pytest.mark.parametrize("number", range(len(sinusoid.HOME_TASKS)))
def test_one_task_of_the_start_page_has_a_step_that_reaches_its_goal(number):
    """As the goal says: on one of the three tasks another start catches up, at one step, and on the others never."""
    fits = {fit.name: fit.query_loss for fit in sinusoid.first_paint(sinusoid.HOME_TASKS[number], "maml")}
    learned, condition = fits["maml"][1], lesson("home").goals["steps"].reached
    best = [min(fits["random"][step], fits["joint"][step]) for step in range(sinusoid.STEPS + 1)]
    first = [
        step
        for step in range(sinusoid.STEPS + 1)
        if condition({"steps": step, "best": best[step], "before": best[max(step - 1, 0)], "learned": learned})
    ]
    assert len(first) == (number == 1)


def test_the_texts_of_the_start_page_are_true_of_its_three_tasks():
    fits = [{f.name: f.query_loss for f in sinusoid.first_paint(s, "maml")} for s in sinusoid.HOME_TASKS]
    assert all(fit["maml"][0] > 2.5 for fit in fits)
    first, second = fits[0], fits[1]
    assert [f"{first[n][k]:.2f}" for n in ("maml", "random") for k in (0, 1)] == ["4.08", "0.12", "3.76", "3.44"]
    assert [f"{second[n][0]:.2f}" for n in ("maml", "random")] == ["2.61", "6.82"]


def test_a_large_angle_with_paths_outside_the_plane_is_not_enough():
    at = opened("first_order")
    at.button(key="preset_steep").click().run()
    assert "leave the picture" in words(at)
    assert any("paths that leave the plane" in caption.value for caption in at.caption)
    on_stage(at, plane_rate=0.3)
    assert "first_order/differ" in goals(at) and any("every path inside" in said.value for said in at.success)


def test_a_step_that_hurts_every_start_is_not_enough():
    at = opened("maml")
    at.button(key="preset_hot").click().run()
    assert "maml/worse" not in goals(at)
    at.slider(key="rate").set_value(0.045).run()
    assert "maml/worse" in goals(at)


def test_few_tasks_that_happen_to_be_alike_are_not_enough():
    at = opened("tasks")
    at.slider(key="n").set_value(1).run()
    assert "tasks/narrow" not in goals(at) and "its own average" in words(at)


def test_a_goal_says_what_is_not_yet_reached_without_a_plural_of_one():
    for name in PAGES:
        for what in lesson(name).goals:
            for facts in (0.0, 1.0, 2.0):
                text = goal_text(name, what).not_yet.format(**dict.fromkeys(lesson(name).goals[what].facts, facts))
                assert not any(f" 1 {word}s" in text for word in ("method", "step", "path", "task"))
