"""Batches in the middle of a training that can't be used: an error, alike."""

import gc
import weakref

import keras
import numpy as np
import pytest
from support.harness import random_images, tiny_dcgan

import zoo
from zoo.engine import batches
from zoo.engine.watching import Watch

IMAGES = random_images(32)
BRIGHT = IMAGES.copy()
BRIGHT[20] = 200  # In the third batch of eight.


@pytest.fixture(scope="module")
def model():
    return tiny_dcgan()


def generator(images):
    for i in range(0, len(images), 8):
        yield (images[i : i + 8],)


class Sequence(keras.utils.PyDataset):
    def __init__(self, images):
        super().__init__(workers=1)
        self.images, self.epochs = images, 0

    def __len__(self):
        return len(self.images) // 8

    def __getitem__(self, index):
        return self.images[8 * index : 8 * index + 8]

    def on_epoch_end(self):
        self.epochs += 1


def dataset(images):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(images).batch(8)


def loader(images):
    torch = pytest.importorskip("torch")
    tensors = torch.utils.data.TensorDataset(torch.tensor(images))
    return torch.utils.data.DataLoader(tensors, batch_size=8)


KINDS = [generator, Sequence, dataset, loader]


@pytest.mark.parametrize("kind", KINDS)
def test_images_of_another_range_end_the_training(model, kind):
    match = r"Batch 3 of the data.*in \[-1, 1\].*Received: values in .*200"
    with pytest.raises(ValueError, match=match):
        model.fit(kind(BRIGHT), shuffle=False, verbose=0)
    with pytest.raises(ValueError, match=match):
        model.evaluate(kind(BRIGHT), verbose=0)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_good_data_train_as_they_are(model, kind):
    data = kind(IMAGES)
    history = model.fit(data, validation_data=data, epochs=2, verbose=0)
    assert len(history.history["val_loss"]) == 2
    assert getattr(data, "epochs", 2) >= 2
    with pytest.raises(ValueError, match="Batch 3"):
        model.fit(data, validation_data=kind(BRIGHT), verbose=0)


def test_empty_batches_and_those_of_another_shape_or_dtype(model):
    for batch, match in (
        (IMAGES[:0], "none of them"),
        (IMAGES[:8, :8], "shape="),
        (np.zeros((8, 16, 16, 1), "uint8"), "dtype=uint8"),
        (np.full((8, 16, 16, 1), np.nan, "float32"), "nan"),
    ):
        data = iter([(IMAGES[:8],), (batch,)])
        with pytest.raises(ValueError, match=f"Batch 2 of the data.*{match}"):
            model.fit((x for x in data), verbose=0)


def test_arrays_of_backends_are_looked_at_as_a_whole(model):
    with pytest.raises(ValueError, match="200"):
        model.fit(keras.ops.convert_to_tensor(BRIGHT), batch_size=8, verbose=0)


def test_data_that_end_early_are_said_to(model):
    with pytest.warns(UserWarning, match="ran out of data"):
        model.fit(generator(IMAGES), steps_per_epoch=5, verbose=0)


@pytest.mark.parametrize("label", [9, -1])
def test_labels_out_of_range(label):
    """As the first batch's, on each backend: none becomes another class."""
    model = zoo.ConditionalGAN((16, 16, 1), 4, latent_dim=4, filters=2)
    labels = np.zeros(8, "int32")
    wrong = labels.copy()
    wrong[5] = label
    watch = Watch(model.check_batch)
    watch.look(0, (IMAGES[:8], labels))
    with pytest.raises(ValueError, match=f"Batch 7 .*0 to 3.* {label}"):
        watch.look(6, (IMAGES[:8], wrong))


@pytest.mark.backend_free
def test_of_large_batches_a_part_is_looked_at():
    large = np.zeros((9, 512, 512, 3), "float32")
    with batches.in_passing():
        assert batches._some(large).size <= 1.1 * batches.LOOKED_AT
        assert batches._some(large[:1]).size <= 1.1 * batches.LOOKED_AT
        assert batches._some(IMAGES).size == IMAGES.size
        with pytest.raises(ValueError, match="200"):
            batches.check_images(large + 200, (512, 512, 3))
    large[1, 1, 1] = 200  # All of it before a training.
    with pytest.raises(ValueError, match="200"):
        batches.check_images(large, (512, 512, 3))


@pytest.mark.backend_free
def test_other_errors_are_told_as_they_are():
    watch = Watch(lambda batch: None)
    with pytest.raises(KeyError), watch.telling():
        raise KeyError("x")


@pytest.mark.backend_free
def test_what_is_looked_at_is_not_kept():
    """TensorFlow keeps functions that datasets call; not the model in them."""
    watch = Watch(lambda batch: None)
    data = watch.over(dataset(IMAGES))
    assert data.cardinality() == 4
    assert data.element_spec.shape == (None, 16, 16, 1)
    assert len(list(data)) == 4
    reference = weakref.ref(watch)
    del watch, data
    gc.collect()
    assert reference() is None
