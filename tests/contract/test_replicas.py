"""Every model on two replicas of tf.distribute.MirroredStrategy.

Another process trains them: logical devices are chosen once per process.
"""

import json

import keras
import pytest
from support.harness import run

from .models import EXACT, TABLE, each_model

# tf.distribute is TensorFlow's own; the other backends have no replicas.
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="MirroredStrategy runs TensorFlow models alone",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What the other process has found of each model."""
    directory = tmp_path_factory.mktemp("replicas")
    code, _, err = run(
        "-m", "contract.replicas_worker", directory, timeout=1800
    )
    assert code == 0, err
    return {
        entry.name: json.loads((directory / f"{entry.name}.json").read_text())
        for entry in TABLE
    }


@each_model
def test_trains_on_two_replicas(entry, found):
    """All that is state is the same on both afterwards."""
    assert found[entry.name]["finite"]
    assert found[entry.name]["moved"] > 0.5
    assert found[entry.name]["differing"] == []


@pytest.mark.parametrize("entry", EXACT, ids=lambda entry: entry.name)
def test_a_step_on_two_equals_one_on_one(entry, found):
    """With the same noise, and where a batch has no statistics."""
    assert found[entry.name]["weights"] < 1e-3
    assert found[entry.name]["logs"] < 1e-5
