"""Importing the package: what it needs and what it costs."""

import subprocess
import sys

import keras
import pytest
from harness import ROOT, run


@pytest.mark.skipif(
    keras.backend.backend() == "tensorflow",
    reason="the TensorFlow backend needs TensorFlow",
)
def test_trains_where_tensorflow_is_not_installed():
    code, _, err = run(
        "-c",
        "import sys; sys.modules['tensorflow'] = None\n"
        "import zoo, callbacks\n"
        "from harness import random_images, tiny_dcgan\n"
        "model = tiny_dcgan()\n"
        "model.fit(random_images(16), verbose=0)\n"
        "model.generate(3)\n",
    )
    assert code == 0, err


def test_import_adds_less_than_half_a_second():
    code, out, err = run(
        "-c",
        "import time, keras\n"
        "start = time.perf_counter()\n"
        "import zoo\n"
        "print(time.perf_counter() - start)\n",
    )
    assert code == 0, err
    assert float(out) < 0.5


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
