"""Reading the pickles in PyTorch's checkpoints without running them.

A pickle is a program for a small stack machine. Python's own machine can
import and call anything; the one here has no such operations. It builds
numbers, strings, containers and descriptions of tensors (`TensorRecord`), and
refuses every other opcode and name before it looks at its argument.
"""

import io
import pickletools
import struct
from collections.abc import Callable
from typing import Any

from zoo.converters.errors import CheckpointError, describe
from zoo.converters.tensor_records import (
    CALLABLES,
    STORAGES,
    StorageRecord,
    storage_record,
)

MAX_PICKLE_BYTES = 1 << 24
"""Greatest size of pickles. Storages, which are large, lie outside of them."""
MAX_OPERATIONS = 2_000_000


class _Mark:
    """Where the items of a container begin, on the stack."""


_MAKERS: dict[str, Callable[[], Any]] = {
    "MARK": _Mark,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
"""Opcodes that put something new on the stack."""

_METHODS = {
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1"), "push"),
    **dict.fromkeys(("BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"), "push"),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), "put"),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), "get"),
    "MEMOIZE": "memoize",
    "TUPLE": "tuple",
    "TUPLE1": "tuple1",
    "TUPLE2": "tuple2",
    "TUPLE3": "tuple3",
    "APPEND": "append",
    "APPENDS": "appends",
    "SETITEM": "item",
    "SETITEMS": "items",
    "GLOBAL": "name",
    "STACK_GLOBAL": "stack_name",
    "REDUCE": "reduce",
    "BUILD": "build",
    "BINPERSID": "storage",
}
"""All other opcodes that are read, and the methods that do so."""

_OPCODES = {x.code: x for x in pickletools.opcodes}
_ALLOWED = {"PROTO", "FRAME", "STOP", *_MAKERS, *_METHODS}


