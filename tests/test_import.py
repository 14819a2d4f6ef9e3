"""Importing the package: what it needs and what it costs."""

import importlib.abc
import importlib.machinery
import importlib.metadata
import importlib.util
import pathlib
import subprocess
import sys
import types

import keras
import pytest
from support.harness import ROOT, run

import callbacks
import pipelines
import zoo

# On the other backends, where TensorFlow is not installed.
WORKER = """
import gc, os, sys, time
if os.environ["KERAS_BACKEND"] != "tensorflow":
    sys.modules["tensorflow"] = None
import keras
gc.freeze()  # What a backend made is not ours to look through.
start = time.process_time()
import zoo
print(time.process_time() - start)
asked = os.environ["KERAS_BACKEND"]
for backend in ("tensorflow", "jax", "torch"):
    found = f"zoo.backend.{backend}" in sys.modules
    assert found == (backend == asked), backend
import callbacks
from support.harness import random_images, tiny_dcgan
model = tiny_dcgan()
model.fit(random_images(16), verbose=0)
model.generate(3)
"""


def test_import_adds_less_than_half_a_second_and_needs_no_tensorflow():
    code, out, err = run("-c", WORKER)
    assert code == 0, err
    assert float(out) < 0.5


@pytest.mark.backend_free
def test_backend_code_is_in_its_folder_alone():
    """Nothing else in zoo and callbacks imports or asks for a backend."""
    found = subprocess.run(
        [
            "grep",
            "-rnE",
            r"^\s*(import|from) (tensorflow|jax|torch)|backend\(\) ?==",
            "zoo",
            "callbacks",
            "--include=*.py",
        ],
        cwd=ROOT,
        text=True,
        capture_output=True,
    ).stdout.splitlines()
    assert [x for x in found if not x.startswith("zoo/backend/")] == []


class Recorder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Notes which of some modules are imported, and stands in for them."""

    def __init__(self, *names):
        self.names, self.order = names, []

    def find_spec(self, fullname, path=None, target=None):
        if fullname in self.names:
            return importlib.machinery.ModuleSpec(fullname, self)
        return None

    def create_module(self, spec):
        return types.ModuleType(spec.name)

    def exec_module(self, module):
        self.order.append(module.__name__)


@pytest.mark.backend_free
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_triton_comes_before_tensorflow(monkeypatch, backend):
    """After it, it ends the process: `import pipelines, zoo` on PyTorch.

    What imports TensorFlow are modules in `pipelines`, and the command line,
    which imports `zoo` and with it Keras first.
    """
    recorder = Recorder("triton", "tensorflow")
    for name in recorder.names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [recorder, *sys.meta_path])
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    spec = importlib.util.spec_from_file_location(
        "fresh", pipelines.__file__, submodule_search_locations=[]
    )
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    assert recorder.order == (["triton"] if backend == "torch" else [])


@pytest.fixture
def distribution():
    """Returns what is known of the installed project."""
    try:
        return importlib.metadata.distribution("keras-generative-zoo")
    except importlib.metadata.PackageNotFoundError:
        pytest.fail("Install the package first: pip install '.[test]'")


@pytest.mark.backend_free
@pytest.mark.parametrize("package", [callbacks, pipelines, zoo])
def test_what_is_installed_is_what_is_tested(distribution, package):
    """Not the folders beside the tests, but where those are installed."""
    name = package.__name__
    installed = distribution.locate_file(name)
    expected = installed if installed.exists() else ROOT / name
    assert expected.samefile(pathlib.Path(package.__file__).parent)
    assert (expected / "py.typed").is_file()


@pytest.mark.backend_free
def test_citation_is_of_this_version():
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {zoo.__version__}\n" in citation


@pytest.mark.backend_free
def test_installs_three_packages_alone(distribution):
    owners = importlib.metadata.packages_distributions()
    own = {k for k, v in owners.items() if "keras-generative-zoo" in v}
    assert {"zoo", "pipelines", "callbacks"} >= {
        name for name in own if not name.startswith("__editable__")
    }
    assert sys.version_info >= (3, 11)
