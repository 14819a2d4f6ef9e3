"""Directories that diffusers wrote against what they are converted to."""

import json
import shutil
import warnings

import numpy as np
import pytest
from support.preset_server import serving_as_hub
from support.safetensors_files import write_safetensors

import zoo
from zoo.converters import CheckpointError, convert_diffusers, read_safetensors
from zoo.converters.diffusers_entries import ATTENTION, OLD_ATTENTION
from zoo.converters.diffusers_schedule import (
    sampling_notes,
    schedule_arguments,
)
from zoo.converters.diffusers_unet import unet_arguments
from zoo.converters.registry import CONVERTERS
from zoo.registry import (
    PresetError,
    PresetFormatError,
    PresetNotFoundError,
    open_preset,
)

torch = pytest.importorskip("torch")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Those of diffusers' own imports.
    diffusers = pytest.importorskip("diffusers")

SETTINGS = {
    "sample_size": 8,
    "in_channels": 1,
    "out_channels": 1,
    "block_out_channels": (4, 8),
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
    "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 1,
    "norm_num_groups": 2,
    "attention_head_dim": 4,
    "num_class_embeds": 3,
}
WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return diffusers.UNet2DModel(**SETTINGS).eval()


@pytest.fixture(scope="module")
def pipeline(network, tmp_path_factory):
    """Directory of a pipeline, not to be changed."""
    path = tmp_path_factory.mktemp("diffusers") / "pipeline"
    scheduler = diffusers.DDIMScheduler(
        beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction"
    )
    diffusers.DDIMPipeline(network, scheduler).save_pretrained(path)
    return path


@pytest.fixture
def directory(pipeline, tmp_path):
    """A copy of the U-Net's directory, to be changed."""
    return shutil.copytree(pipeline / "unet", tmp_path / "unet")


@pytest.fixture(scope="module")
def converted(pipeline):
    return convert_diffusers(pipeline)


def change(path, **settings):
    """Changes settings in a config."""
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def assert_same_weights(model, other):
    for one, two in zip(
        model.denoiser.trainable_variables,
        other.denoiser.trainable_variables,
        strict=True,
    ):
        np.testing.assert_array_equal(one.numpy(), two.numpy(), one.path)


def test_pipeline(pipeline, network, converted):
    model, report = converted
    assert report.fits
    assert len(report.matched) == len(network.state_dict())
    assert report.sampling == ("generate with spacing='leading'",)
    assert model.prediction == "v"
    assert model.schedule_config["name"] == "cosine"
    assert (model.image_shape, model.num_classes) == ((8, 8, 1), 3)
    random = np.random.default_rng(0)
    images = random.standard_normal((3, 8, 8, 1)).astype("float32")
    times, labels = (
        np.array([0.0, 300.0, 999.0], "float32"),
        np.array([0, 1, 2]),
    )
    with torch.no_grad():
        expected = network(
            torch.tensor(images.transpose(0, 3, 1, 2)),
            torch.tensor(times),
            torch.tensor(labels),
        ).sample.numpy()
    outputs = model.denoiser.predict_on_batch([images, times, labels])
    np.testing.assert_allclose(
        outputs, expected.transpose(0, 2, 3, 1), atol=1e-4
    )


@pytest.mark.parametrize("form", ["safetensors", "bin", "shards", "bin shards"])
def test_network_alone_in_every_form(network, converted, tmp_path, form):
    """It is taken to have learned the noise of the paper's schedule."""
    network.save_pretrained(
        tmp_path,
        safe_serialization="bin" not in form,
        max_shard_size="30KB" if "shards" in form else "1GB",
    )
    files = {path.name for path in tmp_path.iterdir()}
    assert any(x.endswith(".index.json") for x in files) == ("shards" in form)
    model, report = convert_diffusers(tmp_path)
    assert report.fits
    assert_same_weights(model, converted[0])
    assert model.prediction == "epsilon"
    assert model.schedule_config["name"] == "linear"


def test_half_precision_by_its_name(network, tmp_path):
    """`variant="fp16"` of diffusers; whole numbers are preferred."""
    half = diffusers.UNet2DModel(**SETTINGS)
    half.load_state_dict(network.state_dict())
    half.half().save_pretrained(tmp_path, variant="fp16")
    model, report = convert_diffusers(tmp_path)
    assert report.fits
    for variable in model.denoiser.trainable_variables:
        value = variable.numpy()
        np.testing.assert_array_equal(value, value.astype("float16"))
    network.save_pretrained(tmp_path)
    model, _ = convert_diffusers(tmp_path)
    kernel = model.denoiser.get_layer("first").kernel.numpy()
    assert (kernel != kernel.astype("float16")).any()


