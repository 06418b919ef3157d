"""Lab class-means: classify by the nearest class mean (Snell et al. 2017, equations 1 and 2)."""

from torch import Tensor
from torch.nn.functional import one_hot


def classify_by_means(queries: Tensor, support: Tensor, labels: Tensor, way: int) -> tuple[Tensor, Tensor]:
    """Return the mean embedding of each class, [way, features], and the log probabilities of each query's classes,
    [queries, way].

        mean_c = the mean of the support points with label c
        log probabilities = log_softmax over the classes of minus the squared Euclidean distance to each mean

    queries [queries, features] and support [support, features] are embeddings; labels [support]: whole numbers from
    0 to way - 1 in any order, and a class may have more support points than another.
    """
    members = one_hot(labels, way).to(support.dtype)
    means = members.T @ support / members.sum(0)[:, None]
    distances = (queries[:, None] - means).square().sum(-1)
    return means, (-distances).log_softmax(-1)
