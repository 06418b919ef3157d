"""Lab: the least-used write of a memory-augmented network."""

from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="mann-write",
    function="write_least_used",
    title=Words("Write to the least used row"),
    task=Words(
        "Keep count of how much each row is used, empty the least used one, and write to it or to "
        "where the head has just read, as the gate says."
    ),
    formula=r"w^u = \gamma w^{u\prime} + w^r + w^w, \quad w^{w\prime} = g w^r + (1 - g) w^{lu}, \quad "
    r"M_r \leftarrow M_r (1 - w^{lu}_r) + w^{w\prime}_r a",
    hints=(
        Words(
            "Update the usage first: what is left of it after the decay, plus the last reading, plus the last writing."
        ),
        Words(
            "`usage.argmin(-1)` is the least used row of each sequence; `one_hot` makes a weighting of it, which is "
            "cast to the type of the usage."
        ),
        Words(
            "Empty that row, `memory * (1 - least[:, :, None])`, before you add the new vector with the mixed "
            "weighting, `new_write_weighting[:, :, None] * added[:, None]`: not with the one that was passed in."
        ),
    ),
    mistakes=(
        Mistake(
            "writes-to-most-used",
            Words("The most used row is overwritten, so the memory forgets what it needs most. Take the smallest."),
            (("argmin", "argmax"),),
        ),
        Mistake(
            "marks-all-on-a-tie",
            Words(
                "Where several rows are equally little used, as in a memory that is still empty, all of them are "
                "emptied and written to. Take the first alone, as `argmin` does."
            ),
            (
                (
                    "one_hot(usage.argmin(-1), usage.shape[-1])",
                    "(usage == usage.amin(-1, keepdim=True))",
                ),
            ),
        ),
        Mistake(
            "takes-the-last-on-a-tie",
            Words("Where two rows are equally little used, the later one is taken. Take the first, as `argmin` does."),
            (("usage.argmin(-1)", "usage.shape[-1] - 1 - usage.flip(-1).argmin(-1)"),),
        ),
        Mistake(
            "least-of-the-batch",
            Words(
                "The smallest usage is looked for in the whole batch. Each sequence has a memory of its own: look "
                "along its rows, the last axis."
            ),
            (("one_hot(usage.argmin(-1), usage.shape[-1])", "(usage == usage.min())"),),
        ),
        Mistake(
            "forgets-decay",
            Words("Usage never fades: without the decay a row that was used long ago stays in use for ever."),
            (("decay * usage + read_weighting", "usage + read_weighting"),),
        ),
        Mistake(
            "decays-everything",
            Words("The decay is applied to the last reading and writing too. Only the usage before them fades."),
            (
                (
                    "decay * usage + read_weighting + write_weighting",
                    "decay * (usage + read_weighting + write_weighting)",
                ),
            ),
        ),
        Mistake(
            "usage-without-reading",
            Words("Usage counts writing alone. A row that is read is in use as well: add the last reading."),
            (("decay * usage + read_weighting + write_weighting", "decay * usage + write_weighting"),),
        ),
        Mistake(
            "usage-without-writing",
            Words("Usage counts reading alone. A row that was just written is in use as well: add the last writing."),
            (("decay * usage + read_weighting + write_weighting", "decay * usage + read_weighting"),),
        ),
        Mistake(
            "looks-at-old-usage",
            Words(
                "The least used row is chosen by the usage before the last step, so the row that was just written may "
                "be emptied at once. Update the usage first."
            ),
            (
                ("    usage = decay", "    old = usage\n    usage = decay"),
                ("usage.argmin(-1)", "old.argmin(-1)"),
            ),
        ),
        Mistake(
            "counts-new-writing",
            Words(
                "The usage counts the write weighting that was just made. It counts that of the last step, the "
                "argument `write_weighting`; the new one counts in the next step."
            ),
            (
                (
                    "return memory, write_weighting, usage",
                    "return memory, write_weighting, decay * old + read_weighting + write_weighting",
                ),
                ("    usage = decay", "    old = usage\n    usage = decay"),
            ),
        ),
        Mistake(
            "writes-before-counting",
            Words(
                "The row is chosen before the usage is updated, and the usage then counts the new write weighting. "
                "Update the usage first, with the write weighting of the last step, the argument."
            ),
            (
                ("    usage = decay * usage + read_weighting + write_weighting\n", ""),
                (
                    "return memory, write_weighting, usage",
                    "return memory, write_weighting, decay * usage + read_weighting + write_weighting",
                ),
            ),
        ),
        Mistake(
            "not-gated",
            Words("The gate is not used: all goes to the least used row, and nothing to where the head has just read."),
            (("gate * read_weighting + (1 - gate) * least", "least"),),
        ),
        Mistake(
            "gate-swapped",
            Words(
                "The gate works the wrong way round: at 1 the head should write to where it has just read, at "
                "0 to the least used row."
            ),
            (("gate * read_weighting + (1 - gate) * least", "gate * least + (1 - gate) * read_weighting"),),
        ),
        Mistake(
            "writes-where-it-wrote",
            Words(
                "The gate mixes in the last writing. It must be the last reading: where something was just looked up."
            ),
            (("gate * read_weighting +", "gate * write_weighting +"),),
        ),
        Mistake(
            "does-not-empty",
            Words("The least used row is not emptied: what was there stays and mixes with the new vector."),
            (("memory * (1 - least[:, :, None])", "memory"),),
        ),
        Mistake(
            "empties-after-writing",
            Words("The row is emptied after the new vector was written, so the vector is lost. Empty it first."),
            (
                ("memory * (1 - least[:, :, None])", "1 - least[:, :, None]"),
                (
                    "emptied + write_weighting[:, :, None] * added[:, None]",
                    "emptied * (memory + write_weighting[:, :, None] * added[:, None])",
                ),
            ),
        ),
        Mistake(
            "empties-by-writing",
            Words(
                "Rows are emptied as much as they are written to. Only the least used row is emptied: what is written "
                "to the row that was read is added to it."
            ),
            (("(1 - least[:, :, None])", "(1 - write_weighting[:, :, None])"),),
        ),
        Mistake(
            "adds-to-least-alone",
            Words(
                "The vector goes to the least used row alone. Add it with the mixed write weighting, so that the row "
                "that was read gets its share too."
            ),
            (("emptied + write_weighting[:, :, None] *", "emptied + least[:, :, None] *"),),
        ),
        Mistake(
            "vector-not-weighted",
            Words("The vector is added to every row alike: multiply it by the write weighting."),
            (("write_weighting[:, :, None] * added[:, None]", "added[:, None]"),),
        ),
        Mistake(
            "changes-usage",
            Words("The usage that was passed in was changed in place. Make a new tensor."),
            (
                (
                    "usage = decay * usage + read_weighting + write_weighting",
                    "usage.data = (decay * usage + read_weighting + write_weighting).detach()",
                ),
            ),
        ),
        Mistake(
            "graph-cut",
            Words(
                "No gradient reaches the vector, the gate or the memory: a `detach`, `.data`, `.item()` or "
                "`no_grad` cut them off, and the network could not learn what to write."
            ),
            (
                (
                    "return memory, write_weighting, usage",
                    "return memory.detach(), write_weighting.detach(), usage.detach()",
                ),
            ),
        ),
    ),
    outputs=("memory", "write_weighting", "usage"),
)