def test_groups_of_the_middle_attention(tmp_path):
    torch.manual_seed(0)
    theirs = diffusers.UNet2DModel(**SETTINGS, attn_norm_num_groups=4).eval()
    theirs.save_pretrained(tmp_path)
    model, report = convert_diffusers(tmp_path)
    assert report.fits
    images = np.random.default_rng(0).standard_normal((2, 8, 8, 1), "float32")
    times, labels = np.array([0.0, 900.0], "float32"), np.array([0, 2])
    arguments = (images.transpose(0, 3, 1, 2).copy(), times, labels)
    with torch.no_grad():
        expected = theirs(*map(torch.from_numpy, arguments)).sample.numpy()
    outputs = model.denoiser.predict_on_batch([images, times, labels])
    np.testing.assert_allclose(
        outputs, expected.transpose(0, 2, 3, 1), atol=1e-4
    )


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("DDIM", {}, ["spacing='leading'", "clip=False", "steps_offset=1"]),
        ("DDPM", {"variance_type": "fixed_large"}, ["sampler='ddpm_large'"]),
        ("DDPM", {}, ["generate with spacing='leading', sampler='ddpm'"]),
        ("DDPM", {"clip_sample_range": 2.0}, ["not kept: clip_sample_range="]),
        ("DDPM", {"thresholding": True}, ["not kept: thresholding=True"]),
        ("DPMSolverMultistep", {}, ["spacing='linspace', clip=False"]),
    ],
    ids=str,
)
def test_settings_of_sampling_are_reported(name, settings, expected, tmp_path):
    """What `generate` has for them, and what there is no counterpart for."""
    if name == "DDIM":
        settings = {
            "clip_sample": False, "steps_offset": 1, "set_alpha_to_one": False
        }  # fmt: skip
        expected = [*expected, "set_alpha_to_one=False"]
    getattr(diffusers, f"{name}Scheduler")(**settings).save_pretrained(tmp_path)
    path = tmp_path / "scheduler_config.json"
    notes = "; ".join(sampling_notes(json.loads(path.read_text())))
    assert all(x in notes for x in expected), notes
    lost = [x for x in expected if "=" in x and x.startswith(("not", "s"))]
    assert ("not kept" in notes) == any(
        x.startswith(("not kept", "steps_offset")) for x in lost
    )


def test_settings_that_are_lost_warn(pipeline, tmp_path):
    copy = shutil.copytree(pipeline, tmp_path / "copy")
    path = copy / "scheduler" / "scheduler_config.json"
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        zoo.Diffusion.from_preset(copy)
    change(path, thresholding=True)
    with pytest.warns(UserWarning, match="not kept: thresholding=True"):
        zoo.Diffusion.from_preset(copy)


def test_old_names_of_attention(directory, converted):
    tensors = read_safetensors(directory / WEIGHTS)
    for new, old in zip(ATTENTION, OLD_ATTENTION, strict=True):
        tensors = {
            k.replace(f".{new}.", f".{old}."): v for k, v in tensors.items()
        }
    assert any(".proj_attn." in name for name in tensors)
    write_safetensors(directory / WEIGHTS, tensors)
    model, report = convert_diffusers(directory)
    assert report.fits
    assert_same_weights(model, converted[0])


def test_no_label_adds_nothing(converted, network):
    table = converted[0].denoiser.get_layer("label").get_weights()[0]
    expected = network.class_embedding.weight.detach().numpy()
    np.testing.assert_array_equal(table[:3], expected)
    np.testing.assert_array_equal(table[3], 0)


