"""Lab siamese-pair: a learned weighted distance and its loss (Koch et al. 2015, section 3)."""

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits


def pair_loss(first: Tensor, second: Tensor, weights: Tensor, bias: Tensor, same: Tensor) -> tuple[Tensor, Tensor]:
    """Return the probability of each pair that both pictures are of one character, [pairs], and the mean loss, [].

        logit = sum over j of weights_j * |first_j - second_j|, plus bias
        probability = sigmoid(logit)
        loss = the mean over the pairs of the binary cross-entropy of the probability with `same`

    first, second [pairs, features]: the embeddings of the two pictures of each pair; weights [features]; bias [];
    same [pairs]: 1.0 where both are of one character, else 0.0.
    """
    distances = (first - second).abs()
    logits = distances @ weights + bias
    loss = binary_cross_entropy_with_logits(logits, same)
    return logits.sigmoid(), loss
