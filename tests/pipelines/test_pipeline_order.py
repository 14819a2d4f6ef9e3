import gc
import itertools
import weakref

import numpy as np
import pytest
import tensorflow as tf

import pipelines
from pipelines import order

pytestmark = pytest.mark.backend_free


def numbers(count):
    """An array of 1x1 images, each its own number."""
    return np.arange(count, dtype=np.uint8).reshape(count, 1, 1)


def read(dataset, batches=None):
    taken = itertools.islice(dataset, batches)
    return [
        np.rint((batch.numpy()[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist()
        for batch in taken
    ]


def flatten(lists):
    return list(itertools.chain.from_iterable(lists))


@pytest.fixture(params=["packed", "streaming"])
def source(request, numbered):
    return numbers(10) if request.param == "packed" else numbered


def test_each_iterator_is_the_next_epoch(source):
    dataset = pipelines.images(source, 1, 3)
    epochs = [read(dataset) for _ in range(3)]
    assert epochs[0] != epochs[1] != epochs[2]
    for batches in epochs:
        flat = flatten(batches)
        assert [len(batch) for batch in batches] == [3, 3, 3]
        assert len(set(flat)) == 9
    again = pipelines.images(source, 1, 3)
    assert [read(again) for _ in range(3)] == epochs


def test_set_epoch_gives_that_epoch(source):
    dataset = pipelines.images(source, 1, 3)
    epochs = [read(dataset) for _ in range(4)]
    fresh = pipelines.images(source, 1, 3)
    pipelines.set_epoch(2, steps_per_epoch=3)
    assert [read(fresh), read(fresh)] == epochs[2:]
    pipelines.set_epoch(1)
    assert [read(fresh), read(dataset)] == [epochs[1], epochs[1]]


def test_seeds_differ_and_no_shuffle_is_in_order(source):
    first = read(pipelines.images(source, 1, 5, shuffle_seed=1))
    second = read(pipelines.images(source, 1, 5, shuffle_seed=2))
    assert first != second
    plain = pipelines.images(source, 1, 5, shuffle=False)
    expected = sorted(flatten(first))
    assert flatten(read(plain)) == flatten(read(plain)) == expected


def test_every_image_is_equally_likely_everywhere():
    make = {"shuffle": True, "seed": 0, "flip": False, "repeat": False}
    drawn = order.Order(4, 4, drop_remainder=True, **make)
    firsts = [drawn.epoch(epoch)[0][0] for epoch in range(200)]
    counts = np.bincount(firsts, minlength=4)
    assert counts.min() > 25  # 50 expected, standard deviation 6


@pytest.mark.parametrize("drop_remainder", [True, False])
def test_endless_stream_is_the_epochs_in_turn(source, drop_remainder):
    options = {"drop_remainder": drop_remainder}
    finite = pipelines.images(source, 1, 3, **options)
    expected = flatten(read(finite) for _ in range(4))
    endless = pipelines.images(source, 1, 3, repeat=True, **options)
    assert endless.cardinality() == tf.data.INFINITE_CARDINALITY
    assert read(endless, len(expected)) == expected


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 7])
def test_endless_stream_resumes_at_the_batch(source, steps):
    whole = read(pipelines.images(source, 1, 3, repeat=True), 5 * steps + 3)
    dataset = pipelines.images(source, 1, 3, repeat=True)
    pipelines.set_epoch(4, steps_per_epoch=steps)
    for _ in range(2):  # stays there until it is set anew
        assert read(dataset, steps + 3) == whole[4 * steps : 5 * steps + 3]


def test_endless_stream_without_steps_counts_passes():
    whole = read(pipelines.images(numbers(10), 1, 3, repeat=True), 9)
    dataset = pipelines.images(numbers(10), 1, 3, repeat=True)
    pipelines.set_epoch(2)
    assert read(dataset, 3) == whole[6:]


def test_set_epoch_leaves_running_iterators_alone():
    expected = read(pipelines.images(numbers(10), 1, 3))
    dataset = pipelines.images(numbers(10), 1, 3)
    iterator = iter(dataset)
    got = read(iterator, 1)
    pipelines.set_epoch(5)
    assert got + read(iterator) == expected


def test_derived_dataset_still_follows_set_epoch():
    dataset = pipelines.images(numbers(10), 1, 3).map(lambda x: x).prefetch(1)
    gc.collect()
    epochs = [read(dataset) for _ in range(3)]
    gc.collect()
    pipelines.set_epoch(1)
    assert read(dataset) == epochs[1]


def test_nothing_outlives_its_last_iterator():
    images = numbers(4)
    dataset = pipelines.images(images, 1, 2)
    traces = [weakref.ref(images)]
    gc.collect()
    traces += [weakref.ref(live) for live in order._LIVE if live.count == 4]
    iterator = iter(dataset)
    del images, dataset
    gc.collect()
    assert len(read(iterator)) == 2
    del iterator
    gc.collect()
    assert [trace() for trace in traces] == [None] * len(traces)


@pytest.mark.parametrize(
    ("count", "batch", "drop", "steps"),
    [(10, 3, True, 3), (10, 3, False, 4), (9, 3, False, 3), (2, 5, False, 1)],
)
def test_cardinality_and_shapes(count, batch, drop, steps):
    dataset = pipelines.images(numbers(count), 1, batch, drop_remainder=drop)
    assert dataset.cardinality() == steps == len(read(dataset))
    assert dataset.element_spec.dtype == tf.float32
    size = batch if drop else None
    assert dataset.element_spec.shape.as_list() == [size, 1, 1, 1]


def mirrored(batch):
    return (batch.numpy()[:, 0, 0, 0] > 0).tolist()


def test_flips_are_repeatable_and_half():
    images = np.zeros((1000, 2, 2), np.uint8)
    images[:, :, 1] = 255  # white on the right; on the left if mirrored

    def flips(**options):
        dataset = pipelines.images(images, 2, 1000, flip=True, **options)
        return [mirrored(next(iter(dataset))) for _ in range(3)]

    first = flips()
    assert first == flips()
    assert first[0] != first[1] != first[2]
    assert first != flips(shuffle_seed=1)
    for epoch in first:
        assert 430 < sum(epoch) < 570  # 500, standard deviation 16
    # The image decides, not its place in the epoch.
    plain = flips(shuffle=False)
    permutation = order.Order(
        1000,
        1,
        shuffle=True,
        seed=0,
        flip=False,
        repeat=False,
        drop_remainder=True,
    ).epoch(0)[0]
    assert np.array(plain[0])[permutation].tolist() == first[0]


def test_flips_mirror_whole_images(numbered, picture):
    picture(0, 8, 8).save(numbered / "0.png")
    dataset = pipelines.images(numbered, 8, 10, flip=True, shuffle=False)
    plain = pipelines.images(numbered, 8, 10, shuffle=False)
    expected = next(iter(plain)).numpy()[0]
    seen = {bool((next(iter(dataset))[0] == expected).numpy().all())}
    for _ in range(12):
        got = next(iter(dataset)).numpy()[0]
        same = (got == expected).all()
        assert same or (got == expected[:, ::-1]).all()
        seen.add(bool(same))
    assert seen == {True, False}


def test_source_array_is_never_changed():
    images = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    before = images.copy()
    for shuffle in (False, True):
        dataset = pipelines.images(images, 2, 2, flip=True, shuffle=shuffle)
        for _ in range(5):
            read(dataset)
    np.testing.assert_array_equal(images, before)


@pytest.mark.parametrize("epoch", [-1, 1.5, True, "1"])
def test_set_epoch_checks_the_epoch(epoch):
    with pytest.raises(ValueError, match=r"`epoch`.*Received: epoch="):
        pipelines.set_epoch(epoch)


def test_set_epoch_checks_the_steps():
    with pytest.raises(ValueError, match=r"`steps_per_epoch`.*Received: "):
        pipelines.set_epoch(0, 0)
