"""A person moved within its photo, another background, many photos in one command; with a tiny model."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from layerpose.body.camera import project
from layerpose.body.model import body_model
from layerpose.cli import main
from layerpose.estimation.canvas import Canvas
from layerpose.estimation.estimate import Estimate
from layerpose.estimation.others import Other
from layerpose.export.finish import Finished, finish, finish_group, finish_in_photo
from layerpose.maps.render import place_body, pose_body
from layerpose.media.photos.originals import Original, read_original, write_original
from layerpose.media.pictures import read_photo
from layerpose.motion.library import library_pose
from layerpose.presets import debug
from layerpose.scene.laying import lay
from layerpose.scene.shadows import Shadow
from layerpose.scene.standing import beyond, stand
from layerpose.stages.model import Model
from layerpose.stages.model_folder import save_model
from layerpose.transfer import PoseTransfer
from layerpose.types import Body

Transfer = Callable[..., int]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    save_model(Model(debug()), folder)
    return folder


@pytest.fixture(scope="module")
def model(weights: Path) -> PoseTransfer:
    return PoseTransfer.load(weights, device="cpu")


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """The example person before a wall with a grain, so that a pixel that was touched can be told."""
    with as_file(files("layerpose") / "examples" / "person.png") as example:
        pixels = np.array(read_photo(example)).astype(int)
    grain = np.random.default_rng(3).integers(-4, 5, pixels.shape)
    return Image.fromarray((pixels + grain).clip(0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def seen(model: PoseTransfer, photo: Image.Image) -> Estimate:
    return model.look(photo)


@pytest.fixture(scope="module")
def original(photo: Image.Image) -> Original:
    return Original(numbers=np.array(photo), profile=None)


@pytest.fixture(scope="module")
def walked(model: PoseTransfer, seen: Estimate, original: Original) -> Finished:
    """The person walks in the photo."""
    return finish_in_photo(model, original, seen, library_pose("walk"))


def places(seen: Estimate, shape: tuple[int, ...]) -> np.ndarray:
    """The old and the new place of a person who walks, generously."""
    body, canvas = stand(seen, library_pose("walk"))
    points = project(skin(body), body.camera)[:, :2].numpy() * canvas.side + (canvas.left, canvas.top)
    mask = (seen.landmarks.mask > 0.05).astype(np.uint8)
    mask[tuple(points[:, ::-1].round().astype(int).clip(0, np.array(shape[:2]) - 1).T)] = 1
    return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (241, 241))) > 0


def skin(body: Body) -> torch.Tensor:
    return torch.as_tensor(pose_body(body).vertices[body_model().skin])


def test_all_but_the_old_and_the_new_place_stays_byte_for_byte(
    walked: Finished, seen: Estimate, original: Original, tmp_path: Path
) -> None:
    assert walked.original is not None
    write_original(walked.original, tmp_path / "out.png", comment="drawn")
    with Image.open(tmp_path / "out.png") as written:
        found = np.array(written)
        assert written.info["Comment"] == "drawn"
    assert found.shape == original.numbers.shape
    outside = ~places(seen, found.shape)
    assert outside.mean() > 0.15
    assert np.array_equal(found[outside], original.numbers[outside])
    assert np.abs(found.astype(int) - original.numbers)[~outside].mean() > 3


def darken(numbers: np.ndarray, dark: np.ndarray, canvas: Canvas) -> np.ndarray:
    shaded = numbers.copy()
    lay(shaded, canvas, np.zeros((*dark.shape, numbers.shape[2]), np.float32), dark)
    return shaded


def test_a_hard_shadow_moves_with_the_person(model: PoseTransfer, photo: Image.Image) -> None:
    room = np.pad(np.array(photo), ((0, 0), (0, photo.width), (0, 0)), mode="reflect")
    room[:, photo.width :] = room[:, :40].mean((0, 1))  # nobody a second time
    seen, sun, pose = (
        model.look(Image.fromarray(room)),
        Shadow(fall=(0.8, -0.1, 0.2), strength=0.5),
        library_pose("bow"),
    )
    body, square = stand(seen, pose)
    casts = (
        (sun.cast(place_body(seen.body), seen.canvas.size), seen.canvas),
        (sun.cast(place_body(body), square.size), square),
    )
    white = np.full((*room.shape[:2], 1), 255, np.uint8)
    old, new = (1 - darken(white, *cast)[..., 0] / 255 for cast in casts)
    person = seen.landmarks.mask[..., None] > 0.5
    original = Original(numbers=np.where(person, room, darken(room, *casts[0])), profile=None)
    around = cv2.dilate(person.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0
    moved, left = (finish_in_photo(model, original, seen, pose, shadow=s).original for s in (True, False))
    assert moved is not None
    assert left is not None
    plain = room.astype(int)
    for found, was, comes in ((moved, 0, 1), (left, 1, 0)):
        change = (found.numbers.astype(int) - plain).mean(2) / plain.mean(2)
        gone = (old > 0.4) & (new < 0.05) & ~around
        there = (new > 0.4) & (old < 0.05) & ~around
        assert min(gone.sum(), there.sum()) > 300
        assert np.median(change[gone]) == pytest.approx(-0.5 * was, abs=0.12)
        assert np.median(change[there]) == pytest.approx(-0.5 * comes, abs=0.12)


def test_the_feet_stand_where_they_stood_and_the_body_is_as_large(seen: Estimate) -> None:
    def on_photo(body: Body, canvas: Canvas) -> np.ndarray:
        return project(skin(body), body.camera)[:, :2].numpy() * canvas.side + (canvas.left, canvas.top)

    before = on_photo(seen.body, seen.canvas)
    for name in ("walk", "arms-up", "squat"):
        body, canvas = stand(seen, library_pose(name))
        after = on_photo(body, canvas)
        assert abs(after[:, 1].max() - before[:, 1].max()) < 1.5
        assert body.camera.scale * canvas.side == pytest.approx(seen.body.camera.scale * seen.canvas.side)
        low, high = after.min(0) - (canvas.left, canvas.top), after.max(0) - (canvas.left, canvas.top)
        assert low.min() > 0
        assert high.max() < canvas.side


def test_a_larger_photo_of_the_same_gets_the_same_picture_larger(
    model: PoseTransfer, seen: Estimate, original: Original, walked: Finished
) -> None:
    large = np.array(original.picture.resize((2 * original.numbers.shape[1], 2 * original.numbers.shape[0])))
    small = walked.picture
    made = finish_in_photo(model, replace(original, numbers=large), seen, library_pose("walk")).picture
    assert made.size == (2 * small.width, 2 * small.height)
    shrunk = np.asarray(made.resize(small.size, Image.Resampling.BOX), dtype=int)
    assert np.abs(shrunk - np.asarray(small, dtype=int)).mean() < 3


def test_what_is_laid_into_a_photo_lands_on_its_pixels() -> None:
    """A canvas of 4 pixels over 40 of the photo, half of it beyond the edge; and one smaller than its drawing."""
    numbers = np.full((60, 60, 3), 10, np.uint8)
    colour, cover = np.full((4, 4, 3), 200.0, np.float32), np.zeros((4, 4), np.float32)
    cover[:, 2:] = 1
    lay(numbers, Canvas(left=-20, top=10, side=40, size=4), colour, cover)
    assert (numbers[20:40, 8:16] == 200).all()
    assert (numbers[:, 21:] == 10).all()
    assert (numbers[:10] == 10).all()
    lay(numbers, Canvas(left=40, top=2, side=2, size=4), colour, np.ones((4, 4), np.float32))
    assert (numbers[2:4, 40:42] == 200).all()


def test_the_square_is_cut_around_the_person(model: PoseTransfer, seen: Estimate, original: Original) -> None:
    done = finish_in_photo(model, original, seen, library_pose("walk"), square=True)
    assert done.picture.size == (128, 128)
    assert np.abs(np.asarray(done.picture, dtype=int)[2, 2] - original.numbers[2, 2]).max() < 60


def test_a_photo_in_other_colours_keeps_them(
    model: PoseTransfer, seen: Estimate, original: Original, walked: Finished, tmp_path: Path
) -> None:
    """Lab's own profile stands for any: sRGB with the channels' names is what Pillow can make."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    tagged = replace(original, profile=profile)
    done = finish_in_photo(model, tagged, seen, library_pose("walk"))
    assert done.original is not None
    write_original(done.original, tmp_path / "out.jpg", comment="drawn")
    with Image.open(tmp_path / "out.jpg") as written:
        assert written.info["icc_profile"] == profile
        assert written.info["comment"] == b"drawn"
        assert written.size == original.picture.size
    assert np.abs(np.asarray(done.picture, dtype=int) - np.asarray(walked.picture, dtype=int)).max() <= 3


