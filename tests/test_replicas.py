"""Two replicas of tf.distribute.MirroredStrategy."""

import keras
import pytest
from support.harness import ROOT, run

# tf.distribute is TensorFlow's own; the other backends have no replicas.
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="MirroredStrategy runs TensorFlow models alone",
)


def test_two_replicas(tmp_path):
    """In another process: logical devices are chosen once per process."""
    worker = ROOT / "tests" / "support" / "replicas_worker.py"
    code, _, err = run(worker, tmp_path)
    assert code == 0, err
