"""Characters: browse alphabets and drawers, and build an episode by hand or at random."""

import math

import numpy as np
import streamlit as st

from core.events import Compared
from core.options import ConfigError
from core.tasks.characters import DRAWERS
from lessons.demos import fewshot, metric
from lessons.demos.naming import Score
from lessons.demos.shipped import why_not
from lessons.engine.content import section
from lessons.engine.language import named, now, sentence, t
from lessons.notices.fewshot import about_alphabet, about_characters
from pages.sections import lesson, naming
from pages.sections.chapters import Scene, chapters
from pages.sections.data import Choosing
from pages.sections.metric import answer
from pages.sections.network import Network
from pages.session.language import LANGUAGE
from pages.widgets import controls, in_link
from pages.widgets.characters import clicked, picker
from pages.widgets.controls import option_of

CHARACTER = option_of(int, "character", 1, 1, 55, "which character of the alphabet")
SHOTS = option_of(int, "k", 1, 1, 5, "support drawings of each class")
WAYS = option_of(int, "n", 5, 2, 10, "classes of an episode drawn at random")
EPISODE = option_of(int, "episode", 1, 0, 1_000_000, "the number of the draw: same number, same episode")
SPLITS = {"characters": "new characters", "alphabets": "new alphabets"}


def _of_data(name: str, data: str) -> str:
    """Return the name of the section that speaks of `data`, which a text on Omniglot's numbers does not."""
    return name if data == "omniglot" else f"{name} {data}"


def _picked(data: str) -> list[int]:
    """Return the characters in the link that exist, and correct the link if some do not."""
    count = len(fewshot.characters(data).images)
    parts = [part for part in (in_link.text("picked") or "").split(".") if part]
    indices = (controls.index_in(part, count) for part in parts)
    existing = list(dict.fromkeys(index for index in indices if index is not None))[: fewshot.WAY]
    if len(existing) != len(parts):
        controls.note("picked", t("Some characters of the link do not exist or came twice; they are left out."))
        _store(existing)
    return existing


def _store(picked: list[int]) -> None:
    in_link.put("picked", fewshot.picked_text(picked) if picked else None)


def _clicked(data: str, members: tuple[int, ...]) -> None:
    """Put the clicked character into the episode, or take it out."""
    index = clicked("alphabet_grid", len(members))
    if index is None:
        return
    picked, character = _picked(data), members[index]
    st.session_state[CHARACTER.name] = index + 1
    if character in picked:
        picked.remove(character)
    elif len(picked) < fewshot.WAY:
        picked.append(character)
    _store(picked)
    controls.forget_notice("picked")


def _clear() -> None:
    in_link.put("picked", None)


def _another() -> None:
    naming.begin("random_episode")
    st.session_state[EPISODE.name] = int(np.random.default_rng().integers(1, 1_000_000))


@st.fragment
def _browse(data: str) -> None:
    known = fewshot.characters(data)
    labels = {str(i): name for i, name in enumerate(known.alphabets)}
    given = st.query_params.get("alphabet")
    if given is not None and given not in labels.values() and "alphabet" not in st.session_state:
        controls.note(
            "alphabet",
            t(
                "The link asked for the alphabet {asked}, which is not in {label}.",
                asked=controls.quoted(given),
                label=known.label,
            ),
        )
        del st.query_params["alphabet"]
    alphabet, which = st.columns([3, 1])
    with alphabet:
        name = st.selectbox(t("Alphabet"), list(labels.values()), key="alphabet", bind="query-params")
    members = known.of_alphabet(known.alphabets.index(name))
    option = option_of(int, CHARACTER.name, 1, 1, len(members), CHARACTER.doc)
    with which:
        number = controls.number(option, "Character", 1) if len(members) > 1 else 1
    picked = _picked(data)
    st.markdown(about_alphabet(known, name, fewshot.WAY))
    places = [int(np.flatnonzero(members == character)[0]) for character in picked if character in members]
    picker(
        "alphabet_grid", known.images[members, 0], [known.names[character] for character in members], places,
        lambda: _clicked(data, tuple(int(character) for character in members)),
    )  # fmt: skip
    st.markdown(t("**{name}, drawn by {drawers} hands**", name=known.names[members[number - 1]], drawers=DRAWERS))
    st.caption(section("characters", "drawers"))
    hands = [t("drawing {i}", i=i + 1) for i in range(DRAWERS)]
    picker("drawers", known.images[members[number - 1]], hands, [], None)
    _show_picked(data)


