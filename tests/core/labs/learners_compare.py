"""The labs about comparing, as learners write them."""

from tests.core.labs.learners import Learner

PAIR = """import torch

def pair_loss(a, b, w, c, y):
    scores = []
    for left, right in zip(a, b):
        gap = torch.abs(left - right)
        scores.append(torch.dot(w, gap) + c)
    z = torch.stack(scores)
    p = 1 / (1 + torch.exp(-z))
    losses = -(y * torch.log(p) + (1 - y) * torch.log(1 - p))
    return p, losses.mean()
"""
ATTEND = """import torch

def attend(q, s, labels, way, scale):
    similarity = torch.einsum("qf,sf->qs", q, s)
    similarity = similarity / q.norm(dim=1)[:, None] / s.norm(dim=1)[None, :]
    weights = torch.exp(scale * similarity)
    weights = weights / weights.sum(dim=1, keepdim=True)
    classes = torch.zeros(len(q), way)
    classes = classes.index_add(1, labels, weights)
    return weights, classes
"""
MEANS = """import torch

def classify_by_means(queries, support, labels, way):
    means = torch.stack([support[labels == k].mean(dim=0) for k in range(way)])
    squared = torch.stack([((q - means) ** 2).sum(dim=1) for q in queries])
    scores = -squared
    return means, scores - torch.logsumexp(scores, dim=1, keepdim=True)
"""
STEP = """
import math
import torch

def attention_step(x, y, queries, rate):
    n = x.shape[0]
    a = torch.einsum('qi,pi->qp', queries, x)
    total = 0
    for j in range(len(y)):
        total = total + a[:, j] * (rate * y[j])
    return a, total / n
"""

