"""The backend contract against values derived by hand.

What matters inside a compiled step runs twice: as it stands, and within the
training step of a model, as `fit` compiles it.
"""

import keras
import numpy as np
import pytest
from keras import ops
from support.tiny_gan import TinyGAN, changed, everything, snapshot, vectors

from zoo import backend
from zoo.backend.seeds import SeedGenerator
from zoo.engine.optimizer_group import OptimizerGroup


class Step(keras.Model):
    """A model whose training and test steps are one function."""

    def __init__(self, fn, tracked, members=None, targets=None):
        super().__init__()
        self.fn = fn
        self.tracked = tracked
        self.built = True
        group = OptimizerGroup(members or {"none": keras.optimizers.SGD()})
        if members is None:
            group.build_members({"none": []})
        group.built = True
        self.compile(optimizer=group)

    @backend.stateful
    def train_step(self, data):
        return self.fn()

    @backend.stateful
    def test_step(self, data):
        return self.fn()


def to_numpy(tensors):
    return keras.tree.map_structure(
        lambda x: np.array(ops.convert_to_numpy(x)), tensors
    )


@pytest.fixture(params=["alone", "in fit"])
def run(request):
    """Runs a function that returns a dict; gives back NumPy arrays."""

    def run(fn, tracked, **members):
        if request.param == "alone":
            return to_numpy(fn())
        step = Step(fn, tracked, members or None)
        return step.train_on_batch(np.zeros((1, 1)), return_dict=True)

    return run


def variable(value, **kwargs):
    return keras.Variable(np.asarray(value, "float32"), **kwargs)


def sgd(*variables, rate=0.25, **kwargs):
    optimizer = keras.optimizers.SGD(rate, **kwargs)
    optimizer.build(list(variables))
    return optimizer


# record


def test_record_pulls_back_to_variables_and_inputs(run):
    w, x = variable([1.0, 2.0]), np.array([3.0, -1.0], "float32")

    def fn():
        recording = backend.record(
            lambda x: {"product": w * x, "pair": (ops.sum(w**2), x**3)},
            [w],
            [ops.convert_to_tensor(x)],
        )
        cotangents = {
            "product": ops.convert_to_tensor([10.0, 20.0]),
            "pair": (ops.convert_to_tensor(0.5), ops.ones(2)),
        }
        by_w, by_x = recording.pullback(cotangents)
        return {
            "product": recording.outputs["product"],
            "square": recording.outputs["pair"][0],
            "cube": recording.outputs["pair"][1],
            "by_w": by_w,
            "by_x": by_x,
        }

    result = run(fn, [w])
    np.testing.assert_array_equal(result["product"], [3, -2])
    np.testing.assert_array_equal(result["square"], 5)
    np.testing.assert_array_equal(result["cube"], [27, -1])
    # cotangent * x + 0.5 * 2 w, and cotangent * w + 3 x^2
    np.testing.assert_allclose(result["by_w"], [31, -18], rtol=1e-6)
    np.testing.assert_allclose(result["by_x"], [37, 43], rtol=1e-6)


def test_recorded_outputs_are_cut_from_the_pass(run):
    w = variable([1.0, 2.0])
    other = variable(1.0)
    optimizer, other_optimizer = sgd(w), sgd(other)

    def fn():
        recording = backend.record(lambda: w**2, [w], state=[other])
        return backend.minimize(
            lambda: {"loss": other * ops.sum(recording.outputs)},
            [other],
            other_optimizer,
            [w],
        )

    assert run(fn, [w, other], a=optimizer, b=other_optimizer)["loss"] == 5
    np.testing.assert_array_equal(snapshot([other])[0], 1 - 0.25 * 5)
    np.testing.assert_array_equal(snapshot([w])[0], [1, 2])


# minimize


def test_minimize_moves_by_rate_times_gradient(run):
    w = variable([1.0, -2.0])
    optimizer = sgd(w)

    def fn():
        return backend.minimize(
            lambda: {"square": ops.sum(w**2), "linear": 3 * ops.sum(w)},
            [w],
            optimizer,
        )

    terms = run(fn, [w], only=optimizer)
    assert terms == {"square": 5, "linear": -3}
    # w - (2 w + 3) / 4, exact in binary
    np.testing.assert_array_equal(snapshot([w])[0], [-0.25, -1.75])
    assert int(optimizer.iterations) == 1


