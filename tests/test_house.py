"""The house: rooms without circles, a folder for each method, and names that say what a thing is."""

import ast
from pathlib import Path

import pytest

from core.registry import METHODS

ROOT = Path(__file__).parent.parent
FLOORS = ("core", "lessons", "pages")
HOUSE_WORDS = {"found", "told", "one"}  # what they stand for has a name of its own
SHARED_BY_METHODS = ("core/methods/", "core/bench/", "core/registry.py", "core/commands/report.py")


def modules() -> dict[str, Path]:
    """Every module of the app by its dotted name."""
    paths = [ROOT / "app.py", *(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imports() -> dict[str, set[str]]:
    """The modules of the app that each imports, also late and for types alone."""
    known = modules()
    arrows = {}
    for name, path in known.items():
        targets = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                targets |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                targets |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        # `from package import module` does not use what else the package holds
        submodules = {target.rpartition(".")[0] for target in targets if target in known}
        arrows[name] = {target for target in targets if target in known and target != name} - submodules
    return arrows


def a_circle(arrows: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle; empty where there are none."""
    left = dict(arrows)
    while left:
        ends = [name for name, targets in left.items() if not targets & left.keys()]
        if not ends:
            return sorted(left)
        for name in ends:
            del left[name]
    return []


def test_no_module_imports_in_a_circle():
    arrows = imports()
    assert len(arrows) > 150 and "core.training.adaptation" in arrows["core.methods.maml.algorithm"]
    assert a_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["a", "b", "c"]
    assert not a_circle(arrows)


def test_the_rooms_of_the_lessons_go_one_way_down():
    rooms = ["notices", "figures", "demos", "engine"]  # each may use those after it
    for name, targets in imports().items():
        room = name.split(".")[1] if name.startswith("lessons.") else ""
        for above in rooms[: rooms.index(room)] if room in rooms else []:
            assert not [target for target in targets if target.startswith(f"lessons.{above}")], name


def test_only_a_few_files_lie_loose_in_the_core():
    assert len(list((ROOT / "core").glob("*.py"))) <= 10


def test_every_folder_of_a_method_is_registered():
    folders = {path.parent.name for path in (ROOT / "core" / "methods").glob("*/__init__.py")}
    assert folders == {name.replace("-", "_") for name in METHODS}
    for name in folders:
        assert {"config.py", "algorithm.py"} <= {path.name for path in (ROOT / "core" / "methods" / name).iterdir()}


def test_nothing_else_in_the_core_names_a_method():
    for name, path in modules().items():
        file = path.relative_to(ROOT).as_posix()
        if not name.startswith("core.") or file.startswith(SHARED_BY_METHODS):
            continue
        strings = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
        allowed = {"maml", "reptile"} if file in ("core/demos/plane.py",) else set[str]()  # it compares just these
        assert not (strings & METHODS.keys()) - allowed, file


def test_the_whole_of_maml_is_on_one_screen():
    assert len((ROOT / "core/methods/maml/algorithm.py").read_text().splitlines()) <= 80


def identifiers(tree: ast.AST) -> set[str]:
    """Every name that a file gives to something, and every attribute and keyword that it uses."""
    names = set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(asname=str(name)):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.keyword(arg=str(name)):
                names.add(name)
    return names


@pytest.mark.parametrize("floor", FLOORS)
def test_a_name_says_what_the_thing_is(floor):
    assert identifiers(ast.parse("def one(told): return told.found(x=1)")) >= HOUSE_WORDS
    for path in (ROOT / floor).rglob("*.py"):
        # the placeholders of texts are keywords of `t` and of `lesson.goal`
        tree = ast.parse(path.read_text())
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("t", "lesson.goal"):
                call.keywords = [ast.keyword(value=keyword.value) for keyword in call.keywords]
        assert not identifiers(tree) & HOUSE_WORDS, path
