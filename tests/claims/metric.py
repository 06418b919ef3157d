"""The claims of the Siamese and Matching pages: each sentence, with a check that reads embeddings and attention."""

from itertools import pairwise
from types import SimpleNamespace as State

import numpy as np

from lessons.demos import fewshot, metric
from lessons.demos.fewshot import LETTERS
from tests.claims.registry import Claims

CLAIMS = Claims()
WHO = {"recorded": "The shipped network", "random": "The untrained network", "own": "The network of your run"}
CLAIMS.names(
    "{you}; {it}. {close} (probability that the pair is one character).", "{count} outer updates", "Omniglot",
    "generated glyphs", " In Lake's 400 trials people had {people:.1%} right; guessing has 5%.",
    "There is one line and not two: nothing adapts to an episode, only the encoder learns.",
    "Next: change the number of points, or move the query.",
    "You were right", "You were wrong", "so was the network", "the network was right", "the network was wrong",
    "A class adds up the attention of its drawings, so the temperature can decide the answer. ",
    "The shipped network answers", "The network of your run answers",
    "The untrained network answers: it has the layers of the shipped one, and random weights",
    "the cosine", "the dot product", "the squared Euclidean distance",
)  # fmt: skip


def of_class(values: np.ndarray, way: int) -> np.ndarray:
    """Sum what belongs to each class in a row laid out shot by shot, class 0 to way - 1 in each."""
    sums = np.zeros(way)
    for i, value in enumerate(values):
        sums[i % way] += value
    return sums


def winners(state: State, temperature: float) -> list[int]:
    """The class of each query at a temperature, by plain loops over the embeddings."""
    support, queries = state.compared.support[0].astype(float), state.compared.queries[0].astype(float)
    if state.config.prototypes:
        support = np.array([support[k :: state.way].mean(0) for k in range(state.way)])
    classes = []
    for query in queries:
        match state.config.distance:
            case "cosine":
                scores = [s @ query / (np.linalg.norm(s) * np.linalg.norm(query)) for s in support]
            case "dot":
                scores = [s @ query for s in support]
            case _:
                scores = [-np.square(s - query).sum() for s in support]
        scores = np.array(scores) / temperature
        classes.append(int(of_class(np.exp(scores - scores.max()), state.way).argmax()))
    return classes


def table(state: State) -> np.ndarray:
    """The class of each query at each temperature of the slider."""
    if "table" not in vars(state):
        state.table = np.array([winners(state, temperature) for temperature in metric.TEMPERATURES])
    return state.table


def truths(state: State) -> np.ndarray:
    return np.arange(state.compared.answers.shape[1]) % state.way


def right(state: State) -> np.ndarray:
    return state.compared.answers[0].argmax(-1) == truths(state)


def close(number: float, value: float, digits: float = 0.005) -> bool:
    return abs(number - value) <= digits


@CLAIMS.says("**Notice** The query is of class {letter}, which gets {answers:.0%} of the attention")
def _(state, values):
    own = of_class(state.compared.attention[0, state.query], state.way)[state.query % state.way]
    return values["letter"] == LETTERS[state.query % state.way] and close(values["answers"], own)


@CLAIMS.says(", the most of all classes; {letter} comes next with {answers:.0%}. ")
def _(state, values):
    sums = of_class(state.compared.attention[0, state.query], state.way)
    own, other = sums[state.query % state.way], LETTERS.index(values["letter"])
    rest = np.delete(sums, state.query % state.way)
    return own >= sums.max() - 1e-5 and close(sums[other], rest.max()) and close(values["answers"], sums[other])


@CLAIMS.says(", but {letter} gets more, {answers:.0%}, so the answer is **wrong**. ")
def _(state, values):
    sums = of_class(state.compared.attention[0, state.query], state.way)
    other = LETTERS.index(values["letter"])
    return (
        other != state.query % state.way and sums[other] >= sums.max() - 1e-5 and close(values["answers"], sums[other])
    )


def holds(state, count: int, means: bool) -> bool:
    shares = state.compared.attention[0, state.query]
    shares = np.sort(of_class(shares, state.way) if means else shares)[::-1]
    return shares[:count].sum() >= 0.9 - 1e-4 and shares[: count - 1].sum() < 0.9 + 1e-4