def test_minimize_moves_nothing_else(run):
    w, frozen = variable([1.0, 2.0]), variable([3.0, 4.0])
    optimizer = sgd(w, momentum=0.5)
    other = sgd(frozen, momentum=0.5)

    def fn():
        return backend.minimize(
            lambda: {"loss": ops.sum(w * frozen)}, [w], optimizer, [frozen]
        )

    before = snapshot([frozen, *other.variables])
    run(fn, [w, frozen], a=optimizer, b=other)
    np.testing.assert_array_equal(snapshot([w])[0], [0.25, 1.0])
    for old, new in zip(
        before, snapshot([frozen, *other.variables]), strict=True
    ):
        np.testing.assert_array_equal(old, new)


def test_minimize_through_a_recording(run):
    """The same gradient as without; the recorded pass runs once."""
    w, v = variable([1.0, -2.0]), variable([3.0, 5.0])
    optimizer = sgd(w)
    calls = []

    def forward():
        calls.append(1)
        return w**2

    def fn():
        recording = backend.record(forward, [w], state=[v])
        return backend.minimize(
            lambda x: {"loss": ops.sum(v * x)},
            [w],
            optimizer,
            [v],
            through=recording,
        )

    assert run(fn, [w, v], only=optimizer)["loss"] == 23
    # w - 2 v w / 4
    np.testing.assert_array_equal(snapshot([w])[0], [1 - 1.5, -2 + 5])
    np.testing.assert_array_equal(snapshot([v])[0], [3, 5])
    assert len(calls) == 1


@pytest.mark.parametrize("structure", ["dict", "tuple"])
def test_minimize_through_a_structure(run, structure):
    """Two networks' images, say, as CycleGAN's generators make."""
    w = variable([1.0, -2.0])
    optimizer = sgd(w)
    keys = {"dict": ("a", "b"), "tuple": (0, 1)}[structure]

    def forward():
        outputs = dict(zip(keys, (w**2, 3 * w), strict=True))
        return outputs if structure == "dict" else tuple(outputs.values())

    def fn():
        recording = backend.record(forward, [w])
        return backend.minimize(
            lambda x: {
                "a": ops.sum(x[keys[0]]),
                "b": ops.sum(x[keys[0]] * x[keys[1]]),
            },
            [w],
            optimizer,
            through=recording,
        )

    run(fn, [w], only=optimizer)
    # d(w^2 + 3 w^3) = 2 w + 9 w^2
    np.testing.assert_array_equal(snapshot([w])[0], [1 - 2.75, -2 - 8])


def test_a_term_may_be_a_constant(run):
    """A weight of 0, say, leaves a term that no variable reaches."""
    w = variable([1.0, -2.0])
    optimizer = sgd(w)

    def fn():
        return backend.minimize(
            lambda: {"loss": ops.sum(w**2), "none": ops.zeros(())},
            [w],
            optimizer,
        )

    assert run(fn, [w], only=optimizer) == {"loss": 5, "none": 0}
    np.testing.assert_array_equal(snapshot([w])[0], [0.5, -1])


def test_an_output_may_stay_unused(run):
    """What a loss leaves out of a recording has no part in the gradient."""
    w = variable([1.0, -2.0])
    optimizer = sgd(w)

    def fn():
        recording = backend.record(lambda: (w**2, 3 * w), [w])
        return backend.minimize(
            lambda x: {"loss": ops.sum(x[0])},
            [w],
            optimizer,
            through=recording,
        )

    assert run(fn, [w], only=optimizer)["loss"] == 5
    np.testing.assert_array_equal(snapshot([w])[0], [0.5, -1])


def test_a_variable_out_of_reach_has_gradient_zero(run):
    """A layer that is not grown in yet, say; no error, no warning."""
    w, unused = variable([1.0, -2.0]), variable(3.0)
    optimizer = sgd(w, unused)

    def fn():
        return backend.minimize(
            lambda: {"loss": ops.sum(w**2)}, [w, unused], optimizer
        )

    assert run(fn, [w, unused], only=optimizer)["loss"] == 5
    np.testing.assert_array_equal(snapshot([w])[0], [0.5, -1])
    np.testing.assert_array_equal(snapshot([unused])[0], 3)


