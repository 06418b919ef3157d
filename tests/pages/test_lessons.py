"""The flow of every lesson by AppTest: a prediction, goals that are reached on the page, checks with reasons."""

import pytest

from lessons.demos import fewshot, memory
from lessons.demos.fewshot import LETTERS
from lessons.demos.naming import mark, naming
from lessons.engine.course import COURSE, goal_text, lesson, question
from lessons.engine.glossary import terms
from lessons.engine.progress import Progress
from tests.pages.test_fewshot_pages import GLYPHS, open_page
from tests.pages.test_pages import words

HERE = "_progress"
DATA = dict.fromkeys(("siamese", "matching", "mann", "characters", "fewshot_maml", "fewshot_reptile"), GLYPHS)


def opened(name, **more):
    at = open_page(name, **(DATA.get(name, {}) | more))
    assert not at.exception and not at.error
    return at


def goals(at):
    return at.session_state[HERE].goals


@pytest.mark.parametrize("name", COURSE)
def test_a_guess_is_kept_and_never_marked(name):
    """What happens is played by the stage once the guess is there, or shown when the learner asks for it, without a
    word of right or wrong.
    """
    at = opened(name)
    asked = question(name, "predict")
    plays = any("waits for your guess" in caption.value for caption in at.caption)
    assert not any(other.reason in words(at) for other in asked.answers)
    for i, answer in enumerate(asked.answers):
        at.radio(key=f"_{name}/predict").set_value(i).run()
        if not plays:
            assert "Your guess is kept" in words(at)
            assert not any(other.reason in words(at) for other in asked.answers)
            at.toggle(key=f"_{name}/seen").set_value(True).run()
        assert answer.reason in words(at) and asked.answers[asked.right].reason in words(at)
        assert not at.success and not at.warning
        if not plays:
            at.toggle(key=f"_{name}/seen").set_value(False).run()
    assert at.session_state[HERE].answers[f"{name}/predict"] == (0, len(asked.answers) - 1)
    assert at.session_state[HERE].place == name


def test_the_summary_marks_checks_and_no_prediction():
    at = opened("progress")
    progress = Progress()
    wrong = (question("maml", "predict").right + 1) % 3
    progress.answer("maml", "predict", wrong)
    progress.answer("maml", "check 1", 1)
    at.session_state[HERE] = progress
    at.run()
    assert f"| {question('maml', 'predict').answers[wrong].text} |" in words(at)
    assert f"{question('maml', 'check 1').answers[1].text} ✗" in words(at)


@pytest.mark.parametrize("name", COURSE)
def test_every_answer_of_a_check_has_its_own_reason(name):
    at = opened(name)
    for i, answer in enumerate(question(name, "check 1").answers):
        at.radio(key=f"_{name}/check 1").set_value(i).run()
        said = at.success if answer.right else at.warning
        assert any(answer.reason == one.value for one in said)


def test_checks_are_counted_at_the_top_of_the_page():
    at = opened("tasks")
    for i in range(3):
        at.radio(key=f"_tasks/check {i + 1}").set_value(question("tasks", f"check {i + 1}").right)
    at.run()
    at.run()
    assert any("60% done · 3 of 3 checks right at once" in one.value for one in at.caption)
    again = opened("home")
    again.session_state[HERE] = at.session_state[HERE]
    again.run()
    assert "10 min · 60% done · 3 of 3 checks right at once" in words(again)


def reach_steps(at):
    at.segmented_control(key="home_task").set_value("task 2")
    at.slider(key="steps").set_value(19).run()


def reach_narrow(at):
    at.slider(key="spread").set_value(0.3).run()


def on_stage(at, **values):
    """Set what a stage holds, as a learner does on it."""
    for key, value in values.items():
        at.session_state[key] = value
    at.run()


def reach_align(at):
    on_stage(at, plane_rate=0.01)


