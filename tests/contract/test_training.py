"""Every model: steps compiled and not, precision, whose weights move.

A model is compiled once for all tests of it.
"""

import dataclasses
import signal
from typing import Any

import keras
import numpy as np
import pytest
from support.harness import run
from support.tiny_gan import changed, everything, snapshot

import callbacks
from zoo import backend

from . import resume_worker
from .models import (
    BATCH,
    COUNT,
    EAGER,
    MODELS,
    TABLE,
    Entry,
    compile_small,
    each_model,
    moved_since,
    quickly_trained,
    read_state,
    restore,
    unequal,
    updates,
)


@dataclasses.dataclass
class Trained:
    """A model, and what was seen of it.

    Attributes:
        entry: Its line.
        model: The model, after an epoch of `COUNT` images.
        initial: All state before.
        state: All state after.
        logs: Means of the epoch.
    """

    entry: Entry
    model: Any
    initial: dict[str, np.ndarray]
    state: dict[str, np.ndarray]
    logs: dict[str, list[float]]


def train(entry, **options):
    model = compile_small(entry.make(), **options)
    initial = everything(model)
    logs = entry.fit(model)
    return Trained(entry, model, initial, everything(model), logs)


@pytest.fixture(scope="module", params=MODELS.values(), ids=MODELS)
def trained(request):
    """By compiled steps, where the backend can two at a time."""
    several = 1 if "steps_per_execution" in backend.UNSUPPORTED else 2
    return train(request.param, steps_per_execution=several)


@pytest.fixture(scope="module")
def by_single_steps(trained):
    """Of the same weights and images, by steps as they are written.

    JAX, which would compile each operation by itself, by compiled ones.
    """
    return train(trained.entry, run_eagerly=EAGER)


@pytest.fixture
def model(trained):
    """The model as it was after the training."""
    restore(trained.model, trained.state)
    return trained.model


# Whole, uneven and smallest batches


def test_trains_to_the_last_batch_of_one_image(trained, model):
    """Two whole batches, then one of a single image."""
    names = {"loss", *model.loss_names, *model.measure_names}
    assert set(trained.logs) == names
    assert np.isfinite(list(trained.logs.values())).all()
    assert all(np.isfinite(x).all() for x in trained.state.values())
    assert COUNT % BATCH == 1
    assert updates(model) == model.updates(3)
    moved = moved_since(model, trained.initial)
    for player in model.players:
        for network in model.networks_of(player):
            assert moved & {id(v) for v in network.trainable_variables}


def test_makes_of_one_what_it_makes_of_many(trained, model):
    """Of the first, by itself; and nothing that training sees changes."""
    many, one = trained.entry.use(model, 3), trained.entry.use(model, 1)
    assert (len(many), len(one)) == (3, 1)
    assert many.dtype == np.float32
    np.testing.assert_allclose(one, many[:1], atol=1e-5)
    assert unequal(everything(model), trained.state.values()) == []


# Compiled, as it is, several steps at a time


def test_several_compiled_steps_equal_single_ones(trained, by_single_steps):
    assert trained.logs.keys() == by_single_steps.logs.keys()
    for name, values in trained.logs.items():
        assert values == pytest.approx(by_single_steps.logs[name], rel=1e-4)
    pairs = zip(
        trained.state.items(), by_single_steps.state.values(), strict=True
    )
    for (key, value), expected in pairs:
        np.testing.assert_allclose(value, expected, atol=1e-5, err_msg=key)


@pytest.mark.skipif(EAGER, reason="the single steps above are eager")
@each_model
def test_a_step_takes_arrays_as_an_eager_fit_gives_them(entry):
    """On JAX those of NumPy; all state keeps its shape and dtype.

    It is traced, not run, which would compile each operation by itself.
    """
    import jax

    model = compile_small(entry.make(), run_eagerly=True)
    groups = (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )
    state = tuple([v.value for v in group] for group in groups)
    arrays = entry.data(BATCH)
    _, after = jax.eval_shape(lambda x: model.train_step(x, arrays), state)
    for old, new in zip(
        jax.tree.leaves(state), jax.tree.leaves(after), strict=True
    ):
        assert (old.shape, old.dtype) == (new.shape, new.dtype)


@each_model
def test_options_that_the_backend_lacks_say_why(entry):
    options = {"jit_compile": True, "steps_per_execution": 2}
    for option, reason in backend.UNSUPPORTED.items():
        with pytest.raises(ValueError, match=f"`{option}`.*Received") as error:
            entry.make().compile(**{option: options[option]})
        assert reason in str(error.value)


