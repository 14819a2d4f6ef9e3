"""Every model in two PyTorch processes, each with its share of a batch."""

import json

import keras
import pytest
from support.harness import start

from .models import EXACT, each_model

# tf.distribute and keras.distribution have tests of their own.
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch",
    reason="torch.distributed is PyTorch's",
)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What two processes have found of each model."""
    directory = tmp_path_factory.mktemp("processes")
    worker = "-m", "contract.processes_worker", directory
    both = [start(*worker, rank) for rank in (0, 1)]
    try:
        said = [process.communicate(timeout=900)[1] for process in both]
    finally:  # One that is left waits for the other.
        for process in both:
            process.kill()
            process.communicate()
    assert [process.returncode for process in both] == [0, 0], "".join(said)
    return {
        path.stem: json.loads(path.read_text())
        for path in directory.glob("*.json")
    }


@each_model
def test_trains_in_two_processes(entry, found):
    """All that is state is the same in both afterwards."""
    assert found[entry.name]["finite"]
    assert found[entry.name]["moved"] > 0.5
    assert found[entry.name]["differing"] == []


@pytest.mark.parametrize("entry", EXACT, ids=lambda entry: entry.name)
def test_a_step_of_two_equals_one_of_one(entry, found):
    """With the same noise, and where a batch has no statistics."""
    assert found[entry.name]["weights"] < 1e-3
    assert found[entry.name]["logs"] < 1e-5


def test_what_they_refuse_and_who_writes(found):
    found = found["processes"]
    assert "2 devices can share equally" in found["arrays"]
    assert "2 processes can share equally" in found["batch"]
    assert found["files"] == [
        "epoch-0000.png",
        "epoch-0001.png",
        "log-0.csv",
        "model-0.keras",
        "weights-0.weights.h5",
    ]
    assert found["epochs"] == [[0], [0]]  # Both, since one was out of time.
