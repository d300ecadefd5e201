"""A small valid file of each format that is read, all written by our own code; and how each is read."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import pillow_heif
import torch
from PIL import Image

from layerpose.baselines.model_folder import load_baseline, save_baseline
from layerpose.baselines.pix2pixhd import Pix2PixHdConfig
from layerpose.baselines.registry import BaselineConfig, make_networks
from layerpose.body.smpl_file import read_smpl
from layerpose.config import VolumeConfig
from layerpose.estimation.volume import load_network, make_network, save_network
from layerpose.export.layer_folder import read_layer_folder, write_layer_folder
from layerpose.export.layer_set import LayerSet, Origin
from layerpose.export.layered import LayerPicture
from layerpose.export.open_raster import read_open_raster, write_open_raster
from layerpose.media.pictures import read_photo
from layerpose.media.videos.reading import open_video
from layerpose.motion.library import library_pose
from layerpose.motion.motion_file import read_motion, write_motion
from layerpose.motion.moves import library_motion
from layerpose.motion.pose_file import read_pose, write_pose
from layerpose.motion.read.opening import open_clip
from layerpose.motion.smpl_format import write_smpl_format
from layerpose.motion.timing import select
from layerpose.motion.write.bvh import write_bvh
from layerpose.motion.write.glb import write_glb
from layerpose.motion.write.openpose import write_openpose
from layerpose.motion.write.skeleton_picture import write_skeleton_picture
from layerpose.motion.write.take import Take, moving, still
from layerpose.presets import debug
from layerpose.stages.model import Model
from layerpose.stages.model_folder import load_model, save_model

SIDE, FRAMES = 96, 6
MOTION_TESTS = Path(__file__).parents[1] / "motion"
PICTURES = {"png": {}, "jpg": {"quality": 90}, "webp": {"quality": 80}, "tiff": {"compression": "tiff_lzw"}, "bmp": {},
            "avif": {}, "jp2": {}}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Format:
    """How a format is written and read."""

    name: str
    write: Callable[[Path], Path]
    """Folder -> the file or folder that was written into it."""
    read: Callable[[Path], Any]
    motion: bool = False
    """`layerpose convert` takes it."""


def use_clip(path: Path) -> None:
    """Open a motion and take its first frames."""
    clip = open_clip(path)
    clip.pose(0)
    clip.motion(0, min(clip.num_frames, 3), fps=30)


def look(path: Path) -> None:
    """Open a video and look at its first frames; nobody is searched for."""
    for _ in open_video(path).looks(0, 3):
        pass


def load(path: Path, name: str) -> ModuleType:
    """A module of the readers' tests, whose writers of files are used here."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _take() -> Take:
    return moving(select(library_motion("walk"), 0, 4))


def _still() -> Take:
    return still(library_pose("sit"))


