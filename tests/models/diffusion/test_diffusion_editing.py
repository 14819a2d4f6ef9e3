"""Inverting, blending and completing images of known distributions."""

import numpy as np
import pytest
from support.optimal_denoiser import DEVIATION, Mixture, model_of, normal

import zoo


def test_inverting_a_gaussian():
    """Deterministic sampling is a line: the noise scales with what is left."""
    model, mean = normal()
    random = np.random.default_rng(0)
    images = random.uniform(-0.5, 0.5, (6, 1, 1, 2)).astype("float32")
    noise = model.invert(images, steps=200)
    alpha = model.schedule.alpha(199)
    scale = np.sqrt(DEVIATION**2 * alpha + 1 - alpha) / DEVIATION
    expected = np.sqrt(alpha) * mean + scale * (images - mean)
    # First order: 200 steps are as many as there are, and this good.
    np.testing.assert_allclose(noise, expected, rtol=0.03)


@pytest.mark.parametrize("prediction", ["epsilon", "v", "x0"])
@pytest.mark.parametrize("steps", [10, 60])
def test_inverting_and_back(prediction, steps):
    model, _ = normal(prediction=prediction)
    random = np.random.default_rng(0)
    images = random.uniform(-0.5, 0.5, (3, 1, 1, 2)).astype("float32")
    exact = model.invert(images, steps=steps, iterations=20, batch_size=2)
    again = model.generate_from(exact, steps=steps)
    np.testing.assert_allclose(again, images, atol=1e-3)
    rough = model.invert(images, steps=steps, iterations=1)
    error = abs(model.generate_from(rough, steps=steps) - images).max()
    assert error > 1e-3  # Which is what iterating is for.


def test_inverting_with_a_guidance_interval(about_label):
    images = np.array([[[[0.1, 0.4]]], [[[-0.3, 0.2]]]], "float32")
    sampling = {
        "steps": 60,
        "labels": [0, 2],
        "guidance": 1.5,
        "guidance_interval": (0.5, 2.0),
    }
    noise = about_label.invert(images, iterations=20, **sampling)
    back = about_label.generate_from(noise, **sampling)
    np.testing.assert_allclose(back, images, atol=1e-3)
    del sampling["guidance_interval"]
    throughout = about_label.generate_from(noise, **sampling)
    assert abs(throughout - images).max() > 0.02


@pytest.mark.parametrize("other", [{"sampler": "ddpm"}, {"eta": 0.5}])
def test_only_plain_ddim_is_inverted(other):
    model, _ = normal()
    images = np.zeros((2, 1, 1, 2), "float32")
    for call in (
        lambda **x: model.invert(images, **x),
        lambda **x: model.interpolate(images, images, **x),
    ):
        with pytest.raises(ValueError, match=r"`sampler` must be.*Received: "):
            call(**other)


def test_interpolating():
    """Between two images of a Gaussian lies the arc of their noises."""
    model, _ = normal()
    random = np.random.default_rng(0)
    a, b = random.uniform(-0.4, 0.4, (2, 2, 1, 1, 2)).astype("float32")
    made = model.interpolate(a, b, count=3, steps=50)
    assert made.shape == (2, 3, 1, 1, 2)
    np.testing.assert_allclose(made[:, 0], a, atol=0.01)
    np.testing.assert_allclose(made[:, 2], b, atol=0.01)
    x, y = model.invert(np.concatenate([a, b])[[0, 2]], steps=50)
    cosine = np.sum(x * y) / np.sqrt(np.sum(x**2) * np.sum(y**2))
    middle = (x + y) / np.sqrt(2 + 2 * cosine)  # Half of the angle.
    expected = model.generate_from(middle[None], steps=50)
    np.testing.assert_allclose(made[0, 1], expected[0], atol=1e-4)