@pytest.mark.parametrize(
    "trained",
    TABLE if EAGER else [MODELS["Pix2Pix"]],
    ids=lambda entry: entry.name,
    indirect=True,
)
def test_a_batch_of_arrays(by_single_steps):
    """NumPy's, of either float, by itself: as the other ways to train.

    On JAX of one model: Keras hands all arrays over alike.
    """
    model, entry = by_single_steps.model, by_single_steps.entry
    restore(model, by_single_steps.initial)
    arrays = entry.data(BATCH)
    wide = [x.astype("float64") if x.dtype.kind == "f" else x for x in arrays]
    model.reset_metrics()
    logs = model.train_on_batch(*wide, return_dict=True)
    assert np.isfinite(list(map(float, logs.values()))).all()
    moved = moved_since(model, by_single_steps.initial)
    assert all(
        moved & {id(v) for v in model.variables_of(player)}
        for player in model.players
    )
    model.reset_metrics()
    tested = model.test_on_batch(*wide, return_dict=True)
    assert np.isfinite(list(map(float, tested.values()))).all()


# Whose state moves


def test_evaluate_changes_nothing(by_single_steps):
    model, entry = by_single_steps.model, by_single_steps.entry
    restore(model, by_single_steps.state)
    logs = model.evaluate(
        *entry.data(COUNT), batch_size=BATCH, verbose=0, return_dict=True
    )
    assert set(logs) >= {"loss", *model.loss_names}
    assert np.isfinite(list(logs.values())).all()
    assert changed(by_single_steps.state, everything(model)) == []


def belongings(model, players):
    """Returns ids of players' weights, and of the averages of these."""
    networks = [x for player in players for x in model.players[player]]
    averages = [
        model.averages[x].network for x in networks if x in model.averages
    ]
    own = [getattr(model, x).trainable_variables for x in networks]
    own += [network.trainable_variables for network in averages]
    return {id(v) for variables in own for v in variables}


def test_each_minimize_moves_its_own(trained, model):
    """At a rate of 0 for all but one player, the others' stay bit-equal."""
    for player in model.players:
        restore(model, trained.initial)
        for name, member in model.optimizer.members.items():
            member.learning_rate = 0.1 if name == player else 0.0
        before = everything(model)
        trained.entry.fit(model)
        moved = moved_since(model, before)
        own = {id(v) for v in model.variables_of(player)}
        assert len(own & moved) >= len(own) / 2
        assert not moved & belongings(model, set(model.players) - {player})


# Precision


@pytest.mark.parametrize(
    "dtype", ["bfloat16", "float16"] if EAGER else ["bfloat16"]
)
@each_model
def test_mixed_precision(entry, dtype):
    """Computes in half, keeps and makes float32, all of it finite.

    In float16 only where that needs no further compilation.
    """
    model = quickly_trained(entry, dtype=f"mixed_{dtype}")
    computed = {
        layer.compute_dtype
        for player in model.players
        for network in model.networks_of(player)
        for layer in network.layers
    }
    assert dtype in computed
    assert keras.config.dtype_policy().name == "float32"
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    assert np.isfinite(list(model.logs.values())).all()
    assert all(np.isfinite(x).all() for x in snapshot(model.variables))
    made = entry.use(model, 2)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()


# Going on after a kill


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Directory of a process that was killed within all trainings."""
    directory = tmp_path_factory.mktemp("killed")
    code, _, err = run("-m", "contract.resume_worker", directory, timeout=1800)
    assert code == -signal.SIGKILL, err
    return directory


def check_resumed(model, data, directory):
    """Goes on with what was killed, and compares it with the whole."""
    place = directory / "killed"
    names = [x.name for x in callbacks.TrainingState(place).saved()]
    assert names == ["epoch-000001.keras"]
    logs = resume_worker.fit(model, data, place)
    assert logs.epoch == [1]
    whole = read_state(directory / "whole.npz")
    assert unequal(everything(model), whole) == []
    logs = [directory / x / "log.csv" for x in ("killed", "whole")]
    assert len({path.read_text() for path in logs}) == 1


def test_a_seed_gives_the_same_weights_in_another_process(trained, killed):
    other = read_state(killed / trained.entry.name / "initial.npz")
    assert unequal(trained.initial, other) == []


def test_a_killed_training_goes_on_bit_equal(by_single_steps, killed):
    model, name = by_single_steps.model, by_single_steps.entry.name
    restore(model, by_single_steps.initial)
    check_resumed(model, resume_worker.data_of(name), killed / name)


def test_a_killed_pipeline_goes_on_in_its_order(killed):
    name = resume_worker.SHUFFLED
    data = resume_worker.data_of(name)
    check_resumed(resume_worker.start(name), data, killed / name)
