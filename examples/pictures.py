"""The bundled person -> the README's pictures, in docs/pictures: ``make pictures``."""

from __future__ import annotations

import sys
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from layerpose import PoseTransfer, library_pose
from layerpose.cli.run import main
from layerpose.media.pictures import image_to_picture, read_photo
from layerpose.runtime.cache import writing

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
POSES = ("walk", "wave", "warrior-two", "sit", "arms-up", "crossed-legs", "run", "squat")
COLUMNS = 4
CELL = (240, 280)
"""Width and height of one pose in pixels; the photo is as high as two of them."""
DRAWN_AT = 512
GREY = (128, 128, 128)


def draw_poses(photo: Path) -> Image.Image:
    """The photo, an arrow, and the person in eight poses."""
    model = PoseTransfer.load().at_size(DRAWN_AT)
    seen = model.look(photo)
    rows = -(-len(POSES) // COLUMNS)
    height = CELL[1] * rows
    source = read_photo(photo)
    source = source.resize((round(source.width * height / source.height), height), Image.Resampling.LANCZOS)
    grid = source.width + 50
    sheet = Image.new("RGB", (grid + CELL[0] * COLUMNS, height), "white")
    sheet.paste(source)
    pen = ImageDraw.Draw(sheet)
    middle = height // 2
    pen.polygon([(source.width + 14, middle - 16), (source.width + 14, middle + 16), (grid - 12, middle)], fill=GREY)
    for number, name in enumerate(POSES):
        row, column = divmod(number, COLUMNS)
        corner = (grid + column * CELL[0], row * CELL[1])
        sheet.paste(_cell(image_to_picture(model(seen, library_pose(name)).image)), corner)
        pen.text((corner[0] + 8, corner[1] + CELL[1] - 26), name, fill="white", font=ImageFont.load_default(15))
    return sheet


def _cell(picture: Image.Image) -> Image.Image:
    """The middle of a square picture, as high as a cell."""
    square = picture.resize((CELL[1], CELL[1]), Image.Resampling.LANCZOS)
    left = (CELL[1] - CELL[0]) // 2
    return square.crop((left, 0, left + CELL[0], CELL[1]))


def film_walk(photo: Path, out: Path) -> int:
    """The person walks, as an animated WebP."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / out.name
        options = ["--motion", "walk", "--size", "384", "--fps", "15", "--background", "keep"]
        code = main(["animate", str(photo), *options, "-o", str(made)])
        if code == 0:
            with writing(out) as temporary:
                temporary.write_bytes(made.read_bytes())
    return code


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with as_file(files("layerpose") / "examples" / "person.png") as person:
        with writing(FOLDER / "poses.webp") as temporary:
            draw_poses(person).save(temporary, format="WEBP", quality=85, method=6)
        sys.exit(film_walk(person, FOLDER / "walk.webp"))
