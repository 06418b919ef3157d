"""A lab: a function that a learner writes, its solution, its hints and the mistakes that are known by name.

Free of torch: pages and the command line read it. What needs torch stands in each lab's `solution.py` and `trial.py`.
"""

import ast
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from core.words import Words

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Mistake:
    """A typical mistake: its name, what is said to who makes it, and its edits of the solution, (right, wrong) each.

    The solution with these edits is the wrong twin by whose behaviour the mistake is recognised.
    """

    name: str
    said: Words
    edits: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Lab:
    """A lab. function: the name of what the learner writes; formula: LaTeX; outputs: the names of what the function
    returns. whole: whether the file is a whole method, of which a contract is checked and not what it computes.
    """

    name: str
    function: str
    title: Words
    task: Words
    formula: str
    hints: tuple[Words, Words, Words]
    mistakes: tuple[Mistake, ...]
    outputs: tuple[str, ...]
    whole: bool = False

    @property
    def module(self) -> str:
        """The package that holds the lab's solution and trials."""
        return f"core.labs.{self.name.replace('-', '_')}"

    @cached_property
    def solution(self) -> str:
        """The source of the reference solution."""
        return (FOLDER / self.name.replace("-", "_") / "solution.py").read_text(encoding="utf-8")

    @cached_property
    def skeleton(self) -> str:
        """The source that a learner starts from: the solution without the body of its function."""
        return f'{self._parts[0]}    raise NotImplementedError("write it here")\n'

    @cached_property
    def _parts(self) -> tuple[str, str]:
        """The solution up to the end of its function's docstring, and what follows."""
        docstring = definition(ast.parse(self.solution), self.function).body[0]
        lines = self.solution.splitlines(keepends=True)
        return "".join(lines[: docstring.end_lineno]), "".join(lines[docstring.end_lineno :])

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the function's arguments."""
        return tuple(argument.arg for argument in definition(ast.parse(self.solution), self.function).args.args)

    def twin(self, mistake: Mistake) -> str:
        """Return the source of the wrong twin. Raises LookupError where an edit does not fit the solution."""
        head, body = ("", self.solution) if self.whole else self._parts
        for right, wrong in mistake.edits:
            if body.count(right) != 1:
                raise LookupError(f"{self.name}, {mistake.name}: {right!r} is not there exactly once")
            body = body.replace(right, wrong)
        return f"import torch\n{head}{body}"

    def mistake(self, name: str) -> Mistake:
        """Return the mistake with this name. Raises LookupError."""
        for mistake in self.mistakes:
            if mistake.name == name:
                return mistake
        raise LookupError(f"{self.name} has no mistake {name!r}")

    @property
    def done(self) -> str:
        """The line that a passed check prints and a page takes for done: a bookmark, which proves nothing."""
        return f"{self.name} {sha256(f'{self.name} passed'.encode()).hexdigest()[:8]}"


def definition(tree: ast.Module, name: str) -> ast.FunctionDef:
    """Return the definition of a function. Raises LookupError where the module has none of this name."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return node
    raise LookupError(f"there is no function {name}")