class PickleReader:
    """Reads the pickles at the start of some bytes, one after another.

    Args:
        data: Bytes that begin with a pickle.

    Attributes:
        storages: The storages that were named so far, by key.
    """

    def __init__(self, data: bytes):
        self.storages: dict[str, StorageRecord] = {}
        self._file = io.BytesIO(data[:MAX_PICKLE_BYTES])
        self._operations = 0

    @property
    def position(self) -> int:
        """Where the next pickle begins, in bytes."""
        return self._file.tell()

    def read(self) -> Any:
        """Returns what the next pickle holds.

        Returns:
            Numbers, strings, None, lists, tuples, dicts and `TensorRecord`s,
            nested. A container may hold itself: limit how deep you look.

        Raises:
            CheckpointError: The pickle is damaged, too long, or refers to
                anything but tensors.
        """
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        opcode = ""
        try:
            while opcode != "STOP":
                opcode, argument = self._next()
                if opcode in _MAKERS:
                    self._stack.append(_MAKERS[opcode]())
                elif opcode in _METHODS:
                    getattr(self, f"_{_METHODS[opcode]}")(argument)
            return self._pop()
        except CheckpointError:
            raise
        # What a damaged program can cause: a missing operand, mark or memo, a
        # wrong type of operand or number of arguments, a cut or bad number.
        except (LookupError, TypeError, ValueError, struct.error) as error:
            raise CheckpointError(
                "The checkpoint's pickle is damaged. Received: "
                f"opcode={opcode} before byte {self.position} ({error})"
            ) from error

    def _next(self):
        self._operations += 1
        byte = self._file.read(1)
        if not byte or self._operations > MAX_OPERATIONS:
            raise CheckpointError(
                f"A pickle must end within {MAX_PICKLE_BYTES} bytes and "
                f"{MAX_OPERATIONS} operations. Received: no end by byte "
                f"{self.position}, operation {self._operations}"
            )
        opcode = _OPCODES.get(byte.decode("latin-1"))
        if opcode is None or opcode.name not in _ALLOWED:
            raise CheckpointError(
                "A checkpoint's pickle may only build tensors and plain "
                "containers; it was not run. Received: opcode="
                f"{opcode.name if opcode else byte} before byte "
                f"{self.position}"
            )
        if opcode.name == "GLOBAL":  # pickletools would decode escapes.
            lines = self._file.readline(), self._file.readline()
            return "GLOBAL", " ".join(x[:-1].decode() for x in lines)
        reader = opcode.arg
        return opcode.name, reader.reader(self._file) if reader else None

    def _pop_to_mark(self):
        items = []
        while not isinstance(self._stack[-1], _Mark):
            items.append(self._stack.pop())
        self._stack.pop()
        return items[::-1]

    def _pop(self):
        if isinstance(self._stack[-1], _Mark):
            raise CheckpointError(
                "The checkpoint's pickle is damaged. Received: a mark in "
                f"place of a value before byte {self.position}"
            )
        return self._stack.pop()

    def _push(self, argument):
        self._stack.append(argument)

    def _tuple(self, argument):
        self._stack.append(tuple(self._pop_to_mark()))

    def _tuple1(self, argument):
        self._stack.append((self._pop(),))

    def _tuple2(self, argument):
        self._stack.append((self._pop(), self._pop())[::-1])

    def _tuple3(self, argument):
        self._stack.append((self._pop(), self._pop(), self._pop())[::-1])

    def _append(self, argument):
        self._extend_last([self._pop()])

    def _appends(self, argument):
        self._extend_last(self._pop_to_mark())

    def _extend_last(self, items):
        if type(self._stack[-1]) is not list:
            raise TypeError("items for what is not a list")
        self._stack[-1].extend(items)

    def _item(self, argument):
        value, key = self._pop(), self._pop()
        self._update_last([key, value])

    def _items(self, argument):
        self._update_last(self._pop_to_mark())

    def _update_last(self, items):
        if type(self._stack[-1]) is not dict or len(items) % 2:
            raise TypeError("items for what is not a dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            # Hashing a deeply nested tuple would overflow the stack.
            if type(key) not in (str, int, float, bool, type(None)):
                raise TypeError(f"a key that is no string: {describe(key)}")
            self._stack[-1][key] = value

    def _put(self, argument):
        if isinstance(self._stack[-1], _Mark):
            raise TypeError("a mark to be remembered")
        self._memo[argument] = self._stack[-1]

    def _memoize(self, argument):
        self._put(len(self._memo))

    def _get(self, argument):
        self._stack.append(self._memo[argument])

    def _name(self, argument):
        if argument in STORAGES:
            self._stack.append(STORAGES[argument])
        elif argument in CALLABLES:
            self._stack.append(CALLABLES[argument])
        else:
            raise CheckpointError(
                "A checkpoint may only hold tensors in plain containers; "
                "nothing of it was run. Save the model's `state_dict()` alone. "
                f"Received: a reference to {describe(argument)}"
            )

    def _stack_name(self, argument):
        name, module = self._pop(), self._pop()
        if type(module) is not str or type(name) is not str:
            raise TypeError("a name that is no string")
        self._name(f"{module} {name}")

    def _reduce(self, argument):
        arguments, function = self._pop(), self._pop()
        if not callable(function) or type(arguments) is not tuple:
            raise TypeError("a call of what is not a name")
        # The only callables on the stack are those that `_name` put there.
        self._stack.append(function(*arguments))

    def _build(self, argument):
        # Attributes of a dictionary, such as the versions of its layers.
        self._pop()
        if type(self._stack[-1]) is not dict:
            raise TypeError("attributes of what is not a dictionary")

    def _storage(self, argument):
        record = storage_record(self._pop())
        if self.storages.setdefault(record.key, record) != record:
            raise CheckpointError(
                "A storage must have one type and size. Received: "
                f"{self.storages[record.key]}, {record}"
            )
        self._stack.append(record)
