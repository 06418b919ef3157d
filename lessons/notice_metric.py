"""What to notice on the metric pages, said from what is on the learner's screen."""

from collections.abc import Sequence

import numpy as np

from core.events import Compared, OuterStep, Verified
from lessons.fewshot import LETTERS
from lessons.figures.metric import at_threshold
from lessons.metric import Pair

PEOPLE = 0.955  # right answers of people in Lake's runs (Lake et al. 2015)


def about_attention(seen: Compared, query: int, temperature: float) -> str:
    """What one query's attention says: how sure, how spread, and what temperature does to it."""
    answers, ties = seen.answers[0, query], seen.ties[0, query]
    way = len(answers)
    truth, best = query % way, int(answers.argmax())
    shots = len(ties) // way
    told = f"**Notice** The query is of class {LETTERS[truth]}; its class gets {answers[truth]:.0%} of the attention"
    if best == truth:
        second = int(np.argsort(answers)[-2])
        told += f", the next one, {LETTERS[second]}, {answers[second]:.0%}. "
    else:
        told += f", but {LETTERS[best]} gets {answers[best]:.0%}, so it is answered **wrongly**. "
    right = int((seen.answers[0].argmax(-1) == np.arange(seen.answers.shape[1]) % way).sum())
    told += f"Of all {seen.answers.shape[1]} queries {right} are right. "
    if ties.max() > 0.97:
        return told + (
            "At this temperature one picture takes nearly all: the softmax is a nearest neighbour. Raise the "
            "temperature and see the others come in."
        )
    if answers.max() < 1.7 / way:
        return told + (
            f"At a temperature of {temperature:g} the attention is almost even (chance is {1 / way:.0%}), although the "
            "order of the similarities has not changed: with one drawing of each class the winner is the same at "
            "every temperature."
        )
    if shots > 1:
        own = ties.reshape(shots, way)[:, truth]
        told += f"Its own class's {shots} drawings get {', '.join(f'{one:.0%}' for one in own)}"
        if own.max() > 2 * own.min():
            return told + (
                ": those drawn in the same way count, the others hardly do. Next: lower the temperature until only one "
                "is left."
            )
        return told + ": at this temperature they all count alike. Next: lower it, and see which one it looks at most."
    return told + "Next: give it 5 drawings of each class, or 20 classes to choose from."


def about_mistake(seen: Compared, query: int) -> str:
    """Why a query was given to the wrong class: whose embedding lies nearer, in numbers."""
    answers = seen.answers[0, query]
    way = len(answers)
    truth, best = query % way, int(answers.argmax())
    asked, support = seen.queries[0, query], seen.support[0]
    cosine = support @ asked / np.maximum(np.linalg.norm(support, axis=1) * np.linalg.norm(asked), 1e-8)
    own, other = (float(cosine[k::way].max()) for k in (truth, best))
    return (
        f"**Notice** The query is of class {LETTERS[truth]}, whose drawing has a cosine of {own:.2f} with it; that "
        f"of {LETTERS[best]} has {other:.2f}. The softmax turns that small difference into {answers[best]:.0%} against "
        f"{answers[truth]:.0%}: how *sure* an answer is says how far apart the two similarities are, not that it is "
        "right. Would you have known?"
    )


def about_pairs(pairs: Sequence[Pair], threshold: float, verified: Verified | None) -> str:
    """How the pairs on screen are judged at the threshold, and what the whole curve says of it."""
    wrong = [one for one in pairs if (one.probability >= threshold) != one.same]
    told = f"**Notice** At a threshold of {threshold:.2f}, {len(pairs) - len(wrong)} of these {len(pairs)} pairs are "
    told += "judged rightly"
    missed = sum(one.same for one in wrong)
    if wrong:
        kinds = [f"{missed} missed"] * (missed > 0) + [f"{len(wrong) - missed} false alarms"] * (len(wrong) > missed)
        told += f" ({', '.join(kinds)})"
    told += ". "
    if verified:
        alarms, hits = at_threshold(verified, threshold)
        told += (
            f"Over all pairs of 50 unseen episodes it finds {hits:.1%} of the pairs that match, at {alarms:.1%} false "
            "alarms. "
        )
    return told + (
        "The pairs of two characters shown here are each query's *most similar* other picture, the hardest there are. "
        "Next: move the threshold and see which kind of error you buy."
    )


