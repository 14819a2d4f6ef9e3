"""What can be wrong with a preset."""


class PresetError(ValueError):
    """A preset can't be used; the subclasses say why."""


class PresetNotFoundError(PresetError):
    """There is no preset at the handle, or no file of it."""


class PresetFormatError(PresetError):
    """A file of the preset is not what the format asks for."""


class PresetIntegrityError(PresetError):
    """A file is not the one that the metadata promise: size or SHA-256."""


class UnsafePresetError(PresetError):
    """The preset asks for something that a trustworthy one never does."""


class DownloadError(PresetError, OSError):
    """A file could not be downloaded or stored."""