@CLAIMS.says(
    "One of the {all} pictures holds at least 90% of it. ", "It takes {count} of the {all} pictures to hold 90% of it. "
)
def _(state, values):
    pictures = state.compared.attention.shape[2]
    return not state.config.prototypes and values["all"] == pictures and holds(state, values["count"], False)


@CLAIMS.says(
    "One of the {all} class means holds at least 90% of it. ",
    "It takes {count} of the {all} class means to hold 90% of it. ",
)
def _(state, values):
    return state.config.prototypes and values["all"] == state.way and holds(state, values["count"], True)


@CLAIMS.says("Of all {all} queries {count} is right. ", "Of all {all} queries {count} are right. ")
def _(state, values):
    return values["all"] == len(right(state)) and values["count"] == right(state).sum()


@CLAIMS.says("Each class is compared once, so the temperature changes how sure an answer is, never the answer: ")
def _(state, values):
    return (table(state) == table(state)[0]).all()


@CLAIMS.says("at every temperature all are right. Next: give it 5 drawings of each class.")
def _(state, values):
    return (table(state) == truths(state)).all()


@CLAIMS.says(
    "the wrong one is wrong at every temperature. Next: give it 5 drawings of each class.",
    "the {count} wrong ones are wrong at every temperature. Next: give it 5 drawings of each class.",
)
def _(state, values):
    return values["count"] == (table(state) != truths(state)).all(0).sum() == (~right(state)).sum()


@CLAIMS.says(
    "The slider's temperatures change the answer to {count} query; ",
    "The slider's temperatures change the answers to {count} queries; ",
)
def _(state, values):
    return values["count"] == sum(len(set(column)) > 1 for column in table(state).T.tolist())


@CLAIMS.says("{count} other is wrong at all of them. ", "{count} others are wrong at all of them. ")
def _(state, values):
    same = [len(set(column)) == 1 for column in table(state).T.tolist()]
    return values["count"] == sum(
        s and column != k for s, column, k in zip(same, table(state)[0], truths(state), strict=True)
    )


@CLAIMS.says("The answer to this query is {letter} at all of them.")
def _(state, values):
    return {LETTERS[k] for k in table(state)[:, state.query]} == {values["letter"]}


@CLAIMS.says("The answer to this query is {letter} here; at T = {temperature:g} it is {other}.")
def _(state, values):
    there = winners(state, values["temperature"])[state.query]
    here = state.compared.answers[0, state.query].argmax()
    return values["letter"] == LETTERS[here] != values["other"] == LETTERS[there]


@CLAIMS.says(
    "**Notice** The query is of class {letter}, whose drawing has a cosine of {own:.2f} with it; the drawing of "
    "{second_letter} has {other:.2f}. Divided by the temperature, {temperature:g}, that difference makes "
    "{second_letter} {times:.3g} times as likely as {letter}: {answers:.0%} against {answers2:.0%}. How sure the "
    "network is follows from the difference of the cosines, whether it is right or not. Would you have known?"
)
def _(state, values):
    query = state.compared.queries[0, state.query]
    own, other = (state.compared.support[0, LETTERS.index(values[name])] for name in ("letter", "second_letter"))
    cosine = [float(s @ query / np.linalg.norm(s) / np.linalg.norm(query)) for s in (own, other)]
    shares = state.compared.attention[0, state.query][[LETTERS.index(values[n]) for n in ("letter", "second_letter")]]
    return (
        state.compared.attention.shape[2] == state.way  # one drawing of each class, so the shares are theirs alone
        and close(values["own"], cosine[0]) and close(values["other"], cosine[1]) and cosine[1] > cosine[0]
        and np.isclose(values["times"], shares[1] / shares[0], rtol=0.01)
        and close(values["answers"], shares[1]) and close(values["answers2"], shares[0])
    )  # fmt: skip


