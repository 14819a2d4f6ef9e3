"""Exporting: what `zoo export` runs."""

from zoo.engine.exporting import FORMATS, Format, export

__all__ = ["FORMATS", "Format", "export"]
