"""Notices of the metric pages: texts on what the learner's screen shows now."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.events import Compared, OuterStep, Verified
from core.methods.matching.config import MatchingConfig
from lessons.demos.fewshot import DATA, LETTERS
from lessons.demos.metric import (
    MISTAKES_OF,
    TEMPERATURES,
    VERIFIED_PAIRS,
    Pair,
    principal,
    similarities,
)
from lessons.engine.language import named, plural, t
from lessons.figures.curves import updates_in_words
from lessons.figures.metric import at_threshold

PEOPLE = 0.955  # accuracy of people in Lake's runs (Lake et al. 2015)
MOST = 0.9  # of the attention


def about_query(compared: Compared, query: int) -> str:
    """Say which class one query attends to most, and whether that is its own."""
    answers = compared.answers[0, query]
    truth, best = query % len(answers), int(answers.argmax())
    text = t(
        "**Notice** The query is of class {letter}, which gets {answers:.0%} of the attention",
        letter=LETTERS[truth],
        answers=answers[truth],
    )
    if best == truth:
        second = int(np.argsort(answers)[-2])
        return text + t(
            ", the most of all classes; {letter} comes next with {answers:.0%}. ",
            letter=LETTERS[second],
            answers=answers[second],
        )
    return text + t(
        ", but {letter} gets more, {answers:.0%}, so the answer is **wrong**. ",
        letter=LETTERS[best],
        answers=answers[best],
    )


def about_attention(compared: Compared, query: int, config: MatchingConfig, by_temperature: np.ndarray | None) -> str:
    """Say whom one query attends to, how many answers are right, and which of them the temperature decides.

    by_temperature: the class that each query is given at each of TEMPERATURES, or None if that is not known.
    """
    count, way = compared.answers.shape[1:]
    best = int(compared.answers[0, query].argmax())
    text = about_query(compared, query) + _spread(compared.attention[0, query], way, config.prototypes)
    predicted = compared.answers[0].argmax(-1)
    right = predicted == np.arange(count) % way
    text += plural(
        int(right.sum()), "Of all {all} queries {count} is right. ", "Of all {all} queries {count} are right. ",
        all=count,
    )  # fmt: skip
    if by_temperature is None:
        return text.strip()
    return text + (
        _one_a_class(right)
        if config.prototypes or compared.attention.shape[2] == way
        else _several_a_class(by_temperature, right, query, best)
    )


def _spread(attention: np.ndarray, way: int, means: bool) -> str:
    """Say how many pictures, or means of classes, share most of a query's attention."""
    shares = attention.reshape(-1, way).sum(0) if means else attention
    needed = 1 + int((np.cumsum(np.sort(shares)[::-1]) < MOST).sum())
    if means:
        return plural(
            min(needed, len(shares)), "One of the {all} class means holds at least 90% of it. ",
            "It takes {count} of the {all} class means to hold 90% of it. ", all=len(shares),
        )  # fmt: skip
    return plural(
        min(needed, len(shares)), "One of the {all} pictures holds at least 90% of it. ",
        "It takes {count} of the {all} pictures to hold 90% of it. ", all=len(shares),
    )  # fmt: skip


def _one_a_class(right: np.ndarray) -> str:
    """Say that the temperature changes no answer where each class is compared once."""
    wrong = int((~right).sum())
    text = t("Each class is compared once, so the temperature changes how sure an answer is, never the answer: ")
    if not wrong:
        return text + t("at every temperature all are right. Next: give it 5 drawings of each class.")
    return text + plural(
        wrong, "the wrong one is wrong at every temperature. Next: give it 5 drawings of each class.",
        "the {count} wrong ones are wrong at every temperature. Next: give it 5 drawings of each class.",
    )  # fmt: skip


