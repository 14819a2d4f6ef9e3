"""StyleGAN with classes: networks, training, styles, saving."""

import keras
import numpy as np
import pytest
from keras import ops
from support.tiny_gan import snapshot
from support.tiny_stylegan import images, tiny_stylegan

import zoo

LABELS = np.array([0, 2, 1, 2, 0, 0, 1, 2])


def tiny(**arguments):
    """Grows with the second epoch."""
    defaults = {"num_classes": 3, "mapping_layers": 1, "fade_images": 8}
    return tiny_stylegan(**(defaults | arguments))


@pytest.fixture(scope="module")
def trained():
    """Trained at 4 pixels, then at 8."""
    keras.utils.set_random_seed(0)
    model = tiny()
    model.compile()
    model.optimizer.learning_rate = 0.01
    before = {p: snapshot(model.variables_of(p)) for p in model.players}
    logs = model.fit(images(), LABELS, batch_size=4, epochs=2, verbose=0)
    return model, before, logs.history


def numpy(x):
    return ops.convert_to_numpy(x)


# Networks


def test_mapping_by_hand():
    """The class's vector is joined to z, and both are normalized together."""
    mapping = tiny().mapping
    vectors, weight = (
        numpy(mapping.get_layer(name).kernel)
        for name in ("class_vectors", "dense_0")
    )
    assert vectors.shape == (3, 6)
    assert vectors.std() == pytest.approx(1, abs=0.5)
    random = np.random.default_rng(0)
    z = random.standard_normal((8, 6)).astype("float32")
    x = np.concatenate([z, vectors[LABELS]], axis=1)
    x /= np.sqrt((x**2).mean(axis=1, keepdims=True))
    # Equalized: He's deviation, times the layer's share of the rate.
    x = x @ weight * (np.sqrt(2 / 12) * 0.01)
    expected = np.where(x > 0, x, 0.2 * x)
    classes = np.eye(3, dtype="float32")[LABELS]
    np.testing.assert_allclose(
        numpy(mapping([z, classes])), expected, atol=1e-4
    )


def test_logit_is_that_of_the_class():
    network = tiny(grow=False).discriminator
    inputs = [images(), np.ones((8, 1), "float32")]
    before = network([*inputs, np.eye(3, dtype="float32")[LABELS]])
    layer = network.get_layer("logits")
    layer.bias.assign(layer.bias + np.array([1, 10, 100], "float32"))
    after = network([*inputs, np.eye(3, dtype="float32")[LABELS]])
    moved = numpy(after) - numpy(before)
    np.testing.assert_allclose(moved[:, 0], 10.0**LABELS, rtol=1e-4)


def test_few_parameters_more():
    """A vector and a logit for each class, and a wider first layer."""
    with_classes, without = tiny(), tiny(num_classes=None)
    more = {
        name: getattr(with_classes, name).count_params()
        - getattr(without, name).count_params()
        for name in ("mapping", "synthesis", "discriminator")
    }
    width = without.discriminator.get_layer("dense").units
    assert more == {
        # Two further means of w.
        "mapping": 3 * 6 + 6 * 6 + 2 * 6,
        "synthesis": 0,
        "discriminator": 2 * (width + 1),
    }


# Training


def test_all_that_classes_add_is_trained(trained):
    model, before, logs = trained
    assert np.isfinite(list(logs.values())).all()
    for player, kernel in (
        ("generator", model.mapping.get_layer("class_vectors").kernel),
        ("discriminator", model.discriminator.get_layer("logits").kernel),
    ):
        paths = [v.path for v in model.variables_of(player)]
        was = before[player][paths.index(kernel.path)]
        assert (np.abs(numpy(kernel) - was) > 0).all()


def test_styles_are_mixed_within_a_class():
    model = tiny(style_mixing=0.99, grow=False, resolution=16)
    latents = ops.array(model.latents(8, seed=0))
    classes = ops.one_hot(LABELS, 3)
    styles = numpy(model.draw_styles(latents, (classes,), True))
    w = numpy(model.mapping([latents, classes]))
    assert styles.shape == (8, 6, 6)
    np.testing.assert_allclose(styles[:, 0], w, atol=1e-6)
    assert (np.abs(styles[:, -1] - w).max(axis=1) > 1e-3).sum() >= 6


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, r"trains on \(images, labels\)"),
        (LABELS + 1, "0 to 2"),
        (LABELS / 2, "integers"),
    ],
)
def test_labels_to_train_on(labels, message):
    model = tiny()
    model.compile()
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        model.fit(images(), labels, batch_size=4)