@CLAIMS.says(
    "**Notice** At a threshold of {threshold:.2f} the network judges {count} of these {all} pairs correctly "
    "({kinds}). ",
    "**Notice** At a threshold of {threshold:.2f} the network judges all {all} of these pairs correctly. ",
)
def _(state, values):
    judged = [(state.compared.attention[0, p.query, p.support] >= state.threshold) == p.same for p in state.pairs]
    wrong = sum(int(kind.split()[0]) for kind in values.get("kinds", "").split(", ") if kind)
    return (
        values.get("count", values["all"]) == sum(judged)
        and values["all"] == len(judged)
        and wrong == values["all"] - sum(judged)
    )


@CLAIMS.says("{missed} missed")
def _(state, values):
    way = state.way
    return values["missed"] == sum(
        p.query % way == p.support % way and p.probability < state.threshold for p in state.pairs
    )


@CLAIMS.says("{count} false alarm", "{count} false alarms")
def _(state, values):
    way = state.way
    return values["count"] == sum(
        p.query % way != p.support % way and p.probability >= state.threshold for p in state.pairs
    )


@CLAIMS.says(
    "**Notice** On all {pairs} pairs of 50 episodes of unseen characters ({data}) it finds about {hits:.1%} of the "
    "pairs that match and gives about {alarms:.1%} false alarms. "
)
def _(state, values):
    verified = state.verified
    after = int(np.searchsorted(verified.thresholds, state.threshold))
    between = [
        part[after] - 1e-9 <= value <= part[after - 1] + 1e-9
        for part, value in ((verified.hits, values["hits"]), (verified.false_alarms, values["alarms"]))
    ]
    return values["data"] == fewshot.DATA[state.data] and values["pairs"] == 50 * 5 * 5 * 5 and all(between)


@CLAIMS.says(
    "Each pair of two characters shown here is a hard one: the query with the most similar of the {count} other "
    "characters."
)
def _(state, values):
    for pair in state.pairs:
        others = [p for s, p in enumerate(state.compared.attention[0, pair.query]) if s % state.way != pair.query]
        if not pair.same and (pair.probability < max(others) - 1e-6 or len(others) != values["count"]):
            return False
    return True


@CLAIMS.says(
    "**Notice** Untrained, the shipped network has {first:.0%} of the queries right; trained by {updates}, it has "
    "{last:.0%}. ",
    "**Notice** Untrained, your network has {first:.0%} of the queries right; after {updates} it has {last:.0%}. ",
    "**Notice** The network has {first:.0%} of the queries right after {start}, and {last:.0%} after {updates}. ",
)
def _(state, values):
    (start, *_, end) = state.steps
    said = [int(values.get(name, "0").split()[0]) for name in ("start", "updates")]
    return (*said, values["first"], values["last"]) == (
        start.iteration, end.iteration, start.accuracy_after, end.accuracy_after,
    )  # fmt: skip


@CLAIMS.says("At the report of update {middle}, at least half of that gain is reached. ")
def _(state, values):
    first, last = state.steps[0].accuracy_after, state.steps[-1].accuracy_after
    reached = [step.iteration for step in state.steps if step.accuracy_after - first >= (last - first) / 2 - 1e-9]
    return last > first and values["middle"] == reached[0]


@CLAIMS.says("**Notice** The mean squared error is {error:.2f}")
def _(state, values):
    return close(values["error"], np.mean((state.compared.answers[0, :, 0] - state.truth) ** 2))


@CLAIMS.says(": {between:.2f} between the first and the last point, {beyond:.2f} beyond them")
def _(state, values):
    inside = (state.x.min() <= state.grid) & (state.grid <= state.x.max())
    errors = (state.compared.answers[0, :, 0] - state.truth) ** 2
    return close(values["between"], errors[inside].mean()) and close(values["beyond"], errors[~inside].mean())


@CLAIMS.says(
    ". Each answer is a weighted mean of the support's values, so it stays between {low:.2f} and {high:.2f}; the true "
    "function goes from {bottom:.2f} to {top:.2f}. "
)
def _(state, values):
    answers = state.compared.answers[0, :, 0]
    return (
        values["low"] - 1e-4 <= answers.min() and answers.max() <= values["high"] + 1e-4
        and (values["low"], values["high"]) == (min(state.y), max(state.y))
        and (values["bottom"], values["top"]) == (min(state.truth), max(state.truth))
    )  # fmt: skip


