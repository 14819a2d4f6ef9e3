"""WGAN-GP: the paper's networks, its critic, and weight clipping."""

import keras
import numpy as np
import pytest
from keras import ops
from support.harness import random_images

import zoo
from zoo.losses import penalties
from zoo.models.gan.game import Round
from zoo.models.gan.residual_networks import build_residual_critic


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


def test_arguments_that_residual_networks_do_not_take():
    with pytest.warns(UserWarning, match=r"not change: minibatch='stddev'\."):
        tiny(architecture="resnet", minibatch="stddev")


@pytest.fixture(scope="module")
def trained():
    """On light grey images; the generator starts from darker ones."""
    keras.utils.set_random_seed(0)
    model = tiny()
    model.compile(
        critic_optimizer=keras.optimizers.Adam(3e-3, beta_1=0.0, beta_2=0.9)
    )
    images = random_images(16 * 60) * 0.05 + 0.1
    images[0] = -0.1  # Or they would be taken for images in [0, 1].
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


@pytest.mark.parametrize("architecture", ["dcgan", "resnet"])
def test_with_classes_the_critic_finds_them(architecture):
    """As AC-GAN: the generator is told the class, the critic is not."""
    keras.utils.set_random_seed(0)
    model = tiny(num_classes=3, architecture=architecture)
    model.compile()
    images, labels = random_images(8), np.arange(8) % 3
    logs = model.fit(images, labels, batch_size=4, verbose=0).history
    assert {"critic_class_loss", "generator_class_loss"} < set(logs)
    outputs = model.critic(ops.array(images))
    assert {k: v.shape for k, v in outputs.items()} == {
        "logits": (8, 1),
        "classes": (8, 3),
    }
    first, second = (model.generate(4, seed=0, labels=i) for i in (0, 1))
    assert not np.allclose(first, second, atol=1e-5)
    assert model.grid_rows == 3
    with pytest.raises(ValueError, match="Labels must be"):
        model.generate(2, labels=[0, 3])


def test_first_weights_are_those_of_the_papers_code():
    """Uniform, of deviation sqrt(4 / (fan_in + fan_out)); He's is 0.272."""
    critic = build_residual_critic((16, 16, 3), 128)
    first = next(x for x in critic.layers if x.weights)
    kernel = ops.convert_to_numpy(first.kernel)
    assert kernel.shape == (3, 3, 3, 128)
    assert kernel.std() == pytest.approx(0.0582, rel=0.05)
    assert np.abs(kernel).max() == pytest.approx(3**0.5 * 0.0582, rel=0.01)


def test_class_terms_have_the_weights_of_the_papers_code():
    """Of the cross-entropy, all in the critic's, a tenth in the other's.

    The critic learns classes of real images alone.
    """
    model = tiny(num_classes=3)
    one_hot = ops.array(np.eye(3, dtype="float32"))
    told = {"classes": ops.array([[2.0, 0, 0], [0, 2, 0], [0, 0, 2]])}
    entropy = np.log(np.exp(2) + 2) - 2
    play = Round(None, (one_hot,))
    wrong = {"classes": -told["classes"]}
    critic = model.classifier.opponent_terms(model, play, told, wrong)
    generator = model.classifier.generator_terms(model, play, told)
    assert float(critic["critic_class_loss"]) == pytest.approx(entropy, 1e-5)
    assert float(generator["generator_class_loss"]) == pytest.approx(
        0.1 * entropy, 1e-5
    )


def test_critic_judges_pairs_without_a_classifier():
    model = tiny(num_classes=3, classifier_weight=0, architecture="resnet")
    assert [x.shape[-1] for x in model.critic.inputs] == [1, 3]
    assert "generator_class_loss" not in model.loss_names


def test_labels_need_classes():
    with pytest.raises(ValueError, match="`num_classes`"):
        tiny().generate(2, labels=0)
    with pytest.raises(ValueError, match=r"trains on \(images, labels\)"):
        tiny(num_classes=3).check_batch((random_images(2), None))


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
        {"num_classes": 0},
        {"classifier_weight": -1},
    ],
    ids=str,
)
def test_argument_errors(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        tiny(**arguments)
