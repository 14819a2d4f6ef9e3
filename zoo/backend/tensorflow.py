"""The backend contract on TensorFlow."""

import keras
import tensorflow as tf

UNSUPPORTED: dict[str, str] = {}
EXPORTS = {"savedmodel": (), "onnx": ("tf2onnx", "onnx")}


def stateful(step):
    """Returns the step as it is: TensorFlow's trainer calls it so."""
    return step


def compiled(fn, variables):
    """Compiles a function of tensors that reads variables, for inference."""
    del variables  # Read where they are.
    return tf.function(fn, autograph=False)


def record(fn, variables, inputs, state):
    """Runs `fn(*inputs)`; see `zoo.backend.record`."""
    del state  # The tape watches nothing but what it is told to.
    sources = [v.value for v in variables] + inputs
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(sources)
        outputs = fn(*inputs)

    def pullback(cotangents):
        return tape.gradient(
            tf.nest.flatten(outputs),
            sources,
            tf.nest.flatten(cotangents),
            tf.UnconnectedGradients.ZERO,
        )

    return tf.nest.map_structure(tf.stop_gradient, outputs), pullback


def apply(gradients, variables, optimizer):
    """Updates `variables` in place; sums gradients over replicas."""
    optimizer.apply(gradients, variables)


def input_gradient(fn, x, state):
    """Gradient of `sum(fn(x))`; see `zoo.backend.input_gradient`."""
    del state  # Updated in place.
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        y = fn(x)
    return tape.gradient(y, x)


def conv(x, kernel, strides, padding):
    """Convolution of channels-last `x`."""
    return keras.ops.conv(x, kernel, strides, padding)


def conv_transpose(x, kernel, strides, padding):
    """Transposed convolution of channels-last `x`."""
    return keras.ops.conv_transpose(x, kernel, strides, padding)


def prefer_layout(variables):
    """Nothing to do: the compiler lays variables out."""


def batch_norm(x, gamma, beta, epsilon):
    """Normalizes by the batch; returns the result, mean and variance."""
    y, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        x, gamma, beta, epsilon=epsilon, is_training=True
    )
    # The kernel gives the unbiased variance; moving averages want the biased.
    count = tf.cast(tf.size(x) / tf.size(mean), variance.dtype)
    return y, mean, variance * (count - 1) / count


def group_norm(x, gamma, beta, groups, epsilon):
    """Normalizes groups of channels of each image.

    By the law of total variance from each channel's moments, so that only
    sums over whole maps touch all pixels.
    """
    y = tf.cast(x, "float32")
    means, variances = tf.nn.moments(y, (1, 2))
    shape = (-1, groups, x.shape[-1] // groups)
    means = tf.reshape(means, shape)
    mean, between = tf.nn.moments(means, -1, keepdims=True)
    within = tf.reduce_mean(tf.reshape(variances, shape), -1, keepdims=True)
    inverse = tf.math.rsqrt(within + between + epsilon)
    scale = inverse * tf.reshape(gamma, shape)
    shift = tf.reshape(beta, shape) - mean * scale
    scale, shift = (
        tf.reshape(v, (-1, 1, 1, x.shape[-1])) for v in (scale, shift)
    )
    return tf.cast(y * scale + shift, x.dtype)


def replica_id():
    """Index of this replica in the step, 0 outside a strategy."""
    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def replica_count():
    """Number of replicas whose gradients are summed."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def sync_state(model):
    """Makes the model's variables hold their newest values."""


def enable_determinism():
    """Makes every operation give the same bits on the same device."""
    tf.config.experimental.enable_op_determinism()
