"""Lab: the four stages in which a head of a Neural Turing Machine chooses rows."""

from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="ntm-address",
    function="address",
    title=Words("How a head finds its rows"),
    task=Words(
        "Look for the rows that are like the key, mix them with where the head was, shift, and sharpen what the shift "
        "has blurred."
    ),
    formula=r"w^c = \mathrm{softmax}(\beta \cos(k, M)), \; w^g = g w^c + (1 - g) w', \; "
    r"\tilde w = s \ast w^g, \; w = \tilde w^\gamma / \textstyle\sum \tilde w^\gamma",
    hints=(
        Words(
            "Go stage by stage. `(memory @ key[:, :, None])[:, :, 0]` holds the products of the key with all rows, "
            "[batch, rows]. Divide them by both lengths, `memory.norm(dim=-1)` times `key.norm(dim=-1, keepdim=True)`, "
            "plus TINY: a key may be all zeros."
        ),
        Words(
            "`gated.roll(1, -1)` moves each row's weight to the next row, and the last one's to the first. A shift is "
            "the sum of three such moves, each with its share: back is `shift[:, :1]`, stay and forth come after it."
        ),
        Words(
            "Sharpening is a power, `shifted ** gamma`, and a power of weights no longer sums to 1: divide by the sum "
            "over the rows, `.sum(-1, keepdim=True)`."
        ),
    ),
    mistakes=(
        Mistake(
            "shift-does-not-wrap",
            Words(
                "What is shifted over the edge is lost: the last row is followed by the first, and the other way "
                "round. `roll` does so."
            ),
            (
                ("gated.roll(-1, -1)", "torch.nn.functional.pad(gated[:, 1:], (0, 1))"),
                ("gated.roll(1, -1)", "torch.nn.functional.pad(gated[:, :-1], (1, 0))"),
            ),
        ),
        Mistake(
            "shift-the-other-way",
            Words("The shift goes the other way: `forth` moves the weight of a row to the row after it."),
            (("back, stay, forth = ", "forth, stay, back = "),),
        ),
        Mistake(
            "shift-mixes-sequences",
            Words(
                "Rows of different sequences are mixed: without a dimension `roll` runs on from the last row of a "
                "sequence into the next one. Give it the dimension of the rows, `roll(1, -1)`."
            ),
            (("gated.roll(-1, -1)", "gated.roll(-1)"), ("gated.roll(1, -1)", "gated.roll(1)")),
        ),
        Mistake(
            "shift-of-first-sequence",
            Words(
                "All sequences are shifted as the first one is. Each has its own shares: take columns of `shift`, such "
                "as `shift[:, :1]`, and not its first row."
            ),
            (("shift.split(1, -1)", "shift[:1].split(1, -1)"),),
        ),
        Mistake(
            "no-shift",
            Words("The weighting is not shifted at all: back, stay and forth are not used."),
            (("back * gated.roll(-1, -1) + stay * gated + forth * gated.roll(1, -1)", "gated"),),
        ),
        Mistake(
            "not-normalized-after-sharpening",
            Words("After the power the weights no longer sum to 1: divide them by their sum over the rows."),
            (("return raised / raised.sum(-1, keepdim=True)", "return raised"),),
        ),
        Mistake(
            "sum-over-batch",
            Words(
                "The weights are divided by a sum over the whole batch. Each sequence has its own sum, over its rows: "
                "`.sum(-1, keepdim=True)`."
            ),
            (("raised.sum(-1, keepdim=True)", "raised.sum()"),),
        ),
        Mistake(
            "sharpens-before-the-shift",
            Words(
                "The weighting is sharpened first and shifted then, so the blur of the shift stays and adds up from "
                "step to step. Sharpen last."
            ),
            (
                ("back, stay", "gated = gated**gamma / (gated**gamma).sum(-1, keepdim=True)\n    back, stay"),
                ("(shifted + TINY) ** gamma", "shifted + TINY"),
            ),
        ),
        Mistake(
            "no-sharpening",
            Words(
                "γ has no effect. Raise the weights to the power γ: a factor of γ would change nothing, since "
                "the sum is divided out again."
            ),
            (("(shifted + TINY) ** gamma", "shifted + TINY"),),
        ),
        Mistake(
            "gate-swapped",
            Words(
                "The gate works the wrong way round: at 1 all weight should come from the content, at 0 from "
                "the last weighting."
            ),
            (("gate * content + (1 - gate) * before", "gate * before + (1 - gate) * content"),),
        ),
        Mistake(
            "no-gate",
            Words("The last weighting is not used: the gate mixes it with the weighting by content."),
            (("gate * content + (1 - gate) * before", "content"),),
        ),
        Mistake(
            "product-for-cosine",
            Words("The products of key and rows are not divided by the lengths, so a long row is always preferred."),
            (("products / (lengths + TINY)", "products"),),
        ),
        Mistake(
            "divides-by-zero",
            Words(
                "A key of zeros has the length 0, and 0 divided by 0 is not a number. Add a tiny number such as 1e-8 "
                "to what you divide by."
            ),
            (("(lengths + TINY)", "lengths"),),
        ),
        Mistake(
            "forgets-strength",
            Words("The strength β is missing: without it the weighting by content is always soft."),
            (("(strength * cosine)", "cosine"),),
        ),
        Mistake(
            "strength-outside-softmax",
            Words("The strength β multiplies the softmax. It belongs inside, at the cosines, where it sharpens."),
            (("(strength * cosine).softmax(-1)", "strength * cosine.softmax(-1)"),),
        ),
        Mistake(
            "softmax-over-batch",
            Words(
                "The softmax runs over the sequences of the batch, which have nothing to do with each other: take "
                "it over the rows, the last axis."
            ),
            ((".softmax(-1)", ".softmax(0)"),),
        ),
        Mistake(
            "softmax-for-sharpening",
            Words(
                "The shifted weights go through a softmax with γ, which flattens them. Raise them to the "
                "power γ instead."
            ),
            (("(shifted + TINY) ** gamma", "(shifted * gamma).exp()"),),
        ),
        Mistake(
            "graph-cut",
            Words(
                "No gradient reaches the key, the gate or the shift: a `detach`, `.data`, `.item()` or "
                "`no_grad` cut them off, and the controller could not learn to steer its heads."
            ),
            (
                (
                    "return raised / raised.sum(-1, keepdim=True)",
                    "return (raised / raised.sum(-1, keepdim=True)).detach()",
                ),
            ),
        ),
    ),
    outputs=("weighting",),
)