@CLAIMS.says("On {share:.0%} of the axis the right value is out of reach. ")
def _(state, values):
    out = [not min(state.y) <= value <= max(state.y) for value in state.truth]
    return any(out) and close(values["share"], np.mean(out))


@CLAIMS.says("It gives its choice {first:.1%} and the next candidate {second:.1%}")
def _(state, values):
    return [values["first"], values["second"]] == sorted(state.answers)[:-3:-1]


@CLAIMS.says(
    "**Notice** The query is of class {letter}, and the pair with the picture of {letter} gets {p_true:.1%}. The pair "
    "with {second_letter} gets {p_chosen:.1%}, more than any other, so the answer is {second_letter}; no threshold "
    "plays a part in that. The chart takes apart the pair with {picked}, which has the ring; click the other pair to "
    "compare them."
)
def _(state, values):
    p = state.compared.attention[0, state.query]
    own, best = state.query % state.way, int(p.argmax())
    return (
        (values["letter"], values["second_letter"]) == (LETTERS[own], LETTERS[best])
        and close(values["p_true"], p[own], 1e-6) and close(values["p_chosen"], p[best], 1e-6)
        and state.compared.answers[0, state.query].argmax() == best
        and values["picked"] == LETTERS[[own, best][state.picked]]
    )  # fmt: skip


@CLAIMS.says(
    "Weighted difference {distance:.2f}: bias {bias:.2f} − {distance:.2f} = logit {logit:.2f}. The logistic function "
    "turns it into p = {p:.1%}."
)
def _(state, values):
    pair, head = state.pair, state.compared.head.astype(float)
    apart = np.abs(state.compared.queries[0, pair.query] - state.compared.support[0, pair.support])
    distance = -sum(weight * difference for weight, difference in zip(head[:-1], apart, strict=True))
    p = state.compared.attention[0, pair.query, pair.support]
    return (
        close(values["distance"], distance) and close(pair.distance, distance) and close(values["bias"], head[-1])
        and close(values["logit"], head[-1] - distance) and close(values["p"], p, 0.0005)
    )  # fmt: skip


@CLAIMS.says(
    "Of all that the shipped network gets wrong in {episodes} unseen episodes of {way} classes, these are the {count} "
    "mistakes in which the right class is furthest behind the chosen one, the furthest first."
)
def _(state, values):
    leads = [float(np.log(answers[chosen] / answers[truth])) for answers, truth, chosen in state.seen]
    return (
        values["episodes"] == state.episodes and values["count"] == len(state.seen)
        and {len(answers) for answers, _, _ in state.seen} == {values["way"]}
        and all(answers.argmax() == chosen != truth for answers, truth, chosen in state.seen)
        and all(one >= other - 1e-3 for one, other in pairwise(leads))
        and max(state.others, default=-np.inf) <= leads[-1] + 1e-3
    )  # fmt: skip


@CLAIMS.says("{who}. It compares by {how}.", "{who}. It compares by {how}, as in its training.")
def _(state, values):
    same = state.trained.distance == state.config.distance
    return values["who"].startswith(WHO[state.name]) and (state.name == "random" or same)


@CLAIMS.says("{who}. It was trained with {before}, and its weights have stayed as they were; now it compares by {how}.")
def _(state, values):
    assert values["who"].startswith(WHO[state.name]) and state.name != "random"
    return state.trained.distance != state.config.distance and state.trained.distance[:4] in values["before"].lower()


@CLAIMS.says("the cosine $c$ of two embeddings, between −1 and 1")
def _(state, values):
    return state.config.distance == "cosine" and np.abs(state.similarity).max() <= 1 + 1e-6


@CLAIMS.says("the dot product $c$ of two embeddings, which has no bounds")
def _(state, values):
    return state.config.distance == "dot"


@CLAIMS.says("$c$, minus the squared Euclidean distance of two embeddings, which is never above 0")
def _(state, values):
    return state.config.distance == "euclid" and state.similarity.max() <= 1e-3


@CLAIMS.says("**Trials so far: {count}.** You {you} of {count}, the network {network} of {count}.")
def _(state, values):
    return (values["you"], values["network"]) == tuple(sum(column) for column in zip(*state.score, strict=True))
