"""What GANs share: losses, penalties and tricks by name, and their step."""

import keras
import numpy as np
import pytest
from keras import ops
from support.harness import random_images
from support.tiny_gan import snapshot

import zoo
from zoo import losses
from zoo.models.gan.game import Round

LOSSES = [
    "minimax",
    "non_saturating",
    "maximum_likelihood",
    "least_squares",
    "wasserstein",
    "hinge",
    "energy",
]


def tiny(**arguments):
    defaults = {"image_shape": (16, 16, 1), "latent_dim": 4, "filters": 2}
    return zoo.DCGAN(**(defaults | arguments))


def moved(variables, before):
    return [
        not np.array_equal(now, then)
        for now, then in zip(snapshot(variables), before, strict=True)
    ]


def floats(terms):
    return {k: float(ops.convert_to_numpy(v)) for k, v in terms.items()}


@pytest.mark.parametrize("name", LOSSES)
def test_loss_by_name(name):
    """The terms are the named loss of the discriminator's own logits."""
    model = tiny(loss=name, batch_norm=False)
    real, fake = ops.array(random_images(4)), ops.array(random_images(4, 1))
    logits = [model.discriminator(x, training=False) for x in (real, fake)]
    loss = losses.get(name)
    play = Round(real, made=(fake,))
    terms = floats(model.discriminator_loss(play))
    terms |= floats(model.generator_loss(play))
    expected = {
        "discriminator_real_loss": loss.real(logits[0]),
        "discriminator_fake_loss": loss.fake(logits[1]),
        "generator_loss": loss.generator(logits[1]),
    }
    assert terms == pytest.approx(floats(expected), rel=1e-5, abs=1e-6)
    assert tiny(**model.get_config()).adversarial_loss == loss


@pytest.mark.parametrize(("share", "kept"), [(1.0, 5), (0.6, 3), (0.01, 1)])
def test_generator_learns_from_its_best_images(share, kept):
    """Of five images, those that look most real; in evaluation, of all."""
    model = tiny(batch_norm=False, top_k=share)
    fake = ops.array(random_images(5))
    logits = ops.convert_to_numpy(model.discriminator(fake)).ravel()
    each = np.log1p(np.exp(-np.sort(logits)[::-1].astype("float64")))
    for training, count in ((True, kept), (False, 5)):
        play = Round(None, made=(fake,), training=training)
        (loss,) = floats(model.generator_loss(play)).values()
        assert loss == pytest.approx(each[:count].mean(), rel=1e-5)


def test_energy_is_the_error_of_an_auto_encoder():
    model = tiny(loss="energy")
    images = random_images(3)
    network = model.discriminator
    (decoded,) = [
        layer.input for layer in network.layers if "squared" in layer.name
    ]
    decoder = keras.Model(network.input, decoded[0])
    error = (ops.convert_to_numpy(decoder(images)) - images) ** 2
    logits = ops.convert_to_numpy(network(images))
    np.testing.assert_allclose(
        logits, -error.mean(axis=(1, 2, 3))[:, None], rtol=1e-5
    )


def test_a_loss_of_ones_own():
    loss = losses.AdversarialLoss(
        name="mine", real=ops.mean, fake=ops.mean, generator=ops.mean
    )
    model = tiny(loss=loss)
    with pytest.raises(ValueError, match="registered"):
        model.get_config()
    images = ops.array(random_images(2))
    play = Round(None, made=(images,))
    term = model.generator_loss(play)["generator_loss"]
    logits = model.discriminator(images, training=False)
    np.testing.assert_allclose(
        *map(ops.convert_to_numpy, (term, ops.mean(logits)))
    )


def test_closed_gate_moves_the_generator_alone():
    model = tiny(accuracy_gate=0.8)
    model.compile()
    images = random_images(8)
    opponent = [
        *model.discriminator.variables,
        *model.optimizer["discriminator"].variables,
    ]
    for last, is_open in ((0.9, False), (0.7, True)):
        model.accuracy.assign(last)
        before, generator = (
            snapshot(opponent),
            snapshot(model.generator.variables),
        )
        logs = model.fit(images, batch_size=8, verbose=0).history
        if is_open:
            assert any(moved(opponent, before))
        else:
            assert not any(moved(opponent, before))
        assert any(moved(model.generator.variables, generator))
        (accuracy,) = logs["discriminator_accuracy"]
        assert accuracy == pytest.approx(float(snapshot([model.accuracy])[0]))
        assert accuracy != pytest.approx(last)


def test_steps_noise_and_players():
    """Two discriminator steps, one of the noise; lr 0 moves nothing."""
    model = tiny(
        discriminator_steps=2, instance_noise=0.5, instance_noise_steps=10
    )
    model.compile(generator_optimizer=keras.optimizers.SGD(0.0))
    before = snapshot(model.generator.trainable_variables)
    model.fit(random_images(8), batch_size=4, verbose=0)
    assert not any(moved(model.generator.trainable_variables, before))
    iterations = [
        int(snapshot([model.optimizer[p].iterations])[0]) for p in model.players
    ]
    assert iterations == [4, 2]
    (noise,) = [x for x in model.discriminator.layers if hasattr(x, "advance")]
    assert int(snapshot([noise.step])[0]) == 2
    assert float(noise.current_stddev()) == pytest.approx(0.4)


def test_mode_seeking_term():
    model = tiny(mode_seeking_weight=2.0)
    latents = [ops.array(np.full((3, 4), v, "float32")) for v in (0.0, 0.5)]
    images = [
        ops.array(np.full((3, 16, 16, 1), v, "float32")) for v in (0, 0.1)
    ]
    play = Round(None, latents=tuple(latents), made=tuple(images))
    terms = model.generator_loss(play)
    # Mean absolute differences: 0.1 of images, 0.5 of latents.
    expected = 2 / (0.1 / 0.5 + 1e-5)
    assert floats(terms)["mode_seeking_loss"] == pytest.approx(expected, 1e-4)


@pytest.mark.parametrize(
    "arguments",
    [
        {"batch_norm": "virtual"},
        {"batch_norm": "reference"},
        {"spectral_norm": True, "minibatch": "stddev"},
        {"minibatch": "discrimination", "batch_norm": False},
    ],
    ids=str,
)
def test_networks_survive_saving(arguments, tmp_path):
    model = tiny(**arguments)
    images = random_images(4)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for inputs, name in (
        (images, "discriminator"),
        (images[:, 0, :4, 0], "generator"),
    ):
        pair = [
            ops.convert_to_numpy(getattr(m, name)(inputs))
            for m in (model, loaded)
        ]
        np.testing.assert_array_equal(*pair)


@pytest.mark.parametrize(
    "arguments",
    [
        {"loss": "hinges"},
        {"loss": None},
        {"penalty": "r3"},
        {"penalty_weight": -1},
        {"discriminator_steps": 0},
        {"accuracy_gate": 1.0},
        {"mode_seeking_weight": float("inf")},
        {"top_k": 0.0},
        {"top_k": 1.5},
        {"batch_norm": "layer"},
        {"batch_norm": 1},
        {"minibatch": "mean"},
        {"instance_noise": -0.1},
    ],
    ids=str,
)
def test_argument_errors(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        tiny(**arguments)


def test_smoothing_needs_a_target():
    with pytest.raises(ValueError, match=r"`label_smoothing`.*'hinge'"):
        tiny(loss="hinge", label_smoothing=0.1)
