"""Importing the package: what it needs and what it costs."""

import subprocess
import sys

import pytest
from support.harness import ROOT, run

# On the other backends, where TensorFlow is not installed.
WORKER = """
import os, sys, time
if os.environ["KERAS_BACKEND"] != "tensorflow":
    sys.modules["tensorflow"] = None
import keras
start = time.process_time()
import zoo
print(time.process_time() - start)
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


@pytest.mark.backend_free
def test_installs_three_packages_alone():
    import importlib.metadata

    try:
        importlib.metadata.distribution("keras-generative-zoo")
    except importlib.metadata.PackageNotFoundError:
        pytest.fail("Install the package first: pip install '.[test]'")
    owners = importlib.metadata.packages_distributions()
    own = {k for k, v in owners.items() if "keras-generative-zoo" in v}
    assert {"zoo", "pipelines", "callbacks"} >= {
        name for name in own if not name.startswith("__editable__")
    }
    assert sys.version_info >= (3, 11)
