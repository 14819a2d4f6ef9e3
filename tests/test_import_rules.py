"""Imports point one way, and those inside of functions say why."""

import ast
import shutil

import pytest
from support.harness import PACKAGES, ROOT, environment, run

pytestmark = pytest.mark.backend_free

NAMES = ("zoo", "pipelines", "callbacks")
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"
# Modules that go against the rules, and what is said of them.
PLANTS = {
    "zoo/engine/planted.py": "from zoo.models.gan import DCGAN",
    "zoo/layers/planted.py": "def f():\n    from zoo.registry import handles",
    "zoo/models/stylegan/planted.py": "import zoo.models.diffusion.unet",
    "zoo/losses/planted.py": "def f():\n    import torch",
    "pipelines/planted.py": "import zoo.version",
}
SAID = (
    "zoo.engine.planted -> zoo.models.gan (l.1)",
    "zoo.layers.planted -> zoo.registry.handles (l.2)",
    "zoo.models.stylegan.planted -> zoo.models.diffusion.unet (l.1)",
    "zoo.losses.planted -> torch (l.2)",
    "pipelines.planted -> zoo.version (l.1)",
)


@pytest.fixture
def copy(tmp_path):
    """Returns a folder with a copy of the packages' code, and the rules."""
    for name in NAMES:
        shutil.copytree(
            PACKAGES / name,
            tmp_path / name,
            ignore=lambda folder, files: [
                x for x in files if "." in x and not x.endswith(".py")
            ],
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder):
    """Returns exit code and output of import-linter in a folder."""
    own = environment(PYTHONPATH=str(folder))
    code, out, err = run("-c", LINT, "--no-cache", cwd=folder, env=own)
    return code, out + err


def test_imports_point_one_way(copy):
    code, out = lint(copy)
    assert code == 0, out
    assert "0 broken" in out


def test_imports_that_do_not_are_found(copy):
    for file, line in PLANTS.items():
        (copy / file).write_text(f"{line}\n")
    code, out = lint(copy)
    assert code == 1, out
    for said in SAID:
        assert said in out


def files():
    """Yields the packages' modules."""
    for name in NAMES:
        yield from sorted((PACKAGES / name).rglob("*.py"))


def unexplained(source):
    """Returns lines of imports inside of functions without a comment.

    The comment stands at the end of the line, or on the line above; imports
    that follow each other share it.
    """
    lines = ["", *source.splitlines()]
    imports = sorted(
        {
            (node.lineno, node.end_lineno)
            for function in ast.walk(ast.parse(source))
            if isinstance(function, ast.FunctionDef | ast.Lambda)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
    )
    explained = set()
    for first, last in imports:
        above = lines[first - 1].strip()
        if "#" in lines[last] or above.startswith("#") or first in explained:
            explained.add(last + 1)
    return [first for first, last in imports if last + 1 not in explained]


def test_late_imports_say_why():
    found = {
        str(file.relative_to(PACKAGES)): unexplained(file.read_text())
        for file in files()
    }
    found = {k: v for k, v in found.items() if v}
    assert found == {}


def test_late_imports_without_a_reason_are_found():
    source = (
        "import os\n"
        "def late():\n"
        "    import a\n"
        "    import b  # Slow.\n"
        "    import c\n"
        "    # Optional.\n"
        "    from d import (\n"
        "        e,\n"
        "    )\n"
        "    x = 1\n"
        "    from f import g\n"
    )
    assert unexplained(source) == [3, 11]
