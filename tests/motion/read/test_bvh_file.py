"""One person as many programs would write it as BVH: the pose, the path and the way it faces come out the same."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from layerpose.body.model import body_model
from layerpose.motion.posing import reference_heads
from layerpose.motion.read.bvh_file import read_bvh
from layerpose.motion.read.bvh_text import parse_bvh
from layerpose.types import Motion

OFFSETS: dict[str, tuple[str, tuple[float, float, float]]] = {
    "Hips": ("", (0, 0, 0)), "Spine": ("Hips", (0, 12, 0)), "Spine1": ("Spine", (0, 18, 0)),
    "Neck": ("Spine1", (0, 22, 0)), "Head": ("Neck", (0, 9, 1)), "": ("Head", (0, 18, 0)),
}  # fmt: skip
LIMBS = (
    ("Shoulder", "Spine1", (4, 17, 0)), ("Arm", "", (13, 0, 0)), ("ForeArm", "", (28, 0, 0)), ("Hand", "", (25, 0, 0)),
    ("HandEnd", "", (17, 0, 0)),
    ("UpLeg", "Hips", (9, -4, 0)), ("Leg", "", (0, -42, 0)), ("Foot", "", (0, -41, 0)), ("Toes", "", (0, -4, 14)),
)  # fmt: skip
"""A joint, what it hangs from unless it is the one before, and its offset on the left."""
for _limb in (LIMBS[:5], LIMBS[5:]):
    for _side, _sign in (("Left", 1), ("Right", -1)):
        _above = ""
        for _name, _parent, (_x, _y, _z) in _limb:
            OFFSETS[_side + _name] = (_parent or _above, (_sign * _x, _y, _z))
            _above = _side + _name
TURNED = {"Spine": (8, 0, 0), "LeftArm": (0, 0, -70), "RightArm": (0, 0, -50), "RightForeArm": (0, 0, -60)}
BONES = [
    ("upperleg01.R", "upperleg01.L"), ("upperarm01.R", "upperarm01.L"), ("root", "neck01"), ("neck01", "head"),
    *((f"{a}.{s}", f"{b}.{s}") for s in "LR" for a, b in (
        ("upperarm01", "lowerarm01"), ("lowerarm01", "wrist"), ("upperleg01", "lowerleg01"), ("lowerleg01", "foot"))),
]  # fmt: skip
ORDER = [name for name in OFFSETS if name]


@dataclass(frozen=True, kw_only=True)
class Program:
    """How somebody writes the same person."""

    local: Callable[[str], np.ndarray] = lambda _: np.eye(3)
    """Local axes of a joint, away from the person's; the same for all joints: the rest pose is turned as a whole."""
    world: np.ndarray = field(default_factory=lambda: np.eye(3))
    """From y up and z forwards to the file's axes."""
    unit: float = 1.0
    rename: Callable[[str], str] = str
    above: tuple[str, ...] = ()
    """Still joints above the hips."""
    frames: int = 3
    t_pose_first: bool = False


def turns(frame: int) -> dict[str, np.ndarray]:
    """World turns of the joints: the left leg is lifted further from frame to frame."""
    own = {**TURNED, "LeftUpLeg": (-25 - 12.5 * frame, 0, 0), "LeftLeg": (50 + 25 * frame, 0, 0)}
    if frame < 0:
        own = {}
    world: dict[str, np.ndarray] = {}
    for name in ORDER:
        above = world.get(OFFSETS[name][0], np.eye(3))
        x, y, z = own.get(name, (0, 0, 0))
        world[name] = above @ Rotation.from_euler("ZXY", (z, x, y), degrees=True).as_matrix()
    return world


