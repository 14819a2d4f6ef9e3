"""Layouts against PyTorch's layers; reports; all weights or none."""

import keras
import numpy as np
import pytest
from keras import layers
from support.pytorch_files import write_state_dict

from zoo.converters import CheckpointError, layouts, read_checkpoint
from zoo.converters.mapping import Entry, load_checkpoint, load_tensors
from zoo.layers import BatchNormalization, Conv2D, Conv2DTranspose


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def network_of(shape, *parts, dtype="float32"):
    inputs = keras.Input(shape, dtype=dtype)
    return keras.Sequential([inputs, *parts], name="net")


def drawn(module):
    """Draws each parameter and buffer of a module; returns its arrays."""
    rng = np.random.default_rng(1)
    for value in module.state_dict().values():
        if value.is_floating_point():  # Variances too are positive.
            draw = rng.uniform(0.3, 1.3, tuple(value.shape))
            value.copy_(value.new_tensor(draw))
    return {k: v.numpy() for k, v in module.state_dict().items()}


def channels_last(x):
    return np.moveaxis(x, 1, -1) if x.ndim > 2 else x


def compare(network, entries, module, inputs, expected_of=channels_last):
    """Loads a PyTorch module's weights; both must give the same outputs."""
    import torch

    with torch.no_grad():
        report = load_tensors(drawn(module), [network], entries)
        outputs = module.eval()(torch.from_numpy(inputs)).numpy()
    assert report.fits
    received = network(channels_last(inputs), training=False)
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(received),
        expected_of(outputs),
        rtol=1e-5,
        atol=1e-5,
    )


@pytest.fixture(scope="module")
def nn():
    return pytest.importorskip("torch").nn


@pytest.mark.parametrize(
    ("dimensions", "bias"), [(1, True), (2, True), (2, False), (3, False)]
)
def test_convolutions(nn, dimensions, bias):
    size = (5, 4, 6)[:dimensions]
    kernel = (3, 2, 1)[:dimensions]
    pairs = [
        (f"Conv{dimensions}D", f"Conv{dimensions}d", layouts.conv, 2),
        (
            f"Conv{dimensions}DTranspose",
            f"ConvTranspose{dimensions}d",
            layouts.conv_transpose,
            1,
        ),
    ]
    for name, torch_name, layout, groups in pairs:
        options = {"groups": 2} if groups == 2 else {}
        layer = getattr(layers, name)(6, kernel, use_bias=bias, **options)
        module = nn.Sequential(
            getattr(nn, torch_name)(4, 6, kernel, bias=bias, **options)
        )
        network = network_of((*size, 4), layer)
        compare(network, [layout(layer, "0")], module, normal(2, 4, *size))


def test_strided_convolutions_of_the_models(nn):
    """Kernel 4, stride 2: PyTorch's padding of 1 is Keras' "same"."""
    for layer, module, layout in (
        (
            Conv2D(5, 4, 2, "same"),
            nn.Conv2d(3, 5, 4, 2, 1),
            layouts.conv,
        ),
        (
            Conv2DTranspose(5, 4, 2, "same"),
            nn.ConvTranspose2d(3, 5, 4, 2, 1),
            layouts.conv_transpose,
        ),
    ):
        network = network_of((8, 8, 3), layer)
        module = nn.Sequential(module)
        compare(network, [layout(layer, "0")], module, normal(2, 3, 8, 8))


@pytest.mark.parametrize("multiplier", [1, 2])
def test_depthwise_convolutions(nn, multiplier):
    layer = layers.DepthwiseConv2D((2, 3), depth_multiplier=multiplier)
    network = network_of((5, 5, 3), layer)
    conv = nn.Conv2d(3, 3 * multiplier, (2, 3), groups=3)
    module, entry = nn.Sequential(conv), layouts.depthwise_conv(layer, "0")
    compare(network, [entry], module, normal(2, 3, 5, 5))


@pytest.mark.parametrize("depthwise", [False, True])
def test_folded_batch_normalizations(nn, depthwise):
    layer, groups = layers.Conv2D(6, 3), 1
    if depthwise:
        layer, groups = layers.DepthwiseConv2D(3, depth_multiplier=2), 3
    network = network_of((5, 5, 3), layer)
    conv = nn.Conv2d(3, 6, 3, groups=groups, bias=False)
    module = nn.Sequential(conv, nn.BatchNorm2d(6, eps=1e-3))
    entry = layouts.folded_conv(layer, "0", "1", epsilon=1e-3)
    compare(network, [entry], module, normal(2, 3, 5, 5))


