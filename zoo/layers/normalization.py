"""Normalization by the batch, or by each example alone."""

import keras
from keras import ops

from zoo import backend


@keras.saving.register_keras_serializable(package="zoo")
class BatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization`, fused, and right under replicas.

    The same arguments, weights and outputs, for channels-last images
    `(batch, height, width, channels)`. Training uses the backend's fused
    kernel where it has one. Under `tf.distribute.MirroredStrategy` each
    replica normalizes by its own part of the batch, and the moving statistics
    are the mean of the replicas'; Keras' own layer lets them drift apart and
    saves one replica's.
    """

    def add_weight(self, *args, trainable=True, **kwargs):
        """Adds a weight; moving statistics are averaged over replicas."""
        if not trainable:
            kwargs["aggregation"] = "mean"
        return super().add_weight(*args, trainable=trainable, **kwargs)

    def call(self, inputs, training=None, mask=None):
        """Normalizes by batch statistics in training, else by moving ones."""
        fused = len(inputs.shape) == 4 and self.scale and self.center
        if not (training and self.trainable and fused) or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = backend.batch_norm(
            ops.cast(inputs, "float32"),
            ops.convert_to_tensor(self.gamma),
            ops.convert_to_tensor(self.beta),
            self.epsilon,
        )
        for moving, batch in (
            (self.moving_mean, mean),
            (self.moving_variance, variance),
        ):
            batch = ops.stop_gradient(batch)
            moving.assign(moving * self.momentum + batch * (1 - self.momentum))
        return ops.cast(outputs, self.compute_dtype)
