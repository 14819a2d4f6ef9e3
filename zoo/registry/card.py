"""Model cards: `README.md` of a preset, as the Hugging Face Hub shows it."""

import pathlib

from zoo.registry.metadata import SAMPLES, Metadata


def write_card(metadata: Metadata, usage: str, path: pathlib.Path) -> None:
    """Writes a model card.

    Args:
        metadata: What it is to say.
        usage: A line of code: what the model does.
        path: The file.
    """
    path.write_text(
        "\n\n".join(filter(None, _sections(metadata, usage))) + "\n"
    )


def _sections(metadata, usage):
    model = metadata.model.partition(">")[2]
    licence = metadata.data.get("licence")
    yield "\n".join(
        [
            "---",
            "library_name: keras",
            *([f"license: {licence.lower()}"] if licence else []),
            f"tags: [keras, image-generation, {model.lower()}]",
            "---",
        ]
    )
    yield f"# {metadata.name}"
    yield metadata.description
    if metadata.samples:
        yield (
            f"![{metadata.samples['count']} samples, not chosen, seed "
            f"{metadata.samples['seed']}]({SAMPLES})"
        )
    yield (
        "```python\nimport zoo\n\n"
        f'model = zoo.{model}.from_preset("{metadata.name}")\n'
        f"{usage}  # {_shape(metadata)}\n```"
    )
    yield _table("Metrics", ("metric", "value", "beside"), _metrics(metadata))
    yield _table("Facts", ("", ""), _facts(metadata))


def _shape(metadata):
    low, high = metadata.images["range"]
    shape = ", ".join(map(str, ("count", *metadata.images["shape"])))
    return f"({shape}) in [{low}, {high}]"


def _metrics(metadata):
    for name, metric in metadata.metrics.items():
        beside = ", ".join(
            f"{key.replace('_', ' ')}: {_number(value)}"
            for key, value in metric.items()
            if key != "value"
        )
        yield f"`{name}`", _number(metric["value"]), beside


def _number(value):
    if isinstance(value, list):
        return ", ".join(map(_number, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _facts(metadata):
    for network, count in metadata.parameters.items():
        yield f"parameters of the {network}", f"{count:,}"
    shape = " x ".join(map(str, metadata.images["shape"]))
    yield "images", f"{shape}, float32 in {metadata.images['range']}"
    for key, value in metadata.data.items():
        yield f"data: {key}", str(value)
    for key, value in metadata.training.items():
        yield f"training: {key.replace('_', ' ')}", f"`{value}`"
    for key, value in metadata.versions.items():
        yield f"saved by: {key}", str(value)
    yield "date", metadata.date
    yield "source", metadata.source


def _table(title, header, rows):
    rows = list(rows)
    if not rows:
        return ""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        [f"## {title}", "", *(f"| {' | '.join(line)} |" for line in lines)]
    )
