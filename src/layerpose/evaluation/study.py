"""Methods + their data set -> a study folder: the pictures that people are asked about, anonymous.

``STUDY/study.json``, ``STUDY/pictures/007/source.png``, ``pose.png`` and ``0.png`` ... (one for each method), and the
votes. The folder needs the reports and the data set no more.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from layerpose.data.benchmark import Pair, hash_pairs
from layerpose.data.records import Records
from layerpose.evaluation.study_methods import Method
from layerpose.media.pictures import image_to_picture, read_photo
from layerpose.runtime.cache import clear, write_json
from layerpose.runtime.locks import alone_in

FORMAT = 1
"""Version of the folder, under the key `layerpose_study`."""
FILE = "study.json"


@dataclass(frozen=True, kw_only=True)
class Study:
    """What is asked: one question for each pair, one answer for each method."""

    folder: Path
    name: str
    """Of this study alone, so that a browser never takes one study for another."""
    data: str
    methods: tuple[str, ...]
    pairs: tuple[Pair, ...]
    seed: int
    facts: dict[str, dict[str, str]]
    """Of each method: what its report says it was made with."""

    @property
    def hash(self) -> str:
        """Name of the list of pairs."""
        return hash_pairs(self.pairs)

    def picture(self, question: int, name: str) -> Path:
        """``source``, ``pose`` or the number of a method."""
        return self.folder / "pictures" / f"{question:03d}" / f"{name}.png"


def make_study(
    methods: Sequence[Method], folder: Path, records: Records, *, num_pairs: int, seed: int,
    draw_pose: Callable[[Pair], Image.Image], report: Callable[[int, int], None],
) -> Study:  # fmt: skip
    """Copy the pictures of `num_pairs` random pairs that all methods have. The folder appears whole or not at all.

    `report` hears how many of how many pairs are done.
    """
    pairs = choose_questions(methods, records, num_pairs, seed)
    study = Study(
        folder=folder.with_name(f".{folder.name}.part"), name=secrets.token_hex(8), data=records.path.name,
        methods=tuple(one.name for one in methods), pairs=pairs, seed=seed, facts=_facts(methods),
    )  # fmt: skip
    with alone_in(study.folder):
        clear(study.folder)
        try:
            for question in range(len(pairs)):
                _copy_pictures(study, question, methods, records, draw_pose)
                report(question + 1, len(pairs))
            _describe(study)
            study.folder.rename(folder)
        except BaseException:
            shutil.rmtree(study.folder, ignore_errors=True)
            raise
    return open_study(folder)


def open_study(folder: Path) -> Study:
    """Read a study folder. ValueError if it is none."""
    file = folder / FILE
    if not file.is_file():
        raise ValueError(f"{folder} is no study: it has no {FILE}; make one with `layerpose study REPORT... -o FOLDER`")
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        if record.pop("layerpose_study") != FORMAT:
            raise ValueError(f"expected format {FORMAT}")
        record |= {"methods": tuple(record["methods"]), "pairs": tuple(tuple(pair) for pair in record["pairs"])}
        return Study(folder=folder, **record)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} cannot be read ({error}); copy the study again") from error


def check_same_study(study: Study, methods: Sequence[Method]) -> None:
    """ValueError unless the study was made of these methods as they are now."""
    if _facts(methods) != study.facts:
        raise ValueError(
            f"{study.folder} asks about {', '.join(study.methods)}, made with other weights or data than these reports "
            f"({', '.join(one.name for one in methods)}); choose another folder, or give no reports to go on with it"
        )


def choose_questions(methods: Sequence[Method], records: Records, count: int, seed: int) -> tuple[Pair, ...]:
    """Random pairs of the data set of which every method has the result; fewer where there are no more."""
    said = methods[0].facts["data"]
    if records.path.name != said:
        raise ValueError(f"the reports are of the data set {said!r}, not of {records.path}; give that one with --data")
    shared = set.intersection(*({path.name for path in one.folder.glob("*.png")} for one in methods))
    pairs = [_pair(name) for name in sorted(shared)]
    if not pairs:
        names = ", ".join(one.name for one in methods)
        raise ValueError(f"found no pair of which {names} all have a result; evaluate them alike")
    there = set(records.people)
    lacking = [p for p in pairs if p[0] not in there or not {*p[1:]} <= {*records.frames(p[0])}]
    if lacking:
        raise ValueError(
            f"{records.path} lacks {len(lacking)} pairs of the reports, {'-'.join(lacking[0])} first; make it again"
        )
    order = np.random.default_rng(seed).permutation(len(pairs))[:count]
    return tuple(pairs[index] for index in order)


def _copy_pictures(
    study: Study, question: int, methods: Sequence[Method], records: Records, draw_pose: Callable[[Pair], Image.Image]
) -> None:
    person, source, _ = pair = study.pairs[question]
    pictures = {
        "source": image_to_picture(records.load(person, source)[0]),
        "pose": draw_pose(pair),
        **{str(number): read_photo(one.picture(pair)) for number, one in enumerate(methods)},
    }
    study.picture(question, "pose").parent.mkdir(parents=True)
    for name, picture in pictures.items():
        _plain(picture).save(study.picture(question, name))


def _facts(methods: Sequence[Method]) -> dict[str, dict[str, str]]:
    return {one.name: one.facts for one in methods}


def _pair(name: str) -> Pair:
    person, source, target = name.removesuffix(".png").rsplit("-", 2)
    return person, source, target


def _plain(picture: Image.Image) -> Image.Image:
    """The pixels alone, without a word of who made them."""
    return Image.fromarray(np.asarray(picture))


def _describe(study: Study) -> None:
    record = {"layerpose_study": FORMAT, **asdict(study)}
    del record["folder"]
    write_json(study.folder / FILE, record, indent=1)
