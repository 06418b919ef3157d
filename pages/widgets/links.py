"""The comparisons of a network as a component: links from a query to its support, or pairs with verdicts."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from core.events import Compared
from lessons.demos.fewshot import LETTERS, Episode, characters
from lessons.demos.metric import Pair
from lessons.engine.language import named, t
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


def pictures_of(episode: Episode) -> tuple[np.ndarray, np.ndarray]:
    """Return support and query pictures [n, 28, 28] in the order in which a network sees them: shot by shot."""
    support, queries = (x.swapaxes(0, 1).reshape(-1, *x.shape[2:]) for x in (episode.support(), episode.queries()))
    return support, queries


def attention_links(key: str, episode: Episode, compared: Compared, query: int) -> None:
    """Draw links from a query to every support picture, as wide as its attention, and the sum of each class."""
    support, queries = pictures_of(episode)
    way, attention, answers = len(episode.characters), compared.attention[0, query], compared.answers[0, query]
    names = characters(episode.data).names
    rows = [
        {
            "letter": LETTERS[k],
            "colour": class_colour(k),
            "name": names[episode.characters[k]],
            "sum": float(answers[k]),
            "said": f"{answers[k]:.0%}",
            "truth": query % way == k,
            "cells": [{"cell": i, "tie": float(attention[i])} for i in range(k, len(support), way)],
        }
        for k in range(way)
    ]
    sums = named(f"{LETTERS[k]} {answers[k]:.0%}" for k in range(way))
    data = {
        "kind": "links",
        "sheet": sheet(np.concatenate([support, queries])).to_json(),
        "query": len(support) + query,
        "rows": rows,
        "alt": t(
            "Attention of a query of class {letter} summed by class: {told}", letter=LETTERS[query % way], told=sums
        ),
        "words": {"query": t("query, is {letter}", letter=LETTERS[query % way])},
    }
    _links(key=key, data=data, on_clicked_change=lambda: None)


def pair_cards(
    key: str, episode: Episode, pairs: Sequence[Pair], threshold: float | None, picked: int,
    on_click: Callable[[], None], titles: Sequence[str] = (),
) -> None:  # fmt: skip
    """Draw pairs as cards to pick from, with titles if any; a click leaves its number in `key`.clicked.

    threshold: the probability from which the verdict is "same"; None draws no verdicts.
    """
    support, queries = pictures_of(episode)
    data = {
        "kind": "pairs",
        "sheet": sheet(np.concatenate([support, queries])).to_json(),
        "size": PAIR_SIZE,
        "threshold": threshold,
        "picked": picked,
        "pairs": [
            {
                "cells": [len(support) + pair.query, pair.support],
                "p": pair.probability,
                "same": pair.same,
                "title": titles[i] if titles else "",
                "text": t(
                    "weighted difference {distance:.2f}, p\u00a0=\u00a0{probability:.2f}",
                    distance=pair.distance,
                    probability=pair.probability,
                ),
            }
            for i, pair in enumerate(pairs)
        ],
        "verdicts": {
            "same": {"right": t("✓ same"), "wrong": t("✗ same, but it is different")},
            "different": {"right": t("✓ different"), "wrong": t("✗ different, but it is the same")},
        },
    }
    _links(key=key, data=data, on_clicked_change=on_click)
