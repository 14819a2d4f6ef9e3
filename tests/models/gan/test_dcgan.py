"""DCGAN: architecture, arguments, losses, sampling, compiling."""

import keras
import numpy as np
import pytest
from keras import ops
from support.tiny_gan import changed, everything, snapshot

import zoo
from zoo import backend, losses
from zoo.models.gan.game import Round


def tiny(**kwargs):
    defaults = {"image_shape": (16, 16, 1), "latent_dim": 4, "filters": 2}
    return zoo.DCGAN(**defaults | kwargs)


def images(count=8, channels=1):
    random = np.random.default_rng(0)
    values = random.uniform(-1, 1, (count, 16, 16, channels))
    return values.astype("float32")


def with_fixed_latents(model):
    """Makes the model draw the same 8 latents each time."""
    latents = np.random.default_rng(1).normal(size=(8, 4)).astype("float32")
    model.sample_latents = lambda count: ops.array(latents)
    return model


def fit(model, count=16, **kwargs):
    return model.fit(
        images(count), batch_size=8, verbose=0, shuffle=False, **kwargs
    )


def size_of(variables):
    return sum(int(np.prod(v.shape)) for v in variables)


@pytest.fixture(scope="module")
def trained():
    keras.utils.set_random_seed(0)
    model = tiny()
    model.compile()
    fit(model)
    return model


# Architecture


@pytest.fixture(scope="module")
def reference():
    keras.utils.set_random_seed(0)
    return zoo.DCGAN()


def test_parameter_counts_of_the_reference(reference):
    assert size_of(reference.generator.trainable_variables) == 3_576_704
    assert size_of(reference.discriminator.trainable_variables) == 2_765_568


def test_weights_are_drawn_as_in_the_paper(reference):
    """N(0, 0.02); gammas N(1, 0.02); betas 0. 5 standard errors."""
    for variable in reference.trainable_variables:
        value, n = snapshot([variable])[0], size_of([variable])
        mean = {"gamma": 1.0}.get(variable.name, 0.0)
        deviation = 0.0 if variable.name == "beta" else 0.02
        assert abs(value.mean() - mean) <= 5 * deviation / n**0.5
        assert abs(value.std() - deviation) <= 5 * deviation / (2 * n) ** 0.5


def test_layers_that_are_not_normalized(reference):
    """The generator's output and the discriminator's two ends."""
    networks = {reference.generator: 4, reference.discriminator: 3}
    for network, count in networks.items():
        names = [v.name for v in network.trainable_variables]
        assert names.count("gamma") == count
        assert "bias" not in names


@pytest.mark.parametrize(
    ("size", "channels", "widths"),
    [
        (16, 1, [1, 2]),
        (32, 2, [1, 2, 4]),
        (64, 3, [1, 2, 4, 8]),
        (128, 4, [1, 2, 4, 8, 8]),
        (256, 1, [1, 2, 4, 8, 8, 8]),
    ],
)
def test_shapes(size, channels, widths):
    model = tiny(image_shape=(size, size, channels), filters=1)
    generator, discriminator = model.generator, model.discriminator
    assert generator.input_shape == (None, 4)
    assert generator.output_shape == (None, size, size, channels)
    assert discriminator.input_shape == (None, size, size, channels)
    assert discriminator.output_shape == (None, 1)
    kernels = [
        [v.shape for v in n.trainable_variables if len(v.shape) == 4]
        for n in (discriminator, generator)
    ]
    assert [shape[3] for shape in kernels[0]] == widths
    assert [shape[3] for shape in kernels[1]] == widths[::-1]
    assert {shape[:2] for k in kernels for shape in k} == {(4, 4)}


def test_without_batch_norm_there_are_biases():
    model = tiny(batch_norm=False)
    names = [v.name for v in model.trainable_variables]
    assert set(names) == {"kernel", "bias"}
    assert names.count("bias") == 6


def test_variables_are_float32_and_trainable():
    model = tiny()
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    networks = (model.generator, model.discriminator)
    expected = [v.path for n in networks for v in n.trainable_variables]
    assert sorted(v.path for v in model.trainable_variables) == sorted(expected)
    moving = {"moving_mean", "moving_variance", "seed_generator_state"}
    assert {v.name for v in model.non_trainable_variables} == moving


