"""The command line: one function per command."""

import typer

from zoo.cli import (
    converting,
    interpolating,
    mixing,
    models,
    presets,
    training,
    translating,
    upscaling,
)

app = typer.Typer(
    help="Train and use generative models on TensorFlow, JAX or PyTorch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
app.command()(training.train)
app.command()(models.sample)
app.command()(interpolating.interpolate)
app.command()(mixing.mix)
app.command()(translating.translate)
app.command()(models.evaluate)
app.command()(upscaling.upscale)
app.command()(models.compare)
app.command()(converting.convert)
app.command()(converting.export)
app.command("list")(presets.list_presets)
app.command()(presets.info)
app.command()(presets.verify)
app.command()(presets.publish)
app.command()(presets.upload)


def main() -> None:
    """Runs the command line."""
    app(prog_name="zoo")
