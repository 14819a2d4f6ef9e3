"""The packages `callbacks` and `pipelines`, whatever else bears their names.

A script in a folder with a `callbacks.py` of its own, or one that stands
beside a folder `pipelines`, imports these and not ours. Inside of zoo, and as
`zoo.callbacks` and `zoo.pipelines`, they are those that came with it.

Both are imported when they are first asked for: `pipelines` imports
TensorFlow, on every backend.
"""

import importlib
import importlib.util
import pathlib
import sys
from types import ModuleType

HERE = pathlib.Path(__file__).parent.parent
NAMES = ("callbacks", "pipelines")


def __getattr__(name: str) -> ModuleType:
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _found(name) or _beside(name)
    globals()[name] = module
    return module


def _found(name):
    """Returns what Python imports by that name, if it is ours."""
    origin = HERE / name / "__init__.py"
    if name in sys.modules:
        spec = sys.modules[name].__spec__
    else:
        spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return None
    if not origin.samefile(spec.origin):
        return None
    return importlib.import_module(name)


def _beside(name):
    """Imports our package as a part of zoo."""
    package = HERE / name
    spec = importlib.util.spec_from_file_location(
        f"zoo.{name}",
        package / "__init__.py",
        submodule_search_locations=[str(package)],
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module
