"""Image files, for what works on many of them: which, where from, where to.

What is an image file, what is hidden and how one is read is as in
`pipelines`, whose code does it: a model is shown what it was trained on.
"""

import importlib
import pathlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from PIL import Image


def image_files(
    paths: Iterable[pathlib.Path], output: pathlib.Path | None = None
) -> dict[pathlib.Path, pathlib.PurePath]:
    """Lists image files, those of folders and their subfolders by path.

    Hidden files and folders are left out, as `pipelines.images` does.

    Args:
        paths: Files, whatever they are called, and folders.
        output: Directory of results: what it holds is no image to work on,
            where it lies in one of the folders.

    Returns:
        Dict of each file to its place: its path in the folder given, or its
        name.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: There is no image, or one comes twice.
    """
    found, known, twice = {}, set(), []
    for path in (pathlib.Path(path).expanduser() for path in paths):
        if path.is_dir():
            files = {path / place: place for place in _within(path, output)}
        elif path.is_file():
            files = {path: pathlib.PurePath(path.name)}
        else:
            raise FileNotFoundError(
                f"There is no such file or folder. Received: {str(path)!r}"
            )
        same = {file.resolve(): file.stem for file in files}
        twice += [stem for file, stem in same.items() if file in known]
        known |= set(same)
        found |= files
    if twice or not found:
        raise ValueError(
            f"Expected images ({', '.join(reader('decode').ENDINGS)}), each "
            f"of them once. Received: {len(found)} images, these names twice: "
            f"{twice[:3]}"
        )
    return found


def _within(folder, output):
    """Returns the places of a folder's images, those of results aside."""
    readers = reader("files")
    places = sorted(readers.walk(folder))
    readers.warn_of_unread(places, f"the folder {folder}")
    within, results = folder.resolve(), output and output.resolve()
    if results and within in results.parents:
        own = results.relative_to(within)
        places = [x for x in places if own not in pathlib.PurePath(x).parents]
    return [pathlib.PurePath(x) for x in places if readers.is_image(x)]


def results_of(
    files: Mapping[pathlib.Path, pathlib.PurePath],
    directory: pathlib.Path,
    mark: str = "",
) -> dict[pathlib.Path, pathlib.Path]:
    """Says where the result of each file goes.

    That of `a.jpg` is `a.png`; beside another `a`, it is `a.jpg.png`.

    Args:
        files: What `image_files` returned.
        directory: Where results go, into subfolders as the files' own.
        mark: What is added to each name, before its ending.

    Returns:
        Dict of each file to its result.

    Raises:
        ValueError: A result would lie beside the originals, or two would
            have one name.
    """
    directory = pathlib.Path(directory).expanduser()
    names = Counter(place.with_suffix("") for place in files.values())
    results = {}
    for file, place in files.items():
        is_alone = names[place.with_suffix("")] == 1
        stem = place.stem if is_alone else place.name
        results[file] = directory / place.parent / f"{stem}{mark}.png"
    originals = {file.parent.resolve() for file in files}
    if originals & {result.parent.resolve() for result in results.values()}:
        raise ValueError(
            "Results must go to another directory than that of the images, "
            f"so that they replace none. Received: output={str(directory)!r}"
        )
    counts = Counter(results.values())
    twice = sorted(x.stem for x, count in counts.items() if count > 1)
    if twice:
        raise ValueError(
            "Expected images, each of a name of its own. "
            f"Received: {len(files)} images, these names twice: {twice[:3]}"
        )
    return results


def open_image(path: pathlib.Path) -> Image.Image:
    """Opens and decodes an image, upright by its EXIF tag.

    Args:
        path: The file.

    Returns:
        The image, in the file's mode, but of 8 bits.

    Raises:
        ValueError: It is no image that can be read.
    """
    try:
        data = reader("limits").read_file(path)
        return reader("decode").open_image(data)
    except Exception as error:  # On damaged files Pillow raises nearly any.
        raise ValueError(
            f"Expected an image. Received: {str(path)!r} ({error})"
        ) from error


def opened(
    files: Iterable[pathlib.Path], complain: Callable[[str], Any]
) -> Iterator[tuple[pathlib.Path, Image.Image]]:
    """Opens images, one after the other, but for those that can't be read.

    Args:
        files: The files.
        complain: Called with what is wrong with each of the others.

    Yields:
        File and image, as `open_image` returns it.

    Raises:
        ValueError: None of them can be read.
    """
    files = list(files)
    bad = []
    for file in files:
        try:
            image = open_image(file)
        except ValueError as error:
            if len(files) == 1:
                raise
            bad.append(error)
            complain(f"Skipped. {error}")
        else:
            yield file, image
    if len(bad) == len(files):
        raise ValueError(
            f"None of the {len(files)} images can be read. {bad[0]}"
        ) from bad[0]


def reader(name: str) -> Any:
    """Returns a module of `pipelines` that reads files; without TensorFlow.

    Args:
        name: `"decode"`, `"files"`, `"limits"` or `"modes"`.
    """
    return importlib.import_module(f"zoo.pipelines.{name}")