LEARNERS = {
    "siamese-pair": Learner(
        PAIR,
        {
            "squared-for-absolute": ("torch.abs(left - right)", "(left - right) ** 2"),
            "no-absolute-value": ("torch.abs(left - right)", "left - right"),
            "product-for-distance": ("torch.abs(left - right)", "left * right"),
            "unweighted": ("torch.dot(w, gap)", "gap.sum()"),
            "weights-inside-absolute-value": ("torch.dot(w, gap)", "torch.abs(w * gap).sum()"),
            "absolute-value-of-sum": (
                "torch.abs(left - right)", "left - right", "torch.dot(w, gap)", "torch.dot(w, gap).abs()",
            ),
            "mean-over-features": ("torch.dot(w, gap)", "torch.dot(w, gap) / len(gap)"),
            "bias-for-each-feature": (" + c)", " + c * len(gap))"),
            "minus-before-the-sum": ("torch.dot(w, gap)", "torch.dot(w, -gap)"),
            "forgets-bias": (" + c)", ")"),
            "probability-of-difference": ("torch.stack(scores)", "-torch.stack(scores)"),
            "labels-swapped": ("(y * torch.log(p) + (1 - y) *", "((1 - y) * torch.log(p) + y *"),
            "logits-for-probabilities": ("return p,", "return z,"),
            "sigmoid-twice": (
                "    losses", "    r = torch.sigmoid(p)\n    losses", "log(p)", "log(r)", "(1 - p)", "(1 - r)",
            ),
            "sum-for-mean": ("losses.mean()", "losses.sum()"),
            "squared-error": ("losses = -(y * torch.log(p) + (1 - y) * torch.log(1 - p))", "losses = (y - p) ** 2"),
            "loss-cut": ("losses.mean()", "torch.tensor(losses.mean().item())"),
            "no-loss-for-differing-pairs": (" + (1 - y) * torch.log(1 - p)", ""),
            "graph-cut": ("torch.stack(scores)", "torch.tensor([score.item() for score in scores])"),
        },
    ),
    "matching-attention": Learner(
        ATTEND,
        {
            "softmax-over-queries": ("sum(dim=1, keepdim", "sum(dim=0, keepdim"),
            "no-softmax": (
                "torch.exp(scale * similarity)", "scale * similarity",
                "    weights = weights / weights.sum(dim=1, keepdim=True)\n", "",
            ),
            "divided-for-softmax": ("torch.exp(scale * similarity)", "similarity"),
            "distance-for-similarity": ("torch.exp(scale * similarity)", "torch.exp(-scale * similarity)"),
            "dot-for-cosine": (" / q.norm(dim=1)[:, None] / s.norm(dim=1)[None, :]", ""),
            "one-side-normalized": (" / s.norm(dim=1)[None, :]", ""),
            "forgets-scale": ("torch.exp(scale * similarity)", "torch.exp(similarity)"),
            "divides-by-scale": ("torch.exp(scale * similarity)", "torch.exp(similarity / scale)"),
            "mean-for-sum": (
                "return weights, classes", "return weights, classes / torch.bincount(labels, minlength=way)",
            ),
            "maximum-for-sum": (
                "return weights, classes",
                "return weights, torch.stack([weights[:, labels == k].max(1).values for k in range(way)], 1)",
            ),
            "softmax-over-classes": (
                "index_add(1, labels, weights)", "index_add(1, labels, scale * similarity).softmax(1)",
            ),
            "labels-ignored": ("(1, labels,", "(1, torch.arange(len(s)) % way,"),
            "log-for-probability": ("return weights, classes", "return weights, torch.log(classes)"),
            "graph-cut": ("torch.exp(scale * similarity)", "torch.exp(scale * similarity.data)"),
        },
    ),
    "attention-step": Learner(
        STEP,
        {
            "softmax": ("queries, x)", "queries, x).softmax(1)"),
            "sum-for-mean": ("total / n", "total"),
            "twice-as-large": ("total / n", "total / n * 2"),
            "mean-over-queries": ("total / n", "(a * rate * y).sum(0) / len(queries)"),
            "transposed": ("return a, total", "return a.transpose(0, 1), total"),
            "rate-in-attention": ("return a, total", "return a * rate, total"),
            "divides-by-inputs": ("n = x.shape[0]", "n = x.shape[1]"),
            "forgets-rate": ("rate * y[j]", "y[j]"),
            "uphill": ("rate * y[j]", "-rate * y[j]"),
            "scaled-by-width": ("queries, x)", "queries, x) / math.sqrt(x.shape[1])"),
            "cosine-for-product": (
                "queries, x)", "queries / queries.norm(dim=1, keepdim=True), x / x.norm(dim=1, keepdim=True))",
            ),
            "values-without-y": ("rate * y[j]", "rate"),
            "second-rate": ("total / n", "rate * total / n"),
            "graph-cut": ("queries, x)", "queries, x).data", "rate * y[j]", "rate * y.data[j]"),
        },
    ),
    "class-means": Learner(
        MEANS,
        {
            "sum-for-mean": ("support[labels == k].mean(dim=0)", "support[labels == k].sum(dim=0)"),
            "mean-over-all": ("support[labels == k].mean(dim=0)", "support[labels == k].sum(dim=0) / support.shape[0]"),
            "labels-ignored": ("support[labels == k]", "support[k::way]"),
            "farthest-mean": ("scores = -squared", "scores = squared"),
            "root-of-distance": (".sum(dim=1) for", ".sum(dim=1) ** 0.5 for"),
            "absolute-for-squared": ("((q - means) ** 2)", "torch.abs(q - means)"),
            "mean-over-features": (".sum(dim=1) for", ".mean(dim=1) for"),
            "mean-of-distances": (
                "((q - means) ** 2).sum(dim=1)",
                "torch.stack([((q - support[labels == k]) ** 2).sum(1).mean() for k in range(way)])",
            ),
            "product-for-distance": ("((q - means) ** 2)", "(-q * means)"),
            "softmax-over-queries": ("dim=1, keepdim", "dim=0, keepdim"),
            "probabilities-for-logs": ("scores - torch.logsumexp(scores, dim=1, keepdim=True)", "scores.softmax(1)"),
            "no-softmax": ("scores - torch.logsumexp(scores, dim=1, keepdim=True)", "scores"),
            "graph-cut": (
                "    means =", "    queries, support = queries.detach(), support.detach()\n    means =",
            ),
        },
    ),
}  # fmt: skip
