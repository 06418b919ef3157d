"""Character pictures on a page: a grid to pick from, and an episode with a network's probabilities."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from lessons.demos.fewshot import LETTERS, Episode, characters
from lessons.engine.language import t
from lessons.figures.pictures import sheet
from lessons.figures.theme import class_colour
from pages.widgets.components import asset

_characters = st.components.v2.component(
    "meta_characters",
    html='<div class="characters"></div>',
    css=asset("characters.css"),
    js=asset("pictures.js") + asset("characters.js"),
)
SIZE = 44  # pixels of a picture on the page


def picker(
    key: str,
    images: np.ndarray,
    labels: Sequence[str],
    picked: Sequence[int],
    on_click: Callable[[], None],
    notes: Sequence[str] | None = None,
    size: int = SIZE,
) -> None:
    """Draw pictures [n, 28, 28] as buttons; a click leaves its number in the session's `key`.clicked.

    notes: a short text under each picture, if any.
    """
    data = {
        "kind": "picker",
        "sheet": sheet(images).to_json(),
        "labels": list(labels),
        "picked": list(picked),
        "notes": None if notes is None else list(notes),
        "size": size,
    }
    _characters(key=key, data=data, on_clicked_change=on_click)


def show_episode(key: str, episode: Episode, probabilities: np.ndarray | None = None) -> None:
    """Draw the support of each class, and each query with its probabilities [queries * way, way] if given.

    Queries are in the order query by query: the first `way` belong to class 0, 1, 2, ...
    """
    way = len(episode.characters)
    support, queries = episode.support(), episode.queries().swapaxes(0, 1)  # [queries, way]
    flat = [pictures.reshape(-1, *pictures.shape[2:]) for pictures in (support, queries)]
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
        {
            "cell": first + j,
            "truth": j % way,
            "p": None if probabilities is None else np.round(probabilities[j], 4).tolist(),
        }
        for j in range(len(flat[1]))
    ]
    data = {
        "kind": "episode",
        "sheet": sheet(np.concatenate(flat)).to_json(),
        "size": SIZE,
        "classes": classes,
        "queries": query_cells,
        "words": {
            "support": t("Support: learn from these"),
            "queries": t("Queries: judged on these"),
            "query": t("query of class"),
            "wrong": t("{said}, is {truth}"),  # its braces are filled in by the script
        },
    }
    _characters(key=key, data=data, on_clicked_change=lambda: None)


def clicked(key: str, count: int) -> int | None:
    """Return the index below `count` that was clicked in a component, or None if the browser sent no valid one."""
    index = (st.session_state.get(key) or {}).get("clicked")
    return index if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < count else None
