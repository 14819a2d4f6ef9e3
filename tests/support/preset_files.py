"""Changing presets the way an attacker, or an accident, would."""

import json

from zoo.registry.downloads import record_of


def rewrite(preset, name, change):
    """Changes a JSON file, and the metadata so that they promise it."""
    path = preset / name
    value = json.loads(path.read_text())
    value = change(value) or value
    path.write_text(json.dumps(value))
    if name != "metadata.json":
        promise(preset, name)


def promise(preset, *names):
    """Writes the files' present sizes and hashes into the metadata."""

    def change(metadata):
        for name in names:
            record = record_of(preset / name)
            metadata["files"][name] = {
                "size": record.size,
                "sha256": record.sha256,
            }

    rewrite(preset, "metadata.json", change)
