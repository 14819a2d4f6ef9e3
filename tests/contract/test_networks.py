"""Every model: networks of one's own, given, saved, and changed since."""

import keras
import numpy as np
import pytest
from support.tiny_gan import everything, snapshot

from .models import (
    BATCH,
    EAGER,
    MODELS,
    TABLE,
    comparable,
    compile_small,
    quickly_trained,
    unequal,
)
from .test_arguments import networks_of

BUILT = {"StyleGAN"}
"""Models whose networks are always those of their arguments."""

GIVING = [entry for entry in TABLE if entry.name not in BUILT]


@pytest.fixture(scope="module", params=GIVING, ids=lambda entry: entry.name)
def entry(request):
    """A line of the table."""
    return request.param


@pytest.fixture(scope="module")
def given(entry):
    """Networks from elsewhere, that are not those of the arguments."""
    model = entry.make()
    return {name: halved(getattr(model, name)) for name in names_of(model)}


def names_of(model):
    """Returns the attributes that hold the networks of all players."""
    return [name for names in model.players.values() for name in names]


def halved(network):
    """Returns a network whose outputs are half of another's."""
    half = keras.layers.Rescaling(0.5, dtype="float32")
    outputs = keras.tree.map_structure(half, network.output)
    inputs = network.inputs if len(network.inputs) > 1 else network.input
    return keras.Model(inputs, outputs, name=f"my_{network.name}")


@pytest.fixture(scope="module")
def model(entry, given):
    """A model of these networks; after a step, where it is not compiled."""
    if EAGER:
        return quickly_trained(entry, **given)
    return compile_small(entry.make(**given))


def test_each_network_can_be_given(entry, given):
    model = entry.make()
    assert set(given) == networks_of(entry.cls) == set(names_of(model))


def test_given_networks_are_those_that_are_used(entry, given, model):
    for name, network in given.items():
        assert getattr(model, name) is network
    for name, average in model.averages.items():
        average, network = average.network, given[name]
        assert average.name == network.name
        pairs = zip(snapshot(average.variables), network.variables, strict=True)
        assert all(x.shape == tuple(v.shape) for x, v in pairs)


def test_given_networks_are_saved(entry, model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert unequal(everything(loaded), everything(model).values()) == []
    made = entry.use(model, 2)
    np.testing.assert_allclose(entry.use(loaded, 2), made, atol=1e-6)
    assert comparable(loaded.get_config()) == comparable(model.get_config())
    with pytest.raises(ValueError, match=r"\.keras.*Received: given networks"):
        model.save_to_preset(tmp_path / "preset", samples=0)


def test_networks_that_do_not_fit(entry, given):
    for name, network in given.items():
        wrong = keras.Sequential([keras.Input((7,)), keras.layers.Dense(3)])
        half = keras.layers.Rescaling(1.0, dtype="mixed_bfloat16")
        rounded = keras.Model(
            network.inputs,
            keras.tree.map_structure(half, network.output),
        )
        for unfit, message in (
            (wrong, "called on"),
            (keras.layers.Flatten(), "shape|called on"),
            ("no network", "must be a keras.Model"),
            (rounded, "float32"),
        ):
            with pytest.raises(
                ValueError, match=rf"`{name}`(.|\n)*({message})(.|\n)*Received"
            ):
                entry.make(**{name: unfit})


def test_layers_frozen_after_compile():
    """An error, until it is compiled again; then they stay as they are."""
    entry = MODELS["DCGAN"]
    model = quickly_trained(entry)
    layers = [x for x in model.generator.layers if x.trainable_weights]
    layers[0].trainable = False
    with pytest.raises(ValueError, match=r"compile\(\) again.*Received: "):
        entry.fit(model, BATCH)
    compile_small(model, run_eagerly=model.run_eagerly)
    before = [snapshot(layer.weights) for layer in layers]
    entry.fit(model, BATCH)
    moved = [
        any(map(np.any, map(np.subtract, old, snapshot(layer.weights))))
        for old, layer in zip(before, layers, strict=True)
    ]
    assert moved == [False] + [True] * (len(layers) - 1)


def test_networks_change_before_they_are_given():
    """A layer is no model, and one that came later is in no average."""
    model = MODELS["DCGAN"].make()
    model.generator.layers[1].enable_lora(2)
    with pytest.raises(ValueError, match=r"`generator` has other.*Received: "):
        compile_small(model)
    plain = MODELS["DCGAN"].make(ema_decay=None)
    plain.generator.layers[1].enable_lora(2)
    compile_small(plain)


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.name)
def test_a_network_can_not_be_replaced(entry):
    model = entry.make()
    for name in names_of(model):
        before = getattr(model, name)
        setattr(model, name, before)
        advice = "derive" if entry.name in BUILT else rf"{entry.name}\({name}="
        with pytest.raises(ValueError, match=rf"`{name}`.*{advice}.*Received"):
            setattr(model, name, keras.Sequential())
        assert getattr(model, name) is before