@pytest.mark.parametrize("num_classes", [0, -1, 2.5])
def test_num_classes_error(num_classes):
    with pytest.raises(ValueError, match=r"`num_classes`.*Received"):
        tiny(num_classes=num_classes)


# Styles and images


def test_generate_by_label(trained):
    model, _, _ = trained
    made = model.generate(6, seed=0)
    in_turn = model.generate(6, seed=0, labels=[0, 1, 2, 0, 1, 2])
    np.testing.assert_array_equal(made, in_turn)
    ones = model.generate(6, seed=0, labels=1)
    same = np.abs(made - ones).max(axis=(1, 2, 3)) < 1e-6
    np.testing.assert_array_equal(same, [False, True, False] * 2)


def test_pictures_have_a_row_for_each_label(trained):
    model, _, _ = trained
    assert model.grid_rows == 3
    made = model.pictures(6, seed=0)
    expected = [model.generate(2, seed=0, labels=label) for label in range(3)]
    np.testing.assert_array_equal(made, np.concatenate(expected))


def test_truncation_is_towards_the_mean_of_the_class(trained):
    model, _, _ = trained
    latents, labels = model.latents(4, seed=0), [0, 1, 1, 2]
    mean = numpy(model.network("mapping").get_layer("mean").mean)
    assert mean.shape == (3, 6)
    none = model.styles(latents, 0.0, labels=labels)
    expected = np.repeat(mean[labels][:, None], none.shape[1], axis=1)
    np.testing.assert_allclose(none, expected, atol=1e-6)
    whole = model.styles(latents, labels=labels)
    half = model.styles(latents, 0.5, labels=labels)
    np.testing.assert_allclose(half, (whole + none) / 2, atol=1e-6)


def test_styles_of_another_class(trained):
    model, _, _ = trained
    latents, others = (model.latents(3, seed) for seed in (0, 1))
    mixed = model.style_mix(
        latents, others, (2, 4), seed=2, labels=0, other_labels=[0, 1, 2]
    )
    styles = model.styles(latents, labels=0)
    styles[:, 2:] = model.styles(others, labels=[0, 1, 2])[:, 2:]
    np.testing.assert_allclose(mixed, model.render(styles, 2), atol=1e-4)
    of_one = model.style_mix(latents, others, (2, 4), seed=2, labels=1)
    styles = model.styles(latents, labels=1)
    styles[:, 2:] = model.styles(others, labels=1)[:, 2:]
    np.testing.assert_allclose(of_one, model.render(styles, 2), atol=1e-4)


def test_latents_and_classes_make_images(trained):
    model, _, _ = trained
    latents = model.latents(3, seed=0)
    made = model([latents, np.eye(3, dtype="float32")])
    shapes = [(3, *shape) for shape in model.noise_shapes]
    inputs = [model.styles(latents), *map(np.zeros, shapes)]
    np.testing.assert_allclose(numpy(made), numpy(model(inputs)), atol=1e-4)


@pytest.mark.parametrize("labels", [3, -1, [0, 1], 0.5])
def test_labels_to_generate(trained, labels):
    with pytest.raises(ValueError, match=r"Labels must be 3 .*Received"):
        trained[0].generate(3, labels=labels)


def test_labels_of_a_model_without():
    with pytest.raises(ValueError, match=r"`labels`.*Received"):
        tiny(num_classes=None).generate(3, labels=0)


def test_preset_keeps_the_means(trained, tmp_path):
    model, _, _ = trained
    model.save_to_preset(tmp_path / "p", samples=0)
    loaded = zoo.StyleGAN.from_preset(tmp_path / "p")
    assert loaded.get_config() == model.get_config()
    assert loaded.num_classes == 3
    arguments = {"seed": 0, "labels": 2, "truncation_psi": 0.5}
    np.testing.assert_allclose(
        loaded.generate(2, **arguments),
        model.generate(2, **arguments),
        atol=1e-4,
    )
