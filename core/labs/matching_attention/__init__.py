"""Lab: the attention of a Matching network."""

from core.labs.common import LABELS_IGNORED
from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="matching-attention",
    function="attend",
    title=Words("The attention of a Matching network"),
    task=Words(
        "Compare each query with each support point by their cosine, turn the cosines into attention, "
        "and add up the attention by class."
    ),
    formula=r"a(q, s_k) = \frac{e^{c \cos(q, s_k)}}{\sum_l e^{c \cos(q, s_l)}}, \quad "
    r"P(y \mid q) = \sum_{k: y_k = y} a(q, s_k)",
    hints=(
        Words("Divide each embedding by its length, then `queries @ support.T` holds all cosines at once."),
        Words("Multiply by `scale`, then take the softmax over the support, the last axis: each row sums to 1."),
        Words(
            "`one_hot(labels, way).float()` says which support point is of which class, [support, way]. The attention "
            "times this matrix is its sum by class."
        ),
    ),
    mistakes=(
        Mistake(
            "softmax-over-queries",
            Words(
                "The softmax runs over the queries: they would compete for a support point. Each query shares out its "
                "own attention, so take it over the support, the last axis."
            ),
            ((".softmax(-1)", ".softmax(0)"),),
        ),
        Mistake(
            "no-softmax",
            Words("The attention is not put through a softmax: it has negative entries, and a row does not sum to 1."),
            (("(scale * queries @ support.T).softmax(-1)", "scale * queries @ support.T"),),
        ),
        Mistake(
            "divided-for-softmax",
            Words(
                "The cosines are divided by their sum. They may be negative, and their sum may be near 0: a "
                "softmax exponentiates them first."
            ),
            (
                (
                    "(scale * queries @ support.T).softmax(-1)",
                    "queries @ support.T / (queries @ support.T).sum(-1, keepdim=True)",
                ),
            ),
        ),
        Mistake(
            "distance-for-similarity",
            Words(
                "Distances are put into the softmax, so the farthest support point gets the most attention. A "
                "similarity must grow as two points get closer."
            ),
            (("(scale * queries @ support.T)", "(scale * (1 - queries @ support.T))"),),
        ),
        Mistake(
            "dot-for-cosine",
            Words("The products are not divided by the lengths, so a long embedding draws all of the attention."),
            (
                ("    queries = queries / queries.norm(dim=-1, keepdim=True)\n", ""),
                ("    support = support / support.norm(dim=-1, keepdim=True)\n", ""),
            ),
        ),
        Mistake(
            "one-side-normalized",
            Words("The queries are divided by their lengths, the support points are not: a cosine needs both."),
            (("    support = support / support.norm(dim=-1, keepdim=True)\n", ""),),
        ),
        Mistake(
            "forgets-scale",
            Words("`scale` is missing. Cosines differ by 2 at most, so without it their softmax stays nearly flat."),
            (("(scale * queries @ support.T)", "(queries @ support.T)"),),
        ),
        Mistake(
            "divides-by-scale",
            Words("The cosines are divided by `scale`. It is not a temperature: multiply by it."),
            (("scale * queries @ support.T", "queries @ support.T / scale"),),
        ),
        Mistake(
            "mean-for-sum",
            Words(
                "The attention is averaged over each class, so the probabilities no longer sum to 1. The probability "
                "of a class is the sum of the attention to its support points."
            ),
            (("attention @ members", "attention @ members / members.sum(0)"),),
        ),
        Mistake(
            "maximum-for-sum",
            Words("Only the most attended support point of a class counts. Add up all of them."),
            (("attention @ members", "(attention[:, :, None] * members).amax(1)"),),
        ),
        Mistake(
            "softmax-over-classes",
            Words(
                "The similarities are added up by class, and only then put through a softmax. The softmax "
                "over the support points comes first: it is the attention that is added up."
            ),
            (("attention @ members", "(scale * queries @ support.T @ members).softmax(-1)"),),
        ),
        LABELS_IGNORED,
        Mistake(
            "log-for-probability",
            Words("These are log probabilities. Return the probabilities themselves."),
            (("attention @ members", "(attention @ members).log()"),),
        ),
        Mistake(
            "graph-cut",
            Words(
                "No gradient reaches the embeddings: a `detach`, `.data`, `.item()` or `no_grad` cut them "
                "off, and nothing could be learned."
            ),
            (("return attention, attention @ members", "return attention.detach(), (attention @ members).detach()"),),
        ),
    ),
    outputs=("attention", "probabilities"),
)
