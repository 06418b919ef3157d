"""Lab: how a Neural Turing Machine writes to its memory."""

from core.labs.lab import Lab, Mistake
from core.words import Words

LAB = Lab(
    name="ntm-write",
    function="write",
    title=Words("Erase and add"),
    task=Words("Erase a part of each row, then add a vector to it, each as much as the weighting says."),
    formula=r"M_r \leftarrow M_r \odot (1 - w_r e) + w_r a",
    hints=(
        Words(
            "A product of a weight for each row and a number for each column is a matrix [rows, width]: "
            "`weighting[:, :, None] * erase[:, None]`."
        ),
        Words("What is kept of a number is 1 minus the weight times the erase value: multiply the memory by it."),
        Words("Then add `weighting[:, :, None] * add[:, None]` to what is left: a new tensor, no `+=`."),
    ),
    mistakes=(
        Mistake(
            "adds-before-erasing",
            Words("The new vector is added first and erased again at once. Erase first, then add."),
            (
                ("erased = memory * (1", "return (memory + weighting * add[:, None]) * (1"),
                ("    return erased + weighting * add[:, None]\n", ""),
            ),
        ),
        Mistake(
            "erase-not-weighted",
            Words(
                "Every row is erased alike, also those that the head does not look at: the erase vector must be "
                "multiplied by the weighting."
            ),
            (("(1 - weighting * erase[:, None])", "(1 - erase[:, None])"),),
        ),
        Mistake(
            "add-not-weighted",
            Words("The vector is added to every row alike: it must be multiplied by the weighting."),
            (("weighting * add[:, None]", "add[:, None]"),),
        ),
        Mistake(
            "erases-every-column",
            Words(
                "The erase vector is not used: a row is emptied in all columns alike. It says for each column how much "
                "of it goes."
            ),
            (("weighting * erase[:, None]", "weighting"),),
        ),
        Mistake(
            "subtracts-erase",
            Words(
                "The erase vector is subtracted from the memory. Erasing is a product: what is kept is 1 − w e of what "
                "was there, so that at 1 nothing is left."
            ),
            (("memory * (1 - weighting * erase[:, None])", "memory - weighting * erase[:, None]"),),
        ),
        Mistake(
            "keeps-what-goes",
            Words("The part that should go is kept, and the rest is lost: multiply by 1 minus it."),
            (("(1 - weighting * erase[:, None])", "(weighting * erase[:, None])"),),
        ),
        Mistake(
            "no-erasing",
            Words("Nothing is erased: old and new vectors pile up in a row until none can be read."),
            (("memory * (1 - weighting * erase[:, None])", "memory"),),
        ),
        Mistake(
            "no-adding",
            Words("Nothing is added: the memory is only ever emptied."),
            (("erased + weighting * add[:, None]", "erased"),),
        ),
        Mistake(
            "vectors-swapped",
            Words("The erase vector and the add vector have changed places."),
            (
                ("weighting * erase[:, None]", "weighting * add[:, None] "),
                ("+ weighting * add[:, None]\n", "+ weighting * erase[:, None]\n"),
            ),
        ),
        Mistake(
            "changes-memory",
            Words("The old memory was changed in place: it is still needed for the gradient. Return a new tensor."),
            (
                (
                    "return erased + weighting * add[:, None]",
                    "memory.data = (erased + weighting * add[:, None]).detach()\n    return memory",
                ),
            ),
        ),
        Mistake(
            "graph-cut",
            Words(
                "No gradient reaches the vectors or the weighting: a `detach`, `.data`, `.item()` or "
                "`no_grad` cut them off, and the controller could not learn what to write."
            ),
            (("return erased + weighting * add[:, None]", "return (erased + weighting * add[:, None]).detach()"),),
        ),
    ),
    outputs=("memory",),
)
