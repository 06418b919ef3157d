"""The stages of the metric methods: what their pictures show of a `Compared` event, all in the event's own numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.events import Compared
from core.methods.matching.config import MatchingConfig
from core.tasks import sizes
from core.tasks.config import Episodes
from lessons.demos.fewshot import LETTERS
from lessons.demos.metric import TEMPERATURES, Pair, contributions, directions, principal
from lessons.demos.metric_stage import scores_of, shares, stop_of
from lessons.engine.language import named, t
from lessons.figures.pictures import sheet
from lessons.figures.theme import INNER, OUTER, class_colour

DIGITS = 6  # of a feature value, so that a sum of a hundred products is exact to what is shown


def siamese(
    compared: Compared, pairs: Sequence[Pair], pictures: tuple[np.ndarray, np.ndarray] | None, episodes: Episodes,
    said: Sequence[str] = (), columns: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Return the picture of pairs: the embeddings of both drawings, the weights of their differences, and the sums.

    pictures: support and query drawings [n, 28, 28], or None where they are not known. said: a sentence on each
    pair, if any. columns: titles of the columns that the cards of the pairs stand in.
    """
    way = compared.answers.shape[2]
    support, queries = compared.support[0], compared.queries[0]
    return {
        "sheet": None if pictures is None else sheet(np.concatenate(pictures)).to_json(),
        "support": {str(i): _plain(support[i]) for i in sorted({pair.support for pair in pairs})},
        "queries": {str(i): _plain(queries[i]) for i in sorted({pair.query for pair in pairs})},
        "head": _plain(compared.head),
        "columns": list(columns),
        "pairs": [
            {
                "query": pair.query,
                "support": pair.support,
                "cells": [len(support) + pair.query, pair.support],
                "letters": [LETTERS[pair.query % way], LETTERS[pair.support % way]],
                "same": pair.same,
                "p": round(pair.probability, DIGITS),
                "said": said[i] if said else "",
            }
            for i, pair in enumerate(pairs)
        ],
        "colours": {"for": INNER, "against": OUTER},
        "words": _words_of_pairs(episodes),
    }


def _words_of_pairs(episodes: Episodes) -> dict[str, Any]:
    """Return all words of the Siamese stage."""
    sides = sizes.sides(episodes.downsample == "pool")
    return {
        "encoder": t("encoder"),
        "tie": t("same weights"),
        "shape": t(
            "{path} pixels, {width} channels: {features} numbers",
            path=" → ".join(f"{side}×{side}" for side in sides),
            width=episodes.width,
            features=episodes.features,
        ),
        "rows": [t("difference"), t("× learned weight"), t("score: bias + all of these")],
        "bias": t("bias {value}"),
        "score": t("score {value}"),
        "probability": t("probability of “same”"),
        "threshold": t("threshold {value}"),
        "dimension": t(
            "Number {j} of {all}: {a} and {b} differ by {difference}; times the weight {weight} that adds {adds}."
        ),
        "dimensions": t("The numbers of the two drawings, the largest contribution first; arrow keys go through them"),
        "handle": t("Threshold; arrow keys move it"),
        "pair": t("pair {i}: {letter} with {other}, probability {p}, {verdict}"),
        "pairs": t("Pairs; arrow keys choose one"),
        "again": t("New pairs"),
        "verdicts": {
            "same": {"right": t("✓ same"), "wrong": t("✗ same, but it is different")},
            "different": {"right": t("✓ different"), "wrong": t("✗ different, but it is the same")},
        },
    }


def pairs_alt(pairs: Sequence[Pair], threshold: float) -> str:
    """Return the text alternative of the Siamese stage."""
    return t(
        "Two drawings go through twin encoders into two rows of numbers; their differences, times learned weights, "
        "and a bias add up to the score of the pair. Probabilities of the {count} pairs: {shares}. Threshold "
        "{threshold:.2f}.",
        count=len(pairs), shares=named(f"{pair.probability:.0%}" for pair in pairs), threshold=threshold,
    )  # fmt: skip


