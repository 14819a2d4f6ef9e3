"""Conditional GAN: classes of data and samples, AC-GAN, InfoGAN."""

import keras
import numpy as np
import pytest
from keras import ops
from support.harness import random_images

import zoo
from zoo.models.gan.game import Round


def tiny(**arguments):
    defaults = {"latent_dim": 4, "filters": 2}
    return zoo.ConditionalGAN((16, 16, 1), 3, **(defaults | arguments))


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return tiny()


def test_inputs_are_joined_to_the_class(model):
    """One-hot beside the latents; constant channels beside the image."""
    dense, convolution = (
        next(x for x in network.layers if hasattr(x, "kernel"))
        for network in (model.generator, model.discriminator)
    )
    assert dense.kernel.shape[0] == 4 + 3
    assert convolution.kernel.shape[2] == 1 + 3
    join = model.discriminator.layers[2]
    joined = ops.convert_to_numpy(
        join([ops.zeros((1, 2, 2, 1)), ops.array([[0.0, 1.0, 0.0]])])
    )
    np.testing.assert_array_equal(joined, np.tile([0, 0, 1, 0], (1, 2, 2, 1)))


def test_labels_of_samples(model):
    same, other, cycled = (
        model.generate(3, seed=0, labels=labels)
        for labels in ([0, 0, 0], 1, None)
    )
    assert same.shape == (3, 16, 16, 1)
    assert not np.allclose(same, other, atol=1e-4)
    np.testing.assert_allclose(cycled[0], same[0], atol=1e-6)
    np.testing.assert_allclose(cycled[1], other[1], atol=1e-6)


def test_pictures_have_a_row_of_the_same_latents_per_label(model):
    assert model.grid_rows == 3
    pictures = model.pictures(6, seed=4)
    for label in range(3):
        expected = model.generate(2, seed=4, labels=label)
        row = pictures[2 * label : 2 * label + 2]
        np.testing.assert_allclose(row, expected, atol=1e-6)
    # What does not fill rows is drawn as `generate` does.
    np.testing.assert_array_equal(
        model.pictures(4, seed=4), model.generate(4, seed=4)
    )
    assert model.pictures(3).std() > 0


def test_learns_classes():
    """Dark images of class 0, bright ones of class 1."""
    keras.utils.set_random_seed(0)
    model = zoo.ConditionalGAN(
        (16, 16, 1), 2, latent_dim=4, filters=4, batch_norm=False
    )
    rates = {
        f"{player}_optimizer": keras.optimizers.Adam(3e-3, beta_1=0.5)
        for player in model.players
    }
    model.compile(**rates)
    labels = np.arange(16 * 60) % 2
    images = random_images(len(labels)) * 0.1 - 0.6
    images += 1.2 * labels[:, None, None, None].astype("float32")
    model.fit(images, labels, batch_size=16, verbose=0)
    means = [model.generate(16, seed=0, labels=k).mean() for k in (0, 1)]
    assert means[1] - means[0] > 0.6


def test_auxiliary_heads():
    model = tiny(
        classifier_weight=2.0, continuous_codes=2, categorical_codes=(3, 2)
    )
    assert model.discriminator.input_shape == (None, 16, 16, 1)
    images, latents = random_images(4), model.sample_latents(4)
    drawn = ops.convert_to_numpy(latents)
    assert drawn.shape == (4, 4 + 2 + 3 + 2)
    assert abs(drawn[:, 4:6]).max() <= 1
    assert (drawn[:, 6:9].sum(1) == 1).all()
    assert (drawn[:, 9:].sum(1) == 1).all()
    _, conditions = model.unpack((images, np.array([0, 1, 2, 0])))
    play = Round(None, conditions, (latents,), (ops.array(images),))
    terms = model.generator_loss(play)
    outputs = {
        k: ops.convert_to_numpy(v).astype("float64")
        for k, v in model.discriminator(images, training=False).items()
    }

    def log_softmax(x):
        return x - np.log(np.exp(x).sum(-1, keepdims=True))

    classes = log_softmax(outputs["classes"])
    class_loss = -2 * classes[np.arange(4), [0, 1, 2, 0]].mean()
    code_loss = (
        0.5 * ((outputs["continuous"] - drawn[:, 4:6]) ** 2).sum(1).mean()
    )
    for start, end in ((0, 3), (3, 5)):
        logs = log_softmax(outputs["categorical"][:, start:end])
        code_loss -= (logs * drawn[:, 6 + start : 6 + end]).sum(1).mean()
    found = {k: float(ops.convert_to_numpy(v)) for k, v in terms.items()}
    assert found["generator_class_loss"] == pytest.approx(class_loss, rel=1e-5)
    assert found["generator_code_loss"] == pytest.approx(code_loss, rel=1e-4)
    codes = np.zeros((2, 7), "float32")
    assert model.generate(2, seed=0, codes=codes).shape == (2, 16, 16, 1)
    with pytest.raises(ValueError, match=r"`codes`.*\(2, 7\)"):
        model.generate(2, codes=codes[:, :6])
    cold, warm = (
        model._latents(2, np.random.default_rng(0), temperature=t)
        for t in (0.0, 1.0)
    )
    np.testing.assert_array_equal(cold[:, :4], 0)
    np.testing.assert_array_equal(cold[:, 4:], warm[:, 4:])


def test_temperature_of_classes():
    """Without noise in the latents, an image for each class."""
    images = tiny().generate(6, labels=[0, 1, 2] * 2, temperature=0)
    np.testing.assert_allclose(images[:3], images[3:], atol=1e-6)
    assert not np.allclose(images[0], images[1])
    with pytest.raises(ValueError, match="`temperature`"):
        tiny().generate(2, temperature=-1)


@pytest.mark.parametrize(
    "labels",
    [
        [-1, 0, 1],
        [0, 1, 3],
        [0.0, 1.0, 2.0],
        [0, 1],
        [[0, 1, 2]],
        2.5,
        3,
    ],
    ids=str,
)
def test_bad_labels_of_samples(model, labels):
    with pytest.raises(ValueError, match=r"integers from 0 to 2.*Received"):
        model.generate(3, labels=labels)


@pytest.mark.parametrize(
    "labels",
    [
        np.array([0, 1, 2, 3]),
        np.array([0, -1, 2, 1]),
        np.array([0.0, 1.0, 2.0, 1.0]),
        np.eye(3)[[0, 1, 2, 0]],
    ],
    ids=["too large", "negative", "float", "one-hot"],
)
def test_bad_labels_of_data(model, labels):
    model.compile()
    with pytest.raises(ValueError, match=r"integers from 0 to 2.*Received"):
        model.fit(random_images(4), labels, batch_size=4)


def test_missing_labels_of_data(model):
    model.compile()
    with pytest.raises(ValueError, match=r"trains on \(images, labels\).*Rec"):
        model.fit(random_images(4), batch_size=4)


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_classes": 0},
        {"classifier_weight": -1.0},
        {"continuous_codes": -1},
        {"continuous_codes": 2.5},
        {"categorical_codes": (0,)},
        {"code_weight": float("nan")},
    ],
    ids=str,
)
def test_argument_errors(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        zoo.ConditionalGAN((16, 16, 1), filters=2, **arguments)


def test_heads_need_logits():
    with pytest.raises(ValueError, match="auto-encoder"):
        tiny(loss="energy", continuous_codes=1)