@pytest.mark.parametrize("mode", ["L", "P", "CMYK"])
def test_photos_of_other_modes_are_given_back(
    model: PoseTransfer, seen: Estimate, photo: Image.Image, tmp_path: Path, mode: str
) -> None:
    path = tmp_path / ("photo.tif" if mode == "CMYK" else "photo.png")
    photo.convert(mode).save(path, **({"compress_level": 1} if path.suffix == ".png" else {}))
    if mode == "CMYK":
        with pytest.warns(UserWarning, match="is CMYK; it is given back as RGB"):
            found = read_original(path)
    else:
        found = read_original(path)
    done = finish_in_photo(model, found, seen, library_pose("walk"))
    assert done.picture.mode == ("L" if mode == "L" else "RGB")
    assert done.picture.size == photo.size


def test_other_backgrounds_are_those_of_animate(model: PoseTransfer, seen: Estimate) -> None:
    clear = finish(model, seen, library_pose("walk"), background="transparent").picture
    assert clear.mode == "RGBA"
    assert clear.getpixel((1, 1))[3] == 0
    assert clear.getpixel((64, 64))[3] == 255
    orange = finish(model, seen, library_pose("walk"), background="#ff8000").picture
    assert np.abs(np.array(orange.getpixel((1, 1))) - (255, 128, 0)).max() <= 1


