"""`write_webmap`: one HTML file with map and table that works without a network and asks for none."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any

import geopandas as gpd
import pandas as pd

from mapping.labels import check_language, number, texts
from mapping.points import checked_points
from mapping.release import Released
from mapping.web.content import HIDDEN, page_content

WEB = Path(__file__).with_name("web")
WGS84 = "EPSG:4326"
RECEIPT_WIDTH = 78
SCRIPTS = ("words.js", "map.js", "table.js", "page.js")
"""They become one script, in this order."""


def write_webmap(
    released: Released,
    areas: gpd.GeoDataFrame,
    path: str | Path,
    *,
    title: str,
    source: str,
    lang: str = "en",
    points: gpd.GeoDataFrame | None = None,
) -> Path:
    """Write an offline web map: one HTML file with a layer per KP, day of week, table and search.

    Parameters
    ----------
    released : Released
        What may be shown, from `release`; nothing is hidden here.
    areas : geopandas.GeoDataFrame
        As from `study_boundaries`, in any CRS: `municipality`, `geometry` and, where given, `schematic`
        and `name` (to show instead of the name in the tables, and for areas that are not mapped).
        Municipalities without an area are left out, and a note says how many they are.
    path : str or pathlib.Path
        The file to write, `.html`; its folder must be there.
    title : str
        Title of the page.
    source : str
        Where the numbers come from: study, year, who.
    lang : {"en", "sq", "sr-Latn", "sr-Cyrl", "mk", "uk"}
        Language of the page and of its numbers.
    points : geopandas.GeoDataFrame, optional
        Spots to draw, in any CRS: `kp`, point geometry and `masked` (bool) as from `masked_points`. Rows
        without a point are left out. At `programme` every point must be masked, at `restricted` not; at
        `public` there are no points. Other columns do not go out.

    Returns
    -------
    pathlib.Path
        `path`.

    Raises
    ------
    ValueError
        If a municipality is twice in the table or in the areas, or none has an area, for points that the
        level of release does not allow, and for another language.

    Notes
    -----
    The file holds Leaflet (from the package xstatic-leaflet) and no link to anything outside; its
    Content-Security-Policy lets a browser load nothing and run no script but its own, known by hash. It
    names no author, date or program. The numbers in it are rounded as they are shown, and a hidden number is
    not in it.
    """
    _check_areas(released.tables["municipalities"], areas)
    if points is not None:
        points = checked_points(points, released)
    areas = areas.to_crs(WGS84)
    content = page_content(released, areas, lang=check_language(lang), points=points)
    page = _page(content, released, areas, title=title, source=source)
    path = Path(path)
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def _check_areas(table: pd.DataFrame, areas: gpd.GeoDataFrame) -> None:
    if not table["municipality"].isin(areas["municipality"]).any():
        raise ValueError(
            "areas must hold a municipality of the release; got none. Is there a KP in the study? "
            "Check the codes in the boundaries."
        )
    if table.duplicated(["municipality", "kp"]).any() or areas["municipality"].duplicated().any():
        raise ValueError(
            "municipality must be once in areas, and once per KP in the table; got some twice. Merge them."
        )
    if areas.crs is None:
        raise ValueError("areas must say their coordinate system; got none. Read them by read_boundaries.")


def _page(
    content: dict[str, Any], released: Released, areas: gpd.GeoDataFrame, *, title: str, source: str
) -> str:
    lang = content["lang"]
    words = texts("web", lang)
    plain = {
        "lang": lang,
        "title": title,
        "level": released.level,
        "level_text": words[f"level_{released.level}"],
        "source_label": words["source"],
        "source": source,
        "receipt_label": words["receipt"],
        **{key: words[key] for key in ("noscript", "kp", "day", "search", "map", "table", "keys")},
    }
    mark = " ".join(text for text in (plain["level_text"], released.stamp) if text)
    parts = {key: html.escape(text) for key, text in plain.items()} | _program(mark)
    parts["stamp"] = f'<p class="stamp">{html.escape(released.stamp)}</p>' if released.stamp else ""
    parts["content"] = _json(content)
    parts["notes"] = "".join(f"<li>{html.escape(note)}</li>" for note in _notes(content, released, areas))
    parts["receipt"] = _paragraphs(released.receipt)
    return Template(_read("map.html")).substitute(parts)


def _program(mark: str) -> dict[str, str]:
    """Return styles and scripts, as they stand in the page, and the policy that lets only these run.

    `mark` is a text for the bottom margin of every printed page.
    """
    from xstatic.pkg import leaflet

    folder = Path(leaflet.BASE_DIR)
    parts = {
        "leaflet_css": _without_images((folder / "leaflet.css").read_text(encoding="utf-8")),
        "leaflet_js": _without_links((folder / "leaflet.js").read_text(encoding="utf-8")),
        "map_css": _read("map.css"),
        "print_css": f'@page {{ @bottom-left {{ content: "{_css_text(mark)}" }} }}',
        "map_js": "\n".join(_read(name) for name in SCRIPTS),
        "licence": _read("leaflet-licence.txt"),
    }
    scripts = " ".join(_hash(parts[name]) for name in ("leaflet_js", "map_js"))
    styles = " ".join(_hash(parts[name]) for name in ("leaflet_css", "map_css", "print_css"))
    parts["policy"] = (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return parts


def _css_text(text: str) -> str:
    """Return a text for a CSS string: all but letters, digits and spaces by code, which a space ends."""
    return re.sub(r"[^\w ]", lambda found: f"\\{ord(found[0]):x} ", text)


def _without_images(css: str) -> str:
    """Return Leaflet's style without comments and images (markers, layer button: not used)."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"[\w-]+:\s*url\([^)]*\);", "", css)


