"""StyleGAN: networks, growing, styles, sampling, saving."""

import keras
import numpy as np
import pytest
from keras import ops
from support.harness import differing, state_of
from support.tiny_stylegan import images
from support.tiny_stylegan import tiny_stylegan as tiny

import callbacks
import zoo
from zoo.models.stylegan import networks as stylegan_networks
from zoo.models.stylegan.architecture import Architecture


def fit(model, epochs=1, **arguments):
    return model.fit(
        images(),
        batch_size=4,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        **arguments,
    ).history


def repeated(x):
    return x.repeat(2, axis=1).repeat(2, axis=2)


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def grown(state):
    """Trained for an epoch at 4 pixels and for two at 8."""
    keras.utils.set_random_seed(0)
    model = tiny()
    model.compile()
    sizes, made = [], []

    def look(epoch, logs):
        sizes.append((model.size, float(model.growth.level())))
        if epoch == 0:
            made.append(model.generate(3, seed=0))

    each = keras.callbacks.LambdaCallback(on_epoch_end=look)
    kept = callbacks.TrainingState(state, every=2)
    logs = fit(model, epochs=3, callbacks=[each, kept])
    return model, sizes, made[0], logs


# Networks


def test_parameter_counts_of_the_paper(monkeypatch):
    """As the authors' code prints them, at 1024 pixels; nothing is drawn."""
    zeros = keras.initializers.Zeros.__call__
    monkeypatch.setattr(keras.initializers.RandomNormal, "__call__", zeros)
    paper = Architecture(1024, 3, 512, 16, 512, 8)
    growth = {"first": 1, "last": 8, "fade_images": 1, "stable_images": 1}
    networks = [
        stylegan_networks.build_mapping(paper),
        stylegan_networks.build_synthesis(paper, growth),
        stylegan_networks.build_discriminator(paper),
    ]
    counts = [
        sum(int(np.prod(v.shape)) for v in n.trainable_variables)
        for n in networks
    ]
    assert sum(counts[:2]) == 26_219_627
    assert counts[2] == 23_087_249


def test_widths():
    model = tiny(resolution=32, filters=2, max_filters=8)
    widths = {
        size: model.synthesis.get_layer(f"conv_{size}_1").units
        for size in (4, 8, 16, 32)
    }
    assert widths == {4: 8, 8: 8, 16: 4, 32: 2}
    assert model.synthesis.output_shape == (None, 32, 32, 1)
    assert tiny(filters=None, max_filters=4).architecture.filters == 2048


@pytest.mark.parametrize(
    "arguments",
    [
        {"resolution": 48},
        {"resolution": 2048},
        {"first_resolution": 16},
        {"first_resolution": 2},
        {"latent_dim": 0},
        {"filters": 0},
        {"mapping_layers": 0},
        {"style_mixing": 1.5},
        {"fade_images": 0},
        {"stable_images": -1},
        {"penalty": "r3"},
        {"loss": "energy"},
    ],
    ids=str,
)
def test_argument_errors(arguments):
    (name,) = arguments
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        tiny(**arguments)


def test_channels_error():
    with pytest.raises(ValueError, match=r"1 to 4 channels.*Received"):
        tiny(channels=5)


def test_images_of_another_size():
    model = tiny()
    model.compile()
    with pytest.raises(ValueError, match=r"Expected float images.*Received"):
        model.fit(np.zeros((4, 4, 4, 1), "float32"))


# Growing


def test_grows_by_itself(grown):
    """Two of 16 images fade in with each of the 4 steps at 8 pixels."""
    _, sizes, _, logs = grown
    assert sizes == [(4, 0.0), (8, 0.5), (8, 1.0)]
    assert np.isfinite(list(logs.values())).all()


def test_images_are_of_full_size_throughout(grown):
    _, _, early, _ = grown
    assert early.shape == (3, 8, 8, 1)
    np.testing.assert_array_equal(early, repeated(early[:, ::2, ::2]))


@pytest.fixture(scope="module")
def resumed(grown, state):
    """A new model, at 4 pixels until the state of two epochs is loaded."""
    model = tiny()
    model.compile()
    kept = callbacks.TrainingState(state)
    logs = fit(model, epochs=3, callbacks=[kept])
    assert len(logs["loss"]) == 1
    return model


def test_resuming_is_exact(grown, resumed):
    assert resumed.size == 8
    assert differing(state_of(resumed), state_of(grown[0])) == []


def test_real_images_are_reduced_and_faded_in():
    model, real = tiny(), images(2)
    half = real.reshape(2, 4, 2, 4, 2, 1).mean(axis=(2, 4))
    small, _ = model.unpack(ops.array(real))
    np.testing.assert_allclose(ops.convert_to_numpy(small), half, atol=1e-6)
    model.growth.grow()
    model.growth.images.assign(4)
    model.make_test_function()
    faded, _ = model.unpack(ops.array(real))
    expected = 0.75 * repeated(half) + 0.25 * real
    np.testing.assert_allclose(ops.convert_to_numpy(faded), expected, atol=1e-6)


# Styles