def pairs_table(compared: Compared, pair: Pair) -> pd.DataFrame:
    """Tabulate every number of a pair: both embeddings, differences, weights, and what each adds to the score."""
    pulls, bias = contributions(compared, pair)
    order = np.argsort(-np.abs(pulls), kind="stable")
    first, second = compared.queries[0, pair.query][order], compared.support[0, pair.support][order]
    nothing = [np.nan]
    return pd.DataFrame(
        {
            "dimension": [*map(str, order), "bias"], "first drawing": [*first, *nothing],
            "second drawing": [*second, *nothing], "difference": [*np.abs(first - second), *nothing],
            "weight": [*compared.head[:-1][order], *nothing], "adds": [*pulls[order], bias],
        }
    )  # fmt: skip


def matching(
    compared: Compared, config: MatchingConfig, pictures: tuple[np.ndarray, np.ndarray] | None,
    names: Sequence[str] = (),
) -> dict[str, Any]:  # fmt: skip
    """Return the picture of an episode: support and queries in the map, and the similarities behind the attention.

    pictures: support and query drawings [n, 28, 28], or None where they are not known. names: of the characters.
    """
    way = compared.answers.shape[2]
    mapped = directions(compared) if config.distance == "cosine" else compared
    places, variance = principal(np.concatenate([mapped.support[0], mapped.queries[0]]))
    split = compared.support.shape[1]
    largest = max(float(np.abs(places).max()), 1e-6)
    return {
        "sheet": None if pictures is None else sheet(np.concatenate(pictures)).to_json(),
        "way": way,
        "support": _plain(places[:split] / largest, 4),
        "queries": _plain(places[split:] / largest, 4),
        "scores": _plain(scores_of(compared, config)),
        "means": config.prototypes,
        "classes": [
            {"letter": LETTERS[k], "colour": class_colour(k), "name": names[k] if names else ""} for k in range(way)
        ],
        "temperatures": list(TEMPERATURES),
        "stop": stop_of(1 / config.scale),
        "words": _words_of_links(compared.support.shape[2], float(variance.sum())),
    }


def _words_of_links(dimensions: int, share: float) -> dict[str, Any]:
    """Return all words of the Matching stage."""
    return {
        "queries": t("Queries: choose one"),
        "query": t("query {i} of class {letter}, answered {answer}"),
        "temperature": t("Temperature T"),
        "sums": t("Attention, summed by class"),
        "class": t("class {letter} {name}: {share}"),
        "map": t(
            "A flat map of {dimensions} dimensions: the two directions shown hold {share:.0%} of the variance.",
            dimensions=dimensions, share=share,
        ),
        "now": t("T = {temperature}, a query of class {letter}: {shares}."),
        "again": t("New episode"),
        "comma": named(("{a}", "{b}")),
    }  # fmt: skip


def links_alt(compared: Compared, query: int) -> str:
    """Return the text alternative of the Matching stage."""
    answers = compared.answers[0, query]
    return t(
        "Attention of a query of class {letter} summed by class: {told}",
        letter=LETTERS[query % len(answers)],
        told=named(f"{LETTERS[k]} {share:.0%}" for k, share in enumerate(answers)),
    )


def links_table(compared: Compared, config: MatchingConfig, query: int) -> pd.DataFrame:
    """Tabulate what a query is compared with: the similarity and the attention of each picture or class mean."""
    scores, way = scores_of(compared, config)[query], compared.answers.shape[2]
    attention = shares(scores, 1 / config.scale)
    letters = [LETTERS[i % way] for i in range(len(scores))]
    return pd.DataFrame({"class": letters, "similarity": scores, "attention": attention})


def _plain(values: Any, digits: int = DIGITS) -> Any:
    return np.asarray(values, dtype=float).round(digits).tolist()
