"""What a model can be saved as, and that it comes back whole."""

import numpy as np
import pytest
from support.harness import (
    differing,
    random_images,
    run,
    state_of,
    tiny_dcgan,
)

import zoo


@pytest.fixture(scope="module")
def model():
    """Trained, with an average, seeds and two optimizers."""
    model = tiny_dcgan()
    model.fit(random_images(8), batch_size=2, verbose=0)
    return model


@pytest.mark.parametrize(
    "name", ["m.h5", "m.hdf5", "m.weights.h5", "m.pt", "m"]
)
def test_no_other_ending(model, tmp_path, name):
    expected = str(tmp_path / name).rpartition(".")[0] if "." in name else ""
    expected = f"{expected or tmp_path / name}.keras"
    with pytest.raises(ValueError, match=r"`.keras` file.*Received") as error:
        model.save(tmp_path / name)
    assert repr(expected) in str(error.value)
    assert not list(tmp_path.iterdir())


def test_load_model_loads_all(model, tmp_path):
    model.save(str(tmp_path / "m.keras"))
    loaded = zoo.load_model(tmp_path / "m.keras")
    assert differing(state_of(loaded), state_of(model)) == []
    for handle in ("m.h5", "m.weights.h5"):
        with pytest.raises(ValueError, match=r"Expected a .keras file"):
            zoo.load_model(tmp_path / handle)


@pytest.mark.parametrize("shards", [None, 1e-5])
def test_weights_files_lose_nothing(model, tmp_path, shards):
    """Seeds and the state of both optimizers are in them."""
    ending = "h5" if shards is None else "json"
    path = tmp_path / f"m.weights.{ending}"
    model.save_weights(path, max_shard_size=shards)
    other = tiny_dcgan()
    other.load_weights(path)
    assert differing(state_of(other), state_of(model)) == []
    np.testing.assert_array_equal(
        other.generate(2, seed=0), model.generate(2, seed=0)
    )


def test_load_model_needs_no_other_import(model, tmp_path):
    """In a process of its own, which has seen no model."""
    model.save(tmp_path / "m.keras")
    path = str(tmp_path / "m.keras")
    code, out, _ = run("-c", f"import zoo; print(zoo.load_model({path!r}))")
    assert (code, "DCGAN" in out) == (0, True)