def _several_a_class(by_temperature: np.ndarray, right: np.ndarray, query: int, best: int) -> str:
    """Say which answers another temperature would change, where a class adds up the attention of several pictures."""
    changes = (by_temperature != by_temperature[0]).any(0)
    fixed = int((~right & ~changes).sum())
    text = t("A class adds up the attention of its drawings, so the temperature can decide the answer. ")
    text += plural(
        int(changes.sum()), "The slider's temperatures change the answer to {count} query; ",
        "The slider's temperatures change the answers to {count} queries; ",
    )  # fmt: skip
    text += plural(fixed, "{count} other is wrong at all of them. ", "{count} others are wrong at all of them. ")
    if not changes[query]:
        return text + t("The answer to this query is {letter} at all of them.", letter=LETTERS[best])
    classes = by_temperature[:, query]
    other = next(i for i, k in enumerate(classes) if k != best)
    return text + t(
        "The answer to this query is {letter} here; at T = {temperature:g} it is {other}.",
        letter=LETTERS[best],
        temperature=TEMPERATURES[other],
        other=LETTERS[classes[other]],
    )


def about_mistake(compared: Compared, query: int, config: MatchingConfig) -> str:
    """Say why a query was given to the wrong class: whose embedding lies nearer, in numbers."""
    answers = compared.answers[0, query]
    way = len(answers)
    truth, best = query % way, int(answers.argmax())
    similarity = similarities(compared.support[0], compared.queries[0, query : query + 1], config.distance)[0]
    own, other = (float(similarity[k::way].max()) for k in (truth, best))
    return t(
        "**Notice** The query is of class {letter}, whose drawing has a cosine of {own:.2f} with it; the drawing of "
        "{second_letter} has {other:.2f}. Divided by the temperature, {temperature:g}, that difference makes "
        "{second_letter} {times:.3g} times as likely as {letter}: {answers:.0%} against {answers2:.0%}. How sure the "
        "network is follows from the difference of the cosines, whether it is right or not. Would you have known?",
        letter=LETTERS[truth],
        own=own,
        second_letter=LETTERS[best],
        other=other,
        temperature=1 / config.scale,
        times=np.exp((other - own) * config.scale),
        answers=answers[best],
        answers2=answers[truth],
    )


def about_pairs(pairs: Sequence[Pair], threshold: float) -> str:
    """Say how the network judges the pairs on screen at the threshold."""
    wrong = [pair for pair in pairs if (pair.probability >= threshold) != pair.same]
    missed = sum(pair.same for pair in wrong)
    kinds = [t("{missed} missed", missed=missed)] * (missed > 0)
    if len(wrong) > missed:
        kinds.append(plural(len(wrong) - missed, "{count} false alarm", "{count} false alarms"))
    text = (
        t(
            "**Notice** At a threshold of {threshold:.2f} the network judges {count} of these {all} pairs correctly "
            "({kinds}). ",
            threshold=threshold, count=len(pairs) - len(wrong), all=len(pairs), kinds=named(kinds),
        )
        if kinds
        else t(
            "**Notice** At a threshold of {threshold:.2f} the network judges all {all} of these pairs correctly. ",
            threshold=threshold, all=len(pairs),
        )
    )  # fmt: skip
    return text + t("Next: move the threshold and see which kind of error you buy.")


def about_many_pairs(verified: Verified, threshold: float, data: str, way: int) -> str:
    """Say how often the network errs on many pairs, and which pairs of the `way` classes are on screen."""
    alarms, hits = at_threshold(verified, threshold)
    return t(
        "**Notice** On all {pairs} pairs of 50 episodes of unseen characters ({data}) it finds about {hits:.1%} of the "
        "pairs that match and gives about {alarms:.1%} false alarms. ",
        pairs=VERIFIED_PAIRS, data=t(DATA[data]), hits=hits, alarms=alarms,
    ) + t(
        "Each pair of two characters shown here is a hard one: the query with the most similar of the {count} other "
        "characters.",
        count=way - 1,
    )  # fmt: skip