def about_map(seen: Compared) -> str:
    """How near queries lie to their own class's support, measured and not guessed from the map."""
    way = seen.answers.shape[2]
    right = float((seen.answers[0].argmax(-1) == np.arange(seen.answers.shape[1]) % way).mean())
    support, queries = seen.support[0], seen.queries[0]
    distance = np.linalg.norm(queries[:, None] - support[None], axis=-1)
    same = np.arange(len(queries))[:, None] % way == np.arange(len(support))[None] % way
    ratio = distance[same].mean() / max(distance[~same].mean(), 1e-9)
    return (
        f"**Notice** A query lies on average at {ratio:.0%} of the distance to its own class's support that it has to "
        f"another's; {right:.0%} of the queries are right. The map shows two of {support.shape[1]} dimensions: points "
        "that overlap here may be apart in another."
    )


def about_learning(steps: Sequence[OuterStep]) -> str:
    """What a metric learning curve shows."""
    known = [one for one in steps if one.accuracy_after is not None]
    if len(known) < 2:
        return ""
    first, last = known[0], known[-1]
    assert first.accuracy_after is not None and last.accuracy_after is not None
    half = next(
        (one for one in known if (one.accuracy_after or 0) >= (first.accuracy_after + last.accuracy_after) / 2), last
    )
    return (
        f"**Notice** A random network already has {first.accuracy_after:.0%} right: pictures that look alike are often "
        f"alike. Training takes it to {last.accuracy_after:.0%}, half of the way within {half.iteration} updates. "
        "There is one line and not two: nothing adapts to an episode, the encoder is all that is learned."
    )


def about_curve(seen: Compared, x: np.ndarray, truth: np.ndarray, grid: np.ndarray) -> str:
    """Where attention along x fails: between points that are far apart, and beyond the last one."""
    error = np.square(seen.answers[0, :, 0] - truth)
    outside = (grid < x.min()) | (grid > x.max())
    told = f"**Notice** The mean squared error is {error.mean():.2f}"
    if outside.any() and (~outside).any():
        told += f": {error[~outside].mean():.2f} between the points, {error[outside].mean():.2f} beyond them"
    return told + (
        ". A weighted mean can never leave the range of the support's values, so it cannot guess the crest it has "
        "not seen. MAML's network, fitted to the same points, can: it has learned what sinusoids look like. "
        "Next: add points, or move the query to where there are none."
    )


def about_trial(answers: np.ndarray, truth: int, chosen: int) -> str:
    """Whether the learner or the network was right, and how close it was."""
    network = int(answers.argmax())
    order = np.argsort(-answers)
    you = "You were right" if chosen == truth else "You were wrong"
    it = "so was the network" if (network == truth) == (chosen == truth) else (
        "the network was right" if network == truth else "the network was wrong"
    )  # fmt: skip
    close = (
        f"It found {answers[order[0]]:.0%} for its choice and {answers[order[1]]:.0%} for the second"
        if answers[order[0]] >= 0.005
        else "No picture seemed likely to it"
    )
    return f"{you}; {it}. {close} (probability that the pair is one character)."


def about_score(score: Sequence[tuple[bool, bool]]) -> str:
    """The score so far, of learner and network, with what people and chance make."""
    count = len(score)
    you, network = (sum(one[i] for one in score) for i in (0, 1))
    told = f"**After {count} trial{'s' * (count != 1)}:** you {you} of {count}, the network {network} of {count}."
    return told + f" In Lake's 400 trials people had {PEOPLE:.1%} right; guessing has 5%."
