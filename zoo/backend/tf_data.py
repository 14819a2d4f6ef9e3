"""What is done to `tf.data` pipelines, which every backend trains on.

Imported only where there is one, so that TensorFlow is there already.
"""

import weakref
from typing import Any

import keras
import tensorflow as tf


def watched(dataset: tf.data.Dataset, watch: Any) -> tf.data.Dataset:
    """Returns a dataset whose batches are looked at as they pass.

    Args:
        dataset: Yields batches of tensors.
        watch: Its method `look` is called with the number of each batch and
            the batch, of NumPy's arrays; what it raises ends the dataset.
    """
    spec = dataset.element_spec
    if not all(isinstance(x, tf.TensorSpec) for x in tf.nest.flatten(spec)):
        return dataset  # Ragged or sparse: no images.
    # TensorFlow keeps what `numpy_function` is given as long as the process
    # lives; the dataset's own function holds it as long as the dataset.
    weak = weakref.ref(watch)

    def look(number, *arrays):
        if (alive := weak()) is not None:
            alive.look(int(number), keras.tree.pack_sequence_as(spec, arrays))
        return True

    def passed(number, batch, held=watch):
        tensors = tf.nest.flatten(batch)
        looked = tf.numpy_function(look, [number, *tensors], tf.bool)
        with tf.control_dependencies([looked]):
            return tf.nest.map_structure(tf.identity, batch)

    # One ahead: the look at a batch takes no time of the step before it.
    return dataset.enumerate().map(passed).prefetch(1)
