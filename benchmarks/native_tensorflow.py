"""DCGAN-64 training step in plain TensorFlow, without Keras.

One `tf.function` graph holds both updates. It runs in the graph runtime
(`jit_compile=False`) with oneDNN's convolutions, which on CPU takes two thirds
of the time that XLA takes (`jit_compile=True`). TensorFlow by itself leaves
oneDNN off on some CPUs, where the graph then takes twice as long, so this
module asks for it; that works only if it is imported before TensorFlow.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import tensorflow as tf

from benchmarks import dcgan_spec as spec


def _batch_norm(x, gamma, beta, mean, variance):
    """Training-mode batch normalization that moves the running statistics."""
    # The raw op folds the running update into the kernel that normalizes;
    # tf.nn.moments plus assignments would pass over the activations again.
    y, new_mean, new_variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=gamma,
        offset=beta,
        mean=mean,
        variance=variance,
        epsilon=spec.BN_EPSILON,
        exponential_avg_factor=1 - spec.BN_MOMENTUM,
        is_training=True,
    )
    mean.assign(tf.stop_gradient(new_mean))
    variance.assign(tf.stop_gradient(new_variance))
    return y


class _Network:
    """Variables of one network with their Adam moments."""

    def __init__(self, kernel_shapes, norm_widths, seed):
        rng = tf.random.Generator.from_seed(seed)

        def normal(shape, mean=0.0):
            return tf.Variable(rng.normal(shape, mean, spec.INIT_STDDEV))

        self.kernels = [normal(shape) for shape in kernel_shapes]
        self.gammas = [normal((width,), 1.0) for width in norm_widths]
        self.betas = [tf.Variable(tf.zeros(width)) for width in norm_widths]
        self.means = [
            tf.Variable(tf.zeros(width), trainable=False)
            for width in norm_widths
        ]
        self.variances = [
            tf.Variable(tf.ones(width), trainable=False)
            for width in norm_widths
        ]
        self.trainable = self.kernels + self.gammas + self.betas
        self.moments = [
            (
                tf.Variable(tf.zeros_like(v), trainable=False),
                tf.Variable(tf.zeros_like(v), trainable=False),
            )
            for v in self.trainable
        ]
        self.beta_powers = (
            tf.Variable(spec.BETA_1, trainable=False),
            tf.Variable(spec.BETA_2, trainable=False),
        )
        self.size = sum(v.shape.num_elements() for v in self.trainable)

    def norm(self, x, index):
        """Normalizes `x` with the parameters of one layer."""
        return _batch_norm(
            x,
            self.gammas[index],
            self.betas[index],
            self.means[index],
            self.variances[index],
        )

    def apply_gradients(self, gradients):
        """Takes one Adam step, one fused kernel per variable."""
        power_1, power_2 = self.beta_powers
        for variable, (m, v), gradient in zip(
            self.trainable, self.moments, gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=m.handle,
                v=v.handle,
                beta1_power=power_1,
                beta2_power=power_2,
                lr=spec.LEARNING_RATE,
                beta1=spec.BETA_1,
                beta2=spec.BETA_2,
                epsilon=spec.ADAM_EPSILON,
                grad=gradient,
            )
        power_1.assign(power_1 * spec.BETA_1)
        power_2.assign(power_2 * spec.BETA_2)


def _make_generator(seed):
    widths = spec.GENERATOR_WIDTHS
    shapes = [(spec.LATENT_DIM, 16 * widths[0])]
    shapes += [
        (4, 4, out, width)
        for width, out in zip(widths, (*widths[1:], spec.CHANNELS), strict=True)
    ]
    return _Network(shapes, widths, seed)


def _make_discriminator(seed):
    widths = spec.DISCRIMINATOR_WIDTHS
    shapes = [
        (4, 4, width, out)
        for width, out in zip(
            (spec.CHANNELS, *widths[:-1]), widths, strict=True
        )
    ]
    shapes += [(16 * widths[-1], 1)]
    return _Network(shapes, widths[1:], seed)


def _generate(net, latents):
    # A 4x4 transposed convolution of a 1x1 image is a matrix product.
    x = tf.matmul(latents, net.kernels[0])
    x = tf.reshape(x, (-1, 4, 4, spec.GENERATOR_WIDTHS[0]))
    for index, kernel in enumerate(net.kernels[1:]):
        x = tf.nn.relu(net.norm(x, index))
        batch, height, width, _ = x.shape
        shape = (batch, 2 * height, 2 * width, kernel.shape[2])
        x = tf.nn.conv2d_transpose(x, kernel, shape, 2, "SAME")
    return tf.tanh(x)


def _discriminate(net, images):
    x = images
    for index, kernel in enumerate(net.kernels[:-1]):
        x = tf.nn.conv2d(x, kernel, 2, "SAME")
        if index:
            x = net.norm(x, index - 1)
        x = tf.nn.leaky_relu(x, spec.LEAKY_SLOPE)
    # The closing 4x4 convolution covers the whole 4x4 map: a matrix product.
    return tf.matmul(tf.reshape(x, (x.shape[0], -1)), net.kernels[-1])


def make_step(seed=0, batch_size=spec.BATCH_SIZE, jit_compile=False):
    """Builds a stateful training step.

    Args:
        seed: Seed of the weights and of the latents.
        batch_size: Number of images per step.
        jit_compile: Whether XLA compiles the step.

    Returns:
        `step(images) -> (d_real, d_fake, g)`: one update of both networks on
        `(batch_size, 64, 64, 3)` images in [-1, 1], returned as floats once
        the update is done.
    """
    generator = _make_generator(seed)
    discriminator = _make_discriminator(seed + 1)
    spec.check_param_counts(generator.size, discriminator.size)
    rng = tf.random.Generator.from_seed(seed + 2)
    shape = (batch_size, spec.IMAGE_SIZE, spec.IMAGE_SIZE, spec.CHANNELS)

    @tf.function(
        input_signature=[tf.TensorSpec(shape, tf.float32)],
        jit_compile=jit_compile,
    )
    def train(images):
        latents = rng.normal((batch_size, spec.LATENT_DIM))
        with tf.GradientTape(watch_accessed_variables=False) as shared:
            shared.watch(generator.trainable)
            fake = _generate(generator, latents)

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(discriminator.trainable)
            real_logits = _discriminate(discriminator, images)
            fake_logits = _discriminate(discriminator, fake)
            d_real = tf.reduce_mean(tf.nn.softplus(-real_logits))
            d_fake = tf.reduce_mean(tf.nn.softplus(fake_logits))
            d_loss = d_real + d_fake
        discriminator.apply_gradients(
            tape.gradient(d_loss, discriminator.trainable)
        )

        # Watching only the images leaves out the discriminator's weights.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(fake)
            logits = _discriminate(discriminator, fake)
            g_loss = tf.reduce_mean(tf.nn.softplus(-logits))
        generator.apply_gradients(
            shared.gradient(
                fake,
                generator.trainable,
                output_gradients=tape.gradient(g_loss, fake),
            )
        )
        return tf.stack([d_real, d_fake, g_loss])

    def step(images):
        return tuple(train(images).numpy().tolist())

    return step


if __name__ == "__main__":
    spec.time_step(make_step)
