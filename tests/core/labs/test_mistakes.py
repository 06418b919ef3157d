"""Every mistake is named when a learner makes it in code of their own, and no right variant is taken for wrong."""

import ast
import random

import pytest

from core.labs.judging import judged
from core.labs.outcomes import compiled, outcomes
from tests.core.labs.learners import FUNCTIONS as LABS
from tests.core.labs.learners import learner_of

EVERY = [(lab.name, mistake.name) for lab in LABS.values() for mistake in lab.mistakes]


def test_learners_make_every_mistake_there_is():
    assert {lab.name: {*learner_of(lab).mistakes} for lab in LABS.values()} == {
        lab.name: {mistake.name for mistake in lab.mistakes} for lab in LABS.values()
    }


@pytest.mark.parametrize(("name", "mistake"), EVERY)
def test_a_mistake_in_a_learner_s_own_file_is_named(bench, name, mistake):
    verdict = bench.check(learner_of(LABS[name]).with_mistake(mistake), LABS[name], seed=len(mistake))
    assert (verdict.mistake, verdict.passed) == (mistake, False)
    assert verdict.said == LABS[name].mistake(mistake).said


@pytest.mark.parametrize("name", LABS)
def test_the_reference_and_another_right_file_pass(bench, name):
    for source in (LABS[name].solution, learner_of(LABS[name]).source):
        for seed in range(3):
            verdict = bench.check(source, LABS[name], seed)
            assert verdict.passed and verdict.done == LABS[name].done, verdict


@pytest.mark.slow
@pytest.mark.parametrize("name", LABS)
def test_a_mistake_in_a_learner_s_own_file_is_named_on_fifty_seeds(name):
    lab, learner = LABS[name], learner_of(LABS[name])
    for mistake in learner.mistakes:
        function = compiled(learner.with_mistake(mistake), lab)
        for seed in range(50):
            assert judged(lab, list(outcomes(function, lab, seed)), seed) == {"kind": mistake}, (mistake, seed)


class Variant(ast.NodeTransformer):
    """Another way to write the same: other names, sums and products the other way round, a difference as a sum."""

    def __init__(self, source: str, luck: random.Random) -> None:
        self.luck = luck
        tree = ast.parse(source)
        function = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
        local = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
        local |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.names = {name: f"v{luck.randrange(10**6)}_{i}" for i, name in enumerate(sorted(local - {"_"}))}
        self.source = ast.unparse(ast.fix_missing_locations(self.visit(tree)))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self.names.get(node.arg, node.arg))

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        left, right = self.visit(node.left), self.visit(node.right)
        if isinstance(node.op, ast.Add | ast.Mult) and self.luck.random() < 0.5:
            return ast.BinOp(right, node.op, left)
        if isinstance(node.op, ast.Sub) and self.luck.random() < 0.5:
            return ast.BinOp(left, ast.Add(), ast.UnaryOp(ast.USub(), right))
        return ast.BinOp(left, node.op, right)


def variants(amount: int, seed: int) -> list[tuple[str, str]]:
    luck = random.Random(seed)
    names = [luck.choice([*LABS]) for _ in range(amount)]
    of = [(name, luck.choice([LABS[name].solution, learner_of(LABS[name]).source])) for name in names]
    return [(name, Variant(source, luck).source) for name, source in of]


def assert_right(name: str, source: str, seed: int) -> None:
    lab = LABS[name]
    report = judged(lab, list(outcomes(compiled(source, lab), lab, seed % 50)), seed % 50)
    assert report == {"kind": "passed"}, source


def test_right_variants_are_right():
    for seed, (name, source) in enumerate(variants(60, 1)):
        assert_right(name, source, seed)


@pytest.mark.slow
def test_a_thousand_right_variants_are_right():
    for seed, (name, source) in enumerate(variants(1000, 2)):
        assert_right(name, source, seed)
