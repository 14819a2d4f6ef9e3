"""Nothing that is not finite is saved over what is."""

import keras
import numpy as np
import pytest
from support.harness import random_images, tiny_dcgan

import zoo


@pytest.fixture(scope="module")
def model():
    return tiny_dcgan()


@pytest.mark.parametrize("place", ["weight", "average", "moment"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_leaves_what_was_saved_before(model, tmp_path, place, value):
    model.save(tmp_path / "m.keras")
    model.save_weights(tmp_path / "m.weights.h5")
    before = [f.read_bytes() for f in sorted(tmp_path.iterdir())]
    variable = {
        "weight": model.discriminator.trainable_variables[0],
        "average": model.network("generator").weights[0],
        "moment": model.optimizer["discriminator"].variables[2],
    }[place]
    old = keras.ops.convert_to_numpy(variable).copy()
    variable.assign(np.full(variable.shape, value, "float32"))
    try:
        with pytest.raises(ValueError, match=r"not finite.*Received"):
            model.save_weights(tmp_path / "m.weights.h5")
        with pytest.raises(ValueError, match=r"not finite.*Received"):
            model.save(tmp_path / "m.keras")
        if place != "moment":
            with pytest.raises(ValueError, match=r"not finite.*Received"):
                model.save_to_preset(tmp_path / "preset")
            assert not (tmp_path / "preset").exists()
        with pytest.raises(ValueError, match=r"not finite.*Received"):
            zoo.export(model, tmp_path / "exported.keras")
    finally:
        variable.assign(old)
    assert [f.read_bytes() for f in sorted(tmp_path.iterdir())] == before


def test_a_checkpoint_of_the_best_is_not_lost(tmp_path):
    """Keras' own callback saves by the same method."""
    model = tiny_dcgan()
    keep = keras.callbacks.ModelCheckpoint(tmp_path / "m.keras")
    model.fit(random_images(4), verbose=0, callbacks=[keep])
    before = (tmp_path / "m.keras").read_bytes()
    kernel = model.generator.trainable_variables[0]
    kernel.assign(kernel * float("nan"))
    with pytest.raises(ValueError, match="not finite"):
        model.fit(random_images(4), verbose=0, callbacks=[keep])
    assert (tmp_path / "m.keras").read_bytes() == before
