"""The labs about memories, as learners write them."""

from tests.core.labs.learners import Learner

ADDRESS = """import torch
from torch.nn.functional import normalize

def address(memory, key, strength, gate, shift, gamma, before):
    dots = torch.einsum("brw,bw->br", memory, key)
    lengths = (memory.norm(dim=2) * key.norm(dim=1, keepdim=True)).clamp(min=1e-8)
    content = torch.softmax(strength * dots / lengths, dim=1)
    mixed = gate * content + before - gate * before
    rows = memory.shape[1]
    moved = torch.zeros_like(mixed)
    for r in range(rows):
        moved[:, r] += shift[:, 0] * mixed[:, (r + 1) % rows]
        moved[:, r] += shift[:, 1] * mixed[:, r]
        moved[:, r] += shift[:, 2] * mixed[:, r - 1]
    sharp = moved.pow(gamma)
    return normalize(sharp, p=1, dim=1)
"""
WRITE = """import torch

def write(memory, weighting, erase, add):
    rows = []
    for r in range(memory.shape[1]):
        w = weighting[:, r : r + 1]
        kept = memory[:, r] - memory[:, r] * w * erase
        rows.append(kept + w * add)
    return torch.stack(rows, dim=1)
"""
LEAST = """import torch

def write_least_used(memory, usage, read, wrote, gate, added, decay):
    new_usage = usage * decay + (read + wrote)
    place = torch.zeros_like(usage)
    for b in range(len(usage)):
        place[b, torch.argsort(new_usage[b])[0]] = 1
    writing = torch.lerp(place, read, gate.expand_as(place))
    kept = torch.where(place[:, :, None] > 0, torch.zeros_like(memory), memory)
    return kept + torch.einsum("br,bw->brw", writing, added), writing, new_usage
"""
KEPT = "memory[:, r] - memory[:, r] * w * erase"
LEARNERS = {
    "ntm-address": Learner(
        ADDRESS,
        {
            "shift-does-not-wrap": (
                "mixed[:, (r + 1) % rows]", "(mixed[:, r + 1] if r + 1 < rows else 0)",
                "mixed[:, r - 1]", "(mixed[:, r - 1] if r else 0)",
            ),
            "shift-the-other-way": ("shift[:, 0] *", "shift[:, -1] *", "shift[:, 2] *", "shift[:, 0] *"),
            "shift-mixes-sequences": (
                "    for r in range(rows):",
                "    flat = mixed.flatten()\n"
                "    after, before = torch.cat([flat[1:], flat[:1]]), torch.cat([flat[-1:], flat[:-1]])\n"
                "    after, before = after.view_as(mixed), before.view_as(mixed)\n    for r in range(rows):",
                "mixed[:, (r + 1) % rows]", "after[:, r]", "mixed[:, r - 1]", "before[:, r]",
            ),
            "shift-of-first-sequence": ("    rows =", "    shift = shift[0][None]\n    rows ="),
            "no-shift": ("moved.pow", "mixed.pow"),
            "not-normalized-after-sharpening": ("return normalize(sharp, p=1, dim=1)", "return sharp"),
            "sum-over-batch": ("normalize(sharp, p=1, dim=1)", "sharp / torch.sum(sharp)"),
            "sharpens-before-the-shift": (
                "    rows =", "    mixed = normalize(mixed.pow(gamma), p=1, dim=1)\n    rows =",
                "sharp = moved.pow(gamma)", "sharp = moved",
            ),
            "no-sharpening": ("moved.pow(gamma)", "moved * gamma"),
            "gate-swapped": ("gate * content + before - gate * before", "content + gate * (before - content)"),
            "no-gate": ("gate * content + before - gate * before", "content.clone()"),
            "product-for-cosine": ("strength * dots / lengths", "strength * dots"),
            "divides-by-zero": (".clamp(min=1e-8)", ""),
            "forgets-strength": ("strength * dots / lengths", "dots / lengths"),
            "strength-outside-softmax": (
                "torch.softmax(strength * dots / lengths, dim=1)", "strength * torch.softmax(dots / lengths, dim=1)",
            ),
            "softmax-over-batch": ("lengths, dim=1)", "lengths, dim=0)"),
            "softmax-for-sharpening": ("moved.pow(gamma)", "torch.exp(moved * gamma)"),
            "graph-cut": ("moved.pow(gamma)", "torch.tensor(moved.tolist()).pow(gamma.data)"),
        },
    ),
    "ntm-write": Learner(
        WRITE,
        {
            "adds-before-erasing": ("kept + w * add", "(memory[:, r] + w * add) * (1 - w * erase)"),
            "erase-not-weighted": (KEPT, "memory[:, r] - memory[:, r] * erase"),
            "add-not-weighted": ("kept + w * add", "kept + add"),
            "erases-every-column": (KEPT, "(1 - w) * memory[:, r]"),
            "subtracts-erase": (KEPT, "memory[:, r] - w * erase"),
            "keeps-what-goes": (KEPT, "memory[:, r] * w * erase"),
            "no-erasing": (KEPT, "memory[:, r]"),
            "no-adding": ("kept + w * add", "kept"),
            "vectors-swapped": ("erase, add):", "add, erase):"),
            "changes-memory": (
                "    return torch.stack(rows, dim=1)",
                "    with torch.no_grad():\n        memory[:] = torch.stack(rows, dim=1)\n    return memory",
            ),
            "graph-cut": ("    rows = []", "    weighting, erase, add, memory = weighting.data, erase.data, add.data, "
                          "memory.data\n    rows = []"),
        },
    ),
    "mann-write": Learner(
        LEAST,
        {
            "writes-to-most-used": ("(new_usage[b])[0]", "(new_usage[b])[-1]"),
            "marks-all-on-a-tie": (
                "place[b, torch.argsort(new_usage[b])[0]] = 1", "place[b, new_usage[b] <= min(new_usage[b])] = 1",
            ),
            "takes-the-last-on-a-tie": (
                "torch.argsort(new_usage[b])[0]",
                "max(range(usage.shape[1]), key=lambda r: (-new_usage[b, r].item(), r))",
            ),
            "least-of-the-batch": (
                "place[b, torch.argsort(new_usage[b])[0]] = 1", "place[b, new_usage[b] <= new_usage.min()] = 1",
            ),
            "forgets-decay": ("usage * decay +", "usage +"),
            "decays-everything": ("usage * decay + (read + wrote)", "(usage + read + wrote) * decay"),
            "usage-without-reading": ("(read + wrote)", "wrote"),
            "usage-without-writing": ("(read + wrote)", "read"),
            "looks-at-old-usage": ("argsort(new_usage[b])", "argsort(usage[b])"),
            "counts-new-writing": ("writing, new_usage\n", "writing, usage * decay + read + writing\n"),
            "writes-before-counting": (
                "argsort(new_usage[b])", "argsort(usage[b])", "writing, new_usage\n",
                "writing, usage * decay + read + writing\n",
            ),
            "not-gated": ("torch.lerp(place, read, gate.expand_as(place))", "place"),
            "gate-swapped": ("torch.lerp(place, read,", "torch.lerp(read, place,"),
            "writes-where-it-wrote": ("torch.lerp(place, read,", "torch.lerp(place, wrote,"),
            "does-not-empty": ("torch.where(place[:, :, None] > 0, torch.zeros_like(memory), memory)", "memory"),
            "empties-after-writing": (
                "return kept + torch.einsum(\"br,bw->brw\", writing, added)",
                "return (memory + torch.einsum(\"br,bw->brw\", writing, added)) * (1 - place[:, :, None])",
            ),
            "empties-by-writing": (
                "torch.where(place[:, :, None] > 0, torch.zeros_like(memory), memory)",
                "memory - writing[:, :, None] * memory",
            ),
            "adds-to-least-alone": ("\"br,bw->brw\", writing, added", "\"br,bw->brw\", place, added"),
            "vector-not-weighted": ("torch.einsum(\"br,bw->brw\", writing, added)", "added[:, None]"),
            "changes-usage": (
                "    new_usage = usage * decay + (read + wrote)",
                "    with torch.no_grad():\n        usage *= decay\n        usage += read + wrote\n"
                "    new_usage = usage",
            ),
            "graph-cut": (
                "    new_usage =",
                "    memory, usage, read = memory.data, usage.data, read.data\n"
                "    wrote, gate, added = wrote.data, gate.data, added.data\n    new_usage =",
            ),
        },
    ),
}  # fmt: skip
