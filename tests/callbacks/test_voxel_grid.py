"""VoxelGrid: renders after epochs, a turntable, and the voxels."""

import numpy as np
import pytest
from PIL import Image

import callbacks
import zoo


@pytest.fixture(scope="module")
def model():
    model = zoo.GAN3D(8, latent_dim=4, filters=1)
    model.compile()
    return model


def test_files_of_a_training(model, tmp_path):
    grid = callbacks.VoxelGrid(
        tmp_path, size=20, frames=3, rows=2, columns=3, threshold=0.4
    )
    voxels = np.zeros((4, 8, 8, 8, 1), "float32")
    model.fit(voxels, batch_size=4, verbose=0, callbacks=[grid])
    expected = {"epoch-0000.png", "epoch-0001.png", "training.gif"}
    expected |= {"turntable.gif", "voxels.npz"}
    assert {path.name for path in tmp_path.iterdir()} == expected
    with Image.open(tmp_path / "turntable.gif") as picture:
        assert picture.n_frames == 3
        turntable = picture.size
    with Image.open(tmp_path / "epoch-0001.png") as picture:
        assert picture.size == (turntable[0], 2 * turntable[1])
    saved = np.load(tmp_path / "voxels.npz")["voxels"]
    np.testing.assert_allclose(saved, model.generate(3, seed=0), atol=1e-6)


@pytest.mark.parametrize(
    "arguments", [{"size": 0}, {"threshold": 1.5}, {"frames": -1}], ids=str
)
def test_argument_errors(tmp_path, arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        callbacks.VoxelGrid(tmp_path, **arguments)