def test_report_names_what_does_not_fit(directory):
    tensors = read_safetensors(directory / WEIGHTS)
    tensors["extra.weight"] = np.ones(2, "float32")
    del tensors["conv_in.bias"]
    tensors["conv_out.bias"] = np.ones(5, "float32")
    write_safetensors(directory / WEIGHTS, tensors)
    with pytest.raises(CheckpointError) as error:
        convert_diffusers(directory)
    for name in ("extra.weight", "conv_in.bias", "conv_out.bias"):
        assert name in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"beta_schedule": "linear"},
        {"beta_schedule": "scaled_linear", "beta_start": 0.00085},
        {"beta_schedule": "squaredcos_cap_v2", "num_train_timesteps": 100},
        {"trained_betas": [0.1, 0.2, 0.5], "num_train_timesteps": 3},
        {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"},
        {"prediction_type": "sample"},
    ],
    ids=str,
)
def test_schedules_like_diffusers(settings, tmp_path):
    scheduler = diffusers.DDIMScheduler(**settings)
    scheduler.save_pretrained(tmp_path)
    path = tmp_path / "scheduler_config.json"
    arguments = schedule_arguments(json.loads(path.read_text()))
    schedule = zoo.schedules.get(arguments["schedule"])
    if arguments["zero_terminal_snr"]:
        schedule = schedule.rescale_to_zero_terminal_snr()
    np.testing.assert_allclose(
        schedule.alphas_bar, scheduler.alphas_cumprod.numpy(), atol=2e-6
    )
    predictions = {"v_prediction": "v", "sample": "x0"}
    kind = settings.get("prediction_type")
    assert arguments["prediction"] == predictions.get(kind, "epsilon")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("act_fn", "gelu"),
        ("add_attention", False),
        ("attention_head_dim", 0),
        ("attn_norm_num_groups", 3),
        ("block_out_channels", [4]),
        ("block_out_channels", []),
        ("block_out_channels", "4"),
        ("center_input_sample", True),
        ("class_embed_type", "timestep"),
        ("down_block_types", ["DownBlock2D", "SkipDownBlock2D"]),
        ("down_block_types", ["AttnDownBlock2D", "DownBlock2D"]),
        ("downsample_padding", 2),
        ("downsample_type", "resnet"),
        ("layers_per_block", True),
        ("layers_per_block", [1, 2]),
        ("mid_block_scale_factor", 2),
        ("mid_block_type", None),
        ("norm_num_groups", 3),
        ("num_class_embeds", 0),
        ("out_channels", 2),
        ("resnet_time_scale_shift", "scale_shift"),
        ("sample_size", None),
        ("sample_size", 10**9),
        ("sample_size", [8, 8, 8]),
        ("something_new", 1),
        ("time_embedding_dim", 8),
        ("time_embedding_type", "fourier"),
        ("up_block_types", ["UpBlock2D"]),
        ("upsample_type", "resnet"),
    ],
)
def test_settings_without_a_counterpart(pipeline, key, value):
    config = json.loads((pipeline / "unet" / "config.json").read_text())
    assert unet_arguments(config)
    with pytest.raises(CheckpointError, match="Received: ") as error:
        unet_arguments(config | {key: value})
    if key not in ("block_out_channels", "down_block_types"):
        assert key in str(error.value)  # Else the up_block_types may be named.


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("_class_name", "ScoreSdeVeScheduler"),
        ("beta_end", 1.5),
        ("beta_schedule", "laplace"),
        ("beta_start", "0.1"),
        ("num_train_timesteps", 0),
        ("prediction_type", "flow"),
        ("rescale_betas_zero_snr", 1),
        ("trained_betas", [0.1]),
        ("variance_type", "learned_range"),
    ],
)
def test_schedulers_without_a_counterpart(key, value):
    config = {"_class_name": "DDPMScheduler", "beta_schedule": "linear"}
    assert schedule_arguments(config)
    with pytest.raises(CheckpointError, match=f"Received: {key}="):
        schedule_arguments(config | {key: value})


def test_arguments_that_only_the_model_refuses(directory):
    for settings in (
        {"dropout": 1.0},
        {"norm_eps": "1e-5"},
        {"freq_shift": 7},
        {"sample_size": 9},
        {"flip_sin_to_cos": "yes"},
    ):
        original = (directory / "config.json").read_text()
        change(directory / "config.json", **settings)
        with pytest.raises(CheckpointError, match="Received") as error:
            convert_diffusers(directory)
        assert "preset" not in str(error.value)
        (directory / "config.json").write_text(original)


def test_other_pipelines(pipeline, tmp_path):
    copy = shutil.copytree(pipeline, tmp_path / "copy")
    change(copy / "model_index.json", _class_name="LDMPipeline")
    with pytest.raises(CheckpointError, match="LDMPipeline"):
        convert_diffusers(copy)
    (copy / "model_index.json").unlink()
    change(copy / "unet" / "config.json", _class_name="UNet2DConditionModel")
    with pytest.raises(CheckpointError, match="UNet2DConditionModel"):
        convert_diffusers(copy)


def test_files_that_are_missing(directory, tmp_path):
    with pytest.raises(FileNotFoundError, match="save_pretrained"):
        convert_diffusers(tmp_path / "nowhere")
    (directory / "config.json").rename(directory / "other.json")
    with pytest.raises(FileNotFoundError, match=r"config\.json"):
        convert_diffusers(directory)
    (directory / WEIGHTS).unlink()
    with pytest.raises(FileNotFoundError, match="safetensors"):
        convert_diffusers(directory)


def test_networks_far_larger_than_their_weights(directory):
    """Refused before memory is allocated, or a layer is built."""
    widths = {"block_out_channels": [4 << 20, 8 << 20]}
    blocks = {"layers_per_block": 10**9}
    for settings in (widths, blocks):
        copy = shutil.copytree(directory, directory.with_name("large"))
        change(copy / "config.json", **settings)
        with pytest.raises(CheckpointError, match="Received"):
            convert_diffusers(copy)
        shutil.rmtree(copy)


