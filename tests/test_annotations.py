"""Every public function and method says what it takes and returns."""

import ast
import pathlib

import pytest
from support.harness import PACKAGES

pytestmark = pytest.mark.backend_free

FILES = [
    file
    for package in ("zoo", "pipelines", "callbacks")
    for file in sorted((PACKAGES / package).rglob("*.py"))
]


def public_functions(body):
    """Yields functions and methods that are no module's own affair."""
    for node in body:
        special = getattr(node, "name", "").endswith("__")
        if getattr(node, "name", "_").startswith("_") and not special:
            continue
        if isinstance(node, ast.ClassDef):
            yield from public_functions(node.body)
        elif isinstance(node, ast.FunctionDef):
            yield node


def lacking(function):
    """Returns the names of what is not annotated."""
    of = function.args
    given = [*of.posonlyargs, *of.args, *of.kwonlyargs, of.vararg, of.kwarg]
    names = [x.arg for x in given if x is not None and x.annotation is None]
    names = [name for name in names if name not in ("self", "cls")]
    if function.returns is None and function.name != "__init__":
        names.append("return")
    return names


@pytest.mark.parametrize(
    "file", FILES, ids=lambda file: str(file.relative_to(PACKAGES))
)
def test_is_annotated(file: pathlib.Path):
    tree = ast.parse(file.read_text())
    found = {
        f"{function.name}, line {function.lineno}": lacking(function)
        for function in public_functions(tree.body)
    }
    assert {k: v for k, v in found.items() if v} == {}


def test_notices():
    tree = ast.parse(
        "class A:\n"
        "    def __init__(self, x: int, *y): ...\n"
        "    def method(self, *, a, b: int): ...\n"
        "    def _own(self, a): ...\n"
        "def done(a: int) -> None:\n"
        "    def inner(b): ...\n"
    )
    found = [lacking(x) for x in public_functions(tree.body)]
    assert found == [["y"], ["a", "return"], []]