@pytest.mark.parametrize("bias", [True, False])
def test_dense_layers(nn, bias):
    plain = layers.Dense(3, use_bias=bias)
    network = network_of((4,), plain)
    module = nn.Sequential(nn.Linear(4, 3, bias=bias))
    compare(network, [layouts.dense(plain, "0")], module, normal(2, 4))

    behind = layers.Dense(3, use_bias=bias)
    shape = (2, 5, 4)
    network = network_of(shape, layers.Flatten(), behind)
    module = nn.Sequential(nn.Flatten(), nn.Linear(40, 3, bias=bias))
    entry = layouts.dense_after_flatten(behind, "1", shape)
    compare(network, [entry], module, normal(2, 4, 2, 5))


@pytest.mark.parametrize("bias", [True, False])
def test_dense_layers_that_are_convolutions(nn, bias):
    shape = (2, 5, 4)
    last = layers.Dense(3, use_bias=bias)
    network = network_of(shape, layers.Flatten(), last)
    module = nn.Sequential(nn.Conv2d(4, 3, (2, 5), bias=bias), nn.Flatten())
    entry = layouts.dense_of_valid_conv(last, "0", shape)
    compare(network, [entry], module, normal(2, 4, 2, 5))

    first = layers.Dense(40, use_bias=bias)
    network = network_of((3,), first, layers.Reshape(shape))
    conv = nn.ConvTranspose2d(3, 4, (2, 5), bias=bias)
    module = nn.Sequential(nn.Unflatten(1, (3, 1, 1)), conv)
    entry = layouts.dense_of_conv_transpose(first, "1", shape)
    compare(network, [entry], module, normal(2, 3))


def test_normalizations(nn):
    for layer, module, layout in (
        (
            BatchNormalization(epsilon=1e-5),
            nn.BatchNorm2d(6),
            layouts.batch_norm,
        ),
        (
            layers.BatchNormalization(epsilon=1e-5, scale=False, center=False),
            nn.BatchNorm2d(6, affine=False),
            layouts.batch_norm,
        ),
        (
            layers.GroupNormalization(3, epsilon=1e-5),
            nn.GroupNorm(3, 6),
            layouts.group_norm,
        ),
    ):
        network = network_of((3, 3, 6), layer)
        module = nn.Sequential(module)
        compare(network, [layout(layer, "0")], module, normal(2, 6, 3, 3))


def test_embeddings(nn):
    layer = layers.Embedding(4, 3)
    network = network_of((2,), layer, dtype="int32")
    module = nn.Sequential(nn.Embedding(4, 3))
    indices = np.array([[0, 3], [2, 1]])
    entries = [layouts.embedding(layer, "0")]
    compare(network, entries, module, indices, lambda x: x)


# All weights or none


@pytest.fixture
def network():
    return network_of((2,), layers.Dense(3, name="first"), layers.Dense(1))


@pytest.fixture
def entries(network):
    first, second = network.layers
    return [layouts.dense(first, "a"), layouts.dense(second, "b")]


def good():
    tensors = {"a.weight": normal(3, 2), "a.bias": normal(3)}
    tensors |= {"b.weight": normal(1, 3), "b.bias": normal(1)}
    return tensors | {"a.num_batches_tracked": np.array(3)}


def weights(network):
    return [np.copy(x) for x in network.get_weights()]


def test_report_of_what_fits(network, entries):
    report = load_tensors(good(), [network], entries)
    assert report.matched == ("a.weight", "a.bias", "b.weight", "b.bias")
    assert report.ignored == ("a.num_batches_tracked",)
    assert report.fits
    assert str(report) == "4 tensors fit, 1 ignored"
    for value, name in zip(weights(network), report.matched, strict=True):
        np.testing.assert_array_equal(value, good()[name].T)