def test_shards_elsewhere(directory, tmp_path):
    """Neither paths nor links may lead out of the directory."""
    shutil.move(directory / WEIGHTS, tmp_path / WEIGHTS)
    index = directory / f"{WEIGHTS}.index.json"
    names = read_safetensors(tmp_path / WEIGHTS)
    for shard in (f"../{WEIGHTS}", str(tmp_path / WEIGHTS), f"..\\{WEIGHTS}"):
        index.write_text(
            json.dumps({"weight_map": dict.fromkeys(names, shard)})
        )
        with pytest.raises(CheckpointError, match="a file's name"):
            convert_diffusers(directory)
    index.write_text(
        json.dumps({"weight_map": dict.fromkeys(names, "one.safetensors")})
    )
    (directory / "one.safetensors").symlink_to(tmp_path / WEIGHTS)
    with pytest.raises(CheckpointError, match="link leads out"):
        convert_diffusers(directory)
    index.unlink()
    (directory / WEIGHTS).symlink_to(tmp_path / WEIGHTS)
    with pytest.raises(CheckpointError, match="link leads out"):
        convert_diffusers(directory)


JUNK = (None, True, -1, 0, 3, 2**70, 1e308, "x", [], [0, "x"], {}, [4] * 40)


def test_fuzz(directory):
    """Damage gives an error of ours, or a model."""
    random = np.random.default_rng(0)
    config = json.loads((directory / "config.json").read_text())
    weights = (directory / WEIGHTS).read_bytes()
    refused = 0
    for i in range(36):
        changed = dict(config)
        data = bytearray(weights)
        if i % 2:
            key = sorted(config)[random.integers(len(config))]
            changed[key] = JUNK[random.integers(len(JUNK))]
        else:
            data[random.integers(2000)] ^= 1 << random.integers(8)
        (directory / "config.json").write_text(json.dumps(changed))
        (directory / WEIGHTS).write_bytes(data)
        try:
            convert_diffusers(directory)
        except (CheckpointError, FileNotFoundError):
            refused += 1
    assert refused > 18


def test_registered(pipeline, converted, tmp_path):
    assert CONVERTERS["diffusers"].files == ("directory",)
    saved = converted[0].save_to_preset(tmp_path / "preset", samples=0)
    again = zoo.Diffusion.from_preset(saved)
    assert_same_weights(again, converted[0])
    assert again.schedule_config == converted[0].schedule_config
    assert open_preset(saved).metadata.model == "zoo>Diffusion"


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_from_preset(pipeline, converted, scheme):
    model = zoo.GenerativeModel.from_preset(
        f"{scheme}{pipeline}", ema_decay=0.99, dtype="mixed_bfloat16"
    )
    assert model.dtype_policy.name == "mixed_bfloat16"
    assert_same_weights(model, converted[0])
    average = model.averages["denoiser"].network
    for one, two in zip(
        average.get_weights(), model.denoiser.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, two)


@pytest.fixture
def flat(pipeline, tmp_path):
    """A pipeline without folders, as in the oldest repositories."""
    target = tmp_path / "flat"
    target.mkdir()
    for path in pipeline.rglob("*.*"):
        if path.is_file():
            shutil.copy(path, target)
    return target


def test_network_and_scheduler_side_by_side(flat, converted):
    model, _ = convert_diffusers(flat)
    assert_same_weights(model, converted[0])
    assert model.prediction == "v"


def test_from_preset_of_the_hub(flat, converted, tmp_path, monkeypatch):
    with serving_as_hub(flat, tmp_path / "hub", monkeypatch) as hub:
        hub.headers["X-Error-Code"] = "EntryNotFound"
        model = zoo.Diffusion.from_preset("hf://user/ddpm@v1")
        assert_same_weights(model, converted[0])
        asked = {path for path, _ in hub.requests}
        assert f"/user/ddpm/resolve/v1/unet/{WEIGHTS}" in asked
        (flat / "model_index.json").unlink()
        (flat / "config.json").unlink()
        with pytest.raises(PresetNotFoundError, match="metadata"):
            zoo.Diffusion.from_preset("hf://user/nothing")


def test_from_preset_without_weights(pipeline):
    model = zoo.Diffusion.from_preset(pipeline, load_weights=False)
    table = model.denoiser.get_layer("label").get_weights()[0]
    assert abs(table[3]).max() > 0  # Initial, not converted.


def test_errors_of_from_preset(pipeline, directory):
    with pytest.raises(PresetFormatError, match="Diffusion"):
        zoo.DCGAN.from_preset(pipeline)
    with pytest.raises(PresetFormatError, match="no SHA-256"):
        open_preset(pipeline).verify()
    (directory / WEIGHTS).write_bytes(b"damaged" * 9)
    with pytest.raises(PresetFormatError, match="PyTorch or safetensors"):
        zoo.Diffusion.from_preset(directory)
    (directory / WEIGHTS).unlink()
    with pytest.raises(PresetError, match="safetensors"):
        zoo.Diffusion.from_preset(directory)
