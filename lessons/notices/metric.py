"""Notices of the metric pages: texts on what the learner's screen shows now."""

from collections.abc import Sequence

import numpy as np

from core.events import Compared, OuterStep, Verified
from lessons.demos.fewshot import LETTERS
from lessons.demos.metric import Pair
from lessons.engine.language import t
from lessons.figures.metric import at_threshold

PEOPLE = 0.955  # accuracy of people in Lake's runs (Lake et al. 2015)


def about_attention(compared: Compared, query: int, temperature: float) -> str:
    """Say how sure and how spread one query's attention is, and what the temperature does to it."""
    answers, attention = compared.answers[0, query], compared.attention[0, query]
    way = len(answers)
    truth, best = query % way, int(answers.argmax())
    shots = len(attention) // way
    text = t(
        "**Notice** The query is of class {letter}; its class gets {answers:.0%} of the attention",
        letter=LETTERS[truth],
        answers=answers[truth],
    )
    if best == truth:
        second = int(np.argsort(answers)[-2])
        text += t(", the next one, {letter}, {answers:.0%}. ", letter=LETTERS[second], answers=answers[second])
    else:
        text += t(
            ", but {letter} gets {answers:.0%}, so it is answered **wrongly**. ",
            letter=LETTERS[best],
            answers=answers[best],
        )
    right = int((compared.answers[0].argmax(-1) == np.arange(compared.answers.shape[1]) % way).sum())
    text += t("Of all {count} queries {right} are right. ", count=compared.answers.shape[1], right=right)
    if attention.max() > 0.97:
        return text + t(
            "At this temperature one picture takes nearly all: the softmax is a nearest neighbour. Raise the "
            "temperature and see the others come in."
        )
    if answers.max() < 1.7 / way:
        return text + t(
            "At a temperature of {temperature:g} the attention is almost even (chance is {chance:.0%}), "
            "although the order of the similarities has not changed: with one drawing of each class the "
            "winner is the same at every temperature.",
            temperature=temperature,
            chance=1 / way,
        )
    if shots > 1:
        weights = attention.reshape(shots, way)[:, truth]
        text += t(
            "Its own class's {shots} drawings get {parts}", shots=shots, parts=", ".join(f"{w:.0%}" for w in weights)
        )
        if weights.max() > 2 * weights.min():
            return text + t(
                ": those drawn in the same way count, the others hardly do. Next: lower the temperature until "
                "only one is left."
            )
        return text + t(
            ": at this temperature they all count alike. Next: lower it, and see which one it looks at most."
        )
    return text + t("Next: give it 5 drawings of each class, or 20 classes to choose from.")


def about_mistake(compared: Compared, query: int) -> str:
    """Say why a query was given to the wrong class: whose embedding lies nearer, in numbers."""
    answers = compared.answers[0, query]
    way = len(answers)
    truth, best = query % way, int(answers.argmax())
    embedding, support = compared.queries[0, query], compared.support[0]
    cosine = support @ embedding / np.maximum(np.linalg.norm(support, axis=1) * np.linalg.norm(embedding), 1e-8)
    true_cosine, chosen_cosine = (float(cosine[k::way].max()) for k in (truth, best))
    return t(
        "**Notice** The query is of class {letter}, whose drawing has a cosine of {own:.2f} with it; "
        "that of {second_letter} has {other:.2f}. The softmax turns that small difference into "
        "{answers:.0%} against {answers2:.0%}: how *sure* an answer is says how far apart the two "
        "similarities are, not that it is right. Would you have known?",
        letter=LETTERS[truth],
        own=true_cosine,
        second_letter=LETTERS[best],
        other=chosen_cosine,
        answers=answers[best],
        answers2=answers[truth],
    )


