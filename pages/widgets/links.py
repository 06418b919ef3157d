"""What a metric network sees, as a component: a query tied to its support, or pairs with verdicts."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from core.events import Compared
from core.memory_events import Recalled
from lessons.demos.fewshot import LETTERS, Episode, characters
from lessons.demos.memory import told_by
from lessons.demos.metric import Pair
from lessons.engine.language import t
from lessons.figures.pictures import sheet
from lessons.figures.theme import class_colour
from pages.widgets.components import asset

_links = st.components.v2.component(
    "meta_links",
    html='<div class="links"></div>',
    css=asset("links.css"),
    js=asset("pictures.js") + asset("links.js"),
)
PAIR_SIZE = 64  # pixels of a picture in a pair


def pictures_of(of: Episode) -> tuple[np.ndarray, np.ndarray]:
    """Support and query pictures [n, 28, 28] in the order in which a network sees them: shot by shot."""
    return tuple(one.swapaxes(0, 1).reshape(-1, *one.shape[2:]) for one in (of.support(), of.queries()))  # type: ignore[return-value]


def attention_links(key: str, of: Episode, seen: Compared, query: int) -> None:
    """Links from one query to every support picture, as wide as its attention, and the sum of each class."""
    support, queries = pictures_of(of)
    way, attention, answers = len(of.characters), seen.attention[0, query], seen.answers[0, query]
    names = characters(of.data).names
    rows = [
        {
            "letter": LETTERS[k],
            "colour": class_colour(k),
            "name": names[of.characters[k]],
            "sum": round(float(answers[k]), 4),
            "truth": query % way == k,
            "cells": [{"cell": i, "tie": round(float(attention[i]), 4)} for i in range(k, len(support), way)],
        }
        for k in range(way)
    ]
    told = ", ".join(f"{LETTERS[k]} {answers[k]:.0%}" for k in range(way))
    data = {
        "kind": "links",
        "sheet": sheet(np.concatenate([support, queries])).to_json(),
        "query": len(support) + query,
        "rows": rows,
        "alt": t(
            "Attention of a query of class {letter} summed by class: {told}", letter=LETTERS[query % way], told=told
        ),
        "words": {"query": t("query, is {letter}", letter=LETTERS[query % way])},
    }
    _links(key=key, data=data, on_clicked_change=lambda: None)


def reading_links(key: str, seen: Recalled, at: int) -> None:
    """Links from one step of a sequence to every earlier picture, as wide as what was read of the step at which
    its label was told; summed by label.
    """
    attention = told_by(seen, at)
    attention = attention / max(float(attention.sum()), 1e-9)
    labels = seen.y[:at]
    rows = [
        {
            "letter": LETTERS[k],
            "colour": class_colour(k),
            "name": t("label {letter}", letter=LETTERS[k]),
            "sum": round(float(attention[labels == k].sum()), 4),
            "truth": bool(seen.y[at] == k),
            "cells": [{"cell": int(i), "tie": round(float(attention[i]), 4)} for i in np.flatnonzero(labels == k)],
        }
        for k in range(seen.p.shape[1])
    ]
    told = ", ".join(f"{one['letter']} {one['sum']:.0%}" for one in rows)
    data = {
        "kind": "links",
        "sheet": sheet(seen.x[: at + 1]).to_json(),
        "query": at,
        "rows": rows,
        "alt": t("What step {at} read, by the label that was told when it was written: {told}", at=at + 1, told=told),
        "words": {"query": t("step {at}, is {letter}", at=at + 1, letter=LETTERS[seen.y[at]])},
    }
    _links(key=key, data=data, on_clicked_change=lambda: None)


def pair_cards(
    key: str, of: Episode, pairs: Sequence[Pair], threshold: float, picked: int, on_click: Callable[[], None]
) -> None:
    """Pairs as cards to pick from; a click leaves its number in the session's `key`.clicked."""
    support, queries = pictures_of(of)
    data = {
        "kind": "pairs",
        "sheet": sheet(np.concatenate([support, queries])).to_json(),
        "size": PAIR_SIZE,
        "threshold": threshold,
        "picked": picked,
        "pairs": [
            {
                "cells": [len(support) + one.query, one.support],
                "p": round(one.probability, 4),
                "same": one.same,
                "text": t(
                    "distance {distance:.2f}, p = {probability:.2f}", distance=one.distance, probability=one.probability
                ),
            }
            for one in pairs
        ],
        "words": {word: t(word) for word in ("same", "different", "is")},
    }
    _links(key=key, data=data, on_clicked_change=on_click)