@pytest.fixture
def transfer(weights: Path, seen: Estimate, monkeypatch: pytest.MonkeyPatch) -> Transfer:
    """The command in this process; the fit, which never differs, is made once for all tests."""
    monkeypatch.setattr("layerpose.transfer.estimate", lambda photo, size, **_: seen)

    def run(*words: object) -> int:
        return main(["transfer", *map(str, words), "--weights", str(weights)])

    return run


@pytest.fixture
def album(tmp_path: Path, photo: Image.Image) -> Path:
    """Two photos, a file that only claims to be one, and a note."""
    folder = tmp_path / "album"
    folder.mkdir()
    photo.save(folder / "a.png", compress_level=1)
    photo.save(folder / "b.jpg", quality=90)
    (folder / "c.jpg").write_bytes(b"not a photo" * 100)
    (folder / "notes.txt").write_text("a, b")
    return folder


@pytest.mark.filterwarnings("always:left out")
def test_one_bad_photo_does_not_stop_the_others_and_they_are_not_drawn_twice(
    transfer: Transfer, album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert transfer(album, "-p", "walk", "-o", out, "-b", "keep") == 2
    said = capsys.readouterr()
    assert "1 of 3 photos were left out" in said.err
    assert "c.jpg is not a picture" in said.err
    assert "not those of photos: notes.txt" in said.err
    assert sorted(path.name for path in out.iterdir()) == ["a.png", "b.jpg", "transfer.json"]
    times = [path.stat().st_mtime_ns for path in sorted(out.iterdir())]
    (out / "b.jpg").unlink()
    assert transfer(album, "-p", "walk", "-o", out, "-b", "keep") == 2
    assert "Going on: 1 of 3 pictures are there already" in capsys.readouterr().out
    assert [path.stat().st_mtime_ns for path in sorted(out.iterdir())][0::2] == times[0::2]
    (album / "c.jpg").unlink()
    (album / "notes.txt").unlink()
    assert transfer(album, "-p", "walk", "-o", out, "-b", "keep") == 0
    assert transfer(album, "-p", "wave", "-o", out, "-b", "keep") == 2
    assert "was begun with pose 'walk', not 'wave'" in capsys.readouterr().err


def test_a_picture_goes_from_standard_input_to_standard_output(
    transfer: Transfer, photo: Image.Image, monkeypatch: pytest.MonkeyPatch, capfdbinary
) -> None:
    stored = io.BytesIO()
    photo.save(stored, format="PNG", compress_level=1)

    class Input:
        buffer = io.BytesIO(stored.getvalue())

    monkeypatch.setattr(sys, "stdin", Input)
    for words, size in (((), (128, 128)), (("-b", "keep"), photo.size)):
        Input.buffer = io.BytesIO(stored.getvalue())
        assert transfer("-", "-p", "walk", "-o", "-", *words) == 0
        sys.stdout.flush()
        said = capfdbinary.readouterr()
        with Image.open(io.BytesIO(said.out)) as picture:
            assert (picture.format, picture.size) == ("PNG", size)
        assert b"Fit:" in said.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("-o", "out.png", "--square"), "--square is for --background keep"),
        (("-o", "out.jpg"), "does not end in .png"),
        (("-o", "out.gif", "-b", "keep"), "does not end in .png"),
        (("-o", "out.png", "-b", "reddish"), "neither a colour nor a file"),
        (("second.png", "-o", "out.png"), "out.png is a file's name"),
        (("second.png", "-o", "folder", "--sheet", "s.png"), "--sheet: only for one photo"),
        (("-", "-o", "folder"), "standard input (-) is for one photo"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    transfer: Transfer, album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...],
    reason: str, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert transfer(album / "a.png", *words, "-p", "walk") == 2
    said = capsys.readouterr().err
    assert reason in said
    assert len(said.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["album"]


def test_a_cut_out_has_no_background_to_keep(
    transfer: Transfer, photo: Image.Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clear = photo.copy()
    clear.putalpha(Image.new("L", photo.size, 90))
    clear.save(tmp_path / "cut.png", compress_level=1)
    assert transfer(tmp_path / "cut.png", "-p", "walk", "-o", tmp_path / "o.png", "-b", "keep") == 2
    assert "no background to keep" in capsys.readouterr().err


def beside(seen: Estimate, *, nearer: bool) -> Other:
    """Somebody who covers the middle of the photo's person, and stands before or behind it."""
    moved = seen.landmarks.image.copy()
    moved[:, 1] += 40 if nearer else -40
    cover = np.zeros(seen.landmarks.mask.shape, np.uint8)
    x, y = seen.landmarks.image[[11, 12, 23, 24], :2].mean(0).astype(int)
    cover[y - 60 : y + 60, x : x + 120] = 255
    landmarks = replace(seen.landmarks, image=moved, mask=(cover > 0).astype(np.float64))
    other = Other(number=2, pixels=np.zeros((*cover.shape, 3), np.uint8), landmarks=landmarks)
    other.__dict__["cover"] = cover
    return other


@pytest.mark.parametrize("nearer", [True, False])
def test_only_who_stands_nearer_covers_the_person_who_is_moved(
    model: PoseTransfer, seen: Estimate, original: Original, *, nearer: bool
) -> None:
    other = beside(seen, nearer=nearer)
    mask = np.where(other.cover > 0, 0, seen.landmarks.mask)
    cut = seen.canvas.cut(other.cover, outside=0) / 255
    photo = replace(seen.photo, mask=seen.photo.mask * torch.from_numpy(cut < 0.5))
    apart = replace(seen, photo=photo, landmarks=replace(seen.landmarks, mask=mask), others=(other,))
    done = finish_group(model, original, [(apart, library_pose("walk"))])
    assert done.original is not None
    # The model's canvas has one pixel for eight of the photo, and what is laid is smooth over two of them.
    inner = cv2.erode(other.cover, np.ones((49, 49), np.uint8)) > 0
    same = (done.original.numbers == original.numbers)[inner].all(-1)
    assert same.all() if nearer else same.mean() < 0.5


def test_who_reaches_beyond_the_photo_is_told(model: PoseTransfer, photo: Image.Image) -> None:
    rows = np.flatnonzero((model.look(photo).landmarks.mask > 0.5).any(1))
    close = photo.crop((0, int(rows[0]) - 4, photo.width, photo.height))
    seen, original = model.look(close), Original(numbers=np.array(close), profile=None)
    with pytest.warns(UserWarning, match=r"beyond the photo \(left hand, right hand\): what lies outside is lost"):
        finish_in_photo(model, original, seen, library_pose("arms-up"))
    assert beyond(*stand(seen, library_pose("walk")), seen) == []
