"""Which files count: one rule for images, pairs, shapes, folders and zips."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from . import decode

_NAMED = 3


def walk(folder: Path) -> Iterator[str]:
    """Yield the files of a folder and its subfolders, hidden ones aside.

    Args:
        folder: The folder. Links in it are followed, once each.

    Yields:
        Paths within it, with "/" between folders.
    """
    seen = set()
    for parent, folders, files in os.walk(folder, followlinks=True):
        # Links may lead in circles, or twice to the same place.
        place = os.path.realpath(parent)
        if place in seen:
            folders.clear()
            continue
        seen.add(place)
        folders[:] = sorted(filter(is_visible, folders))
        paths = (Path(parent, file).relative_to(folder) for file in files)
        yield from filter(is_visible, (path.as_posix() for path in paths))


def is_visible(path: str) -> bool:
    """Return whether neither a file nor a folder that it is in is hidden.

    Args:
        path: The path, with "/" between folders.
    """
    parts = PurePosixPath(path).parts
    # Archives made on macOS carry a shadow of each file in this folder.
    return not any(part.startswith((".", "__MACOSX")) for part in parts)


def is_image(path: str) -> bool:
    """Return whether a path ends as those of image files do."""
    return path.lower().endswith(decode.ENDINGS)


def warn_of_unread(paths: Sequence[str], place: str) -> None:
    """Warn of images of formats that are not read, by their endings.

    Args:
        paths: What there is.
        place: Where, for the message.
    """
    left = [path for path in paths if path.lower().endswith(decode.UNREAD)]
    if left:
        more = ", ..." if len(left) > _NAMED else ""
        warnings.warn(
            f"Images of formats that are not read are left out of {place}; "
            f"convert them to PNG or JPEG: {len(left)} of them, "
            f"{', '.join(left[:_NAMED])}{more}",
            stacklevel=2,
        )