def reach_name(at, key="episode"):
    """Name all queries of the game `key` correctly, and show the answers."""
    episode = fewshot.episode("glyphs", 1, 1)
    letters = "".join(LETTERS[k] for k in naming(episode).truths)
    at.query_params[f"{key}_named"] = f"{mark(episode)}.{letters}"
    at.segmented_control(key=f"{key}_answers").set_value("with the answers").run()


def reach_confuse(at):
    at.query_params["picked"] = "0.6.8.12.19"
    at.run()
    at.segmented_control(key="own_episode_answers").set_value("with the answers").run()


def answered_after(steps):
    def reach(at):
        at.segmented_control(key="episode_answers").set_value("with the answers")
        at.slider(key="steps").set_value(steps).run()

    return reach


def reach_threshold(at):
    at.session_state["threshold"] = 0.37
    at.run()


def reach_unsure(at):
    at.query_params["query"] = "50"
    at.number_input(key="task").set_value(1)
    at.slider(key="n").set_value(20).run()


def reach_flip(at):
    at.query_params["query"] = "16"
    at.slider(key="n").set_value(20)
    at.slider(key="k").set_value(5)
    at.session_state["t"] = 1.0
    at.number_input(key="task").set_value(5).run()


def reach_reach(at):
    for name, value in zip(("k1", "k2", "k3"), memory.HAND[5], strict=True):
        at.slider(key=name).set_value(float(value))
    at.slider(key="beta").set_value(40.0).run()


def reach_walk(at):
    at.slider(key="g").set_value(0.0)
    at.slider(key="s").set_value(0.9)
    at.slider(key="gamma").set_value(3.0).run()
    for _ in range(3):
        at.button(key="hand_step").click().run()


def reach_jump(at):
    hold(at, tape="repeat", head="read", step=12)


def repair(at, **switches):
    for key, value in switches.items():
        at.segmented_control(key=key).set_value(value).run()


def hold(at, **values):
    """Choose on a stage, as its callback does."""
    for key, value in values.items():
        at.session_state[key] = value
    return at.run()


def reach_forget(at):
    hold(at, wipe=25)
    for step in range(26, 36):  # the first pictures after the wipe, of which some are named wrongly
        if "mann/forget" in goals(hold(at, step=step)):
            return


def reach_fail(at):
    hold(at, tape="recall")
    repair(at, parts=memory.PARTS["shift"])


def reach_one(at):
    at.segmented_control(key="network").set_value("Reptile").run()
    at.segmented_control(key="moves").set_value("first").run()


def reach_rope(at):
    at.segmented_control(key="network").set_value("iMAML").run()
    at.slider(key="steps").set_value(5)
    at.slider(key="pull").set_value(50.0).run()


REACH = {
    "home/steps": reach_steps,
    "tasks/narrow": reach_narrow,
    "characters/name": lambda at: reach_name(at, "random_episode"),
    "characters/confuse": reach_confuse,
    "maml/worse": lambda at: at.slider(key="rate").set_value(0.05).run(),
    "first_order/differ": lambda at: on_stage(at, plane_rate=0.3),
    "reptile/align": reach_align,
    "fewshot_maml/name": reach_name,
    "fewshot_maml/worth": answered_after(6),
    "fewshot_reptile/name": reach_name,
    "fewshot_reptile/behind": answered_after(6),
    "siamese/threshold": reach_threshold,
    "matching/unsure": reach_unsure,
    "ntm/fail": reach_fail,
    "ntm/jump": reach_jump,
    "matching/flip": reach_flip,
    "ntm/reach": reach_reach,
    "ntm/walk": reach_walk,
    "reading/maml": lambda at: repair(at, steps_from="from the last step", written="in the graph"),
    "reading/reptile": lambda at: repair(at, program="Reptile", trains="a copy of θ", takes="their mean"),
    "choosing/one": lambda at: at.toggle(key="any_way").set_value(True).run(),
    "mann/forget": reach_forget,
    "in_context/outside": lambda at: at.slider(key="phase").set_value(4.5).run(),
    "what_adapts/one": reach_one,
    "what_adapts/rope": reach_rope,
}


