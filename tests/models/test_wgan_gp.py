"""WGAN-GP: the paper's networks, its critic, and weight clipping."""

import keras
import numpy as np
import pytest
from harness import random_images
from keras import ops

import zoo
from zoo.losses import penalties


def tiny(**arguments):
    defaults = {"latent_dim": 4, "filters": 4, "critic_steps": 2}
    return zoo.WGANGP((16, 16, 1), **(defaults | arguments))


def size_of(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def test_parameter_counts_of_the_paper():
    model = zoo.WGANGP((32, 32, 3), filters=128, architecture="resnet")
    assert size_of(model.generator) == 1_204_483
    assert size_of(model.critic) == 1_053_825


def test_critic_has_no_batch_statistics():
    for architecture in ("dcgan", "resnet"):
        critic = tiny(architecture=architecture).critic
        assert not critic.non_trainable_variables
        assert critic.output_shape == (None, 1)


@pytest.fixture(scope="module")
def trained():
    """On light grey images; the generator starts from darker ones."""
    keras.utils.set_random_seed(0)
    model = tiny()
    model.compile(
        critic_optimizer=keras.optimizers.Adam(3e-3, beta_1=0.0, beta_2=0.9)
    )
    images = random_images(16 * 60) * 0.05 + 0.1
    return model, model.fit(images, batch_size=16, verbose=0).history, images


def test_slope_of_the_trained_critic(trained):
    """Near 1 between real and generated images."""
    model, _, images = trained
    real = ops.array(images[:64])
    fake = ops.array(model.generate(64, seed=0))
    points = penalties.interpolates(
        real, fake, ops.array(np.linspace(0, 1, 64, dtype="float32"))
    )
    gradients = model.input_gradient(lambda x: model.critic(x), points)
    norms = ops.convert_to_numpy(penalties.gradient_norms(gradients))
    assert 0.8 < norms.mean() < 1.2


def test_logs_the_estimate_apart_from_the_penalty(trained):
    _, logs, _ = trained
    (estimate,) = logs["wasserstein_distance"]
    critic = logs["critic_real_loss"][0] + logs["critic_fake_loss"][0]
    assert estimate == pytest.approx(-critic, rel=1e-4)
    total = critic + logs["gradient_penalty"][0] + logs["generator_loss"][0]
    assert logs["loss"][0] == pytest.approx(total, rel=1e-4)


def test_optimizers_of_the_paper(trained):
    model, _, _ = trained
    generator = model.optimizer["generator"].get_config()
    expected = {"learning_rate": 1e-4, "beta_1": 0.0, "beta_2": 0.9}
    assert generator | expected == pytest.approx(generator)
    steps = [
        int(ops.convert_to_numpy(model.optimizer[p].iterations))
        for p in ("critic", "generator")
    ]
    assert steps == [120, 60]


def test_weight_clipping():
    model = tiny(clip=0.02, critic_steps=1)
    model.compile(critic_optimizer=keras.optimizers.RMSprop(1e-2))
    logs = model.fit(random_images(8), batch_size=4, verbose=0).history
    assert "gradient_penalty" not in logs
    largest = [
        float(abs(ops.convert_to_numpy(v)).max())
        for v in model.critic.trainable_variables
    ]
    assert max(largest) == pytest.approx(0.02)


def test_config_and_saving(tmp_path):
    model = tiny(architecture="resnet", critic_steps=3, penalty_weight=5.0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    pair = [m.generate(2, seed=0) for m in (model, loaded)]
    np.testing.assert_array_equal(*pair)


@pytest.mark.parametrize(
    "arguments",
    [
        {"architecture": "vgg"},
        {"critic_steps": 0},
        {"penalty_weight": -1},
        {"clip": -1},
    ],
    ids=str,
)
def test_argument_errors(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        tiny(**arguments)
