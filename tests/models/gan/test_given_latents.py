"""`generate(latents=...)`: of all models that draw from latents."""

import keras
import numpy as np
import pytest
from contract.models import MODELS

NAMES = ("DCGAN", "ConditionalGAN", "WGANGP", "StyleGAN", "GAN3D")

MORE = {
    "DCGAN": {"clusters": 2, "temperature": 0.5},
    "ConditionalGAN": {"continuous_codes": 1, "categorical_codes": (2,)},
}
"""Arguments that add to latents, or change them."""

LENGTHS = {"DCGAN": 4 + 2, "ConditionalGAN": 4 + 1 + 2}


def drawn(network):
    """Draws weights that no layer makes vanish."""
    random = np.random.default_rng(0)
    for v in network.variables:
        if "variance" not in v.name and keras.backend.is_float_dtype(v.dtype):
            v.assign(random.normal(0, 0.4, v.shape))


@pytest.fixture(scope="module", params=NAMES)
def model(request):
    model = MODELS[request.param].make(**MORE.get(request.param, {}))
    for name in model.inference_networks:
        drawn(model.network(name))
    return model


@pytest.fixture(scope="module")
def expected(model):
    images = model.generate(3, seed=0)
    assert images.std(axis=0).max() > 1e-3
    return images


def rest(model):
    """The seed, where it fixes noise beside latents."""
    return {"seed": 0} if model.draws_noise else {}


def test_those_of_a_seed_make_its_images(model, expected):
    latents = model.latents(3, seed=0)
    length = LENGTHS.get(type(model).__name__, 4)
    assert (latents.shape, latents.dtype) == ((3, length), np.float32)
    kept = latents.copy()
    for count in ({}, {"count": 3}):
        images = model.generate(**count, latents=latents, **rest(model))
        np.testing.assert_array_equal(images, expected)
    np.testing.assert_array_equal(latents, kept)


def test_pictures_of_latents(model, expected):
    latents = keras.ops.convert_to_tensor(model.latents(3, seed=0))
    pictures = model.pictures(3, latents=latents, **rest(model))
    if type(model).__name__ == "GAN3D":
        expected = model.pictures(3, inputs=expected)
    np.testing.assert_allclose(pictures, expected, atol=1e-5)


def test_what_would_be_ignored_is_an_error(model):
    latents = model.latents(3, seed=0)
    given = {"count": 2}, {"seed": 0}, {"temperature": 1.0}, {"codes": [0]}
    for arguments in given:
        (name,) = arguments
        if name == "seed" and model.draws_noise:
            continue
        if name in ("temperature", "codes") and not hasattr(model, name):
            continue
        with pytest.raises(ValueError, match=f"`{name}` .*Received: {name}="):
            model.generate(latents=latents, **arguments)
    with pytest.raises(ValueError, match=r"`count` must be a positive.*None"):
        model.generate()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x[:, 1:], r"of shape \(count, \d\)\. .*\(3, \d\)"),
        (lambda x: x[0], r"of shape \(count, \d\)\."),
        (lambda x: x[:0], r"of shape \(count, \d\)\. .*\(0, \d\)"),
        (lambda x: x * np.float32("nan"), "must be finite"),
        (lambda x: x.astype("complex64"), "of numbers"),
        (lambda x: x.astype("str"), "of numbers"),
        (lambda x: "seed", "of numbers"),
        (lambda x: [[1.0], [1.0, 2.0]], "of numbers"),
    ],
)
def test_wrong_latents(model, change, message):
    latents = change(model.latents(3, seed=0))
    with pytest.raises(ValueError, match=f"`latents` .*{message}"):
        model.generate(latents=latents)


def test_one_noise_for_all_images(model):
    """Same latents are then same images, and else not, of any batch size."""
    if not model.draws_noise:
        return
    latents = model.latents(1, seed=0).repeat(3, axis=0)
    same = {"latents": latents, "labels": 0, "seed": 0, "same_noise": True}
    first, *others = model.generate(**same, batch_size=2)
    for image in others:
        np.testing.assert_allclose(image, first, atol=1e-5)
    first, other, _ = model.generate(**(same | {"same_noise": False}))
    assert np.abs(first - other).max() > 1e-3
