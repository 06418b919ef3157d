"""Character pictures on a page: a grid to pick from, and an episode with a network's probabilities."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from lessons.demos.fewshot import LETTERS, Episode, characters
from lessons.demos.naming import NONE, Naming
from lessons.engine.language import named, t
from lessons.figures.pictures import sheet
from lessons.figures.theme import class_colour
from pages.widgets.components import asset

_characters = st.components.v2.component(
    "meta_characters",
    html='<div class="characters"></div>',
    css=asset("parts.css") + asset("characters.css"),
    js=asset("parts.js") + asset("pictures.js") + asset("characters.js"),
)
SIZE = 44  # pixels of a picture on the page


def pictures_of(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    """Return support and query pictures [n, 28, 28] in the order in which a network sees them: shot by shot."""
    support, queries = (x.swapaxes(0, 1).reshape(-1, *x.shape[2:]) for x in (episode.support(), episode.queries()))
    return support, queries


def picker(
    key: str,
    images: np.ndarray,
    labels: Sequence[str],
    picked: Sequence[int],
    on_click: Callable[[], None] | None,
    notes: Sequence[str] | None = None,
    size: int = SIZE,
    badges: Sequence[Sequence[str]] | None = None,
) -> None:
    """Draw pictures [n, 28, 28] as buttons; a click leaves its number in the session's `key`.clicked. With `on_click`
    None they are only looked at.

    notes: a short text under each picture, if any; badges: marks below it, if any.
    """
    data = {
        "kind": "picker",
        "sheet": sheet(images).to_json(),
        "labels": list(labels),
        "picked": list(picked),
        "notes": None if notes is None else list(notes),
        "badges": None if badges is None else [list(marks) for marks in badges],
        "size": size,
        "fixed": on_click is None,
    }
    _characters(key=key, data=data, on_clicked_change=on_click or (lambda: None))


def show_episode(
    key: str, naming: Naming, probabilities: np.ndarray | None, shown: bool, on_names: Callable[[], None] | None,
    before: np.ndarray | None = None, marks: str = "",
) -> None:  # fmt: skip
    """Draw the support of each class, and the queries in the order of the game.

    While they are not `shown`, the browser gets no truth: a learner names the queries, and each change leaves all
    names in the session's `key`.named; with `on_names` None the names stay as they are. Once they are shown, each
    query has its class, the learner's name, and its probabilities, a row of [queries, way], if given. before: other
    probabilities [queries, way], as marks on the bars of those; marks: what both are.
    """
    episode = naming.episode
    way = len(episode.characters)
    support, queries = episode.support(), episode.queries().swapaxes(0, 1)  # [queries, way]
    flat = [pictures.reshape(-1, *pictures.shape[2:]) for pictures in (support, queries)]
    shuffled = np.concatenate([flat[0], flat[1][list(naming.order)]])  # so that the sheet tells no class either
    names = characters(episode.data).names
    first = len(flat[0])
    classes: list[dict[str, Any]] = [
        {
            "letter": LETTERS[i],
            "colour": class_colour(i),
            "name": names[episode.characters[i]],
            "cells": list(range(i * episode.shots, (i + 1) * episode.shots)),
        }
        for i in range(way)
    ]
    query_cells = [
        {"cell": first + place}
        | _said(naming, place, None if probabilities is None else probabilities[query], shown)
        | ({} if before is None else {"before": before[query].astype(float).tolist()})
        for place, query in enumerate(naming.order)
    ]
    data = {
        "kind": "episode",
        "sheet": sheet(shuffled).to_json(),
        "size": SIZE,
        "classes": classes,
        "queries": query_cells,
        "names": naming.names,
        "naming": not shown and on_names is not None,
        "words": {
            "support": t("Support: learn from these"),
            "queries": t("Queries: which class is each of them?"),
            "named": t("named {letter}"),
            "unnamed": t("no name yet"),
            "marks": marks,
        },
    }
    _characters(key=key, data=data, on_clicked_change=lambda: None, on_named_change=on_names or (lambda: None))


def _said(naming: Naming, place: int, p: np.ndarray | None, shown: bool) -> dict[str, Any]:
    """Return what the card of the query at a place says; nothing of its class before it is `shown`."""
    label = t("query {number}", number=place + 1)
    if not shown:
        return {"label": label}
    truth, name = int(naming.truths[place]), naming.names[place]
    best = truth if p is None else int(p.argmax())
    letters = {"letter": LETTERS[best], "truth": LETTERS[truth]}
    verdict = LETTERS[truth] if p is None else f"✓ {LETTERS[truth]}"
    if best != truth:
        verdict = t("✗ {letter}, it is {truth}", **letters)
    yours = "" if name == NONE else t("you: {letter}", letter=name) + (" ✓" if name == LETTERS[truth] else " ✗")
    return {
        "label": t("{label}: {part}", label=label, part=named([verdict, yours] if yours else [verdict])),
        "verdict": verdict,
        "yours": yours,
        "truth": truth,
        "right": None if p is None else best == truth,
        "p": None if p is None else p.astype(float).tolist(),
    }


def names_sent(key: str) -> object:
    """Return the names that a browser sent from the episode `key`; they are to be checked."""
    return (st.session_state.get(key) or {}).get("named")


def clicked(key: str, count: int) -> int | None:
    """Return the index below `count` that was clicked in a component, or None if the browser sent no valid one."""
    index = (st.session_state.get(key) or {}).get("clicked")
    return index if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < count else None
