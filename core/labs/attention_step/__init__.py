"""Lab: one layer of linear attention that is a step of gradient descent."""

from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="attention-step",
    function="attention_step",
    title=Words("Attention as a step"),
    task=Words(
        "Write one layer of attention without softmax that answers as a linear model does after one gradient step from "
        "zero: queries and keys are x, values are the rate times y."
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
                "There is a softmax over the points. A gradient step has none: its weights may be negative, and double "
                "if a query is twice as long."
            ),
            (("attention = queries @ x.T", "attention = (queries @ x.T).softmax(-1)"),),
        ),
        Mistake(
            "sum-for-mean",
            Words("The values are added up, but not divided by the number of points: the loss is a mean over them."),
            ((" / len(y)", ""),),
        ),
        Mistake(
            "divides-by-inputs",
            Words("The sum is divided by how many numbers x has. Divide by the number of points."),
            ((" / len(y)", " / x.shape[1]"),),
        ),
        Mistake(
            "forgets-rate",
            Words("The rate is missing: it says how long the step is, and belongs into the values."),
            (("values = rate * y", "values = y"),),
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
