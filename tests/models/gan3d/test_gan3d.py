"""3D-GAN: the paper's networks and gate, against plain PyTorch and by hand.

The golden values are float64, made by `tests/golden/make_gan3d.py`, where the
gate is an `if`.
"""

import keras
import numpy as np
import pytest
from keras import ops
from support.agreement import GoldenLatents, read_golden, stored
from support.tiny_gan import snapshot

import zoo
from zoo import backend
from zoo.models.gan.game import Round
from zoo.models.gan3d import networks as volumetric

RATES = {"discriminator": 0.1, "generator": 1.0}
PLAYERS = tuple(RATES)


def tiny(**arguments):
    defaults = {"resolution": 8, "latent_dim": 4, "filters": 2}
    return zoo.GAN3D(**(defaults | arguments))


def boxes(count=4):
    grids = np.zeros((count, 8, 8, 8, 1), "float32")
    for i, grid in enumerate(grids):
        grid[1 : 3 + i % 4, 2:6, 1:5] = 1
    return grids


def size_of(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


# Networks


def test_parameter_counts_of_the_paper():
    generator = volumetric.build_generator(64, 200, 64)
    assert size_of(generator) == 17_569_664
    assert size_of(volumetric.build_discriminator(64, 64)) == 11_048_832
    assert generator.output_shape == (None, 64, 64, 64, 1)


def test_defaults_are_the_papers():
    model = tiny()
    model.compile()
    assert zoo.GAN3D.__init__.__kwdefaults__["accuracy_gate"] == 0.8
    assert zoo.GAN3D.__init__.__defaults__ == (64, 200, 64)
    rates = {"generator": 2.5e-3, "discriminator": 1e-5}
    for player, rate in rates.items():
        config = model.optimizer[player].get_config()
        assert config["learning_rate"] == pytest.approx(rate)
        assert config["beta_1"] == 0.5
    names = [v.name for v in model.trainable_variables]
    assert set(names) == {"kernel", "gamma", "beta"}


def test_latents_are_uniform():
    latents = ops.convert_to_numpy(tiny().sample_latents(500))
    assert latents.shape == (500, 4)
    assert 0 <= latents.min() < 0.01
    assert 0.99 < latents.max() <= 1
    assert latents.mean() == pytest.approx(0.5, abs=0.03)


def test_normal_prior():
    model = tiny(prior="normal")
    latents = ops.convert_to_numpy(model.sample_latents(500))
    assert latents.mean() == pytest.approx(0, abs=0.1)
    assert latents.std() == pytest.approx(1, abs=0.1)
    drawn = np.random.default_rng(0).standard_normal((2, 4), "float32")
    expected = model.generator(drawn, training=False)
    np.testing.assert_allclose(
        model.generate(2, seed=0), ops.convert_to_numpy(expected), atol=1e-6
    )
    assert zoo.GAN3D.from_config(model.get_config()).prior == "normal"


def test_discriminator_is_told_how_much_shapes_differ():
    """Of a batch of one shape, the further channel is 0."""
    model = tiny(minibatch="stddev", batch_norm="generator")
    copy = zoo.GAN3D.from_config(model.get_config())
    random = np.random.default_rng(0)  # The same weights on every backend.
    weights = [
        random.normal(0, 0.1, w.shape)
        for w in model.discriminator.get_weights()
    ]
    model.discriminator.set_weights(weights)
    copy.discriminator.set_weights(weights)
    shapes = boxes()
    together = ops.convert_to_numpy(model.discriminator(shapes))
    alone = [
        ops.convert_to_numpy(copy.discriminator(shape[None]))
        for shape in shapes
    ]
    assert np.abs(together - np.concatenate(alone)).min() > 1e-3


def test_penalties_find_no_batch_statistics():
    model = tiny(batch_norm="generator", penalty="r1")
    assert not model.discriminator.non_trainable_variables
    assert {v.name for v in model.discriminator.variables} == {"kernel", "bias"}
    real = ops.array(boxes())
    play = Round(real, made=(1 - real,), training=True)
    terms = model.discriminator_loss(play)
    assert float(ops.convert_to_numpy(terms["gradient_penalty"])) > 0


# Training


class GoldenGAN3D(GoldenLatents, zoo.GAN3D):
    """Draws the golden latents, step by step."""

    def __init__(self, latents):
        super().__init__(16, latents.shape[-1], 2)
        self.hold(latents)


@pytest.fixture(scope="module")
def golden():
    return read_golden("gan3d.npz")


@pytest.fixture(scope="module")
def training(golden):
    """The model after the golden steps, and what was seen after each."""
    model = GoldenGAN3D(golden["latents"])
    for name in PLAYERS:
        initial = stored(golden, "initial", name)
        variables = getattr(model, name).trainable_variables
        for variable, value in zip(variables, initial, strict=True):
            variable.assign(value)
    model.compile(
        **{f"{k}_optimizer": keras.optimizers.SGD(v) for k, v in RATES.items()}
    )
    names = [*model.loss_names, "discriminator_accuracy"]
    seen = []

    def look(_, logs):
        backend.sync_state(model)
        opponent = [
            *model.discriminator.variables,
            *model.optimizer["discriminator"].variables,
        ]
        seen.append(
            {
                "logs": [float(logs[name]) for name in names],
                "opponent": snapshot(opponent),
                "generator": snapshot(model.generator.trainable_variables),
                "judge": snapshot(model.discriminator.trainable_variables),
            }
        )

    steps, batch = golden["latents"].shape[:2]
    voxels = np.unpackbits(golden["voxels"]).reshape(-1, 16, 16, 16, 1)
    model.fit(
        voxels.astype("float32"),
        batch_size=batch,
        shuffle=False,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=look)],
    )
    means = np.array([step["logs"] for step in seen])
    sums = means * np.arange(1, steps + 1)[:, None]
    return model, seen, np.diff(sums, axis=0, prepend=0)