def about_map(compared: Compared, pairs: bool = False) -> str:
    """Say how near queries lie to their own class's support, measured rather than guessed from the map.

    pairs: whether the network judges pairs, and answers by the most probable one.
    """
    count, way = compared.answers.shape[1:]
    right = int((compared.answers[0].argmax(-1) == np.arange(count) % way).sum())
    support, queries = compared.support[0], compared.queries[0]
    distance = np.linalg.norm(queries[:, None] - support[None], axis=-1)
    same = np.arange(count)[:, None] % way == np.arange(len(support))[None] % way
    _, shares = principal(np.concatenate([support, queries]))
    text = t(
        "**Notice** In a straight line through all {dimensions} dimensions, a query is on average {own:.3g} away from "
        "the support of its own class and {other:.3g} from that of another class. ",
        dimensions=support.shape[1],
        own=distance[same].mean(),
        other=distance[~same].mean(),
    )
    text += (
        plural(
            right, "Given the class of its most probable pair, whatever the threshold, {count} of the {all} queries is "
            "answered correctly. ", "Given the class of its most probable pair, whatever the threshold, {count} of the "
            "{all} queries are answered correctly. ", all=count,
        )
        if pairs
        else plural(
            right, "{count} of the {all} queries is answered correctly. ",
            "{count} of the {all} queries are answered correctly. ", all=count,
        )
    )  # fmt: skip
    return text + t(
        "The map shows two directions, which hold {share:.0%} of the variance: points that overlap here may be apart "
        "in the others.",
        share=shares.sum(),
    )


def about_learning(steps: Sequence[OuterStep], shipped: bool = False) -> str:
    """Say what a metric learning curve shows, of the `shipped` network or of a run of the learner."""
    scores = [(step.iteration, step.accuracy_after) for step in steps if step.accuracy_after is not None]
    if len(scores) < 2:
        return ""
    (start, first), (end, last) = scores[0], scores[-1]
    text = (
        t(
            "**Notice** Untrained, the shipped network has {first:.0%} of the queries right; trained by {updates}, it "
            "has {last:.0%}. "
            if shipped
            else "**Notice** Untrained, your network has {first:.0%} of the queries right; after {updates} it has "
            "{last:.0%}. ",
            first=first, last=last, updates=updates_in_words(end),
        )
        if start == 0
        else t(
            "**Notice** The network has {first:.0%} of the queries right after {start}, and {last:.0%} after "
            "{updates}. ",
            first=first, last=last, start=updates_in_words(start), updates=updates_in_words(end),
        )
    )  # fmt: skip
    if last > first:
        middle = next(iteration for iteration, score in scores if score >= (first + last) / 2)
        text += t("At the report of update {middle}, at least half of that gain is reached. ", middle=middle)
    return text + t("There is one line and not two: nothing adapts to an episode, only the encoder learns.")


def about_curve(compared: Compared, x: np.ndarray, y: np.ndarray, truth: np.ndarray, grid: np.ndarray) -> str:
    """Say how far attention along x is off, and which values of the true function no weighted mean can reach."""
    error = np.square(compared.answers[0, :, 0] - truth)
    outside = (grid < x.min()) | (grid > x.max())
    text = t("**Notice** The mean squared error is {error:.2f}", error=error.mean())
    if outside.any() and (~outside).any():
        text += t(
            ": {between:.2f} between the first and the last point, {beyond:.2f} beyond them",
            between=error[~outside].mean(),
            beyond=error[outside].mean(),
        )
    text += t(
        ". Each answer is a weighted mean of the support's values, so it stays between {low:.2f} and {high:.2f}; the "
        "true function goes from {bottom:.2f} to {top:.2f}. ",
        low=y.min(),
        high=y.max(),
        bottom=truth.min(),
        top=truth.max(),
    )
    beyond = float(((truth < y.min()) | (truth > y.max())).mean())
    if beyond:
        text += t("On {share:.0%} of the axis the right value is out of reach. ", share=beyond)
    return text + t("Next: change the number of points, or move the query.")


