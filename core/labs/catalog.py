"""The labs by name, and which one a file or a line is of. Free of torch."""

import ast

from core.labs import (
    attention_step,
    class_means,
    first_order,
    inner_step,
    mann_write,
    matching_attention,
    meta_gradient,
    ntm_address,
    ntm_write,
    own_method,
    reptile_update,
    siamese_pair,
)
from core.labs.lab import Lab
from core.options import ConfigError
from core.words import Words

LABS: dict[str, Lab] = {
    module.LAB.name: module.LAB
    for module in (
        inner_step, meta_gradient, first_order, reptile_update, own_method, siamese_pair, matching_attention,
        class_means, ntm_address, ntm_write, mann_write, attention_step
    )
}  # fmt: skip
WHOLE = own_method.LAB  # whose file is a whole method
LONGEST = 64 * 1024  # characters of a learner's file


def find_lab(name: str) -> Lab:
    """Return a lab by its name. Raises ConfigError that names those that there are."""
    if name not in LABS:
        raise ConfigError(Words("there is no lab {name}: there are {allowed}", name=name[:60], allowed=", ".join(LABS)))
    return LABS[name]


def lab_of(source: str) -> Lab:
    """Return the lab that a learner's file is for: by its first line, `Lab NAME: ...`, or else by its functions.

    Raises ConfigError where there is none, or more than one.
    """
    if len(source) > LONGEST:
        raise ConfigError(Words("the file has more than {most} characters: no lab needs as many", most=LONGEST))
    head = source.lstrip("\"' \n#").partition("\n")[0]
    for name, lab in LABS.items():
        if head.startswith(f"Lab {name}:") or head.startswith(f"Lab {name}."):
            return lab
    names = defined(source)
    labs = [lab for lab in LABS.values() if lab.function in names]
    if not labs:
        functions = ", ".join(lab.function for lab in LABS.values())
        raise ConfigError(Words("the file has no function of a lab: the labs ask for {functions}", functions=functions))
    if len(labs) > 1:
        many = ", ".join(lab.name for lab in labs)
        text = "the file holds functions of several labs ({many}): start it with the line # Lab NAME: and its name"
        raise ConfigError(Words(text, many=many))
    return labs[0]


def defined(source: str) -> set[str]:
    """Return the names of the functions of a file; where it is not Python yet, those of the lines that look so."""
    try:
        return {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        starts = (line.removeprefix("def ") for line in source.splitlines() if line.startswith("def "))
        return {start.partition("(")[0].strip() for start in starts}


def done_lab(line: str) -> Lab | None:
    """Return the lab of which a line says that its check was passed; None where it is no such line."""
    return next((lab for lab in LABS.values() if " ".join(line.split()) == lab.done), None)
