"""The text of an FBX file (ASCII) -> its tree of nodes."""

from __future__ import annotations

import re

import numpy as np

from layerpose.motion.read.fbx_file import DEEPEST, LEFT_OUT, MOST_NODES, Node, Packed, Value, check_version

TOKEN = re.compile(
    rb"""[\s,]*+(?:;[^\n]*+[\s,]*+)*+(?:
    (?P<name>[A-Za-z_|][\w|-]*):|(?P<open>\{)|(?P<close>\})|\*(?P<size>\d+)\s*+\{\s*+a:|
    "(?P<text>[^"]*)"|(?P<word>[^\s,{}":;]+)|(?P<end>\Z))""",
    re.VERBOSE,
)
MOST_VALUES = 500_000
"""Outside of arrays."""
LONGEST = 2_000_000
"""Numbers of an array that is read; in as many frames a curve has a number in each."""
STRETCH = 1 << 20
"""Bytes that are searched together for the brace that closes what is passed over."""
WHOLE = re.compile(rb"[+-]?\d{1,19}\Z")


def parse_text(data: bytes) -> Node:
    """The file's root. ValueError says what is wrong."""
    if not re.match(rb"(?:\xef\xbb\xbf)?\s*(?:;|FBXHeaderExtension)", data[:200]) or b"FBX" not in data[:4096]:
        raise ValueError("it is not an FBX file: it starts neither with 'Kaydara FBX Binary' nor with '; FBX'")
    found = re.search(rb"FBXVersion:\s*(\d{1,6})", data[:65536])
    check_version(int(found[1]) if found else 0)
    root = Node(name="")
    _Text(data).read(root)
    return root


class _Text:
    """A place in the text that moves on token by token."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
        self.left, self.values_left = MOST_NODES, MOST_VALUES

    def read(self, root: Node) -> None:
        """Hang all nodes below the root."""
        above, values, name = [root], [], ""
        while (kind := (token := self._token()).lastgroup) != "end":
            if kind in ("name", "close") and name:
                self._hang(above[-1], name, values)
                name = ""
            match kind:
                case "name":
                    name, values = token["name"].decode(), []
                case "open" if name in LEFT_OUT:
                    self._pass_over()
                    name = ""
                case "open":
                    above.append(self._hang(above[-1], name, values))
                    name = ""
                case "close" if len(above) > 1:
                    above.pop()
                case "size":
                    values.append(self._array(int(token["size"][:12])))
                case "text" | "word":
                    values.append(self._value(token))
                case "close":
                    raise ValueError(f"it is a damaged FBX file: byte {self.at} closes a brace that none opened")
            if len(above) > DEEPEST:
                raise ValueError(f"it is a damaged FBX file: its nodes lie more than {DEEPEST} deep")
        if len(above) > 1:
            raise ValueError(f"it is a damaged FBX file: the node {above[-1].name[:40]!r} is not closed")

    def _token(self) -> re.Match[bytes]:
        token = TOKEN.match(self.data, self.at)
        if token is None:
            raise ValueError(f"it is a damaged FBX file: byte {self.at} is not understood")
        self.at = token.end()
        return token

    def _value(self, token: re.Match[bytes]) -> Value:
        self.values_left -= 1
        if self.values_left < 0:
            raise ValueError(f"it has more than {MOST_VALUES} values; export the skeleton without meshes")
        text = token["text"]
        return _to_value(token["word"]) if text is None else text.decode("utf-8", errors="replace")

    def _hang(self, above: Node, name: str, values: list[Value]) -> Node:
        self.left -= 1
        if self.left < 0:
            raise ValueError(f"it has more than {MOST_NODES} nodes; export the skeleton without meshes")
        node = Node(name=name, values=tuple(values))
        above.below.append(node)
        return node

    def _pass_over(self) -> None:
        depth = 1
        for start in range(self.at, len(self.data), STRETCH):
            seen = np.frombuffer(self.data, dtype=np.uint8, count=min(STRETCH, len(self.data) - start), offset=start)
            places = np.flatnonzero((seen == ord("{")) | (seen == ord("}")))
            depths = depth + np.where(seen[places] == ord("{"), 1, -1).cumsum()
            closed = np.flatnonzero(depths == 0)
            if len(closed):
                self.at = start + int(places[closed[0]]) + 1
                return
            depth = int(depths[-1]) if len(depths) else depth
        raise ValueError("it is a damaged FBX file: a brace is missing at its end")

    def _array(self, count: int) -> Packed:
        end = self.data.find(b"}", self.at)
        found = self.data.count(b",", self.at, end) + 1 if end >= 0 else 0
        if found != count or count > LONGEST:
            raise ValueError(f"it is a damaged FBX file: an array of {count} numbers (at most {LONGEST}) has {found}")
        words = self.data[self.at : end].split(b",")
        self.at = end + 1
        try:
            whole = all(WHOLE.match(word.strip()) for word in words)
            numbers = np.array([int(word) for word in words] if whole else words, dtype="<i8" if whole else "<f8")
        except (ValueError, OverflowError) as error:
            raise ValueError("it is a damaged FBX file: an array holds what is no number") from error
        return Packed(kind=numbers.dtype.str, count=count, zipped=False, data=memoryview(numbers.tobytes()))


def _to_value(word: bytes) -> Value:
    if WHOLE.match(word):
        return int(word)
    try:
        return float(word)
    except ValueError:
        return word.decode("utf-8", errors="replace")