def test_mixed_styles():
    """Of 9 in 10 images, the layers from a random one on are another's."""
    model = tiny(resolution=16, filters=1, style_mixing=0.9, grow=False)
    latents = model.latents(2000, seed=0)
    styles = ops.convert_to_numpy(
        model.draw_styles(ops.array(latents), (), True)
    )
    w = ops.convert_to_numpy(model.mapping(latents))
    own = np.isclose(styles, w[:, None], atol=1e-6).all(axis=2)
    layers = own.sum(axis=1)
    assert styles.shape == (2000, 6, 6)
    assert (own == (np.arange(6) < layers[:, None])).all()
    shares = np.bincount(layers, minlength=7) / 2000
    assert shares[0] == 0
    np.testing.assert_allclose(shares[1:], [0.18] * 5 + [0.1], atol=0.04)
    mean = ops.convert_to_numpy(model.mapping.get_layer("mean").mean)
    np.testing.assert_allclose(mean, 0.005 * w.mean(axis=0), atol=2e-3)


def test_truncation(grown):
    model, latents = grown[0], grown[0].latents(3, seed=1)
    whole, half, none = (model.styles(latents, psi) for psi in (1.0, 0.5, 0.0))
    mapping = model.network("mapping")
    mean = ops.convert_to_numpy(mapping.get_layer("mean").mean)
    w = ops.convert_to_numpy(mapping(latents))
    assert np.abs(mean).max() > 0
    for styles, psi in ((whole, 1.0), (half, 0.5), (none, 0.0)):
        expected = np.repeat((mean + psi * (w - mean))[:, None], 4, axis=1)
        np.testing.assert_allclose(styles, expected, atol=1e-6)
    cut = model.styles(latents, 0.5, truncated_layers=3)
    np.testing.assert_array_equal(cut[:, :3], half[:, :3])
    np.testing.assert_allclose(cut[:, 3:], whole[:, 3:], atol=1e-6)


def test_generate_is_a_function_of_the_seed(grown):
    model, before = grown[0], state_of(grown[0])
    made = model.generate(5, seed=1)
    assert made.shape == (5, 8, 8, 1)
    assert made.dtype == np.float32
    assert np.abs(made).max() <= 1
    np.testing.assert_array_equal(made, model.generate(5, seed=1))
    few = model.generate(3, seed=1, batch_size=2)
    np.testing.assert_allclose(few, made[:3], atol=1e-3)
    assert not np.allclose(made, model.generate(5, seed=2))
    assert differing(state_of(model), before) == []


def test_style_mix(grown):
    model = grown[0]
    latents, others = (model.latents(3, seed) for seed in (0, 1))
    mixed = model.style_mix(latents, others, (1, 3), seed=2)
    styles = model.styles(latents)
    styles[:, 1:3] = model.styles(others)[:, 1:3]
    np.testing.assert_allclose(mixed, model.render(styles, 2), atol=1e-3)
    all_layers = model.style_mix(latents, others[:1], "coarse", seed=2)
    same = model.render(model.styles(others[[0, 0, 0]]), seed=2)
    np.testing.assert_allclose(all_layers, same, atol=1e-3)


def test_noise_is_held_in_parts(grown, monkeypatch):
    model = grown[0]
    whole = model.generate(5, seed=0, batch_size=2)
    monkeypatch.setattr("zoo.models.stylegan.sampling.NOISE_BYTES", 1)
    parts = model.generate(5, seed=0, batch_size=2)
    np.testing.assert_allclose(parts, whole, atol=1e-3)


def test_latents_alone_make_images_without_noise(grown):
    model = grown[0]
    latents = model.latents(2, seed=0)
    shapes = [(2, *shape) for shape in model.noise_shapes]
    inputs = [model.styles(latents), *map(np.zeros, shapes)]
    made = model.predict(latents, verbose=0)
    expected = ops.convert_to_numpy(model(inputs))
    np.testing.assert_allclose(made, expected, atol=1e-3)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"layers": "finest"}, "layers"),
        ({"layers": "fine"}, "layers"),
        ({"layers": (2, 2)}, "layers"),
        ({"layers": 3}, "layers"),
        ({"others": np.zeros((2, 6))}, "others"),
        ({"others": np.zeros((3, 7))}, "latents"),
        ({"truncation_psi": float("nan")}, "truncation_psi"),
        ({"truncated_layers": -1}, "truncated_layers"),
        ({"batch_size": 0}, "batch_size"),
    ],
    ids=str,
)
def test_style_mix_errors(grown, arguments, name):
    latents = np.zeros((3, 6))
    defaults = {"latents": latents, "others": latents}
    with pytest.raises(ValueError, match=f"`{name}`.*Received"):
        grown[0].style_mix(**(defaults | arguments))


def test_style_mix_names_the_layers_there_are(grown):
    latents = np.zeros((3, 6))
    with pytest.raises(ValueError, match=r"one of \['coarse'\].*'fine'"):
        grown[0].style_mix(latents, latents, "fine")


# Saving


def test_preset_keeps_growth_and_mean(grown, tmp_path):
    model = grown[0]
    model.save_to_preset(tmp_path / "p", samples=0, for_training=False)
    loaded = zoo.StyleGAN.from_preset(tmp_path / "p")
    assert loaded.get_config() == model.get_config()
    for name in model.inference_networks:
        pair = [m.network(name).get_weights() for m in (loaded, model)]
        for weights in zip(*pair, strict=True):
            np.testing.assert_array_equal(*weights)
    assert int(ops.convert_to_numpy(loaded.growth.stage)) == 1
    made = loaded.generate(2, seed=0, truncation_psi=0.7)
    expected = model.generate(2, seed=0, truncation_psi=0.7)
    np.testing.assert_allclose(made, expected, atol=1e-3)