def about_trial(answers: np.ndarray, truth: int, chosen: int) -> str:
    """Say whether the learner or the network was right, and how close it was."""
    network = int(answers.argmax())
    order = np.argsort(-answers)
    you = t("You were right") if chosen == truth else t("You were wrong")
    verdict = t("so was the network") if (network == truth) == (chosen == truth) else (
        t("the network was right") if network == truth else t("the network was wrong")
    )  # fmt: skip
    close = t(
        "It gives its choice {first:.1%} and the next candidate {second:.1%}",
        first=answers[order[0]],
        second=answers[order[1]],
    )
    return t("{you}; {it}. {close} (probability that the pair is one character).", you=you, it=verdict, close=close)


def about_mistaken_pairs(pairs: Sequence[Pair], letters: Sequence[str], picked: int) -> str:
    """Say what the network gives a query's pair with its own class, the first, and with the class that it chose."""
    return t(
        "**Notice** The query is of class {letter}, and the pair with the picture of {letter} gets {p_true:.1%}. The "
        "pair with {second_letter} gets {p_chosen:.1%}, more than any other, so the answer is {second_letter}; no "
        "threshold plays a part in that. The chart takes apart the pair with {picked}, which has the ring; click the "
        "other pair to compare them.",
        letter=letters[0],
        p_true=pairs[0].probability,
        second_letter=letters[1],
        p_chosen=pairs[1].probability,
        picked=letters[picked],
    )


def about_parts(pulls: np.ndarray, bias: float) -> str:
    """Say how the weighted difference of a pair, minus the sum of `pulls` [f], makes its logit and its probability."""
    logit = float(pulls.sum()) + bias
    return t(
        "Weighted difference {distance:.2f}: bias {bias:.2f} − {distance:.2f} = logit {logit:.2f}. The logistic "
        "function turns it into p = {p:.1%}.",
        distance=-float(pulls.sum()), bias=bias, logit=logit, p=1 / (1 + np.exp(-logit)),
    )  # fmt: skip


def about_mistakes(mistakes: Sequence[dict[str, Any]]) -> str:
    """Say which mistakes of the shipped network are shown, and in which order."""
    return t(
        "Of all that the shipped network gets wrong in {episodes} unseen episodes of {way} classes, these are the "
        "{count} mistakes in which the right class is furthest behind the chosen one, the furthest first.",
        episodes=MISTAKES_OF, way=len(mistakes[0]["characters"]), count=len(mistakes),
    )  # fmt: skip


def about_network(name: str, trained: MatchingConfig, now: MatchingConfig) -> str:
    """Say which network answers: `name` is "recorded", "random" or "own"; it was trained with one comparison, and
    compares as `now` says.
    """
    match name:
        case "recorded":
            who = t("The shipped network answers")
        case "random":
            who = t("The untrained network answers: it has the layers of the shipped one, and random weights")
        case _:
            who = t("The network of your run answers")
    how = _compares(now.distance)
    if name == "random":
        return t("{who}. It compares by {how}.", who=who, how=how)
    if now.distance == trained.distance:
        return t("{who}. It compares by {how}, as in its training.", who=who, how=how)
    return t(
        "{who}. It was trained with {before}, and its weights have stayed as they were; now it compares by {how}.",
        who=who, before=_short(trained.distance), how=how,
    )  # fmt: skip


def _short(distance: str) -> str:
    match distance:
        case "cosine":
            return t("the cosine")
        case "dot":
            return t("the dot product")
    return t("the squared Euclidean distance")


def _compares(distance: str) -> str:
    match distance:
        case "cosine":
            return t("the cosine $c$ of two embeddings, between −1 and 1")
        case "dot":
            return t("the dot product $c$ of two embeddings, which has no bounds")
    return t("$c$, minus the squared Euclidean distance of two embeddings, which is never above 0")


def about_score(score: Sequence[tuple[bool, bool]]) -> str:
    """Say the score so far of learner and network, and the scores of people and of chance."""
    count = len(score)
    you, network = (sum(trial[i] for trial in score) for i in (0, 1))
    text = t(
        "**Trials so far: {count}.** You {you} of {count}, the network {network} of {count}.",
        count=count,
        you=you,
        network=network,
    )
    return text + t(" In Lake's 400 trials people had {people:.1%} right; guessing has 5%.", people=PEOPLE)
