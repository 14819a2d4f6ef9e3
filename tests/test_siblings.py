"""`zoo.callbacks` and `zoo.pipelines`, beside others of the same names."""

import importlib
import sys

import pytest
from PIL import Image
from support.harness import environment, run

import callbacks
import pipelines
import zoo
from zoo import siblings

# As people run Python: what stands beside comes first.
UNSAFE = environment(PYTHONSAFEPATH="")
HOSTILE = 'raise SystemExit("another of that name was imported")\n'


@pytest.fixture
def folder(tmp_path):
    """Returns a folder with a `callbacks.py`, a `pipelines/` and pictures."""
    (tmp_path / "callbacks.py").write_text(HOSTILE)
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "__init__.py").write_text(HOSTILE)
    (tmp_path / "pictures").mkdir()
    for i in range(8):
        picture = Image.new("L", (16, 16), 30 * i)
        picture.save(tmp_path / "pictures" / f"{i}.png")
    return tmp_path


@pytest.mark.backend_free
def test_they_are_the_packages_where_nothing_shadows_them():
    assert zoo.callbacks is callbacks
    assert zoo.pipelines is pipelines
    assert siblings.callbacks is callbacks
    assert siblings.loaded("pipelines") is pipelines
    assert callbacks.__spec__.name == callbacks.__name__ == "callbacks"


@pytest.mark.backend_free
def test_import_statements_make_no_second_copy():
    import zoo.pipelines.order
    from zoo.callbacks import SampleGrid
    from zoo.pipelines import images
    from zoo.pipelines.packing import __name__ as name

    assert SampleGrid is callbacks.SampleGrid
    assert images is pipelines.images
    assert zoo.pipelines.order is sys.modules["pipelines.order"]
    assert sys.modules["zoo.pipelines.order"] is sys.modules["pipelines.order"]
    assert name == "pipelines.packing"
    assert sys.modules["pipelines.packing"].__spec__.name == name


@pytest.mark.backend_free
def test_names_that_there_are_not():
    with pytest.raises(AttributeError, match="no attribute 'pipeline'"):
        _ = siblings.pipeline
    with pytest.raises(ModuleNotFoundError, match=r"pipelines\.nothing"):
        importlib.import_module("zoo.pipelines.nothing")


def test_a_command_among_others_of_the_same_names(folder):
    """With `python -m` the working directory is searched first."""
    command = "-m zoo train dcgan --epochs 1 --data pictures --size 16"
    command += " --batch-size 4 --set filters=2 --output run --features none"
    code, out, err = run(*command.split(), cwd=folder, env=UNSAFE)
    assert code == 0, out + err
    assert (folder / "run" / "samples" / "training.gif").is_file()


SCRIPT = """
import sys
import zoo.pipelines
import zoo.pipelines.order
from zoo.callbacks import TrainingState

assert zoo.pipelines.__name__ == "zoo.pipelines"
assert zoo.pipelines.set_epoch.__module__ == "zoo.pipelines.order"
assert zoo.pipelines.order is sys.modules["zoo.pipelines.order"]
assert "pipelines" not in sys.modules

import types
sys.modules["pipelines"] = types.ModuleType("pipelines")  # The script's own.
from zoo import siblings
assert siblings.loaded("pipelines") is zoo.pipelines
assert zoo.pipelines.images.__module__ == "zoo.pipelines.image_dataset"

from support.harness import random_images, tiny_dcgan
model = tiny_dcgan()
batches = zoo.pipelines.images(random_images(16), 16, 8)
seen = []
zoo.pipelines.set_epoch = lambda *given: seen.append(given)
state = TrainingState("state")
model.fit(batches, epochs=2, callbacks=[state], verbose=0)
assert seen == [(0, 2), (1, 2)], seen
"""


def test_a_script_beside_others_of_the_same_names(folder):
    (folder / "script.py").write_text(SCRIPT)
    code, _, err = run("script.py", cwd=folder, env=UNSAFE)
    assert code == 0, err


# PyTorch's Keras imports Triton, which ends the process after TensorFlow.
ORDER = """
import os, sys
import pipelines
import pipelines.decode, pipelines.sources
assert os.environ["KERAS_BACKEND"] == "tensorflow" or (
    "tensorflow" not in sys.modules
)
pipelines.images
names = [os.environ["KERAS_BACKEND"], "tensorflow"]
first = [name for name in sys.modules if name in names]
assert first == list(dict.fromkeys(names)), first
import zoo
assert zoo.pipelines is pipelines
"""


def test_pipelines_can_be_imported_first():
    code, _, err = run("-c", ORDER)
    assert code == 0, err
