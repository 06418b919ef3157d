"""The claims of the maps and stages of the metric methods, with checks that read embeddings and attention."""

import numpy as np

from lessons.demos import metric
from lessons.demos.fewshot import LETTERS
from tests.claims.metric import CLAIMS, close, right, winners

CLAIMS.names(
    "Next: move the threshold and see which kind of error you buy.",
    "Next: move the temperature, and choose another query.",
)


@CLAIMS.says(
    "**Notice** In a straight line through all {dimensions} dimensions, a query is on average {own:.3g} away from the "
    "support of its own class and {other:.3g} from that of another class. "
)
def _(state, values):
    support, queries = state.compared.support[0], state.compared.queries[0]
    near, far = [], []
    for i, query in enumerate(queries):
        for j, s in enumerate(support):
            (near if i % state.way == j % state.way else far).append(np.sqrt(np.square(query - s).sum()))
    return (
        np.isclose(values["own"], np.mean(near), rtol=1e-3) and np.isclose(values["other"], np.mean(far), rtol=1e-3)
        and values["dimensions"] == support.shape[1]
    )  # fmt: skip


@CLAIMS.says(
    "Given the class of its most probable pair, whatever the threshold, {count} of the {all} queries is answered "
    "correctly. ",
    "Given the class of its most probable pair, whatever the threshold, {count} of the {all} queries are answered "
    "correctly. ",
)
def _(state, values):
    most = state.compared.attention[0].argmax(1) % state.way
    own = sum(int(k == i % state.way) for i, k in enumerate(most))
    return values["count"] == own and values["all"] == len(most)


@CLAIMS.says(
    "{count} of the {all} queries is answered correctly. ", "{count} of the {all} queries are answered correctly. "
)
def _(state, values):
    return values["count"] == right(state).sum() and values["all"] == len(right(state))


@CLAIMS.says(
    "The map shows two directions, which hold {share:.0%} of the variance: points that overlap here may be apart in "
    "the others."
)
def _(state, values):
    points = np.concatenate([state.compared.support[0], state.compared.queries[0]]).astype(float)
    variances = np.sort(np.linalg.eigvalsh(np.cov(points.T)))[::-1]
    return close(values["share"], variances[:2].sum() / variances.sum())


def logit(state) -> tuple[float, float]:
    """What the differences of a pair add, by a plain loop, and the bias."""
    first, second = state.compared.queries[0, state.pair.query], state.compared.support[0, state.pair.support]
    head = state.compared.head
    return sum(float(w) * abs(float(a) - float(b)) for a, b, w in zip(first, second, head, strict=False)), head[-1]


@CLAIMS.says(
    "The score begins at the bias, {bias:.2f}. The differences take {taken:.2f} off it, which leaves {score:.2f}: a "
    "probability of {p:.1%} for “same”."
)
def _(state, values):
    added, bias = logit(state)
    return (
        added < 0 and close(values["taken"], -added, 0.006) and close(values["bias"], bias, 0.006)
        and close(values["score"], added + bias, 0.006) and close(values["p"], state.pair.probability, 1e-3)
    )  # fmt: skip


@CLAIMS.says(
    "The score begins at the bias, {bias:.2f}. The differences add {added:.2f}, which makes {score:.2f}: a probability "
    "of {p:.1%} for “same”."
)
def _(state, values):
    added, bias = logit(state)
    return (
        added > -0.006 and close(values["added"], added, 0.006) and close(values["bias"], bias, 0.006)
        and close(values["score"], added + bias, 0.006) and close(values["p"], state.pair.probability, 1e-3)
    )  # fmt: skip


@CLAIMS.says(
    "**Notice** One drawing is compared with all {count} candidates, {count} times the same question. The "
    "highest probability is that of candidate {first}, {p:.1%}; next comes candidate {second}, {q:.1%}. "
)
def _(state, values):
    p = state.compared.attention[0, state.query]
    highest = sorted(p.tolist(), reverse=True)
    return (
        values["count"] == len(p) and close(values["p"], p[values["first"] - 1], 1e-6)
        and close(values["q"], p[values["second"] - 1], 1e-6) and values["first"] != values["second"]
        and [values["p"], values["q"]] == highest[:2]
    )  # fmt: skip


@CLAIMS.says("Candidate {truth} is the right one, so the answer is right.")
def _(state, values):
    return values["truth"] == state.query + 1 == state.compared.attention[0, state.query].argmax() + 1


@CLAIMS.says("Candidate {truth} is the right one, so this answer is wrong.")
def _(state, values):
    return values["truth"] == state.query + 1 != state.compared.attention[0, state.query].argmax() + 1


def attention(state, temperature: float) -> np.ndarray:
    """The attention of the query at a temperature, by plain loops over the embeddings."""
    query = state.compared.queries[0, state.query].astype(float)
    cosines = [float(s @ query / np.linalg.norm(s) / np.linalg.norm(query)) for s in state.compared.support[0]]
    powers = np.exp(np.array(cosines) / temperature)
    return powers / powers.sum()


@CLAIMS.says(
    "**Notice** At T = {low:g} the chosen query gives {letter} {cold:.0%} of its attention, at T = {high:g} still the "
    "most, but {warm:.1%}; an even share is {even:.0%}. "
)
def _(state, values):
    cold, warm = attention(state, values["low"]), attention(state, values["high"])
    best = LETTERS.index(values["letter"])
    return (
        best == cold.argmax() and warm[best] >= warm.max() - 1e-9 and close(values["cold"], cold[best])
        and close(values["warm"], warm[best]) and close(values["even"], 1 / len(cold)) and warm[best] <= cold[best]
    )  # fmt: skip


@CLAIMS.says("Of all {all} queries {count} have the same winner at both temperatures.")
def _(state, values):
    cold, warm = (winners(state, temperature) for temperature in (metric.TEMPERATURES[4], metric.TEMPERATURES[-1]))
    return values["count"] == sum(a == b for a, b in zip(cold, warm, strict=True)) and values["all"] == len(cold)
