"""The backend contract on JAX."""

import functools
import itertools

import jax
import keras

from zoo.backend import jax_convolution

UNSUPPORTED: dict[str, str] = {}
EXPORTS = {"savedmodel": ("tensorflow",), "onnx": ("jax2onnx",)}


def stateful(step):
    """Turns an imperative step into a pure function of `(state, data)`.

    Keras' JAX trainer hands over the values of all variables and expects the
    new ones back; a `StatelessScope` stands in for the variables meanwhile.
    """

    @functools.wraps(step)
    def stateless(self, state, data):
        groups = [self.trainable_variables, self.non_trainable_variables]
        if len(state) == 4:  # train_step; test_step has no optimizer
            groups.append(self.optimizer.variables)
        groups.append(self.metrics_variables)
        with _scope(_chain(groups), _chain(state)) as scope:
            logs = step(self, data)
        return logs, tuple(_current(scope, group) for group in groups)

    return stateless


def compiled(fn, variables):
    """Compiles a function of tensors that reads variables, for inference."""

    @jax.jit
    def pure(values, *inputs):
        with _scope(variables, values):
            return fn(*inputs)

    return lambda *inputs: pure(_values(variables), *inputs)


def _chain(groups):
    return list(itertools.chain.from_iterable(groups))


def _scope(variables, values):
    return keras.StatelessScope(zip(variables, values, strict=True))


def _current(scope, variables):
    return [scope.get_current_value(v) for v in variables]


def _values(variables):
    return [v.value for v in variables]


def _assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def record(fn, variables, inputs, state):
    """Runs `fn(*inputs)`; see `zoo.backend.record`."""
    frozen = _values(state)

    def pure(values, inputs):
        with _scope(variables + state, values + frozen) as scope:
            outputs = fn(*inputs)
        return outputs, _current(scope, state)

    outputs, vjp, new_state = jax.vjp(
        pure, _values(variables), inputs, has_aux=True
    )
    _assign(state, new_state)

    def pullback(cotangents):
        by_variables, by_inputs = vjp(cotangents)
        return by_variables + by_inputs

    return jax.lax.stop_gradient(outputs), pullback


def apply(gradients, variables, optimizer):
    """Updates `variables` and the optimizer's state, in place or in a scope."""
    new_values, new_state = optimizer.stateless_apply(
        _values(optimizer.variables), gradients, _values(variables)
    )
    _assign(variables, new_values)
    _assign(optimizer.variables, new_state)


def input_gradient(fn, x, state):
    """Gradient of `sum(fn(x))`; see `zoo.backend.input_gradient`."""
    if not state:  # An empty scope would hide the step's.
        return jax.grad(lambda x: fn(x).sum())(x)
    values = _values(state)

    def pure(x):
        with _scope(state, values) as scope:
            total = fn(x).sum()
        return total, _current(scope, state)

    gradient, new_state = jax.grad(pure, has_aux=True)(x)
    _assign(state, new_state)
    return gradient


def conv(x, kernel, strides, padding):
    """Convolution of channels-last `x`."""
    if jax_convolution.applies(x, kernel, strides, padding):
        x, kernel = _same_dtype(x, kernel)
        return jax_convolution.down(x, kernel)
    return keras.ops.conv(x, kernel, strides, padding)


def conv_transpose(x, kernel, strides, padding):
    """Transposed convolution of channels-last `x`."""
    if jax_convolution.applies(x, kernel, strides, padding):
        x, kernel = _same_dtype(x, kernel)
        return jax_convolution.up(x, kernel)
    return keras.ops.conv_transpose(x, kernel, strides, padding)


def _same_dtype(x, kernel):
    kernel = keras.ops.convert_to_tensor(kernel)
    dtype = jax.numpy.result_type(x, kernel)
    return x.astype(dtype), kernel.astype(dtype)


def prefer_layout(variables):
    """Nothing to do: the compiler lays variables out."""


def batch_norm(x, gamma, beta, epsilon):
    """Normalizes by the batch; returns the result, mean and variance."""
    mean = x.mean((0, 1, 2))
    variance = jax.numpy.square(x - mean).mean((0, 1, 2))
    scale = gamma * jax.lax.rsqrt(variance + epsilon)
    return (x - mean) * scale + beta, mean, variance


def group_norm(x, gamma, beta, groups, epsilon):
    """Normalizes groups of channels of each image."""
    y = x.reshape(x.shape[0], -1, groups, x.shape[3] // groups)
    y = y.astype("float32")
    mean = y.mean((1, 3), keepdims=True)
    variance = jax.numpy.square(y - mean).mean((1, 3), keepdims=True)
    y = (y - mean) * jax.lax.rsqrt(variance + epsilon)
    return (y.reshape(x.shape) * gamma + beta).astype(x.dtype)


def replica_id():
    """Index of this replica: 0, since JAX's sharded step sees all data."""
    return 0


def replica_count():
    """Number of replicas whose gradients are summed: 1."""
    return 1


def sync_state(model):
    """Makes the model's variables hold their newest values.

    During `fit` they live in the trainer's state between epochs' ends.
    """
    model.jax_state_sync()


def enable_determinism():
    """Nothing to do on CPU and TPU; on GPU, XLA_FLAGS must say so."""