def test_every_goal_is_tried_here():
    assert set(REACH) == {f"{name}/{goal}" for name in COURSE for goal in lesson(name).goals}


@pytest.mark.parametrize("name", ["characters", "fewshot_maml", "fewshot_reptile", "siamese", "matching"])
def test_no_preset_alone_reaches_a_goal(name):
    for preset in lesson(name).presets:
        at = opened(name)
        at.button(key=f"preset_{preset}").click().run()
        assert not at.exception and not goals(at), preset
    if "episode_answers" in opened(name).session_state:  # nor does a look at the answers
        at = opened(name, episode_answers="with the answers")
        assert not goals(at)


@pytest.mark.parametrize("key", REACH)
def test_a_goal_is_not_reached_at_first_and_can_be(key):
    name, _, goal = key.partition("/")
    at = opened(name)
    assert key not in goals(at)
    if key != "reading/reptile":  # the other program is asked for first
        assert goal_text(name, goal).text in words(at)
    REACH[key](at)
    assert not at.exception and not at.error
    assert key in goals(at)
    start = goal_text(name, goal).reached.partition("{")[0].strip()
    assert any(one.value.startswith(start[:20]) for one in at.success)


def test_presets_set_the_controls_that_they_name():
    for name in COURSE:
        presets = lesson(name).presets
        if not presets:
            continue
        at = opened(name)
        for preset, values in presets.items():
            at.button(key=f"preset_{preset}").click().run()
            assert not at.exception and not at.error and not at.warning
            for control, value in values.items():
                assert at.session_state[control] == value


@pytest.mark.parametrize("name", [name for name in COURSE if len(lesson(name).presets) > 1])
def test_a_preset_gives_the_same_state_whatever_was_pressed_before(name):
    presets = lesson(name).presets
    controls = {control for values in presets.values() for control in values}

    def state(*pressed):
        at = opened(name)
        for preset in pressed:
            at.button(key=f"preset_{preset}").click().run()
        assert not at.exception
        return {control: at.session_state[control] for control in controls if control in at.session_state}

    for preset in presets:
        alone = state(preset)
        assert alone == state(*(other for other in presets if other != preset), preset), preset


def test_a_preset_puts_the_points_back_that_were_moved():
    at = opened("maml", points="0,3;1,-2")
    assert "2 support points" in words(at) or "2 points" in words(at)
    at.button(key="preset_three").click().run()
    assert "One task, 3 points" in words(at)


def test_progress_can_be_saved_opened_and_forgotten():
    at = opened("progress")
    assert "0% of the course" in at.get("progress")[0].proto.text
    found = Progress(place="maml", goals={"maml/worse"})
    found.answer("maml", "check 1", 1)
    at.file_uploader(key="progress_file").set_value(("mine.json", found.to_text().encode(), "application/json")).run()
    assert any("has been added" in one.value for one in at.info)
    assert at.session_state[HERE] == found
    assert question("maml", "check 1").answers[1].text in words(at)
    assert "You were last at [MAML" in words(at)
    at.file_uploader(key="progress_file").set_value(("other.json", b"{", "application/json")).run()
    assert any("Nothing was changed: the file is damaged" in one.value for one in at.info)
    assert at.session_state[HERE] == found
    next(one for one in at.button if one.label == "Forget everything").click().run()
    assert at.session_state[HERE] == Progress() and not at.exception


def test_the_glossary_finds_a_term_and_the_lessons_that_use_it():
    at = opened("glossary")
    assert len(at.subheader) == len(terms())
    at.text_input(key="term").set_value("erase").run()
    assert [one.value for one in at.subheader] == ["erase and add"]
    assert any("/ntm" in one.value for one in at.caption)
    at.text_input(key="term").set_value("no such word").run()
    assert any("No term has these letters" in one.value for one in at.info)
