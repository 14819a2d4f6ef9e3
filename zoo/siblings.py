"""The packages `callbacks` and `pipelines`, whatever else bears their names.

A script in a folder with a `callbacks.py` of its own, or one that stands
beside a folder `pipelines`, imports these and not ours. As `zoo.callbacks` and
`zoo.pipelines` they are always those that came with zoo: the same modules
where nothing shadows them, and modules of zoo's own where something does.

Inside of zoo they are `siblings.callbacks` and `siblings.pipelines`, imported
when they are first asked for: what `pipelines` makes data sets of imports
TensorFlow, on every backend; what it reads image files by does not.
"""

import importlib
import importlib.abc
import importlib.util
import os
import pathlib
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from zoo.aliases import alias

HERE = pathlib.Path(__file__).parent.parent
NAMES = ("callbacks", "pipelines")


def __getattr__(name: str) -> ModuleType:
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"zoo.{name}")


class Finder(importlib.abc.MetaPathFinder):
    """Finds `zoo.callbacks`, `zoo.pipelines` and the modules in them."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Returns how to load one of them, or `None` for any other module.

        Args:
            fullname: The module's name, with dots.
            path: Not used, and so is `target`.
            target: Not used.
        """
        zoo, _, own = fullname.partition(".")
        name, _, module = own.partition(".")
        if zoo != "zoo" or name not in NAMES:
            return None
        if module:  # Of the package, as that was found.
            package = sys.modules[f"zoo.{name}"].__name__
            return alias(fullname, own) if package == name else None
        return alias(fullname, own) if _is_ours(name) else _beside(name)


def loaded(name: str) -> ModuleType | None:
    """Returns a sibling if it has been imported already, by either name.

    Args:
        name: One of `NAMES`.
    """
    for module in (sys.modules.get(f"zoo.{name}"), sys.modules.get(name)):
        if _is_package(name, module):
            return module
    return None


def _is_ours(name):
    """Returns whether Python imports our package by that name."""
    if name in sys.modules:
        return _is_package(name, sys.modules[name])
    spec = importlib.util.find_spec(name)
    return spec is not None and _is_file(name, spec.origin)


def _is_package(name, module):
    return _is_file(name, getattr(module, "__file__", None))


def _is_file(name, path):
    """Returns whether our package is the one in that file."""
    if path is None or not os.path.exists(path):
        return False  # A folder without __init__.py, or a part of Python.
    return os.path.samefile(path, HERE / name / "__init__.py")


def _beside(name):
    """Returns how to load our package as a part of zoo."""
    package = HERE / name
    return importlib.util.spec_from_file_location(
        f"zoo.{name}",
        package / "__init__.py",
        submodule_search_locations=[str(package)],
    )


def install() -> None:
    """Lets both be imported as parts of zoo, once.

    The finder is asked first: Python's own would find the modules of
    `pipelines` again as those of `zoo.pipelines`.
    """
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
