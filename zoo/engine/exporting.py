"""Exporting what generates, for use without `zoo`, without Keras, or both."""

import importlib.util
import os
import pathlib
import warnings
from typing import Any, Literal, get_args

import keras

from zoo import backend
from zoo.engine.finite import check_finite
from zoo.engine.onnx_names import name_tensors
from zoo.environment import BACKENDS
from zoo.utils.files import output_directory, replacing, replacing_directory

Format = Literal["keras", "onnx", "savedmodel"]
FORMATS = get_args(Format)

_KERAS_NAMES = {"onnx": "onnx", "savedmodel": "tf_saved_model"}
_SAVEDMODEL = {"saved_model.pb", "fingerprint.pb", "variables", "assets"}


def export(
    model: Any,
    path: str | os.PathLike,
    format: Format = "keras",
    *,
    overwrite: bool = False,
) -> pathlib.Path:
    """Writes a model, or what of it generates, as one file or directory.

    "onnx" and "savedmodel" hold only the networks that `generate` needs (their
    averages, where they are kept), in float32, for batches of any size. Images
    are in [-1, 1], channels last. In ONNX files inputs and outputs have names:
    "latents", one-hot "classes" and "noise", or the "images" to work on, and
    what is made of them, such as "images", "voxels" or "translated".

    What can be exported depends on the backend and on packages, which the
    error names. As `.keras` files load on every backend, so does what one of
    them lacks: load the model where it can be exported.

    Args:
        model: A `zoo.GenerativeModel`.
        path: The file (`.keras` and `.onnx` in its name), or for "savedmodel"
            the directory, to write. A model with several networks to
            generate by gives a directory of files or directories, named as
            the networks. Parent directories are made.
        format: "keras" (all of the model, to train on or to load by
            `keras.saving.load_model`, with `zoo` installed), "onnx" (for ONNX
            Runtime) or "savedmodel" (for TensorFlow, its one signature is
            `serve`).
        overwrite: Whether to replace what is there.

    Returns:
        The path.

    Raises:
        ValueError: A model whose weights are not finite, another format, a
            name that does not fit it, or a format that Keras can't export
            to on this backend.
        ImportError: A package that the format needs is not installed.
        FileExistsError: There is something at `path` already.
        OSError: It can't be written.

    Example:
        ```python
        zoo.export(model, "generator.onnx", "onnx")
        session = onnxruntime.InferenceSession("generator.onnx")
        latents = model.latents(4, seed=0)
        (images,) = session.run(["images"], {"latents": latents})
        ```
    """
    path = pathlib.Path(path).expanduser()
    _check_model(model)
    check_finite(model)
    _check_format(format)
    _check_path(path, format, model.inference_networks, overwrite)
    output_directory(path.absolute().parent)
    if format == "keras":
        with replacing(path) as temporary:
            model.save(temporary)
        return path
    networks = _networks(model)
    several = len(networks) > 1
    whole = replacing_directory if several or _is_tree(format) else replacing
    with whole(path) as place:
        for name, network in networks.items():
            file = place / _file_name(name, format) if several else place
            _export(network, file, format)
            if format == "onnx":
                name_tensors(file, network, model.made_by(name))
    return path


def _is_tree(format):
    return format == "savedmodel"


def _file_name(name, format):
    return name if _is_tree(format) else f"{name}.{format}"


def _check_model(model):
    if not hasattr(model, "inference_networks"):
        raise ValueError(
            "Argument `model` must be a model of zoo. "
            f"Received: model={type(model).__name__}"
        )


def _check_format(format):
    if format not in FORMATS:
        raise ValueError(
            f"Argument `format` must be one of {FORMATS}. "
            f"Received: format={format!r}"
        )
    if format == "keras":
        return
    own = keras.backend.backend()
    others = " or ".join(x for x in BACKENDS if x != own)
    if format not in backend.EXPORTS:
        raise ValueError(
            f"Keras can't export to {format!r} on the {own} backend. Save the "
            "model as .keras, which every backend reads, and export it on "
            f"{others} (`zoo export --backend`, or KERAS_BACKEND). "
            f"Received: format={format!r}"
        )
    packages = backend.EXPORTS[format]
    missing = [x for x in packages if importlib.util.find_spec(x) is None]
    if missing:
        raise ImportError(
            f"To export to {format!r} on the {own} backend, Keras needs: pip "
            f"install {' '.join(missing)}. Or export it on {others} (`zoo "
            "export --backend`, or KERAS_BACKEND), which needs other packages. "
            f"Received: format={format!r}, without {missing}"
        )


def _check_path(path, format, networks, overwrite):
    """Makes sure that no more than an earlier export would be replaced."""
    several = len(networks) > 1 and format != "keras"
    file = not several and not _is_tree(format)
    if file and path.suffix != f".{format}":
        raise ValueError(
            f"Argument `path` must end in .{format} for format={format!r}. "
            f"Received: path={str(path)!r}"
        )
    if not path.exists():
        return
    if not overwrite:
        raise FileExistsError(
            "There is something at `path`; `overwrite=True` (`--overwrite`) "
            f"replaces it. Received: path={str(path)!r}"
        )
    own = {_file_name(name, format) for name in networks}
    own = own if several else _SAVEDMODEL
    found = {x.name for x in path.iterdir()} if path.is_dir() else set()
    if path.is_dir() == file or not found <= own:
        raise FileExistsError(
            "Expected an earlier export, or nothing, at `path`: other things "
            f"are not replaced. Received: path={str(path)!r}"
        )


def _networks(model):
    """Returns the networks to generate with by name, in float32."""
    names = model.inference_networks
    if model.dtype_policy.name == "float32":
        return {name: model.network(name) for name in names}
    # Same weights, which are float32 under every policy.
    config = {**model.get_config(), "dtype": "float32"}
    plain = type(model).from_config(config)
    for name in names:
        plain.network(name).set_weights(model.network(name).get_weights())
    return {name: plain.network(name) for name in names}


def _export(network, path, format):
    with warnings.catch_warnings():
        # Of deprecations within Keras and the packages, and of shapes that
        # tracing takes for constants, as they are.
        warnings.simplefilter("ignore")
        inputs = network.inputs
        # Keras exports only what has been called once.
        network(inputs if len(inputs) > 1 else inputs[0])
        network.export(path, format=_KERAS_NAMES[format], verbose=False)