def test_updates_alternate_on_newest_values(run):
    """The second player sees the first's updates: a saddle by hand."""
    a, b = variable(1.0), variable(1.0)
    first, second = sgd(a, rate=0.5), sgd(b, rate=0.5)

    def fn():
        for _ in range(2):
            one = backend.minimize(lambda: {"a": a * b}, [a], first, [b])
        two = backend.minimize(lambda: {"b": -a * b * b}, [b], second, [a])
        return {**one, **two}

    assert run(fn, [a, b], a=first, b=second) == {"a": 0.5, "b": 0}
    np.testing.assert_array_equal(snapshot([a, b]), [0, 1])
    assert int(first.iterations) == 2
    assert int(second.iterations) == 1


# input_gradient


def test_input_gradient_of_a_cube(run):
    x = np.array([[1.0, -2.0], [0.5, 3.0]], "float32")

    def fn():
        return {"g": backend.input_gradient(lambda x: x**3, ops.array(x))}

    np.testing.assert_allclose(run(fn, [])["g"], 3 * x**2, rtol=1e-6)


def test_input_gradient_in_evaluate():
    """PyTorch's trainer evaluates under `no_grad`."""
    x = np.array([[1.0, -2.0]], "float32")
    w = variable([2.0, 1.0])

    def fn():
        gradient = backend.input_gradient(
            lambda x: ops.sum(w * x**3, axis=-1), ops.array(x)
        )
        return {"total": ops.sum(gradient)}

    model = Step(fn, [w])
    logs = model.evaluate(
        np.zeros((1, 1)), return_dict=True, verbose=0, batch_size=1
    )
    assert logs["total"] == pytest.approx(6 + 12)


def test_double_gradient_of_a_linear_critic(run):
    """d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|; |w| = 5."""
    w = variable([[3.0], [4.0]])
    optimizer = sgd(w, rate=1.0)
    x = np.random.default_rng(0).standard_normal((6, 2)).astype("float32")

    def fn():
        def loss():
            gradient = backend.input_gradient(lambda x: x @ w, ops.array(x))
            norm = ops.sqrt(ops.sum(gradient**2, axis=-1))
            return {"penalty": ops.mean((norm - 1) ** 2)}

        return backend.minimize(loss, [w], optimizer)

    assert run(fn, [w], only=optimizer)["penalty"] == pytest.approx(16)
    np.testing.assert_allclose(
        snapshot([w])[0], [[3 - 8 * 0.6], [4 - 8 * 0.8]], rtol=1e-6
    )


def test_double_gradient_of_a_quadratic_critic(run):
    """F = a x^2: (f' - 1)^2 = (2 a x - 1)^2, by a: 4 x (2 a x - 1)."""
    a = variable(0.5)
    optimizer = sgd(a, rate=1.0)
    x = np.array([1.0, 2.0, -3.0], "float32")

    def fn():
        def loss():
            gradient = backend.input_gradient(lambda x: a * x**2, ops.array(x))
            return {"penalty": ops.mean((gradient - 1) ** 2)}

        return backend.minimize(loss, [a], optimizer)

    expected = np.mean((2 * 0.5 * x - 1) ** 2)
    step = np.mean(4 * x * (2 * 0.5 * x - 1))
    assert run(fn, [a], only=optimizer)["penalty"] == pytest.approx(expected)
    np.testing.assert_allclose(snapshot([a])[0], 0.5 - step, rtol=1e-6)


def test_double_gradient_through_a_recording(run):
    """X = w^2 recorded; loss (d x^3 / dx)^2 = 9 x^4, by w: 36 x^3 2 w."""
    w = variable(0.5)
    optimizer = sgd(w, rate=1.0)

    def fn():
        recording = backend.record(lambda: w**2, [w])
        return backend.minimize(
            lambda x: {"loss": backend.input_gradient(lambda x: x**3, x) ** 2},
            [w],
            optimizer,
            through=recording,
        )

    assert run(fn, [w], only=optimizer)["loss"] == pytest.approx(9 / 256)
    np.testing.assert_allclose(snapshot([w])[0], 0.5 - 36 / 64, rtol=1e-6)


# State


def moved(mean, variance, batch):
    """Moving statistics after a batch; momentum 0.9, biased variance."""
    return (
        0.9 * mean + 0.1 * batch.mean(axis=0),
        0.9 * variance + 0.1 * batch.var(axis=0),
    )