def _show_picked(data: str) -> None:
    picked = _picked(data)
    if len(picked) < fewshot.WAY:
        more = fewshot.WAY - len(picked)
        chosen = named(fewshot.characters(data).names[character] for character in picked) or t("none yet")
        st.info(
            t("Your episode: {chosen}. Click {more} more above.", chosen=chosen, more=more), icon=":material/touch_app:"
        )
        if picked:
            st.button(t("Clear"), icon=":material/close:", on_click=_clear)
        _confused()
        return
    try:
        episode = fewshot.own_episode(data, picked, 1, 1)
    except ConfigError as error:
        st.error(sentence(str(error)))
        return
    st.markdown(t("**Your own episode, 5-way 1-shot**"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shown = naming.choose("own_episode")
        naming.show_button("own_episode", shown)
    compared, _ = _play("own_episode", episode, shown)
    if compared is not None:
        predicted = compared.answers[0].argmax(-1)
        wrong = int((predicted != np.arange(len(predicted)) % fewshot.WAY).sum())
        _confused(float(wrong), float(len(predicted)))
    else:
        _confused()
    link = {"picked": fewshot.picked_text(picked), "data": fewshot.DATA[data], LANGUAGE: now()}
    with st.container(horizontal=True):
        st.page_link(
            "fewshot_maml.py", label=t("Let MAML learn it"), icon=":material/arrow_forward:", query_params=link
        )
        st.button(t("Clear"), icon=":material/close:", on_click=_clear)


def _confused(wrong: float = math.nan, queries: float = math.nan) -> None:
    lesson.goal("characters", "confuse", wrong=wrong, queries=queries)


def _play(key: str, episode: fewshot.Episode, shown: bool) -> tuple[Compared | None, Score | None]:
    """Let the learner name the queries of an episode; once they are shown, return a Matching network's answers and the
    score of both.
    """
    compared = None
    if shown:
        run = metric.recorded("matching")
        compared = answer(key, episode, Network(run.config, run.snapshot.theta))
    names = naming.draw(key, episode, shown, None if compared is None else compared.answers[0])
    if not shown:
        naming.invite(key, names)
    if compared is None:
        return None, None
    score = naming.tell_score(names, compared.answers[0].argmax(-1), t("Matching network"))
    st.caption(about_characters(episode))
    return compared, score


@st.fragment
def _random(data: str) -> None:
    way_column, shots_column, button_column, answers_column, more_column = st.columns(
        [4, 4, 5, 5, 3], vertical_alignment="bottom"
    )
    with way_column:
        way = controls.slider(WAYS, "Classes N", 1)
    with shots_column:
        shots = controls.slider(SHOTS, "Support drawings K", 1)
    with button_column:
        st.button(
            t("Draw another episode"), icon=":material/casino:", on_click=_another, type="primary", width="stretch"
        )
    with more_column, st.popover(t("More"), icon=":material/tune:"):
        split = controls.choice("split", "Test on", SPLITS, "characters", "which classes are kept for the test")
        seed = controls.number(EPISODE, "Episode", 1)
        shown = naming.choose("random_episode")
    with answers_column:
        naming.show_button("random_episode", shown)
    _, score = _play("random_episode", fewshot.episode(data, seed, shots, way, split=split), shown)
    facts = ("named", "you", "chance")
    noticed, aimed = st.columns(2, gap="small")
    with aimed:
        values = {fact: math.nan if score is None else getattr(score, fact) for fact in facts}
        lesson.goal("characters", "name", way=way, **values)
    noticed.info(
        t(
            "**Notice** This is a {way}-way {shots}-shot episode: {way} classes, {support} pictures to learn from, "
            "{queries} queries. Guessing names {chance:.0%} of the queries correctly on average. Try: cover the "
            "support with your hand. Can you still name a query? You cannot: without the support the letters have no "
            "meaning.",
            way=way,
            shots=shots,
            support=way * shots,
            queries=way * fewshot.QUERIES,
            chance=1 / way,
        ),
        icon=":material/visibility:",
    )


def _see() -> None:
    st.header(t("An episode is a task"), anchor="episode")
    st.markdown(section("characters", "episode"))
    _random(DATA.chosen)


def _look_around() -> None:
    st.header(t("Alphabets, characters, drawers"), anchor="browse")
    st.markdown(section("characters", _of_data("browse", DATA.chosen)))
    _browse(DATA.chosen)


def _split() -> None:
    st.header(t("What is kept for the test"), anchor="split")
    st.markdown(section("characters", _of_data("split", DATA.chosen)))


DATA = Choosing(lambda: why_not(metric.recorded, "matching"))
PLAY = [Scene("browse", "Alphabets", _look_around), Scene("split", "Kept for the test", _split)]
chapters("characters", {"see": _see, "play": PLAY}, {"episode": "see"}, DATA)
