"""Notices of the few-shot pages and of the characters: texts on what the learner's screen shows now."""

from collections.abc import Mapping

from core.events import FittedEpisode
from core.tasks.characters import Characters
from core.tasks.config import Episodes
from core.training.config import Init
from lessons.demos.fewshot import Episode, trained_on
from lessons.demos.naming import Score
from lessons.engine.language import listed, named, plural, t
from lessons.figures.theme import INITS


def about_starts(starts: Mapping[str, Init]) -> str:
    """Say in what else the networks of the demo differ than in their start: size and inner rate."""
    return t("The networks and their inner rates α: {parts}.", parts=listed(
        t(
            "{label} ({filters} filters, α = {rate:g})",
            label=INITS[name].label,
            filters=init.network.width if isinstance(init.network, Episodes) else 0,
            rate=init.descent.rate,
        )
        for name, init in starts.items()
    ))  # fmt: skip


def about_before(fit: FittedEpisode) -> str:
    """Say how many queries of an episode of generated glyphs are right before any step, and after one."""
    queries = fit.probabilities.shape[1]
    before, after = (round(float(share) * queries) for share in fit.accuracy[:2])
    return t(
        "**Notice** The picture shows five generated glyphs that the network has never seen, before any step. Queries "
        "right: {before} of {queries}. After one step on the support: {after} of {queries}.",
        before=before, queries=queries, after=after,
    )  # fmt: skip


def about_one_step(learned: FittedEpisode, pretrained: FittedEpisode) -> str:
    """Compare how many queries of an episode of generated glyphs are right from two starts, after one step and all."""
    queries, steps = learned.probabilities.shape[1], len(learned.accuracy) - 1
    (first, last), (first2, last2) = (
        [round(float(fit.accuracy[step]) * queries) for step in (1, steps)] for fit in (learned, pretrained)
    )
    return t(
        "**Notice** The picture shows five generated glyphs that neither network has seen. After one step the "
        "{learned} has {first} of {queries} queries right, and the {pretrained} have {first2}; after {steps} steps it "
        "is {last} and {last2}.",
        learned=INITS[learned.name].label, pretrained=INITS[pretrained.name].label, queries=queries, steps=steps,
        first=first, first2=first2, last=last, last2=last2,
    )  # fmt: skip


def about_names(score: Score, network: str) -> str:
    """Compare the learner's names with a network's and with guessing."""
    if not score.named:
        return t("You have named no query of this episode, so there is no score. A new episode starts a new game.")
    return plural(
        score.named,
        "**Your score** Of the {count} query that you named, you have {you} right, the {network} {right}, and "
        "guessing {chance:.1f} on average.",
        "**Your score** Of the {count} queries that you named, you have {you} right, the {network} {right}, and "
        "guessing {chance:.1f} on average.",
        you=score.you, network=network, right=score.network, chance=score.chance,
    )  # fmt: skip


def about_alphabet(known: Characters, name: str, most: int) -> str:
    """Say how many characters an alphabet has, and of Omniglot on which side of the split by alphabets it is."""
    number = known.alphabets.index(name)
    count = len(known.of_alphabet(number))
    if known.name != "omniglot":
        return t(
            "**{name}: {count} characters**, one drawing of each. Click up to {most} of them for an episode.",
            name=name, count=count, most=most,
        )  # fmt: skip
    return t(
        "**{name}: {count} characters**, one drawing of each; a {side} alphabet in the split by alphabets. Click up to "
        "{most} of them for an episode.",
        name=name, count=count, side=t("training") if number < known.background else t("test"), most=most,
    )  # fmt: skip


def about_characters(episode: Episode) -> str:
    """Say how many of an episode's characters the shipped networks were trained on."""
    if episode.data != "omniglot":
        return t("The shipped networks were trained on Omniglot, so all these generated glyphs are unseen.")
    known = trained_on(episode)
    if not known:
        return t("The shipped networks were not trained on any of these characters: they are unseen.")
    return plural(
        len(known),
        "{count} of these {all} characters is among the 1200 that the shipped networks were trained on: {names}.",
        "{count} of these {all} characters are among the 1200 that the shipped networks were trained on: {names}.",
        all=len(episode.characters), names=named(known),
    )  # fmt: skip