def _photo() -> Image.Image:
    with as_file(files("layerpose") / "examples" / "person.png") as path, Image.open(path) as picture:
        return picture.convert("RGB").resize((SIDE, SIDE * 4 // 3))


def _written(name: str, write: Callable[[Path], Any]) -> Callable[[Path], Path]:
    def into(folder: Path) -> Path:
        write(folder / name)
        return folder / name

    return into


def _gltf(folder: Path) -> Path:
    """JSON with its buffer beside it."""
    record, binary = load(MOTION_TESTS / "test_gltf.py", "fuzz_gltf").scene(_actor())
    (folder / "a.bin").write_bytes(binary)
    (folder / "a.gltf").write_text(json.dumps(record | {"buffers": [{"byteLength": len(binary), "uri": "a.bin"}]}))
    return folder / "a.gltf"


def _glb(folder: Path) -> Path:
    writer = load(MOTION_TESTS / "test_gltf.py", "fuzz_gltf")
    (folder / "a.glb").write_bytes(writer.glb(*writer.scene(_actor())))
    return folder / "a.glb"


def _fbx(form: str) -> Callable[[Path], Path]:
    def into(folder: Path) -> Path:
        writer = load(MOTION_TESTS / "test_fbx.py", "fuzz_fbx")
        (folder / "a.fbx").write_bytes(getattr(writer, form)(writer.scene(_actor(), bound="clusters", rolls=1)))
        return folder / "a.fbx"

    return into


def _actor() -> Any:
    return load(MOTION_TESTS / "conftest.py", "fuzz_actor").actor._get_wrapped_function()()


def _smpl_layout(layout: str) -> Callable[[Path], Path]:
    def into(folder: Path) -> Path:
        return load(MOTION_TESTS / "read" / "conftest.py", "fuzz_smpl").WRITERS[layout](folder).path

    return into


def _picture(suffix: str) -> Callable[[Path], Path]:
    return _written(f"a.{suffix}", lambda path: _photo().save(path, **PICTURES[suffix]))


def _gif(path: Path) -> None:
    first, *others = [_photo().rotate(angle) for angle in range(0, 30, 5)]
    first.save(path, save_all=True, append_images=others, duration=80)


def _video(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264" if path.suffix == ".mp4" else "libvpx-vp9", rate=10)
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        for angle in range(FRAMES):
            picture = _photo().rotate(5 * angle).crop((0, 0, SIDE, SIDE))
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))


def _heic(path: Path) -> None:
    pillow_heif.from_pillow(_photo()).save(path, quality=50)


def _layers() -> LayerSet:
    """One part of one colour."""
    picture = Image.new("RGBA", (12, 9), "red")
    origin = Origin(canvas=SIDE, weights="abc", body=_still().first_body, photo="me.jpg")
    plain = _photo().resize((SIDE, SIDE))
    drawn = (LayerPicture(part="head", left=3, top=4, picture=picture),)
    return LayerSet(origin=origin, drawn=drawn, photo=b"photo", draft=plain, result=plain)


def _layer_folder(folder: Path) -> Path:
    write_layer_folder(_layers(), folder / "layers", comment="Generated.")
    return folder / "layers"


def _changes(read: Callable[[Path], LayerSet]) -> Callable[[Path], None]:
    """Read the layers and find what was painted, as `fuse` does."""

    def use(path: Path) -> None:
        layers = read(path)
        layers.changes(layers.canvas or SIDE)

    return use


def _volume(folder: Path) -> Path:
    torch.manual_seed(0)
    config = VolumeConfig(size=32, num_slices=4, width=16, fine_width=8, num_levels=1, num_groups=2)
    save_network(make_network(config), folder / "network")
    return folder / "network"


def _baseline(folder: Path) -> Path:
    torch.manual_seed(0)
    config = BaselineConfig(
        name="pix2pixhd", canvas=32, networks=Pix2PixHdConfig(width=4, num_blocks=1, discriminator_width=4)
    )
    save_baseline(make_networks(config), config, folder / "baseline")
    return folder / "baseline"


def _model(folder: Path) -> Path:
    torch.manual_seed(0)
    save_model(Model(debug()), folder / "model", half=True)
    return folder / "model"


LAYOUTS = ("AMASS, SMPL-H", "SMPL-X, parts", "Motion-X", "GVHMR", "WHAM", "TRAM", "4D-Humans", "AIST++", "LHM", "MDM")
FORMATS = (
    Format(name="BVH", write=_written("a.bvh", lambda path: write_bvh(_take(), path)), read=use_clip, motion=True),
    Format(name="FBX, binary", write=_fbx("binary"), read=use_clip, motion=True),
    Format(name="FBX, text", write=_fbx("text"), read=use_clip, motion=True),
    Format(name="GLB", write=_glb, read=use_clip, motion=True),
    Format(name="GLB of the body", write=_written("a.glb", lambda path: write_glb(_take(), path)), read=use_clip,
           motion=True),
    Format(name="glTF", write=_gltf, read=use_clip, motion=True),
    Format(name="pose file", write=_written("a.json", lambda path: write_pose(_still().first_body, path)),
           read=read_pose),
    Format(name="motion file", write=_written("a.json", lambda path: write_motion(_take().motion, path)),
           read=read_motion, motion=True),
    Format(name="OpenPose", write=_written("a_keypoints.json", lambda path: write_openpose(_still(), path)),
           read=lambda path: open_clip(path).pose(0)),
    Format(name="skeleton picture", write=_written("a.png", lambda path: write_skeleton_picture(_still(), path)),
           read=open_clip),
    *(Format(name=layout, write=_smpl_layout(layout), read=use_clip, motion=True) for layout in LAYOUTS),
    Format(name="SMPL's file", write=_written("body.npz", write_smpl_format), read=read_smpl),
    Format(name="model folder", write=_model, read=load_model),
    Format(name="volume network", write=_volume, read=load_network),
    Format(name="compared system", write=_baseline, read=load_baseline),
    Format(name="OpenRaster", write=_written("a.ora", lambda path: write_open_raster(_layers(), path)),
           read=_changes(read_open_raster)),
    Format(name="layer folder", write=_layer_folder, read=_changes(read_layer_folder)),
    *(Format(name=f"photo, {suffix}", write=_picture(suffix), read=read_photo) for suffix in PICTURES),
    Format(name="photo, heic", write=_written("a.heic", _heic), read=read_photo),
    Format(name="photo, gif", write=_written("a.gif", _gif), read=read_photo),
    Format(name="GIF as video", write=_written("a.gif", _gif), read=look),
    Format(name="MP4", write=_written("a.mp4", _video), read=look),
    Format(name="WebM", write=_written("a.webm", _video), read=look),
)  # fmt: skip
NAMES = tuple(format.name for format in FORMATS)


def write_all(folder: Path, names: tuple[str, ...] = NAMES) -> dict[str, Path]:
    """Each format's file in a folder of its own."""
    written = {}
    for number, format in enumerate(FORMATS):
        if format.name in names:
            own = folder / f"{number:02d}"
            shutil.rmtree(own, ignore_errors=True)
            own.mkdir(parents=True)
            written[format.name] = format.write(own)
            format.read(written[format.name])  # what is loaded at first use is there before the child is
    return written
