"""Lab matching-attention: attention to the support, and its sum by class (Vinyals et al. 2016, equation 1)."""

from torch import Tensor
from torch.nn.functional import one_hot


def attend(queries: Tensor, support: Tensor, labels: Tensor, way: int, scale: float) -> tuple[Tensor, Tensor]:
    """Return the attention of each query to each support point, [queries, support], and the probability of each
    class, [queries, way].

        attention = softmax over the support of scale * cosine(query, support point)
        the probability of a class = the sum of the attention to its support points

    queries [queries, features] and support [support, features] are embeddings; labels [support]: whole numbers from
    0 to way - 1 in any order, and a class may have more support points than another.
    """
    queries = queries / queries.norm(dim=-1, keepdim=True)
    support = support / support.norm(dim=-1, keepdim=True)
    attention = (scale * queries @ support.T).softmax(-1)
    members = one_hot(labels, way).to(attention.dtype)
    return attention, attention @ members
