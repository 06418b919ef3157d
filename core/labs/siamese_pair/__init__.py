"""Lab: the weighted distance of a Siamese network, and its loss."""

from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="siamese-pair",
    function="pair_loss",
    title=Words("The distance and the loss of a Siamese network"),
    task=Words(
        "Compare two embeddings number by number, weigh the differences, and say how likely both pictures are of one "
        "character. Then measure how wrong that is."
    ),
    formula=r"p = \sigma\Bigl(\sum_j w_j \, |a_j - b_j| + b\Bigr)",
    hints=(
        Words("The distance of each feature is the absolute difference: `(first - second).abs()`, [pairs, features]."),
        Words(
            "`distances @ weights + bias` gives a logit for each pair. A sigmoid makes a probability of it, once and "
            "only once."
        ),
        Words(
            "`torch.nn.functional.binary_cross_entropy_with_logits(logits, same)` takes logits, has the sigmoid "
            "inside and returns the mean."
        ),
    ),
    mistakes=(
        Mistake(
            "squared-for-absolute",
            Words(
                "The differences are squared. Take their absolute value, so that one large difference does "
                "not outweigh all the others."
            ),
            ((".abs()", ".square()"),),
        ),
        Mistake(
            "no-absolute-value",
            Words(
                "The sign of the differences is kept, so the answer depends on which picture comes first. Take the "
                "absolute value."
            ),
            ((".abs()", ""),),
        ),
        Mistake(
            "product-for-distance",
            Words("The embeddings are multiplied, which is a similarity. Subtract them and take the absolute value."),
            (("(first - second).abs()", "first * second"),),
        ),
        Mistake(
            "unweighted",
            Words("All differences count the same: the learned weights are missing."),
            (("distances @ weights", "distances.sum(-1)"),),
        ),
        Mistake(
            "weights-inside-absolute-value",
            Words(
                "The weights are multiplied before the absolute value is taken, so their signs are lost, and no "
                "feature can ever speak against a match. Weigh the absolute differences."
            ),
            (("distances @ weights", "(distances * weights).abs().sum(-1)"),),
        ),
        Mistake(
            "absolute-value-of-sum",
            Words(
                "The absolute value is taken of the weighted sum, in which differences of opposite sign cancel. Take "
                "it of each feature's difference, before the sum."
            ),
            (("(first - second).abs()", "first - second"), ("distances @ weights", "(distances @ weights).abs()")),
        ),
        Mistake(
            "mean-over-features",
            Words("The weighted differences are averaged over the features. The logit is their sum."),
            (("distances @ weights", "(distances * weights).mean(-1)"),),
        ),
        Mistake(
            "bias-for-each-feature",
            Words(
                "The bias is added once for each feature, because it is there before the sum. Add it once, to the sum."
            ),
            (("distances @ weights + bias", "(distances * weights + bias).sum(-1)"),),
        ),
        Mistake(
            "minus-before-the-sum",
            Words(
                "There is a minus before the weighted sum. The weights are learned with their sign: a weight below 0 "
                "already says that a difference speaks against a match."
            ),
            (("distances @ weights + bias", "bias - distances @ weights"),),
        ),
        Mistake(
            "forgets-bias",
            Words("The bias is missing: two equal embeddings always get exactly one half."),
            (("distances @ weights + bias", "distances @ weights"),),
        ),
        Mistake(
            "probability-of-difference",
            Words("The sign is flipped: a high probability must mean that both pictures are of one character."),
            (("distances @ weights + bias", "-(distances @ weights + bias)"),),
        ),
        Mistake(
            "labels-swapped",
            Words("The loss rewards the wrong answer: `same` is 1 where the probability should be high, not low."),
            (("(logits, same)", "(logits, 1 - same)"),),
        ),
        Mistake(
            "logits-for-probabilities",
            Words("The first result is still a logit, which has no bounds. The sigmoid makes a probability of it."),
            (("return logits.sigmoid()", "return logits"),),
        ),
        Mistake(
            "sigmoid-twice",
            Words(
                "This loss applies a sigmoid by itself, but it is given probabilities: that makes two "
                "sigmoids. Give it the logits."
            ),
            (("(logits, same)", "(logits.sigmoid(), same)"),),
        ),
        Mistake(
            "sum-for-mean",
            Words("The losses of the pairs are added up, so the loss grows with their number. Take the mean."),
            (("(logits, same)", '(logits, same, reduction="sum")'),),
        ),
        Mistake(
            "squared-error",
            Words(
                "This loss is the mean squared error of the probabilities. Take the binary cross-entropy, which grows "
                "without bound as an answer gets surely wrong."
            ),
            (
                (
                    "binary_cross_entropy_with_logits(logits, same)",
                    "(logits.sigmoid() - same).square().mean()",
                ),
            ),
        ),
        Mistake(
            "no-loss-for-differing-pairs",
            Words(
                "Only the pairs that match enter the loss. Without the other part, (1 − y) log(1 − p), the network "
                "would say that all pairs match."
            ),
            (("(logits, same)", "(logits, same, weight=same)"),),
        ),
        Mistake(
            "loss-cut",
            Words(
                "The values are right, but the loss is only a number, and nothing can be learned from it: `.item()`, "
                "`float` or a `detach` cuts the gradient. Return the tensor."
            ),
            (("return logits.sigmoid(), loss", "return logits.sigmoid(), loss.item()"),),
        ),
        Mistake(
            "graph-cut",
            Words(
                "No gradient reaches the embeddings: a `detach`, `.data`, `.item()` or `no_grad` cut them "
                "off, and nothing could be learned."
            ),
            (("return logits.sigmoid(), loss", "return logits.sigmoid().detach(), loss.detach()"),),
        ),
    ),
    outputs=("probabilities", "loss"),
)
