"""What two replicas of a model, or of a layer, have to share."""

import keras
import numpy as np
import tensorflow as tf

CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    CPU, [tf.config.LogicalDeviceConfiguration()] * 2
)

import zoo  # noqa: E402
from support.golden_cyclegan import golden_model, gradient_errors, read  # noqa: E402
from support.harness import SHAPE, random_images  # noqa: E402
from support.tricky_gan import SHAPE as TRICKY_SHAPE  # noqa: E402
from support.tricky_gan import TrickyGAN  # noqa: E402


def build(strategy, **arguments):
    """Builds a model in the strategy's scope."""
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = zoo.DCGAN(SHAPE, latent_dim=8, filters=4, **arguments)
        model.compile()
    return model


def latents_differ(strategy):
    """Draws latents on both replicas within a compiled function."""
    model = build(strategy)
    draw = tf.function(lambda: strategy.run(model.sample_latents, args=(4,)))
    first, second = strategy.experimental_local_results(draw())
    again, _ = strategy.experimental_local_results(draw())
    rows = np.concatenate([first, second, again])
    assert len(np.unique(rows.round(4), axis=0)) == 12


def trains_with_batch_norm(strategy, directory):
    """Trains, evaluates, generates and saves under the strategy."""
    model = build(strategy, ema_decay=0.9)
    data = tf.data.Dataset.from_tensors(random_images(8)).repeat(3)
    history = model.fit(data, epochs=2, verbose=0, validation_data=data)
    assert np.isfinite(list(history.history.values())).all()
    images = model.generate(5, seed=0)
    model.save(f"{directory}/model.keras")
    loaded = keras.saving.load_model(f"{directory}/model.keras")
    np.testing.assert_allclose(loaded.generate(5, seed=0), images, atol=1e-4)


def layers_agree(strategy):
    """Trains layers that keep state: every replica ends with the same."""
    with strategy.scope():
        model = TrickyGAN()
        model.compile()
    images = np.random.default_rng(0).uniform(-1, 1, (8, *TRICKY_SHAPE))
    data = tf.data.Dataset.from_tensors(images.astype("float32")).repeat(2)
    model.fit(data, verbose=0)
    assert model.discriminator.layers[1].step.numpy() == 2
    for variable in model.variables:
        one, other = strategy.experimental_local_results(variable.value)
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def stylegan_grows(strategy):
    """Counts the images of both replicas, and grows on both."""
    keras.utils.set_random_seed(0)
    growing = {"first_resolution": 4, "fade_images": 16, "stable_images": 8}
    with strategy.scope():
        model = zoo.StyleGAN(
            8, 1, latent_dim=4, filters=2, mapping_layers=1, **growing
        )
        model.compile()
    images = np.random.default_rng(0).uniform(-1, 1, (8, 8, 8, 1))
    data = tf.data.Dataset.from_tensors(images.astype("float32"))
    history = model.fit(data, epochs=2, verbose=0)
    assert np.isfinite(list(history.history.values())).all()
    assert (model.size, float(model.growth.level())) == (8, 0.5)
    for variable in model.variables:
        one, other = strategy.experimental_local_results(variable.value)
        np.testing.assert_allclose(one.numpy(), other.numpy(), atol=1e-6)


def pix2pix_counts_a_replicas_images(strategy):
    """Batches are those that a replica normalizes by."""
    with strategy.scope():
        model = zoo.Pix2Pix(SHAPE, filters=2, receptive_field=16)
        model.compile()
    pair = random_images(8), random_images(8, seed=1)
    model.fit(tf.data.Dataset.from_tensors(pair), verbose=0)
    sizes = [v for v in model.variables if v.name == "batch_size"]
    assert {float(v.numpy()) for v in sizes} == {4.0}


def cyclegan_step_equals_pytorch(strategy):
    """Compares the gradients; the first replica's images fill the pools."""
    keras.utils.set_random_seed(0)
    golden = read()
    with strategy.scope():
        model = golden_model(golden)
    data = tf.data.Dataset.from_tensors((golden["a"], golden["b"]))
    model.fit(data, verbose=0)
    errors = gradient_errors(model, golden)
    assert max(errors.values()) < 1e-4, errors
    for pool, name in ((model.pool_a, "fake_a"), (model.pool_b, "fake_b")):
        for images in strategy.experimental_local_results(pool.images.value):
            np.testing.assert_allclose(images[0], golden[name][0], atol=1e-5)
            assert not images[1:].numpy().any()


if __name__ == "__main__":
    import sys

    mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert mirrored.num_replicas_in_sync == 2
    latents_differ(mirrored)
    trains_with_batch_norm(mirrored, sys.argv[1])
    layers_agree(mirrored)
    stylegan_grows(mirrored)
    pix2pix_counts_a_replicas_images(mirrored)
    cyclegan_step_equals_pytorch(mirrored)