@pytest.mark.parametrize(
    "arguments",
    [
        {"image_shape": (48, 48, 3)},
        {"image_shape": (8, 8, 3)},
        {"image_shape": (512, 512, 3)},
        {"image_shape": (32, 64, 3)},
        {"image_shape": (32, 32)},
        {"image_shape": (32, 32, 5)},
        {"image_shape": (32, 32, 0)},
        {"image_shape": 32},
        {"latent_dim": 0},
        {"latent_dim": 2.5},
        {"clusters": -1},
        {"clusters": 2.5},
        {"filters": -1},
        {"filters": True},
        {"label_smoothing": 1.0},
        {"label_smoothing": -0.1},
        {"label_smoothing": float("nan")},
        {"ema_decay": 1.5},
    ],
    ids=str,
)
def test_argument_errors(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        tiny(**arguments)


# Losses


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype("float64")))


LOGITS = np.array([[-3.0], [-0.5], [0.0], [2.0]], "float32")


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.3])
def test_real_loss(smoothing):
    p, target = sigmoid(LOGITS), 1 - smoothing
    expected = -np.mean(target * np.log(p) + (1 - target) * np.log(1 - p))
    loss = losses.discriminator_real(ops.array(LOGITS), smoothing)
    np.testing.assert_allclose(float(loss), expected, rtol=1e-6)