def norm_layer():
    layer = keras.layers.BatchNormalization(momentum=0.9)
    layer.build((None, 2))
    return layer


def statistics(layer):
    return snapshot([layer.moving_mean, layer.moving_variance])


def test_batch_statistics_move_once_per_pass(run):
    """Real and generated images are two passes; `through` adds none."""
    layer = norm_layer()
    gamma = layer.gamma
    optimizer = sgd(gamma)
    random = np.random.default_rng(0)
    real = random.normal(2, 3, (8, 2)).astype("float32")
    fake = random.normal(-1, 2, (8, 2)).astype("float32")
    state = [layer.beta, layer.moving_mean, layer.moving_variance]

    def fn():
        recording = backend.record(
            lambda: layer(ops.array(real), training=True), [gamma], state=state
        )
        backend.minimize(
            lambda x: {"loss": ops.mean(x**2)},
            [gamma],
            optimizer,
            state,
            through=recording,
        )
        return backend.minimize(
            lambda: {
                "loss": ops.mean(layer(ops.array(fake), training=True) ** 2)
            },
            [gamma],
            optimizer,
            state,
        )

    run(fn, [layer], only=optimizer)
    expected = moved(*moved(np.zeros(2), np.ones(2), real), fake)
    np.testing.assert_allclose(statistics(layer), expected, rtol=1e-5)


def test_two_passes_of_one_loss_move_batch_statistics_twice(run):
    layer = norm_layer()
    optimizer = sgd(layer.gamma)
    random = np.random.default_rng(0)
    batches = random.normal(1, 2, (2, 8, 2)).astype("float32")
    state = [layer.beta, layer.moving_mean, layer.moving_variance]

    def fn():
        return backend.minimize(
            lambda: {
                str(i): ops.mean(layer(ops.array(x), training=True) ** 2)
                for i, x in enumerate(batches)
            },
            [layer.gamma],
            optimizer,
            state,
        )

    run(fn, [layer], only=optimizer)
    expected = np.zeros(2), np.ones(2)
    for batch in batches:
        expected = moved(*expected, batch)
    np.testing.assert_allclose(statistics(layer), expected, rtol=1e-5)


def test_input_gradient_keeps_batch_statistics(run):
    """A critic may have batch norm: its moving statistics are updated."""
    layer = norm_layer()
    optimizer = sgd(layer.gamma)
    x = np.random.default_rng(0).normal(1, 2, (8, 2)).astype("float32")

    def fn():
        def loss():
            gradient = backend.input_gradient(
                lambda x: layer(x, training=True) ** 2,
                ops.array(x),
                layer.variables,
            )
            return {"loss": ops.mean(gradient**2)}

        state = [layer.beta, layer.moving_mean, layer.moving_variance]
        return backend.minimize(loss, [layer.gamma], optimizer, state)

    run(fn, [layer], only=optimizer)
    expected = moved(np.zeros(2), np.ones(2), x)
    np.testing.assert_allclose(statistics(layer), expected, rtol=1e-5)


def test_seeds_move_by_one_per_draw(run):
    seeds = SeedGenerator(7)

    def fn():
        recording = backend.record(
            lambda: keras.random.normal((4,), seed=seeds), state=[seeds.state]
        )
        outside = keras.random.normal((4,), seed=seeds)
        return {"first": recording.outputs, "second": outside}

    draws = run(fn, [seeds])
    assert not np.allclose(draws["first"], draws["second"])
    np.testing.assert_array_equal(snapshot([seeds.state])[0], [7, 2])


def test_replica_0_draws_as_keras(run):
    ours, theirs = SeedGenerator(7), keras.random.SeedGenerator(7)

    def fn():
        return {
            f"{name}{i}": keras.random.normal((4,), seed=generator)
            for i in range(2)
            for name, generator in [("ours", ours), ("keras", theirs)]
        }

    draws = run(fn, [ours, theirs])
    np.testing.assert_array_equal(draws["ours0"], draws["keras0"])
    np.testing.assert_array_equal(draws["ours1"], draws["keras1"])


# Mixed precision


def scaled(*variables, rate=0.25, scale=2.0**15):
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(rate), initial_scale=scale
    )
    optimizer.build(list(variables))
    return optimizer


