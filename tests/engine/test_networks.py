"""Networks of one's own: of any size, layers that are no models, precision."""

import keras
import numpy as np
import pytest
from keras import layers

import zoo

SHAPE = (12, 20, 1)  # No size that a model would build networks for.


@keras.saving.register_keras_serializable(package="test_networks")
class Painter(keras.layers.Layer):
    """A generator that is no functional model."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(12 * 20, "tanh")

    def build(self, input_shape):
        self.dense.build(input_shape)

    def call(self, inputs):
        return keras.ops.reshape(self.dense(inputs), (-1, *SHAPE))


def judge(shape=SHAPE):
    return keras.Sequential(
        [keras.Input(shape), layers.Flatten(), layers.Dense(1)]
    )


def test_a_layer_of_any_size(tmp_path):
    """Wrapped, averaged, trained, saved, and loaded by its registered name."""
    model = zoo.DCGAN(
        SHAPE, 5, generator=Painter(), discriminator=judge(), ema_decay=0.5
    )
    assert isinstance(model.generator.layers[-1], Painter)
    model.compile()
    before = model.generate(2, seed=0)
    model.fit(np.zeros((4, *SHAPE), "float32"), batch_size=2, verbose=0)
    made = model.generate(2, seed=0)
    assert made.shape == (2, *SHAPE)
    assert np.abs(made - before).max() > 1e-4
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.generate(2, seed=0), made, atol=1e-6)
    again = zoo.DCGAN(**model.get_config())
    assert again.generator is not model.generator


def test_one_given_asks_for_a_size_that_the_other_is_built_for():
    with pytest.raises(ValueError, match=r"`image_shape`.*one of.*Received"):
        zoo.DCGAN(SHAPE, 5, generator=Painter())
    with pytest.raises(ValueError, match=r"`image_shape`.*Received"):
        zoo.DCGAN((12, 20), 5, generator=Painter(), discriminator=judge())


def test_a_sequential_that_is_not_built_yet():
    unbuilt = keras.Sequential([layers.Flatten(), layers.Dense(1)])
    model = zoo.DCGAN((16, 16, 1), 4, filters=2, discriminator=unbuilt)
    assert model.discriminator.inputs
    assert len(model.variables_of("discriminator")) == 2


def test_networks_must_not_share_weights():
    arguments = {"filters": 2, "blocks": 1, "receptive_field": 16}
    one = zoo.CycleGAN((16, 16, 1), **arguments).generator_ab
    with pytest.raises(ValueError, match=r"`generator_ba` must share.*Rec"):
        zoo.CycleGAN((16, 16, 1), generator_ab=one, generator_ba=one)


def test_precision_is_the_model_s():
    """By the loss, which is scaled by the model's policy alone."""
    half = keras.Sequential([layers.Flatten(), layers.Dense(1)])
    half.layers[-1].dtype_policy = "mixed_float16"
    half.add(layers.Activation("linear", dtype="float32"))
    for own, unfit in (
        ("float32", half),
        ("mixed_float16", judge((16, 16, 1))),
    ):
        with pytest.raises(ValueError, match=r"must compute in.*Received: "):
            zoo.DCGAN((16, 16, 1), filters=2, dtype=own, discriminator=unfit)
    model = zoo.DCGAN(
        (16, 16, 1), filters=2, dtype="mixed_float16", discriminator=half
    )
    assert model.discriminator is half


def test_a_translator_may_do_without_noise():
    """Of one input: then there is no dropout, whatever its rate."""
    source, target = keras.Input((24, 24, 1)), keras.Input((24, 24, 2))
    translate = keras.Model(source, layers.Conv2D(2, 1)(source))
    judges = keras.Model(
        [source, target],
        layers.Conv2D(1, 4)(layers.Concatenate()([source, target])),
    )
    arguments = {"source_channels": 1, "generator": translate}
    model = zoo.Pix2Pix((24, 24, 2), discriminator=judges, **arguments)
    assert model.noise_dim == 0
    images = np.zeros((2, 24, 24, 1), "float32")
    model.compile()
    model.fit(images, np.zeros((2, 24, 24, 2), "float32"), verbose=0)
    assert model.translate(images).shape == (2, 24, 24, 2)
    again = zoo.Pix2Pix.from_config(model.get_config())
    assert again.noise_dim == 0