def write(path: Path, program: Program) -> Path:
    """The file as the program writes it."""
    lines, depth = ["HIERARCHY"], 0
    six = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    for name in program.above:
        lines += [f"{'ROOT' if depth == 0 else 'JOINT'} {name}", "{", "OFFSET 0 0 0", six]
        depth += 1

    def joint(name: str) -> None:
        parent, offset = OFFSETS[name]
        turned = program.local(parent).T @ np.array(offset) * program.unit if parent else np.zeros(3)
        below = [child for child, (above, _) in OFFSETS.items() if above == name]
        end = name == "" or (not below and name.endswith(("HandEnd", "Toes")))
        kind = "ROOT" if name == "Hips" and not program.above else "JOINT"
        keyword = "End Site" if end else f"{kind} {program.rename(name)}"
        lines.extend([keyword, "{", "OFFSET " + " ".join(f"{x:.6f}" for x in turned)])
        if not end:
            lines.append(six if name == "Hips" else "CHANNELS 3 Zrotation Xrotation Yrotation")
            for child in below:
                joint(child)
        lines.append("}")

    joint("Hips")
    lines += ["}"] * depth + ["MOTION", f"Frames: {program.frames + program.t_pose_first}", "Frame Time: 0.033333"]
    for frame in range(-1 if program.t_pose_first else 0, program.frames):
        lines.append(" ".join(f"{value:.6f}" for value in _numbers(program, frame)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _numbers(program: Program, frame: int) -> list[float]:
    at = max(frame, 0)
    place = program.world @ np.array([0, 91 + 15 * at, 10 * at]) * program.unit
    world = {name: program.world @ turn @ program.local(name) for name, turn in turns(frame).items()}
    numbers = [0.0] * 6 * len(program.above)
    for name in ORDER:
        if name.endswith(("HandEnd", "Toes")):
            continue
        own = world.get(OFFSETS[name][0], np.eye(3)).T @ world[name]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            angles = Rotation.from_matrix(own).as_euler("ZXY", degrees=True)
        numbers += [*(place if name == "Hips" else []), *angles]
    return numbers


def directions(motion: Motion) -> np.ndarray:
    model, found = body_model(), []
    rest = model.rest(np.full(6, 0.5))
    for rotations in motion.rotations.double().numpy():
        _, heads = model.kinematics(rest, rotations)
        ways = np.stack([heads[model.bone(end)] - heads[model.bone(start)] for start, end in BONES])
        found.append(ways / np.linalg.norm(ways, axis=1, keepdims=True))
    return np.stack(found)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Motion:
    return read_bvh(write(tmp_path_factory.mktemp("bvh") / "plain.bvh", Program())).motion()


def turned(axis: str, degrees: float) -> np.ndarray:
    return Rotation.from_euler(axis, degrees, degrees=True).as_matrix()


def along_the_bones(column: int, seed: int | None = None) -> Callable[[str], np.ndarray]:
    """Local axes with one along each bone, as Rokoko, LAFAN1, Maya and Unreal have them; or turned about it."""

    def local(name: str) -> np.ndarray:
        child = next((child for child, (above, _) in OFFSETS.items() if above == name), name)
        way = np.array(OFFSETS[child][1], dtype=float)
        way = np.array([0.0, 1.0, 0.0]) if name == "Hips" or not way.any() else way / np.linalg.norm(way)
        side = np.array([1.0, 0.0, 0.0]) if abs(way[0]) < 0.9 else np.array([0.0, 0.0, 1.0])
        side = side - (side @ way) * way
        first = np.stack([way, side / np.linalg.norm(side), np.cross(way, side / np.linalg.norm(side))], axis=1)
        twist = 0.0 if seed is None else np.random.default_rng([seed, sum(map(ord, name))]).uniform(-np.pi, np.pi)
        return np.roll(first @ Rotation.from_euler("x", twist).as_matrix(), column, axis=1)

    return local


def arms_down(degrees: float) -> Callable[[str], np.ndarray]:
    """A rest pose whose arms hang by so many degrees below a T-pose's."""

    def local(name: str) -> np.ndarray:
        arm = name.endswith(("Arm", "Hand", "HandEnd"))
        return turned("z", (degrees if name.startswith("Left") else -degrees) if arm else 0)

    return local


PROGRAMS = {
    **{f"rest turned by {angle}": Program(local=lambda _, a=angle: turned("y", a)) for angle in (5, 30, 90, 137, -75)},
    "rest on its back": Program(local=lambda _: turned("x", 90)),
    "rest on its face": Program(local=lambda _: turned("x", -90)),
    "rest on its side": Program(local=lambda _: turned("z", 90)),
    "rest askew": Program(local=lambda _: Rotation.from_rotvec([0.9, -0.5, 0.7]).as_matrix()),
    "z up": Program(world=turned("x", 90), local=lambda _: turned("x", -90)),
    "rest y up, motion z up": Program(world=turned("x", 90)),
    "rest z up, motion y up": Program(local=lambda _: turned("x", -90)),
    "y down": Program(world=turned("x", 180), local=lambda _: turned("x", 180)),
    **{f"axis {'xyz'[column]} along the bones": Program(local=along_the_bones(column)) for column in range(3)},
    "axes along the bones, turned about them": Program(local=along_the_bones(0, seed=1)),
    "arms 45 degrees down at rest": Program(local=arms_down(45)),
    "arms hanging at rest": Program(local=arms_down(85)),
    "metres": Program(unit=0.01), "inches": Program(unit=1 / 2.54),
    "still joints above the hips": Program(above=("Reference", "Armature")),
    "hips turned": Program(local=lambda name: turned("y", 90 if name == "Hips" else 0)),
    "hips turned askew": Program(local=lambda name: turned("y", 50 if name == "Hips" else 0)),
    "T-pose first": Program(t_pose_first=True, local=along_the_bones(1)),
    "names that say nothing": Program(rename=lambda name: f"node_{ORDER.index(name)}"),
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.filterwarnings("ignore:.*its shape tells them apart")
def test_person_is_the_same_whichever_program_wrote_it(tmp_path: Path, reference: Motion, program: str):
    motion = read_bvh(write(tmp_path / "other.bvh", PROGRAMS[program])).motion()
    off = np.rad2deg(np.arccos(np.clip((directions(motion) * directions(reference)).sum(-1), -1, 1)))
    worst = dict(zip(BONES, off.max(0).round(1), strict=True))
    assert off.max() < 2, {bone: angle for bone, angle in worst.items() if angle >= 2}
    stature = 2.1
    assert np.abs((motion.path - reference.path).numpy()).max() < 0.01 * stature
    assert motion.ankles is not None
    assert reference.ankles is not None
    assert np.abs((motion.ankles - reference.ankles).numpy()).max() < 0.01 * stature


def test_person_of_the_reference_is_the_one_that_was_written(reference: Motion):
    way = dict(zip(BONES, directions(reference)[2], strict=True))
    assert way["upperarm01.L", "lowerarm01.L"] @ [np.cos(np.deg2rad(70)), 0, -np.sin(np.deg2rad(70))] > 0.98
    thigh = [0, -np.sin(np.deg2rad(50)), -np.cos(np.deg2rad(50))]
    assert way["upperleg01.L", "lowerleg01.L"] @ thigh > 0.9995
    assert way["upperleg01.R", "upperleg01.L"] @ [1, 0, 0] > 0.9995
    assert np.allclose((reference.path[2] - reference.path[0]).numpy(), [0, -20 / 83, 30 / 83], atol=1e-4)
    assert reference_heads()["head"][2] > 0


def text_of(tmp_path: Path) -> str:
    return write(tmp_path / "plain.bvh", Program()).read_text()


LAYOUTS: dict[str, Callable[[str], bytes]] = {
    "tabs and CRLF": lambda text: text.replace("OFFSET ", "\tOFFSET\t").replace("\n", "\r\n").encode(),
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "lower case": lambda text: text.lower().encode(),
    "capital channels": lambda text: text.replace("position", "Position").replace("rotation", "ROTATION").encode(),
    "decimal commas": lambda text: text.replace(".", ",").encode(),
    "comments": lambda text: ("# made by hand\n" + text.replace("MOTION", "// now it moves\nMOTION")).encode(),
    "blanks in names": lambda text: text.replace("Left", "Left ").replace("Right", "Right ").encode(),
    "named end sites": lambda text: text.replace("End Site", "End Site tip_1").encode(),
    "no blank behind colons": lambda text: text.replace("Frames: ", "Frames:").replace("Time: ", "Time:").encode(),
    "blank lines": lambda text: text.replace("\n", "\n\n").encode(),
    "numbers wherever lines end": lambda text: text.replace(" 91.", "\n91.").replace(" 106.", "\n106.").encode(),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_of_the_text_does_not_matter(tmp_path: Path, reference: Motion, layout: str):
    path = tmp_path / "laid_out.bvh"
    path.write_bytes(LAYOUTS[layout](text_of(tmp_path)))
    motion = read_bvh(path).motion()
    assert np.allclose(motion.rotations, reference.rotations, atol=1e-4)
    assert np.allclose(motion.path, reference.path, atol=1e-4)
    assert motion.fps == pytest.approx(30, abs=0.01)


@pytest.mark.parametrize(("said", "there"), [("Frames: 2", 3), ("Frames: 9", 3)])
def test_frames_that_are_there_count_and_not_those_that_are_said(tmp_path: Path, said: str, there: int):
    (tmp_path / "odd.bvh").write_text(text_of(tmp_path).replace("Frames: 3", said))
    with pytest.warns(UserWarning, match=f"3 frames are there, not {said[-1]}"):
        assert read_bvh(tmp_path / "odd.bvh").num_frames == there


def test_frame_time_in_milliseconds_is_taken_as_such(tmp_path: Path):
    (tmp_path / "slow.bvh").write_text(text_of(tmp_path).replace("0.033333", "33.3333"))
    with pytest.warns(UserWarning, match="taken as milliseconds: 30 frames a second"):
        assert read_bvh(tmp_path / "slow.bvh").fps == pytest.approx(30, abs=0.01)


def test_frame_time_of_zero_is_30_frames_a_second_unless_told(tmp_path: Path):
    (tmp_path / "zero.bvh").write_text(text_of(tmp_path).replace("0.033333", "0"))
    clip = read_bvh(tmp_path / "zero.bvh")
    with pytest.warns(UserWarning, match="30 are taken"):
        assert clip.motion().fps == 30
    assert clip.motion(fps=60).fps == 60


def test_only_the_frames_that_are_asked_for_are_read(tmp_path: Path):
    lines = text_of(tmp_path).splitlines()
    lines[-2] = " ".join(["nan", *lines[-2].split()[1:]])
    told = parse_bvh("\n".join(lines).encode())
    assert told.values([0, 2]).shape == (2, told.num_channels)
    with pytest.raises(ValueError, match="frame 1 holds a number that is not finite"):
        told.values([1])


def test_mirrored_person_is_refused(tmp_path: Path):
    text = text_of(tmp_path).replace("Left", "@").replace("Right", "Left").replace("@", "Right")
    (tmp_path / "mirrored.bvh").write_text(text)
    with pytest.raises(ValueError, match="left and right are swapped"):
        read_bvh(tmp_path / "mirrored.bvh")


def test_damaged_file_is_one_line(tmp_path: Path):
    whole, rng = text_of(tmp_path).encode(), np.random.default_rng(0)
    path = tmp_path / "damaged.bvh"
    for case in range(60):
        data = bytearray(whole[: rng.integers(1, len(whole))] if case % 3 == 0 else whole)
        for place in rng.integers(0, len(data), 6 if case % 3 else 1):
            data[place] = rng.integers(0, 256)
        path.write_bytes(bytes(data))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                read_bvh(path).motion()
            except ValueError as error:
                assert len(str(error).splitlines()) == 1  # noqa: PT017
