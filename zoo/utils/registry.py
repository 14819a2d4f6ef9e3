"""What is registered by name: adversarial losses, penalties, metrics."""

from typing import Generic, Protocol, TypeVar

from zoo.utils import checks


class Named(Protocol):
    """Whatever has a name."""

    @property
    def name(self) -> str:
        """Name by which it is known."""
        ...


Entry = TypeVar("Entry", bound=Named)


class Registry(Generic[Entry]):
    """Entries of one class, by their names.

    Args:
        argument: What functions call an argument that takes a name of this
            registry, such as `"loss"`, for the errors.
        cls: Class of the entries; they have a `name`.
    """

    def __init__(self, argument: str, cls: type[Entry]):
        self.argument = argument
        self.cls = cls
        self.entries: dict[str, Entry] = {}

    def register(self, entry: Entry) -> Entry:
        """Makes an entry known by its name.

        Args:
            entry: The entry.

        Returns:
            The entry.

        Raises:
            ValueError: It is of another class, or the name is taken.
        """
        if not isinstance(entry, self.cls):
            raise ValueError(
                f"Argument `{self.argument}` must be an instance of "
                f"{self.cls.__name__}. "
                f"Received: {self.argument}={entry!r}"
            )
        if entry.name in self.entries:
            raise ValueError(
                f"Another {self.cls.__name__} has that name. "
                f"Received: name={entry.name!r}"
            )
        self.entries[entry.name] = entry
        return entry

    def get(self, identifier: str | Entry) -> Entry:
        """Returns an entry.

        Args:
            identifier: The name of a registered entry, or an entry, which
                is returned as it is.

        Returns:
            The entry.

        Raises:
            ValueError: There is none of that name; the nearest are suggested.
        """
        if isinstance(identifier, self.cls):
            return identifier
        if isinstance(identifier, str) and identifier in self.entries:
            return self.entries[identifier]
        hint = checks.did_you_mean(str(identifier), self.entries)
        raise ValueError(
            f"Argument `{self.argument}` must be one of "
            f"{sorted(self.entries)} or an instance of "
            f"{self.cls.__name__}.{hint} "
            f"Received: {self.argument}={identifier!r}"
        )

    def serialize(self, entry: Entry) -> str:
        """Returns the name by which `get` gives an entry back.

        Args:
            entry: The entry.

        Returns:
            Its name, for a config.

        Raises:
            ValueError: It is not registered, so that a config can't name it.
        """
        if self.entries.get(entry.name) != entry:
            raise ValueError(
                f"A {self.cls.__name__} must be registered to be saved by its "
                f"name. Received: {self.argument}={entry!r}"
            )
        return entry.name