@pytest.mark.parametrize(
    ("sampler", "share"), [("ddpm", 0.95), ("ddim", 0.8), ("dpm_solver", 0.8)]
)
def test_inpainting_fits_what_is_known(sampler, share):
    """Two pixels are alike; told one, the other follows: half by chance."""
    network = Mixture(np.array([[-0.5] * 2, [0.5] * 2]), np.ones(2) / 2, 0.05)
    model = model_of(network, image_shape=(1, 2, 1), timesteps=100)
    sides = np.where(np.arange(40) % 3 == 0, -0.5, 0.5).astype("float32")
    images = np.stack([sides, np.zeros(40)], -1).reshape(40, 1, 2, 1)
    images = images.astype("float32")
    made = model.inpaint(images, [[0, 1]], seed=0, steps=50, sampler=sampler)
    np.testing.assert_array_equal(made[:, 0, 0], images[:, 0, 0])
    near = abs(made[:, 0, 1, 0] - sides) < 0.3
    assert np.mean(near) > share


@pytest.mark.parametrize("sampler", ["ddim", "ddpm", "dpm_solver"])
def test_an_image_to_start_from(sampler):
    """Of two modes a little noise keeps each image's, and much forgets it."""
    network = Mixture(np.array([[-0.5] * 2, [0.5] * 2]), np.ones(2) / 2, 0.05)
    model = model_of(network, image_shape=(1, 2, 1), timesteps=100)
    images = np.full((40, 1, 2, 1), 0.4, "float32")
    arguments = {"seed": 0, "steps": 50, "sampler": sampler}
    near = model.image_to_image(images, 0.1, **arguments)
    assert np.mean(abs(near - 0.5) < 0.35) > 0.9
    far = model.image_to_image(images, 1.0, **arguments)
    assert 0.2 < np.mean(far[:, 0, 0, 0] < 0) < 0.8
    _, path = model.image_to_image(
        images[:1], 0.1, return_trajectory=True, **arguments
    )
    assert len(path) == 5 + 1
    time = zoo.Sampling(steps=50).times(model.schedule)[45]
    sigma = model.schedule.noise_rate(time)
    expected = model.schedule.signal_rate(time) * 0.4
    assert abs(path[0] - expected).max() < 4 * sigma
    again = model.image_to_image(images[:3], 0.1, **arguments)
    np.testing.assert_allclose(again, near[:3], atol=1e-5)


def test_masks_of_any_of_their_shapes():
    model, _ = normal()
    images = np.zeros((2, 1, 1, 2), "float32")
    masks = [np.ones(x) for x in ((1, 1), (2, 1, 1), (1, 1, 1), (2, 1, 1, 1))]
    made = [model.inpaint(images, mask, seed=0, steps=3) for mask in masks]
    for each in made:
        np.testing.assert_array_equal(each, made[0])
    assert abs(made[0]).max() > 0.01


def test_errors_of_given_images():
    model, _ = normal()
    images = np.zeros((2, 1, 1, 2), "float32")
    for call, message in [
        (lambda: model.generate_from(images[0]), "`noise` must have shape"),
        (lambda: model.invert(images[..., :1]), "images of shape"),
        (lambda: model.invert(images + 9), r"in \[-1, 1\]"),
        (lambda: model.invert(images, iterations=0), "`iterations`"),
        (lambda: model.interpolate(images, images[:1]), "hold as many"),
        (lambda: model.inpaint(images, np.ones(3)), "`mask` must have"),
        (lambda: model.image_to_image(images, 0.0), "`strength` must be in"),
        (lambda: model.image_to_image(images, 1.1), "`strength` must be in"),
        (lambda: model.image_to_image(images + 9), r"in \[-1, 1\]"),
        (lambda: model.denoise(images), "`times` or `alpha`"),
        (lambda: model.denoise(images, times=200), r"in \[0, 199\]"),
        (lambda: model.denoise(images, alpha=1.0), r"in \[0, 199\]"),
        (lambda: model.denoise(images, alpha=-1.0), "`alpha` must be in"),
    ]:
        with pytest.raises(ValueError, match=rf"{message}.*Received: "):
            call()
