"""Modules by a second name: one object, whichever it is imported by."""

import importlib
import importlib.abc
import importlib.util
from importlib.machinery import ModuleSpec
from types import ModuleType


class Alias(importlib.abc.Loader):
    """Loads a module's second name: the module itself, not another copy.

    Args:
        target: The name that the module keeps.
    """

    def __init__(self, target: str):
        self.target = target
        self.own_spec = None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Returns the module, which is imported if it is not yet.

        Args:
            spec: The spec of the second name.
        """
        module = importlib.import_module(self.target)
        self.own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Runs nothing, and gives the module back the spec of its own name.

        Args:
            module: What `create_module` returned.
        """
        module.__spec__ = self.own_spec


def alias(name: str, target: str) -> ModuleSpec | None:
    """Returns how to import a module by a second name.

    Args:
        name: The second name.
        target: The module's own name.
    """
    return importlib.util.spec_from_loader(name, Alias(target))
