"""Draw the pictures of the documentation from the bundled sample: `python docs/contact_sheet.py`.

Writes the maps and charts of FSW in English as small PNGs, and all of them on one sheet per language
(`contact_sheet.png`, `contact_sheet_sq.png`, `contact_sheet_sr-Cyrl.png`), to `docs/pictures`.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread, imsave

import pse
from mapping.boundaries import study_boundaries
from mapping.inside import write_inside_maps
from mapping.maps import tables_to_draw, write_maps
from mapping.release import release
from mapping.style import METADATA

PICTURES = Path(__file__).resolve().parent / "pictures"
SMALL, THUMB, COLUMNS = 520, 290, 5  # width of a picture and of a thumbnail, in pixels
ORDER = (
    "rate_map",
    "size_map",
    "kps_map",
    "days_map",
    "forest",
    "waterfall",
    "days",
    "hours",
    "levels",
    "lorenz",
)
OTHERS = ("MSM.png", "PWID.png")
LANGUAGES = {"en": "contact_sheet", "sq": "contact_sheet_sq", "sr-Cyrl": "contact_sheet_sr-Cyrl"}


def main() -> None:
    """Estimate the sample and draw what may be shown of it to everybody."""
    study = pse.read_study(pse.sample_folder())
    sizes = pse.estimate_study(study)
    released = release(sizes, "public")
    inside = release(sizes, "restricted")  # the sample is synthetic: nobody is in danger from it
    areas = study_boundaries(study)
    for lang, sheet in LANGUAGES.items():
        with TemporaryDirectory() as place:
            common = {"formats": ["png"], "source": study.title, "lang": lang}
            paths = write_maps(tables_to_draw(released), areas, place, **common)
            paths += write_inside_maps(inside, study, areas, place, **common)
            draw_pictures(paths, PICTURES, small=lang == "en", sheet=sheet)


def draw_pictures(paths: Sequence[Path], folder: Path, *, small: bool, sheet: str) -> list[Path]:
    """Write the contact sheet of pictures and, where wanted, small ones of FSW and all KPs; return paths."""
    folder.mkdir(parents=True, exist_ok=True)
    ordered = sorted(paths, key=lambda path: [not path.name.startswith(kind) for kind in ORDER])
    pictures = {path.name: imread(path) for path in ordered}
    written = []
    for name, picture in pictures.items():
        if small and name.split("_")[-1] not in OTHERS:
            written.append(folder / name)
            _save(_page([picture], width=SMALL, columns=1), written[-1])
    written.append(folder / f"{sheet}.png")
    _save(_page(list(pictures.values()), width=THUMB, columns=COLUMNS), written[-1])
    return written


def _page(pictures: Sequence[np.ndarray], *, width: int, columns: int) -> Figure:
    """Lay pictures out in rows, each `width` pixels wide, the height of a row from its tallest picture."""
    rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    heights = [max(round(width * len(picture) / picture.shape[1]) for picture in row) for row in rows]
    page = Figure(figsize=(width * min(columns, len(pictures)) / 100, sum(heights) / 100), dpi=100)
    top = float(sum(heights))
    for row, height in zip(rows, heights, strict=True):
        for place, picture in enumerate(row):
            tall = width * len(picture) / picture.shape[1]
            across, up = page.bbox.size
            ax = page.add_axes((place * width / across, (top - tall) / up, width / across, tall / up))
            ax.imshow(picture, interpolation="hanning", aspect="auto")
            ax.set_axis_off()
        top -= height
    return page


def _save(page: Figure, path: Path) -> None:
    """Write a PNG with 16 shades of each colour: a third of the size, and no visible difference."""
    canvas = FigureCanvasAgg(page)
    canvas.draw()
    shades = np.asarray(canvas.buffer_rgba())[..., :3] / 17
    pixels = (17 * np.round(shades)).astype(np.uint8)
    imsave(path, pixels, metadata=METADATA["png"], pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
