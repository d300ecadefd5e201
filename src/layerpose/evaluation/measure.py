"""Pictures on disk + the true ones -> figures for every row and pair; what is measured already is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Float
from threadpoolctl import threadpool_limits
from torch import Tensor

from layerpose.data.benchmark import Pair
from layerpose.data.pairs import view_difference
from layerpose.data.records import Records
from layerpose.evaluation.fidelity import measure_fidelity
from layerpose.evaluation.identity import Portrait, compare_faces, face_levels, find_portrait
from layerpose.evaluation.landing import NOWHERE, Stance, find_landing, stance_of
from layerpose.evaluation.lpips import Lpips
from layerpose.evaluation.occlusion import invented_share
from layerpose.evaluation.predictions import prediction_path, read_prediction, resample
from layerpose.evaluation.protocols import PROTOCOLS
from layerpose.evaluation.recogniser import Recogniser, read_recogniser
from layerpose.evaluation.truth import Prediction, Truth
from layerpose.runtime.workers import spread, work_alone
from layerpose.types import Body

TRUTH = "target"
"""The row of the true pictures themselves: the ceiling of whatever is estimated from a picture."""
FILE = "figures.jsonl"
UNKNOWN = (math.nan, math.nan)
PHOTO, FACE = "photo", "face"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What every process has to know."""

    data: Path
    folder: Path
    lpips: Path
    protocols: tuple[str, ...]
    landing_rows: tuple[str, ...]
    """Rows whose bodies are estimated; it takes most of a second a picture."""
    size: int
    """Side in pixels at which pictures are compared."""
    faces: bool = False
    """Where the true picture shows a face, it is looked for in the predictions too."""
    face_model: Path | None = None
    """A recogniser's file, for faces."""
    own_pose: bool = False
    """Source and target are the same picture, so that every pixel of the person has its place."""
    undrawn: Mapping[Pair, str] = field(default_factory=dict)
    """Pairs of which there are no pictures, and why."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The figures of one picture. `problem` says why there are none."""

    row: str
    pair: Pair
    view_degrees: float
    invented: float
    """How much of the target's body the source does not show, 0..1."""
    figures: dict[str, dict[str, float]]
    """Protocol -> name -> figure; under `body`: osa, pck, part_iou; under `photo`, in their own pose: `Fidelity`;
    under `face`, where the truth shows one: `Likeness`, and `levels` in their own pose."""
    nobody: bool = False
    """No person was found in the picture; its body figures are 0."""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a true picture, worked out once for all predictions."""

    body: Body
    stance: Stance | None
    portrait: Portrait | None
    """Its face, if it shows one and faces are compared."""


def measure_predictions(
    job: Job, rows: Sequence[str], chosen: Sequence[Pair], *, workers: int, report: Callable[[int, int], None]
) -> list[Measured]:
    """Measure every row of every pair. A picture that cannot be read is named in its line, never left out."""
    file = job.folder / FILE
    there = {(m.row, m.pair): m for m in _read(file) if _is_whole(job, m)} if file.is_file() else {}
    groups = _by_target([pair for pair in chosen if any((row, pair) not in there for row in rows)])
    done = len(chosen) - sum(map(len, groups))
    with file.open("a", encoding="utf-8") as lines:
        for found in spread(measure_target, [job] * len(groups), [tuple(rows)] * len(groups), groups, workers=workers):
            for one in found:
                there[one.row, one.pair] = one
                if not one.problem:
                    lines.write(json.dumps(asdict(one)) + "\n")
            lines.flush()
            done += len({one.pair for one in found})
            report(done, len(chosen))
    return [there[row, pair] for row in rows for pair in chosen]


def measure_target(job: Job, rows: tuple[str, ...], pairs: tuple[Pair, ...]) -> list[Measured]:
    """All rows of the pairs that have this target; what the true picture has to say is worked out once."""
    work_alone()
    with threadpool_limits(1), torch.inference_mode():
        try:
            records, metric = _open(job.data, job.lpips)
            image, mask, body = records.load(pairs[0][0], pairs[0][2])
            apart = {pair: _how_far(records, pair) for pair in pairs}
        except (ValueError, OSError) as error:
            return [_unmeasured(row, pair, str(error)) for pair in pairs for row in rows]
        truth = Truth(image=resample(image, job.size), mask=resample(mask, job.size), metric=metric)
        known = Known(
            body=body,
            stance=stance_of(body) if job.landing_rows else None,
            portrait=find_portrait(truth.image, body) if job.faces else None,
        )
        measured = lru_cache(maxsize=1)(lambda: _measure(job, TRUTH, Prediction(image=truth.image, truth=truth), known))
        found = []
        for pair in pairs:
            for row in rows:
                try:
                    image = truth.image if row == TRUTH else _read_drawn(job, row, pair)
                except (ValueError, OSError) as error:
                    found.append(
                        _unmeasured(row, pair, f"{prediction_path(job.folder, row, pair)}: {error}", apart[pair])
                    )
                    continue
                prediction = Prediction(image=image, truth=truth)
                figures, nobody = measured() if row == TRUTH else _measure(job, row, prediction, known)
                degrees, invented = apart[pair]
                found.append(
                    Measured(
                        row=row, pair=pair, view_degrees=degrees, invented=invented, figures=figures, nobody=nobody
                    )
                )  # fmt: skip
    return found


def _measure(
    job: Job, row: str, prediction: Prediction, known: Known
) -> tuple[dict[str, dict[str, float]], bool]:  # fmt: skip
    """All figures of a picture, and whether it shows nobody."""
    figures = {name: asdict(PROTOCOLS[name].measure(prediction)) for name in job.protocols}
    if job.own_pose:
        figures[PHOTO] = _numbers(asdict(measure_fidelity(prediction)))
    if job.faces:
        figures[FACE] = {} if known.portrait is None else _measure_face(job, prediction, known.body, known.portrait)
    if known.stance is None or row not in job.landing_rows:
        return figures, False
    landing = find_landing(prediction.image, known.stance)
    return {**figures, "body": asdict(landing or NOWHERE)}, landing is None


def _measure_face(job: Job, prediction: Prediction, body: Body, portrait: Portrait) -> dict[str, float]:
    recogniser = None if job.face_model is None else _open_recogniser(job.face_model)
    figures = asdict(compare_faces(find_portrait(prediction.image, body), portrait, recogniser))
    if job.own_pose:
        figures["levels"] = face_levels(prediction.image, prediction.truth.image, portrait.face)
    return _numbers(figures)


def _numbers(figures: dict[str, float | None]) -> dict[str, float]:
    """Those that are known."""
    return {name: value for name, value in figures.items() if value is not None and math.isfinite(value)}


def _read_drawn(job: Job, row: str, pair: Pair) -> Float[Tensor, "1 3 h w"]:
    if pair in job.undrawn:
        raise ValueError(f"not drawn, because {job.undrawn[pair]}")
    return read_prediction(job.folder, row, pair, job.size)


def _how_far(records: Records, pair: Pair) -> tuple[float, float]:
    """By how many degrees source and target are apart, and how much of the target has to be invented."""
    source, target = (records.body(pair[0], frame) for frame in pair[1:])
    return view_difference(records, *pair), invented_share(source, target)


def _unmeasured(row: str, pair: Pair, problem: str, apart: tuple[float, float] = UNKNOWN) -> Measured:
    return Measured(row=row, pair=pair, view_degrees=apart[0], invented=apart[1], figures={}, problem=problem)


def _by_target(pairs: Sequence[Pair]) -> list[tuple[Pair, ...]]:
    groups: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        groups.setdefault((pair[0], pair[2]), []).append(pair)
    return [tuple(group) for group in groups.values()]


def _read(file: Path) -> Iterator[Measured]:
    """The lines of an earlier run; what a line that was cut short or is of another version tells is measured again."""
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            values = json.loads(line)
            yield Measured(**{**values, "pair": tuple(values["pair"])})
        except (ValueError, TypeError, KeyError):
            continue


def _is_whole(job: Job, one: Measured) -> bool:
    """Whether an earlier run measured all that this one asks for."""
    asked = {PHOTO: job.own_pose, FACE: job.faces, "body": one.row in job.landing_rows}
    wanted = (*job.protocols, *(group for group, is_asked in asked.items() if is_asked))
    return all(group in one.figures for group in wanted)


@lru_cache(maxsize=1)
def _open(data: Path, lpips: Path) -> tuple[Records, Lpips]:
    return Records(data), Lpips(lpips)


@lru_cache(maxsize=1)
def _open_recogniser(file: Path) -> Recogniser:
    return read_recogniser(file)
