"""`zoo list`, `zoo info`, `zoo verify`, `zoo publish`, `zoo upload`."""

import pathlib
from typing import Annotated, Any

import typer
from rich.markdown import Markdown

from zoo import registry
from zoo.cli.common import Backend, output, user_errors
from zoo.commands.publishing import publish as run_publishing
from zoo.registry.metadata import CARD

Handle = Annotated[
    str,
    typer.Argument(
        help="A registered name, a directory, or a handle such as "
        "hf://user/name."
    ),
]


def list_presets(
    model: Annotated[
        str | None, typer.Option(help="Only those of this class, e.g. DCGAN.")
    ] = None,
    backend: Backend = None,
) -> None:
    """List the presets that are known by name."""
    with user_errors():
        output.print(registry.list_presets(model).table())


def info(preset: Handle, backend: Backend = None) -> None:
    """Show the model card of a preset."""
    with user_errors():
        card = registry.open_preset(preset).file(CARD)
        output.print(Markdown(_readable(card.read_text("utf-8"))))
        output.print(f"Sample grid and card: {card.parent}", soft_wrap=True)


def verify(
    presets: Annotated[
        list[str] | None,
        typer.Argument(help="Presets or directories; by default all."),
    ] = None,
    backend: Backend = None,
) -> None:
    """Verify all files of presets: sizes, SHA-256, and that they load."""
    failed = 0
    for handle in presets or list(registry.entries()):
        try:
            preset: Any = registry.open_preset(handle)
            preset.verify()
            preset.load(for_training=preset.trainable)
        except registry.PresetError as error:
            failed += 1
            output.print(f"[bold red]BAD[/] {handle}")
            output.print(str(error), markup=False, highlight=False)
        else:
            count = len(preset.metadata.files)
            output.print(f"[bold green]OK[/]  {handle} ({count} files)")
    if failed:
        raise typer.Exit(1)


def publish(
    run: Annotated[
        pathlib.Path, typer.Argument(help="A directory of zoo train.")
    ],
    destination: Annotated[
        pathlib.Path, typer.Option("--output", help="Directory to write.")
    ],
    name: Annotated[
        str | None, typer.Option(help="Name; by default the directory's.")
    ] = None,
    description: Annotated[
        str, typer.Option(help="One sentence for lists and the card.")
    ] = "",
    count: Annotated[
        int, typer.Option(min=2, help="Number of samples to measure.")
    ] = 10_000,
    for_training: Annotated[
        bool, typer.Option(help="Put in what only training needs.")
    ] = True,
    half_precision: Annotated[
        bool, typer.Option(help="Write weights as float16.")
    ] = False,
    backend: Backend = None,
) -> None:
    """Measure a training's best model and make a preset of it."""
    with user_errors():
        directory = run_publishing(
            run,
            destination,
            name,
            description,
            count,
            for_training,
            half_precision,
        )
    print(f"Wrote {directory}; look at {directory / 'samples.png'}")


def upload(
    directory: Annotated[
        pathlib.Path, typer.Argument(help="Directory of a preset.")
    ],
    handle: Annotated[str, typer.Argument(help="hf://user/name")],
    backend: Backend = None,
) -> None:
    """Upload a preset to the Hugging Face Hub."""
    with user_errors():
        address = registry.upload_preset(handle, directory)
    print(f"Uploaded to {address}")


def _readable(card):
    """Leaves out the header for the hub, and what steers a terminal."""
    if card.startswith("---\n"):
        card = card[4:].partition("---\n")[2]
    return "".join(x for x in card if x.isprintable() or x in "\n\t")
