"""Lab: one layer of linear attention that is a step of gradient descent."""

from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="attention-step",
    function="attention_step",
    title=Words("Attention as a step"),
    task=Words(
        "Write one layer of attention without softmax that answers as a linear model does after one gradient step from "
        "zero. The keys are the x of the points, the values are the rate times y, and the loss is half the mean of the "
        "squared errors."
    ),
    formula=r"\hat y(x) = \frac{1}{n} \sum_j (x \cdot x_j)\, \alpha y_j",
    hints=(
        Words(
            "For one query, the answer is a sum over the points: how well the query fits the point's x, times the "
            "point's value. Begin with the values: `rate * y`."
        ),
        Words(
            "`queries @ x.T` has a row for each query and a column for each point: the product of the two. There is no "
            "softmax here, so these numbers may be negative and need not add up to one."
        ),
        Words(
            "`attention @ values` adds up over the points. Divide it by the number of points, `len(y)`, because the "
            "loss is a mean."
        ),
    ),
    mistakes=(
        Mistake(
            "softmax",
            Words(
                "There is a softmax over the points. A gradient step has none: its weights may be negative, and they "
                "double when a query is twice as long."
            ),
            (("attention = queries @ x.T", "attention = (queries @ x.T).softmax(-1)"),),
        ),
        Mistake(
            "sum-for-mean",
            Words("The values are added up, but not divided by the number of points: the loss is a mean over them."),
            ((" / len(y)", ""),),
        ),
        Mistake(
            "twice-as-large",
            Words(
                "The answers are twice as large as they should be. The loss is half the mean of the squared errors, so "
                "that no factor of 2 is left in its gradient."
            ),
            ((" / len(y)", " * 2 / len(y)"),),
        ),
        Mistake(
            "mean-over-queries",
            Words(
                "The mean runs over the queries. Each query has an answer of its own, the mean over the points: the "
                "last axis of the attention."
            ),
            (("attention @ values / len(y)", "(attention * values).mean(0)"),),
        ),
        Mistake(
            "transposed",
            Words(
                "The attention is transposed: it should have a row for each query and a column for each point, as "
                "`queries @ x.T` has."
            ),
            (("return attention, answers", "return attention.T, answers"),),
        ),
        Mistake(
            "divides-by-inputs",
            Words("The sum is divided by how many numbers x has. Divide by the number of points."),
            ((" / len(y)", " / x.shape[1]"),),
        ),
        Mistake(
            "forgets-rate",
            Words("The rate is missing: it says how long the step is, and belongs in the values."),
            (("values = rate * y", "values = y"),),
        ),
        Mistake(
            "rate-in-attention",
            Words(
                "The rate is in the attention. The answers are right, but the attention is only the products of "
                "queries and keys: put the rate into the values."
            ),
            (
                ("attention = queries @ x.T", "attention = rate * queries @ x.T"),
                ("values = rate * y", "values = y"),
            ),
        ),
        Mistake(
            "uphill",
            Words(
                "The answers point the other way. The gradient at w = 0 is minus the mean of y x, and the step goes "
                "against it, so the two minus signs cancel."
            ),
            (("values = rate * y", "values = -rate * y"),),
        ),
        Mistake(
            "scaled-by-width",
            Words(
                "The products are divided by the root of the width, as in a transformer. A gradient step has no such "
                "scale."
            ),
            (("attention = queries @ x.T", "attention = queries @ x.T / x.shape[1] ** 0.5"),),
        ),
        Mistake(
            "cosine-for-product",
            Words(
                "These are cosines: the lengths of x are divided away. In a gradient step a point with a larger x "
                "counts more."
            ),
            (
                (
                    "attention = queries @ x.T",
                    "attention = torch.cosine_similarity(queries[:, None], x[None], dim=-1)",
                ),
            ),
        ),
        Mistake(
            "values-without-y",
            Words("The values do not hold y, so the answers cannot tell one function from another."),
            (("values = rate * y", "values = rate * torch.ones_like(y)"),),
        ),
        Mistake(
            "second-rate",
            Words("The rate is in the answers twice: once in the values and once more. One step has one rate."),
            (("answers = attention @ values", "answers = rate * attention @ values"),),
        ),
        Mistake(
            "graph-cut",
            Words(
                "No gradient reaches the points or the queries: a `detach`, `.data`, `.item()` or `no_grad` cut them "
                "off, and a network around this layer could not learn."
            ),
            (("return attention, answers", "return attention.detach(), answers.detach()"),),
        ),
    ),
    outputs=("attention", "answers"),
)
