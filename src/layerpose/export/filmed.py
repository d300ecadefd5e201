"""A data set made from videos -> how each of its people moves, in files as `convert` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from layerpose.data.footage.select import Outcome
from layerpose.data.records import Records
from layerpose.motion.read.video import read_video
from layerpose.motion.write.by_suffix import FOLDERS, Output, plan_output, write_take
from layerpose.motion.write.take import Take


def plan_motions(path: Path, *, inputs: Sequence[Path]) -> Output:
    """Check the name before the work begins. ValueError if a motion does not go into such a file."""
    output = plan_output(path, inputs=inputs)
    if output.format in FOLDERS:
        raise ValueError(f"{path} holds one pose, and a video is a motion; expected .bvh, .glb, .npz or .json")
    return output


def write_motions(out: Path, outcomes: Sequence[Outcome], output: Output) -> Iterator[tuple[Path, Take]]:
    """Each person whose source is a video; of several, the person's number stands before the suffix.

    ValueError if nobody is: photos of a folder do not follow each other in time.
    """
    filmed = [outcome for outcome in outcomes if not outcome.problem and not Path(outcome.source).is_dir()]
    if not filmed:
        raise ValueError(f"{output.path} is not written: no person of {out} comes from a video, and photos do not move")
    for outcome in filmed:
        path = output.path
        if len(outcomes) > 1:
            path = path.with_stem(f"{path.stem}-{outcome.person}")
        take = film_take(Records(out), outcome)
        write_take(take, replace(output, path=path))
        yield path, take


def film_take(records: Records, outcome: Outcome) -> Take:
    """All of the video, performed by the body that the data set gives the person."""
    body = records.body(outcome.person, records.frames(outcome.person)[0])
    return Take(phenotype=body.phenotype.float(), motion=read_video(Path(outcome.source)).motion())
