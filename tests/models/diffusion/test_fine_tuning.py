"""Fine-tuning: low-rank additions, other classes, other sizes."""

import keras
import numpy as np
import pytest
from support.harness import random_images, tiny_dcgan, tiny_diffusion
from support.tiny_gan import snapshot

import zoo
from zoo.registry import PresetFormatError

ATTENTIVE = {"channels": 8, "multipliers": (1, 2), "attention": (4,)}


def data(count=8):
    return random_images(count), np.arange(count) % 3


def generated(model):
    return model.generate(2, seed=0, steps=2, verbose=0)


def test_lora(tmp_path):
    """It starts as it was; the additions alone move; files have the sums."""
    model = tiny_diffusion(ema_decay=0.5)
    for variable in model.trainable_variables:  # Else all its outputs are 0.
        variable.assign(variable + 0.02)
    model.averages["denoiser"].network.set_weights(model.denoiser.get_weights())
    before = generated(model)
    frozen = snapshot(model.denoiser.trainable_variables)
    kept = list(model.denoiser.trainable_variables)
    model.enable_lora(2)
    np.testing.assert_allclose(generated(model), before, atol=1e-6)
    with pytest.raises(ValueError, match=r"compile\(\) again.*Received"):
        model.fit(*data(), verbose=0)
    trained = model.variables_of("denoiser")
    assert {v.name.rsplit("_", 1)[0] for v in trained} == {
        "lora_kernel", "lora_embeddings"
    }  # fmt: skip
    model.compile(denoiser_optimizer=keras.optimizers.Adam(0.01))
    model.fit(*data(), batch_size=4, epochs=2, verbose=0)
    for value, variable in zip(frozen, kept, strict=True):
        np.testing.assert_array_equal(value, snapshot([variable])[0])
    made = generated(model)
    assert abs(made - before).max() > 1e-4
    model.save(tmp_path / "model.keras")
    preset = model.save_to_preset(tmp_path / "preset", samples=0)
    for loaded in (
        keras.saving.load_model(tmp_path / "model.keras"),
        zoo.Diffusion.from_preset(preset),
    ):
        np.testing.assert_allclose(generated(loaded), made, atol=1e-5)
        assert not loaded.compiled
        assert len(loaded.variables_of("denoiser")) == len(kept)
    with pytest.raises(ValueError, match=r"enabled already.*Received: rank=2"):
        model.enable_lora(2)
    with pytest.raises(ValueError, match=r"`rank` must be a positive.*Rec"):
        loaded.enable_lora(0)


def test_lora_of_a_network_of_ones_own(tmp_path):
    given = tiny_dcgan().generator
    model = zoo.DCGAN((16, 16, 1), 8, 4, generator=given, ema_decay=0.9)
    model.averages["generator"].end_warm_up()
    model.enable_lora(1)
    model.compile()
    model.fit(random_images(4), batch_size=2, verbose=0)
    assert model.averages["generator"].updates == 2
    made = model.generate(2, seed=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.generate(2, seed=0), made, atol=1e-5)
    loaded.enable_lora(1)  # From the sums, anew.
    assert len(loaded.variables_of("generator")) == len(
        model.variables_of("generator")
    )


def test_other_classes(tmp_path):
    """Their table begins anew, which is said; the rest is as it was."""
    model = tiny_diffusion()
    preset = model.save_to_preset(tmp_path / "preset", samples=0)
    with pytest.raises(PresetFormatError, match="another architecture"):
        zoo.Diffusion.from_preset(preset, num_classes=5)
    with pytest.warns(UserWarning, match="label"):
        loaded = zoo.Diffusion.from_preset(
            preset, num_classes=5, skip_mismatch=True, for_training=True
        )
    pairs = zip(loaded.denoiser.weights, model.denoiser.weights, strict=True)
    other = [
        variable.path
        for variable, before in pairs
        if variable.shape != before.shape
        or not np.array_equal(*snapshot([variable, before]))
    ]
    assert other == ["label/embeddings"]
    loaded.compile()
    loaded.fit(random_images(5), np.arange(5), verbose=0)
    (average,) = loaded.averages.values()
    assert average.updates == 1  # A few steps are seen in what it makes.
    same = zoo.Diffusion.from_preset(preset, for_training=True)
    assert same.averages["denoiser"].updates > 1e5  # It goes on as before.


def test_another_size():
    """The same weights, with attention at the same level."""
    model = tiny_diffusion(**ATTENTIVE, patch_size=2)
    large = model.resized(32, 24)
    assert large.image_shape == (32, 24, 1)
    assert large.get_config()["attention"] == (8,)
    for one, other in zip(large.weights, model.weights, strict=True):
        np.testing.assert_array_equal(*snapshot([one, other]))
    made = large.generate(2, seed=0, steps=2, labels=1, verbose=0)
    assert made.shape == (2, 32, 24, 1)
    with pytest.raises(ValueError, match=r"`image_shape`.*divides.*Received"):
        model.resized(18, 18)
    own = zoo.Diffusion((32, 24, 1), num_classes=3, denoiser=large.denoiser)
    with pytest.raises(ValueError, match=r"denoiser of one's own.*Received"):
        own.resized(16, 16)
