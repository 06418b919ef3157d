"""Lab: class means, the prototypes of Snell et al."""

from core.labs.common import LABELS_IGNORED
from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="class-means",
    function="classify_by_means",
    title=Words("Class means"),
    task=Words(
        "Represent each class by the mean of its support embeddings, and classify a query by its squared distances to "
        "these means."
    ),
    formula=r"c_k = \frac{1}{|S_k|} \sum_{s \in S_k} s, \quad "
    r"P(k \mid q) = \mathrm{softmax}_k\bigl(-\|q - c_k\|^2\bigr)",
    hints=(
        Words(
            "`members = one_hot(labels, way).float()` says which support point is of which class, [support, way]. Its "
            "transpose times the support gives the sums by class, [way, features]."
        ),
        Words(
            "Divide each sum by the number of support points of its class, `members.sum(0)[:, None]`, [way, 1]: "
            "classes may have different numbers."
        ),
        Words(
            "`queries[:, None] - means` has the shape [queries, way, features]. Square it and sum over the "
            "features. Of minus these distances take the log softmax: `(-distances).log_softmax(-1)`."
        ),
    ),
    mistakes=(
        Mistake(
            "sum-for-mean",
            Words("The support of a class is added up: a class with more pictures moves away. Divide by their number."),
            ((" / members.sum(0)[:, None]", ""),),
        ),
        Mistake(
            "mean-over-all",
            Words(
                "The sums are divided by the size of the whole support instead of that of the class, so all means lie "
                "too close to 0."
            ),
            (("members.sum(0)[:, None]", "len(support)"),),
        ),
        LABELS_IGNORED,
        Mistake(
            "farthest-mean",
            Words("The farthest mean gets the highest probability: put a minus before the distances."),
            (("(-distances)", "distances"),),
        ),
        Mistake(
            "root-of-distance",
            Words(
                "This is the distance itself. Leave out the root: only for the squared distance is the mean "
                "the best point to stand for its class."
            ),
            ((".square().sum(-1)", ".square().sum(-1).sqrt()"),),
        ),
        Mistake(
            "absolute-for-squared",
            Words("The absolute differences are added up. Square the differences instead."),
            ((".square().sum(-1)", ".abs().sum(-1)"),),
        ),
        Mistake(
            "mean-over-features",
            Words("The squared differences are averaged over the features: a distance is their sum."),
            ((".square().sum(-1)", ".square().mean(-1)"),),
        ),
        Mistake(
            "mean-of-distances",
            Words(
                "The distances to the support points of a class are averaged. Measure the distance to their "
                "mean instead: it is smaller, by the spread of the class."
            ),
            (
                (
                    "(queries[:, None] - means).square().sum(-1)",
                    "(queries[:, None] - support).square().sum(-1) @ members / members.sum(0)",
                ),
            ),
        ),
        Mistake(
            "product-for-distance",
            Words("The queries are multiplied with the means: a long mean draws all queries. Use squared distances."),
            (
                (
                    "(queries[:, None] - means).square().sum(-1)",
                    "-queries @ means.T",
                ),
            ),
        ),
        Mistake(
            "softmax-over-queries",
            Words("The softmax runs over the queries: the classes must share out each query, so take the last axis."),
            ((".log_softmax(-1)", ".log_softmax(0)"),),
        ),
        Mistake(
            "probabilities-for-logs",
            Words("These are probabilities. Return their logarithms, by `log_softmax`: the loss needs them."),
            ((".log_softmax(-1)", ".softmax(-1)"),),
        ),
        Mistake(
            "no-softmax",
            Words("The negative distances come back as they are: the `log_softmax` over the classes is missing."),
            (("(-distances).log_softmax(-1)", "-distances"),),
        ),
        Mistake(
            "graph-cut",
            Words(
                "No gradient reaches the embeddings: a `detach`, `.data`, `.item()` or `no_grad` cut them "
                "off, and nothing could be learned."
            ),
            (
                (
                    "return means, (-distances).log_softmax(-1)",
                    "return means.detach(), (-distances).log_softmax(-1).detach()",
                ),
            ),
        ),
    ),
    outputs=("means", "log_probabilities"),
)
