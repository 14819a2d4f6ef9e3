"""What others are shown of this machine's files: their names, no folders."""

import re
from typing import Any

# Begins where no word or URL goes on, by a slash, `~` or a drive's letter.
_PATH = re.compile(
    r"(?<![\w:/\\.*-])(?:file://)?(?:~[\w.-]*|[A-Za-z]:)?[/\\][^\s,;:'\"()|]+"
)


def base_names(value: Any) -> Any:
    """Returns a source of data, or an argument, without the folders in it.

    Args:
        value: A text: a name, a path, or several with commas between. What
            is no text is returned as it is.
    """
    if not isinstance(value, str) or value.startswith("tfds:"):
        return value
    return ",".join(map(_base_name, value.split(",")))


def without_folders(value: Any) -> Any:
    """Returns texts whose absolute paths are cut to the files' names.

    Args:
        value: A text, or dicts, lists and tuples of them; all else stays.
    """
    if isinstance(value, str):
        return _PATH.sub(lambda match: _base_name(match[0]), value)
    if isinstance(value, dict):
        return {key: without_folders(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(without_folders, value))
    return value


def _base_name(path):
    return re.split(r"[/\\]", path.rstrip("/\\"))[-1] or path