def test_fake_and_generator_loss():
    p = sigmoid(LOGITS)
    fake = losses.discriminator_fake(ops.array(LOGITS))
    generator = losses.non_saturating(ops.array(LOGITS))
    np.testing.assert_allclose(float(fake), -np.mean(np.log(1 - p)), rtol=1e-6)
    np.testing.assert_allclose(float(generator), -np.mean(np.log(p)), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_losses_of_large_logits_are_finite_float32(dtype):
    logits = ops.cast(ops.array([[-1e4], [1e4]]), dtype)
    for loss in (
        losses.discriminator_real(logits, 0.1),
        losses.discriminator_fake(logits),
        losses.non_saturating(logits),
    ):
        assert keras.backend.standardize_dtype(loss.dtype) == "float32"
        np.testing.assert_allclose(float(loss), 5000, rtol=0.11)


def test_losses_of_one_step():
    """Logits before the step give the discriminator's, after it the other's.

    Rate 0 for the generator keeps the fake images; the discriminator's step
    is by hand in `test_dcgan_agreement`.
    """
    model = tiny(label_smoothing=0.1)
    model.compile(
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        generator_optimizer=keras.optimizers.SGD(0.0),
    )
    latents = with_fixed_latents(model).sample_latents(8)
    fake = model.generator(latents, training=True)
    real_p, fake_p = (
        sigmoid(ops.convert_to_numpy(model.discriminator(x, training=True)))
        for x in (images(8), fake)
    )
    logs = model.train_on_batch(images(8), return_dict=True)
    expected = {
        "discriminator_real_loss": -np.mean(
            0.9 * np.log(real_p) + 0.1 * np.log(1 - real_p)
        ),
        "discriminator_fake_loss": -np.mean(np.log(1 - fake_p)),
        "generator_loss": -np.mean(np.log(fake_p)),
    }
    expected["loss"] = sum(expected.values())
    assert logs == pytest.approx(expected, rel=1e-5)


# Training


def test_batch_statistics_of_one_step():
    """The generator's move once: one forward pass serves both updates.

    The discriminator's move three times: real, fake, and fake once more.
    """
    model = tiny()
    model.compile(
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        generator_optimizer=keras.optimizers.SGD(0.0),
    )
    latents = with_fixed_latents(model).sample_latents(8)
    layers = {
        name: next(
            layer
            for layer in getattr(model, name).layers
            if isinstance(layer, keras.layers.BatchNormalization)
        )
        for name in model.players
    }
    inputs = {
        name: keras.Model(getattr(model, name).input, layer.input)
        for name, layer in layers.items()
    }
    generated = model.generator(latents, training=True)
    batches = {
        "generator": [inputs["generator"](latents)],
        "discriminator": [
            inputs["discriminator"](x) for x in (images(8), *[generated] * 2)
        ],
    }
    for layer in layers.values():
        layer.moving_mean.assign(np.zeros(layer.moving_mean.shape))
        layer.moving_variance.assign(np.ones(layer.moving_mean.shape))
    model.train_on_batch(images(8))
    for name, layer in layers.items():
        mean, variance = 0.0, 1.0
        for batch in batches[name]:
            x = ops.convert_to_numpy(batch).astype("float64")
            axes = tuple(range(x.ndim - 1))
            mean = 0.9 * mean + 0.1 * x.mean(axes)
            variance = 0.9 * variance + 0.1 * x.var(axes)
        got = snapshot([layer.moving_mean, layer.moving_variance])
        np.testing.assert_allclose(got[0], mean, rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(got[1], variance, rtol=1e-5)


# Sampling


def test_generate_is_a_function_of_the_seed(trained):
    before = everything(trained)
    first = trained.generate(10, seed=1)
    assert first.shape == (10, 16, 16, 1)
    assert first.dtype == np.float32
    assert np.abs(first).max() <= 1
    np.testing.assert_array_equal(first, trained.generate(10, seed=1))
    assert not np.allclose(first, trained.generate(10, seed=2))
    assert not np.allclose(trained.generate(2), trained.generate(2))
    assert changed(before, everything(trained)) == []


@pytest.mark.parametrize("batch_size", [1, 3, 10, 64])
def test_generate_does_not_depend_on_the_batch_size(trained, batch_size):
    images = trained.generate(10, seed=1, batch_size=batch_size)
    expected = trained.generate(10, seed=1)
    assert images.shape == expected.shape
    np.testing.assert_allclose(images, expected, atol=1e-6)


def test_fewer_images_of_a_seed_are_its_first(trained):
    np.testing.assert_allclose(
        trained.generate(4, seed=1), trained.generate(10, seed=1)[:4], atol=1e-6
    )


def test_temperature_scales_latents(trained):
    """By hand: the generator's images of the seed's latents, times 0.5."""
    latents = np.random.default_rng(1).standard_normal((4, 4), "float32")
    np.testing.assert_allclose(
        trained.generate(4, seed=1, temperature=0.5),
        trained.network("generator").predict(0.5 * latents, verbose=0),
        atol=1e-6,
    )
    np.testing.assert_array_equal(
        trained.generate(4, seed=1, temperature=1),
        trained.generate(4, seed=1),
    )
    typical = trained.generate(4, seed=1, temperature=0)
    np.testing.assert_allclose(typical, typical[[0]].repeat(4, 0), atol=1e-6)


def test_temperature_leaves_clusters():
    latents = tiny(clusters=3)._latents(20, np.random.default_rng(0), 0.0)
    np.testing.assert_array_equal(latents[:, :4], 0)
    np.testing.assert_array_equal(np.unique(latents[:, 4:]), [0, 3])


def test_temperature_of_the_model():
    """What `generate` draws by, unless it is told another; not training."""
    keras.utils.set_random_seed(0)
    model = tiny(temperature=0.5)
    latents = np.random.default_rng(1).standard_normal((50, 4), "float32")
    np.testing.assert_array_equal(
        model._latents(50, np.random.default_rng(1)), 0.5 * latents
    )
    np.testing.assert_array_equal(
        model._latents(50, np.random.default_rng(1), 2.0), 2.0 * latents
    )
    drawn = ops.convert_to_numpy(model.sample_latents(1000))
    assert drawn.std() == pytest.approx(1, abs=0.1)
    assert zoo.DCGAN.from_config(model.get_config()).temperature == 0.5


@pytest.mark.parametrize("temperature", [-0.1, "1", float("nan")])
def test_temperature_errors(trained, temperature):
    with pytest.raises(ValueError, match=r"`temperature`.*Received"):
        trained.generate(4, temperature=temperature)
    with pytest.raises(ValueError, match=r"`temperature`.*Received"):
        tiny(temperature=temperature)


def test_latents_have_clusters():
    """Normal numbers, then a vector of length 3 along one of three axes."""
    model = tiny(clusters=3)
    assert model.generator.input_shape == (None, 4 + 3)
    drawn = [
        ops.convert_to_numpy(model.sample_latents(600)),
        model._latents(600, np.random.default_rng(0)),
    ]
    for latents in drawn:
        normal, vectors = np.split(latents, [4], axis=1)
        assert latents.dtype == np.float32
        assert abs(normal.mean()) < 0.1
        assert abs(normal.std() - 1) < 0.1
        assert set(vectors.ravel()) == {0.0, 3.0}
        np.testing.assert_array_equal(vectors.sum(axis=1), 3.0)
        assert (vectors.mean(axis=0) > 0.8).all()
    few, many = (model.generate(n, seed=1) for n in (4, 10))
    np.testing.assert_allclose(few, many[:4], atol=1e-6)
    again = zoo.DCGAN.from_config(model.get_config())
    assert again.generator.input_shape == (None, 7)


@pytest.mark.parametrize("count", [0, -1, 2.0, "3", None, True])
def test_generate_count_errors(trained, count):
    with pytest.raises(ValueError, match=r"`count`.*Received"):
        trained.generate(count)


@pytest.mark.parametrize("batch_size", [0, -3, 1.5])
def test_generate_batch_size_errors(trained, batch_size):
    with pytest.raises(ValueError, match=r"`batch_size`.*Received"):
        trained.generate(4, batch_size=batch_size)


def test_generate_takes_numpy_integers(trained):
    assert trained.generate(np.int64(2), seed=np.int64(1)).shape[0] == 2


def test_generate_needs_no_compiling():
    assert tiny().generate(2, seed=0).shape == (2, 16, 16, 1)


def test_generate_uses_the_average():
    model = tiny(ema_decay=0.9)
    model.averages["generator"].network.set_weights(
        [np.zeros_like(w) for w in model.generator.get_weights()]
    )
    np.testing.assert_array_equal(model.generate(2, seed=0), 0)


def test_generate_within_fit():
    """As a callback does that writes samples, each epoch's the newest."""
    model = tiny()
    model.compile(generator_optimizer=keras.optimizers.SGD(10.0))
    samples = []
    each = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: samples.append(
            model.generate(2, seed=0)
        ),
        on_train_batch_end=lambda batch, logs: samples.append(
            model.generate(2, seed=0)
        ),
    )
    fit(model, 16, callbacks=[each])
    first, second, at_end = samples
    assert not np.allclose(first, second, atol=1e-6)
    np.testing.assert_array_equal(second, at_end)
    np.testing.assert_array_equal(at_end, model.generate(2, seed=0))


# Compiling


OPTIONS = {
    "jit_compile": {"jit_compile": True},
    "run_eagerly": {"run_eagerly": True},
}


@pytest.fixture(scope="module")
def plain():
    return fit_with({})


def fit_with(options):
    keras.utils.set_random_seed(0)
    model = with_fixed_latents(tiny())  # XLA draws others from the same seed.
    rate = {
        f"{name}_optimizer": keras.optimizers.SGD(0.1) for name in model.players
    }
    model.compile(**rate, **options)
    history = fit(model, 32)
    return history.history, snapshot(model.trainable_variables)


@pytest.mark.parametrize("name", OPTIONS)
def test_compile_options_train_alike(plain, name):
    if name in backend.UNSUPPORTED:
        with pytest.raises(ValueError, match=f"`{name}`.*Received"):
            tiny().compile(**OPTIONS[name])
        return
    history, weights = fit_with(OPTIONS[name])
    for loss, values in plain[0].items():
        assert history[loss] == pytest.approx(values, rel=1e-4), loss
    for pair in zip(plain[1], weights, strict=True):
        np.testing.assert_allclose(*pair, rtol=1e-3, atol=1e-5)


def steep():
    """Returns a model whose logits depend on images more than at first."""
    model = tiny(batch_norm="generator", penalty="r1", penalty_weight=0.5)
    for weight in model.discriminator.trainable_variables:
        weight.assign(10 * ops.convert_to_tensor(weight))
    return model


def test_r1_penalty_against_finite_differences():
    """Central differences by all 256 pixels; exact up to the kinks."""
    model = steep()
    real = images(2)
    step = 1e-3
    steps = step * np.eye(256, dtype="float32").reshape(256, 16, 16, 1)
    norms = []
    for image in real:
        both = np.concatenate([image + steps, image - steps])
        logits = model.discriminator.predict(both, verbose=0).ravel()
        gradient = (logits[:256] - logits[256:]) / (2 * step)
        norms.append((gradient.astype("float64") ** 2).sum())
    play = Round(ops.array(real), made=(ops.array(real),), training=True)
    terms = model.discriminator_loss(play)
    penalty = keras.ops.convert_to_numpy(terms["gradient_penalty"])
    assert penalty == pytest.approx(0.25 * np.mean(norms), rel=1e-2)


def test_r1_penalty_is_a_term_of_its_own():
    model = steep()
    names = [layer.name for layer in model.discriminator.layers]
    assert not any("normalization" in name for name in names)
    model.compile()
    logs = model.fit(images(4), batch_size=4, verbose=0).history
    terms = sum(logs[name][0] for name in model.loss_names)
    assert "gradient_penalty" in model.loss_names
    assert logs["loss"][0] == pytest.approx(terms, rel=1e-5)
