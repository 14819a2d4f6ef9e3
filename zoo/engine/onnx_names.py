"""Names in ONNX files by which a stranger knows what they hold."""

import pathlib
from typing import Any

import keras

_SIDES = {1: "height", 2: "width"}


def name_tensors(path: pathlib.Path, network: keras.Model, output: str) -> None:
    """Names what an exported network takes and makes, and its axes.

    Inputs are named as the network's, and axes of any size `"batch"`,
    `"height"` and `"width"`, where exporters have names that they count.

    Args:
        path: The ONNX file, which is written anew.
        network: The network that it was exported from.
        output: Name of its one output.
    """
    # Optional.
    import onnx

    model = onnx.load(path)
    graph = model.graph
    for value, source in zip(graph.input, network.inputs, strict=True):
        _rename(graph, value, source.name, source.shape)
    (made,) = graph.output
    _rename(graph, made, output, network.outputs[0].shape)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _rename(graph: Any, value: Any, name: str, shape: Any) -> None:
    before, value.name = value.name, name
    if before != name:
        for node in graph.node:
            for names in (node.input, node.output):
                for i, each in enumerate(names):
                    names[i] = name if each == before else each
    axes = value.type.tensor_type.shape.dim
    for axis, size in enumerate(shape):
        if axis >= len(axes):
            break
        if axis == 0:
            axes[axis].dim_param = "batch"
        elif size is not None:
            axes[axis].dim_value = size
        elif axes[axis].dim_value == 0:
            # Of an output another one, where it is not the input's size.
            prefix = "" if value in graph.input else f"{name}_"
            axes[axis].dim_param = prefix + _SIDES.get(axis, f"axis_{axis}")