def test_losses_and_accuracies(training, golden):
    _, _, logs = training
    np.testing.assert_allclose(logs[:, :3], golden["losses"], rtol=1e-4)
    np.testing.assert_allclose(logs[:, 3], golden["accuracies"], atol=1e-5)


def test_first_gradients(training, golden):
    """What gradient descent took off the weights, over its rate."""
    _, seen, _ = training
    for name, key in zip(PLAYERS, ("judge", "generator"), strict=True):
        both = stored(golden, "initial", name), stored(golden, "first", name)
        for before, after, got in zip(*both, seen[0][key], strict=True):
            expected = (before - after) / RATES[name]
            error = np.abs((before - got) / RATES[name] - expected).max()
            assert error < 1e-4 * max(np.abs(expected).max(), 0.1)


def test_weights_in_the_end(training, golden):
    _, seen, _ = training
    for name, key in zip(PLAYERS, ("judge", "generator"), strict=True):
        expected = stored(golden, "last", name)
        for got, value in zip(seen[-1][key], expected, strict=True):
            np.testing.assert_allclose(got, value, atol=1e-4)


def test_closed_gate_leaves_the_discriminator_as_it_was(training, golden):
    """Weights, optimizer and batch statistics; 0.8 itself is not too high."""
    model, seen, _ = training
    is_open = [True, *(golden["accuracies"][:-1] <= 0.8)]
    assert set(is_open) == {True, False}
    assert 0.8 in golden["accuracies"].round(12)
    pairs = zip(seen, seen[1:], is_open[1:], strict=False)
    for before, after, opened in pairs:
        same = [
            np.array_equal(*pair)
            for pair in zip(before["opponent"], after["opponent"], strict=True)
        ]
        assert all(same) != opened
        assert not np.array_equal(before["generator"][0], after["generator"][0])
    iterations = model.optimizer["discriminator"].iterations
    assert int(ops.convert_to_numpy(iterations)) == sum(is_open)


def test_losses_by_hand():
    model = tiny()
    fake = ops.array(1 - boxes())
    real_p, fake_p = (
        ops.convert_to_numpy(ops.sigmoid(model.discriminator(x, training=True)))
        for x in (boxes(), fake)
    )
    play = Round(ops.array(boxes()), made=(fake,), training=True)
    terms = model.discriminator_loss(play) | model.generator_loss(play)
    expected = {
        "discriminator_real_loss": -np.mean(np.log(real_p)),
        "discriminator_fake_loss": -np.mean(np.log(1 - fake_p)),
        "generator_loss": -np.mean(np.log(fake_p)),
    }
    got = {k: float(ops.convert_to_numpy(v)) for k, v in terms.items()}
    assert got == pytest.approx(expected, rel=1e-5)
    accuracy = np.mean(np.concatenate([real_p > 0.5, fake_p < 0.5]))
    assert snapshot([model.accuracy])[0] == pytest.approx(accuracy)


# Sampling


@pytest.fixture(scope="module")
def trained():
    """A model after an epoch."""
    keras.utils.set_random_seed(0)
    model = tiny(ema_decay=0.9)
    model.compile()
    model.fit(boxes(), batch_size=4, shuffle=False, verbose=0)
    return model


def test_generate(trained):
    model = trained
    voxels = model.generate(3, seed=1)
    assert voxels.shape == (3, 8, 8, 8, 1)
    assert voxels.dtype == np.float32
    assert 0 < voxels.min() < voxels.max() < 1
    np.testing.assert_array_equal(voxels, model.generate(3, seed=1))
    assert not np.array_equal(voxels, model.generate(3, seed=2))
    middle = float(np.median(voxels))
    occupied = model.generate(3, seed=1, threshold=middle)
    np.testing.assert_array_equal(occupied, voxels > middle)
    assert occupied.dtype == np.float32


def test_pictures(trained):
    model = trained
    made = model.generate(3, seed=1)
    pictures = model.pictures(3, seed=1, size=16)
    assert pictures.shape == (3, 16, 16, 3)
    same = model.pictures(3, inputs=made, size=16)
    np.testing.assert_array_equal(same, pictures)


@pytest.mark.parametrize("threshold", [-0.1, 1.0, "half"])
def test_threshold_errors(trained, threshold):
    with pytest.raises(ValueError, match=r"`threshold`.*Received"):
        trained.generate(1, threshold=threshold)


# Errors


@pytest.mark.parametrize(
    "arguments",
    [
        {"resolution": 48},
        {"resolution": (64, 64, 64)},
        {"latent_dim": 0},
        {"filters": 1.5},
        {"accuracy_gate": 80},
        {"batch_norm": False},
        {"prior": "gaussian"},
        {"minibatch": "discrimination"},
    ],
    ids=str,
)
def test_argument_errors(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        tiny(**arguments)


@pytest.mark.parametrize(
    ("voxels", "message"),
    [
        (boxes()[..., 0], r"\(batch, 8, 8, 8, 1\).*shape=\(4, 8, 8, 8\)"),
        (np.zeros((4, 16, 16, 16, 1)), "Received: shape="),
        (boxes() * 2 - 1, r"0 for empty.*\[-1, 1\]"),
        (boxes() * np.nan, "Received: values in"),
        (boxes().astype(bool), r"astype.*dtype=bool"),
    ],
)
def test_data_errors(voxels, message):
    model = tiny()
    model.compile()
    with pytest.raises(ValueError, match=message):
        model.fit(voxels, verbose=0)