def about_pairs(pairs: Sequence[Pair], threshold: float, verified: Verified | None) -> str:
    """Say how the pairs on screen are judged at the threshold, and what the whole curve says of it."""
    wrong = [pair for pair in pairs if (pair.probability >= threshold) != pair.same]
    text = t(
        "**Notice** At a threshold of {threshold:.2f}, {count} of these {all} pairs are judged rightly",
        threshold=threshold,
        count=len(pairs) - len(wrong),
        all=len(pairs),
    )
    missed = sum(pair.same for pair in wrong)
    if wrong:
        kinds = [t("{missed} missed", missed=missed)] * (missed > 0) + [
            t("{count} false alarms", count=len(wrong) - missed)
        ] * (len(wrong) > missed)
        text += f" ({', '.join(kinds)})"
    text += ". "
    if verified:
        alarms, hits = at_threshold(verified, threshold)
        text += t(
            "Over all pairs of 50 unseen episodes it finds {hits:.1%} of the pairs that match, at "
            "{alarms:.1%} false alarms. ",
            hits=hits,
            alarms=alarms,
        )
    return text + t(
        "The pairs of two characters shown here are each query's *most similar* other picture, the "
        "hardest there are. Next: move the threshold and see which kind of error you buy."
    )


def about_map(compared: Compared) -> str:
    """Say how near queries lie to their own class's support, measured rather than guessed from the map."""
    way = compared.answers.shape[2]
    right = float((compared.answers[0].argmax(-1) == np.arange(compared.answers.shape[1]) % way).mean())
    support, queries = compared.support[0], compared.queries[0]
    distance = np.linalg.norm(queries[:, None] - support[None], axis=-1)
    same = np.arange(len(queries))[:, None] % way == np.arange(len(support))[None] % way
    ratio = distance[same].mean() / max(distance[~same].mean(), 1e-9)
    return t(
        "**Notice** A query lies on average at {ratio:.0%} of the distance to its own class's support "
        "that it has to another's; {right:.0%} of the queries are right. The map shows two of {count} "
        "dimensions: points that overlap here may be apart in another.",
        ratio=ratio,
        right=right,
        count=support.shape[1],
    )


def about_learning(steps: Sequence[OuterStep]) -> str:
    """Say what a metric learning curve shows."""
    measured = [step for step in steps if step.accuracy_after is not None]
    if len(measured) < 2:
        return ""
    first, last = measured[0], measured[-1]
    assert first.accuracy_after is not None and last.accuracy_after is not None
    half = next(
        (s for s in measured if (s.accuracy_after or 0) >= (first.accuracy_after + last.accuracy_after) / 2), last
    )
    return t(
        "**Notice** A random network already has {first:.0%} right: pictures that look alike "
        "are often alike. Training takes it to {last:.0%}, half of the way within {iteration} "
        "updates. There is one line and not two: nothing adapts to an episode, the encoder is all that "
        "is learned.",
        first=first.accuracy_after,
        last=last.accuracy_after,
        iteration=half.iteration,
    )


def about_curve(compared: Compared, x: np.ndarray, truth: np.ndarray, grid: np.ndarray) -> str:
    """Say where attention along x fails: between points that are far apart, and beyond the last point."""
    error = np.square(compared.answers[0, :, 0] - truth)
    outside = (grid < x.min()) | (grid > x.max())
    text = t("**Notice** The mean squared error is {error:.2f}", error=error.mean())
    if outside.any() and (~outside).any():
        text += t(
            ": {between:.2f} between the points, {beyond:.2f} beyond them",
            between=error[~outside].mean(),
            beyond=error[outside].mean(),
        )
    return text + t(
        ". A weighted mean can never leave the range of the support's values, so it cannot guess the "
        "crest it has not seen. MAML's network, fitted to the same points, can: it has learned what "
        "sinusoids look like. Next: add points, or move the query to where there are none."
    )


def about_trial(answers: np.ndarray, truth: int, chosen: int) -> str:
    """Say whether the learner or the network was right, and how close it was."""
    network = int(answers.argmax())
    order = np.argsort(-answers)
    you = t("You were right") if chosen == truth else t("You were wrong")
    verdict = t("so was the network") if (network == truth) == (chosen == truth) else (
        t("the network was right") if network == truth else t("the network was wrong")
    )  # fmt: skip
    close = (
        t(
            "It found {first:.0%} for its choice and {second:.0%} for the second",
            first=answers[order[0]],
            second=answers[order[1]],
        )
        if answers[order[0]] >= 0.005
        else t("No picture seemed likely to it")
    )
    return t("{you}; {it}. {close} (probability that the pair is one character).", you=you, it=verdict, close=close)


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
