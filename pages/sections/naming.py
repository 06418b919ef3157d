"""The naming game on a page: the learner names the queries of an episode before a network does.

`key` is the game's component. The link holds its names as `key`_named, and whether answers are shown as `key`_answers.
"""

import numpy as np
import streamlit as st

from lessons.demos.fewshot import LETTERS, Episode
from lessons.demos.naming import Naming, Score, are_names, mark, naming, score
from lessons.engine.language import t
from lessons.notices.fewshot import about_names
from pages.widgets import controls, in_link
from pages.widgets.characters import names_sent, show_episode

ANSWERS = {"hidden": "you name them first", "shown": "with the answers"}
_SEEN = "_seen_answers"


def choose(key: str) -> bool:
    """Draw the choice between naming the queries and seeing the answers; return whether they are shown."""
    return controls.choice(f"{key}_answers", "Queries", ANSWERS, "hidden") == "shown"


def begin(key: str) -> None:
    """Begin a new game, with no names and the answers hidden. Callbacks of other buttons call this."""
    in_link.put(f"{key}_named", None)
    st.session_state[f"{key}_answers"] = ANSWERS["hidden"]


def draw(key: str, episode: Episode, shown: bool, probabilities: np.ndarray | None = None) -> Naming:
    """Draw the episode, with a network's probabilities [queries, way] once it is `shown`; return the names."""
    text = in_link.text(f"{key}_named") or ""
    names = naming(episode, text)
    if text and text != names.to_text():
        in_link.put(f"{key}_named", None)
    if shown:
        _seen().add(mark(episode))
    playing = mark(episode) not in _seen()
    show_episode(key, names, probabilities, shown, (lambda: _keep(key, names)) if playing else None)
    return names


def invite(key: str, names: Naming) -> None:
    """Say what the learner can do while the answers are hidden."""
    if mark(names.episode) in _seen():
        text, icon = t("You have seen these answers. Draw a new episode to play again."), ":material/casino:"
    else:
        text, icon = (
            t(
                "**Your turn** Which class does each query belong to? Click a letter for each picture, or move to a "
                "picture with the Tab key or the arrow keys and type {first} to {last}. You have named {count} of "
                "{all}. Then let the network answer.",
                first=LETTERS[0],
                last=LETTERS[len(names.episode.characters) - 1],
                count=int(names.named.sum()),
                all=len(names.names),
            ),
            ":material/touch_app:",
        )
    st.caption(f"{icon} {text}")


def show_button(key: str, shown: bool) -> None:
    """Draw the button that shows the answers; once they are `shown` it stays, so that nothing moves."""
    st.button(
        t("Show the answers"), icon=":material/visibility:", type="primary", key=f"{key}_show", on_click=_show,
        args=(key,), disabled=shown,
    )  # fmt: skip


def tell_score(names: Naming, predicted: np.ndarray, network: str) -> Score:
    """Say how the learner's names compare with the classes `predicted` [queries] by a network; return the score."""
    result = score(names, predicted)
    st.info(about_names(result, network), icon=":material/sports_score:")
    return result


def _seen() -> set[str]:
    """Return the marks of the episodes whose answers this session has shown: their names stay as they are."""
    seen: set[str] = st.session_state.setdefault(_SEEN, set())
    return seen


def _show(key: str) -> None:
    st.session_state[f"{key}_answers"] = ANSWERS["shown"]


def _keep(key: str, names: Naming) -> None:
    """Store the names that the browser sent, if they fit the episode."""
    sent = names_sent(key)
    if isinstance(sent, str) and are_names(sent, len(names.episode.characters), len(names.names)):
        in_link.put(f"{key}_named", f"{mark(names.episode)}.{sent}")
