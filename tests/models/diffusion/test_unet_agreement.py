"""The U-Net's outputs against diffusers' with the same random weights."""

import warnings

import keras
import numpy as np
import pytest

from zoo.converters.diffusers_entries import unet_entries
from zoo.converters.diffusers_unet import unet_arguments
from zoo.converters.mapping import load_tensors
from zoo.models.diffusion.unet import build_unet

torch = pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Those of diffusers' own imports.
    diffusers = pytest.importorskip("diffusers")

# google/ddpm-cifar10-32 with an eighth of its channels.
DDPM = {
    "sample_size": 32,
    "block_out_channels": (16, 32, 32, 32),
    "down_block_types": (
        "DownBlock2D",
        "AttnDownBlock2D",
        "DownBlock2D",
        "DownBlock2D",
    ),
    "up_block_types": (
        "UpBlock2D",
        "UpBlock2D",
        "AttnUpBlock2D",
        "UpBlock2D",
    ),
    "layers_per_block": 2,
    "attention_head_dim": None,
    "downsample_padding": 0,
    "flip_sin_to_cos": False,
    "freq_shift": 1,
    "norm_eps": 1e-6,
    "norm_num_groups": 8,
}
# diffusers' defaults with labels, attention at two levels, several heads,
# widths that are no multiples, images that are not square.
CLASSES = {
    "sample_size": (16, 24),
    "in_channels": 1,
    "out_channels": 1,
    "block_out_channels": (16, 24, 32),
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "num_class_embeds": 5,
}


def theirs(settings):
    """Returns a diffusers model whose every weight matters."""
    torch.manual_seed(0)
    model = diffusers.UNet2DModel(**settings).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model


def ours(model):
    """Returns the same network, built and loaded by the converter's parts."""
    config = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in model.config.items()
    }
    network = build_unet(**unet_arguments(config))
    tensors = {k: v.numpy() for k, v in model.state_dict().items()}
    report = load_tensors(tensors, [network], unet_entries(network, tensors))
    assert report.fits
    assert len(report.matched) == len(tensors)
    return network


def inputs(settings, times):
    random = np.random.default_rng(0)
    size = settings["sample_size"]
    height, width = size if isinstance(size, tuple) else (size, size)
    channels = settings.get("in_channels", 3)
    shape = (len(times), height, width, channels)
    images = random.standard_normal(shape).astype("float32")
    return images, np.array(times, "float32")


def expected(model, images, times, *labels):
    with torch.no_grad():
        outputs = model(
            torch.tensor(images.transpose(0, 3, 1, 2)),
            torch.tensor(times),
            *(torch.tensor(x) for x in labels),
        ).sample
    return outputs.numpy().transpose(0, 2, 3, 1)


@pytest.mark.parametrize("settings", [DDPM, CLASSES], ids=["ddpm", "classes"])
def test_outputs_like_diffusers(settings):
    model = theirs(settings)
    network = ours(model)
    images, times = inputs(settings, [0, 1, 250.5, 999])
    labels = [np.array([0, 4, 2, 2])] if "num_class_embeds" in settings else []
    outputs = network.predict_on_batch([images, times, *labels])
    reference = expected(model, images, times, *labels)
    assert outputs.std() > 0.1  # Not a network that is silent.
    np.testing.assert_allclose(outputs, reference, atol=1e-4)
    assert network.count_params() - extra(network) == sum(
        x.numel() for x in model.parameters()
    )


def extra(network):
    """Elements that diffusers' network does not have."""
    seeds = sum(v.shape[0] for v in network.non_trainable_variables)
    no_label = [
        x.output_dim
        for x in network.layers
        if isinstance(x, keras.layers.Embedding)
    ]
    return seeds + sum(no_label)
