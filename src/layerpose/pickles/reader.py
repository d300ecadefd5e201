"""The bytes of a pickle -> arrays, dicts, lists, strings and numbers; nothing of it is ever run.

Of the pickle machine only the instructions that build plain data are left, and names stand for a few makers. joblib's
files, which have the arrays' bytes between the instructions, are read by the same reader.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from layerpose.pickles.makers import KNOWN, Inert, JoblibArray, Maker, fill_array
from layerpose.pickles.source import Source

MOST_STEPS = 2_000_000
"""Instructions after which a pickle is given up; a minute of several people's video has a tenth of it."""
LONGEST_NAME = 80
"""Characters of a name that a message repeats."""
OPCODES = (
    "PROTO", "FRAME", "MARK", "POP", "POP_MARK", "DUP", "NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1",
    "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES",
    "SHORT_BINBYTES", "BINBYTES8", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "EMPTY_LIST", "APPEND",
    "APPENDS", "LIST", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "EMPTY_DICT", "PUT", "BINPUT",
    "LONG_BINPUT", "MEMOIZE", "GET", "BINGET", "LONG_BINGET", "GLOBAL", "STACK_GLOBAL", "BINPERSID",
)  # fmt: skip
"""Instructions that are left as Python has them; those that call or change something are written out below."""
KEYS = (str, int, float, bytes, type(None))
"""What a dict's keys may be."""


class PlainReader(pickle._Unpickler):  # pyright: ignore[reportAttributeAccessIssue]
    """Python's own slow unpickler without the instructions that could do harm."""

    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        getattr(pickle, name)[0]: pickle._Unpickler.dispatch[getattr(pickle, name)[0]]  # pyright: ignore
        for name in OPCODES
    }

    def __init__(self, source: Source, known: Mapping[tuple[str, str], Maker] = KNOWN) -> None:
        super().__init__(source, encoding="latin1")
        self.source, self.known, self._makers = source, known, set(known.values())

    def load(self) -> Any:
        """The data. Any exception at all for a pickle that is damaged."""
        self._prepare()
        read, dispatch, stop = self.read, self.dispatch, pickle.STOP[0]
        for _ in range(MOST_STEPS):
            code = read(1)[0]
            if code == stop:
                return self.stack.pop()
            if code not in dispatch:
                raise ValueError(f"the instruction {bytes([code])!r} has no place in a file of numbers")
            dispatch[code](self)
        raise ValueError(f"it has more than {MOST_STEPS} instructions")

    def _prepare(self) -> None:
        self._unframer = pickle._Unframer(self._file_read, self._file_readline)  # pyright: ignore
        self.read, self.readline = self._unframer.read, self._unframer.readline
        self.readinto = self._unframer.readinto
        self.metastack, self.stack, self.proto = [], [], 0
        self.append = self.stack.append

    def find_class(self, module: str, name: str) -> Any:
        """The maker behind a name."""
        if (module, name) not in self.known:
            asked = f"{module}.{name}".encode("unicode_escape").decode()[:LONGEST_NAME]  # it may hold anything
            raise pickle.UnpicklingError(f"it asks for {asked}, which no file of numbers needs")
        return self.known[module, name]

    def load_reduce(self) -> None:
        """Call one of the makers."""
        arguments, maker = self.stack.pop(), self.stack.pop()
        self.append(self._make(maker, arguments))

    def load_newobj(self) -> None:
        """The same."""
        self.load_reduce()

    def _make(self, maker: Any, arguments: Any) -> Any:
        if not callable(maker) or maker not in self._makers or not isinstance(arguments, tuple):
            raise ValueError("it calls what is no maker")
        return maker(*arguments)

    def load_build(self) -> None:
        """Give an object its state."""
        state, made = self.stack.pop(), self.stack[-1]
        if isinstance(made, np.ndarray):
            fill_array(made, state)
        elif isinstance(made, Inert):
            made.state = state
            if isinstance(made, JoblibArray):
                self.stack[-1] = made.read(self.source, type(self)(self.source, self.known).load)
        elif not isinstance(made, dict):
            raise ValueError(f"it gives a state to a {type(made).__name__}")

    def load_setitem(self) -> None:
        """One item of a dict."""
        value, key = self.stack.pop(), self.stack.pop()
        self._set_items([key, value])

    def load_setitems(self) -> None:
        """Several."""
        self._set_items(self.pop_mark())

    def load_dict(self) -> None:
        """A dict of what is on the stack."""
        items = self.pop_mark()
        self.append({})
        self._set_items(items)

    def _set_items(self, items: list[Any]) -> None:
        into = self.stack[-1]
        if not isinstance(into, dict) or not all(isinstance(key, KEYS) for key in items[::2]):
            raise ValueError("it has a dict whose keys are neither words nor numbers")
        into.update(zip(items[::2], items[1::2], strict=True))

    def load_frozenset(self) -> None:
        """Sets come as lists, whose items need no hashes."""
        items = self.pop_mark()
        self.append(items)

    def load_bytearray8(self) -> None:
        """Bytes that can be changed; the length is believed only as far as there are bytes."""
        self.append(bytearray(self.read(int.from_bytes(self.read(8), "little"))))

    dispatch |= {
        pickle.REDUCE[0]: load_reduce, pickle.NEWOBJ[0]: load_newobj, pickle.BUILD[0]: load_build,
        pickle.SETITEM[0]: load_setitem, pickle.SETITEMS[0]: load_setitems, pickle.DICT[0]: load_dict,
        pickle.BYTEARRAY8[0]: load_bytearray8, pickle.FROZENSET[0]: load_frozenset,
        pickle.EMPTY_SET[0]: pickle._Unpickler.load_empty_list,  # pyright: ignore[reportAttributeAccessIssue]
        pickle.ADDITEMS[0]: pickle._Unpickler.load_appends,  # pyright: ignore[reportAttributeAccessIssue]
    }  # fmt: skip


def unpickle(data: Any, subject: str, reader: Callable[[Source], PlainReader] = PlainReader) -> Any:
    """The data of a pickle. ValueError if it is damaged or wants more than plain data; nothing of it is run."""
    try:
        return reader(Source(data)).load()
    except pickle.UnpicklingError as error:
        raise ValueError(f"{subject} is refused: {error}; pass a file as the tool wrote it") from error
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to ask for
        raise ValueError(f"{subject} is a damaged pickle ({error!s:.120}); export or copy it again") from error