@pytest.mark.parametrize("through", [False, True])
def test_loss_scale_cancels(run, through):
    w = variable([1.0, -2.0])
    optimizer = scaled(w)

    def fn():
        recording = None
        if through:
            recording = backend.record(lambda: w * 1.0, [w])
        return backend.minimize(
            lambda x=w: {"a": ops.sum(x * x), "b": 3 * ops.sum(x)},
            [w],
            optimizer,
            through=recording,
        )

    assert run(fn, [w], only=optimizer) == {"a": 5, "b": -3}
    np.testing.assert_array_equal(snapshot([w])[0], [-0.25, -1.75])
    assert float(optimizer.dynamic_scale.value) == 2**15


def test_overflow_skips_the_update_and_halves_the_scale(run):
    w = variable([1.0, -2.0])
    optimizer = scaled(w)
    factor = variable(np.inf)

    def fn():
        return backend.minimize(
            lambda: {"loss": ops.sum(w) * factor}, [w], optimizer, [factor]
        )

    run(fn, [w, factor], only=optimizer)
    np.testing.assert_array_equal(snapshot([w])[0], [1, -2])
    assert float(optimizer.dynamic_scale.value) == 2**14
    factor.assign(1.0)
    run(fn, [w, factor], only=optimizer)
    np.testing.assert_array_equal(snapshot([w])[0], [0.75, -2.25])


# Under fit


@pytest.mark.parametrize("player", ["critic", "generator"])
def test_minimize_moves_its_own_player(player):
    """Weights and optimizer of this player; batch statistics; nothing else."""
    model = TinyGAN()
    model.compile()
    other = {"critic": "generator", "generator": "critic"}[player]
    losses = {
        "critic": lambda x: model.critic_loss(
            x, model.generator(x[:, :2], training=False), True
        ),
        "generator": lambda x: model.generator_loss(x[:, :2], True),
    }

    @backend.stateful
    def train_step(self, data):
        real, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self.minimize(player, lambda: losses[player](real))

    model.train_step = train_step.__get__(model)
    before = everything(model)
    model.fit(vectors(16), batch_size=8, verbose=0)
    different = changed(before, everything(model))
    own = {v.path for v in model.variables_of(player)}
    own |= {v.path for v in model.optimizer[player].variables}
    untouched = {v.path for v in model.variables_of(other)}
    untouched |= {v.path for v in model.optimizer[other].variables}
    paths = [key.split(maxsplit=2)[2] for key in different]
    rest = [p for p in paths if p not in own]
    assert any("kernel" in p for p in paths)
    assert all("moving_" in p or "seed" in p for p in rest), rest
    assert not [
        k for k in different if k.split(maxsplit=2)[2] in untouched - own
    ]


def test_iterations_count_each_optimizers_updates():
    model = TinyGAN(critic_steps=3)
    model.compile()
    model.fit(vectors(32), batch_size=8, epochs=2, verbose=0)
    assert int(model.optimizer["critic"].iterations) == 3 * 4 * 2
    assert int(model.optimizer["generator"].iterations) == 4 * 2


def test_unsupported_options_raise():
    model = TinyGAN()
    options = {"jit_compile": True, "steps_per_execution": 2}
    for option, value in options.items():
        if option in backend.UNSUPPORTED:
            with pytest.raises(ValueError, match=f"`{option}` .*Received"):
                model.compile(**{option: value})
            assert not model.compiled
        else:
            model.compile(**{option: value})


def test_one_replica():
    assert backend.replica_id() == 0
    assert backend.replica_count() == 1


def test_compiled_reads_variables_where_they_are():
    """New values count without compiling again; `None` may be an input."""
    weight = keras.Variable(np.array(2.0, "float32"))
    calls = []

    def fn(x, shift):
        calls.append(1)
        y = weight * x
        return y if shift is None else y + shift

    compiled = backend.compiled(fn, [weight])
    x = ops.convert_to_tensor(3.0)
    assert float(compiled(x, None)) == 6
    weight.assign(ops.ones(()) * 5)
    assert float(compiled(x, None)) == 15
    eager = keras.backend.backend() == "torch"
    assert len(calls) == (2 if eager else 1)
    assert float(compiled(x, x)) == 18


def test_compiled_records_nothing():
    weight = keras.Variable(2.0)
    made = backend.compiled(lambda x: weight * x, [weight])(ops.ones(2))
    assert not getattr(made, "requires_grad", False)