def _without_links(script: str) -> str:
    """Return Leaflet's script without its source map; `http:` and `//` are held apart.

    What is left are XML names, which no browser fetches, and the home page of Leaflet, which is not shown.
    Held apart, a plain search for links in the file finds none.
    """
    script = re.sub(r"\n//# sourceMappingURL=\S*\s*$", "\n", script)
    return re.sub(r"(https?):/(?=/)", r"\1:\\x2f", script)


def _read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _json(content: dict[str, Any]) -> str:
    """Return JSON that no text in it can break out of."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _paragraphs(text: str) -> str:
    """Return the paragraphs of a wrapped text as HTML: one ends where the next word still had room."""
    lines = [line for line in text.splitlines() if line.strip()]
    joined = lines[:1]
    for before, line in pairwise(lines):
        if len(before) + 1 + len(line.partition(" ")[0]) <= RECEIPT_WIDTH:
            joined.append(line)
        else:
            joined[-1] += f" {line}"
    return "".join(f"<p>{html.escape(part)}</p>" for part in joined)


def _notes(content: dict[str, Any], released: Released, areas: gpd.GeoDataFrame) -> Iterator[str]:
    """Yield the sentences under the map: what the numbers are, and what they are not."""
    words = content["texts"]
    table = released.tables["municipalities"]
    kinds = table[["interval", "level"]].dropna(subset="interval").drop_duplicates()
    for interval, level in zip(kinds["interval"], kinds["level"], strict=True):
        percent = "" if pd.isna(level) else number(100 * float(level), content["lang"])
        yield words[f"note_{interval}"].format(level=percent)
    for basis in sorted(table["size_basis"].dropna().unique()):
        if f"note_{basis}" in words:
            yield words[f"note_{basis}"]
    if any(kp["days"] for kp in content["kps"]):
        yield words["note_days"]
    cells = [cell for area in content["areas"] for cell in _all_cells(area)]
    if HIDDEN in cells:
        yield words["note_hidden"]
    if None in cells:
        yield words["note_not_mapped"]
    lost = table.loc[~table["municipality"].isin(areas["municipality"]), "municipality"].nunique()
    if lost:
        count = number(lost, content["lang"])
        yield texts("maps", content["lang"])["not_drawn"].format(count=count)
    if "schematic" in areas and areas["schematic"].any():
        yield words["note_schematic"]
    if content["points"] is not None and released.level != "restricted":
        yield words["note_masked"]


def _all_cells(area: dict[str, Any]) -> list[Any]:
    return [*area["cells"], *(cell for days in area["days"] if days for cell in days)]