WRONG = {
    "missing": ({"b.bias": None}, "missing: 'b.bias'", "b"),
    "left_over": ({"c": normal(1)}, "left over: 'c'", ""),
    "wrong_shapes": (
        {"a.weight": normal(2, 3)},
        "wrong shapes: net/first has kernel (2, 3), bias (3,) for 'a.weight' "
        "(2, 3), 'a.bias' (3,)",
        "a",
    ),
    "wrong_types": (
        {"a.bias": np.array([1, 2, 3])},
        "wrong types: 'a.bias' of int64",
        "a",
    ),
    "not_finite": (
        {"a.bias": np.array([1, np.nan, 3], "float32")},
        "not finite: 'a.bias'",
        "",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_does_not_fit(network, entries, kind):
    changes, text, skipped = WRONG[kind]
    tensors = {k: v for k, v in (good() | changes).items() if v is not None}
    before = weights(network)
    with pytest.raises(CheckpointError) as error:
        load_tensors(tensors, [network], entries)
    assert str(error.value).endswith(text)
    for value, old in zip(weights(network), before, strict=True):
        np.testing.assert_array_equal(value, old)

    report = load_tensors(tensors, [network], entries, strict=False)
    assert not report.fits
    assert len(getattr(report, kind)) == 1
    assert text in str(report)
    names = ("a.weight", "a.bias", "b.weight", "b.bias")
    assert report.matched == tuple(x for x in names if x[0] != skipped)
    rows = zip(weights(network), before, names, strict=True)
    for value, old, name in rows:
        expected = old if name[0] == skipped else tensors[name].T
        np.testing.assert_array_equal(value, expected)


def test_numbers_beyond_float32_are_not_finite(network, entries):
    tensors = good() | {"a.bias": np.array([1e300, 0, 0])}
    with pytest.raises(CheckpointError, match=r"not finite: 'a\.bias'"):
        load_tensors(tensors, [network], entries)


@pytest.mark.parametrize("wrong", [normal(3), normal(3, 2, 1), normal()])
def test_tensors_of_other_ranks(network, entries, wrong):
    with pytest.raises(CheckpointError, match="wrong shapes: net/first"):
        load_tensors(good() | {"a.weight": wrong}, [network], entries)


def test_kernels_of_as_many_elements_are_refused():
    """(1, 2, 2, 2) and (1, 8, 1, 1) have both 8."""
    layer = layers.Dense(1, use_bias=False)
    network = network_of((2, 2, 2), layers.Flatten(), layer)
    entry = layouts.dense_of_valid_conv(layer, "a", (2, 2, 2))
    with pytest.raises(CheckpointError, match="wrong shapes"):
        load_tensors({"a.weight": normal(1, 8, 1, 1)}, [network], [entry])

    layer = layers.Dense(8, use_bias=False)
    network = network_of((1,), layer)
    entry = layouts.dense_of_conv_transpose(layer, "a", (2, 2, 2))
    with pytest.raises(CheckpointError, match="wrong shapes"):
        load_tensors({"a.weight": normal(1, 8, 1, 1)}, [network], [entry])

    layer = layers.DepthwiseConv2D(1, use_bias=False)
    network = network_of((1, 1, 8), layer)
    entry = layouts.depthwise_conv(layer, "a")
    with pytest.raises(CheckpointError, match="wrong shapes"):
        load_tensors({"a.weight": normal(4, 2, 1, 1)}, [network], [entry])


def test_long_reports_are_cut(network, entries):
    tensors = good() | {f"c{i}": normal(1) for i in range(25)}
    report = load_tensors(tensors, [network], entries, strict=False)
    assert len(report.left_over) == 25
    assert str(report).endswith("'c8'; 'c9'; and 15 more")


def test_mappings_must_cover_the_networks(network, entries):
    for wrong in (entries[:1], [*entries, entries[0]]):
        with pytest.raises(ValueError, match="name each weight") as error:
            load_tensors(good(), [network], wrong)
        assert not isinstance(error.value, CheckpointError)


def test_single_variables_and_shared_tensors(network):
    """Two variables may be made of one tensor; it counts once."""
    first, second = network.layers
    entries = [
        Entry(first.kernel, ("w",)),
        Entry(first.bias, ("w",), lambda w: [w.sum(0)]),
        Entry(second, ("w", "x"), lambda w, x: [w[:1].T, x]),
    ]
    w = normal(2, 3)
    report = load_tensors({"w": w, "x": np.ones(1)}, [network], entries)
    assert report.matched == ("w", "x")
    expected = [w, w.sum(0), w[:1].T, np.ones(1)]
    for value, other in zip(weights(network), expected, strict=True):
        np.testing.assert_array_equal(value, other)


def test_files(tmp_path, network, entries):
    path = tmp_path / "model.pth"
    write_state_dict(path, good())
    assert load_checkpoint(path, [network], entries).fits
    assert set(read_checkpoint(path)) == set(good())
    write_state_dict(path, good() | {"c": normal(1)})
    with pytest.raises(CheckpointError, match=r"left over: 'c', path=.*pth"):
        load_checkpoint(path, [network], entries)
