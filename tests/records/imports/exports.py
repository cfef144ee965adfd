"""One constructed field exercise, written as Kobo, ODK Central and a Serbian office would hand it in.

No place, person or spot is real but for the names of municipalities. Every writer takes the same records, so
that what is planted once stands in every file.
"""

import csv
import io
import zipfile
from copy import deepcopy
from pathlib import Path

from openpyxl import Workbook

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MUNICIPALITIES = [
    {"municipality": "M1", "name": "Prishtinë", "name_sr": "Priština", "adult_men": 60000,
     "adult_women": 62000, "mapped": "yes", "lat": 42.6629, "lon": 21.1655},
    {"municipality": "M2", "name": "Gjakovë", "name_sr": "Đakovica", "adult_men": 28000,
     "adult_women": 29000, "mapped": "yes", "lat": 42.3803, "lon": 20.4308},
]  # fmt: skip
CYRILLIC = {
    "M1": "Приштина", "M2": "Ђаковица", "taxi": "таксиста", "bartender": "конобар", "bar": "бар",
    "street": "улица", "FSW": "сексуалне раднице", "MSM": "мушкарци који имају секс са мушкарцима",
    "active": "активно", "inactive": "затворено", "not_found": "није нађено",
    "mon": "понедељак", "tue": "уторак", "wed": "среда", "thu": "четвртак", "fri": "петак", "sat": "субота",
    "sun": "недеља",
}  # fmt: skip


def uuid(number):
    return f"{number:08x}-0000-4000-8000-{number:012x}"


def informants():
    """Level 1: informants with the spots that they named; the last one named nothing."""
    places = {"S1": (42.6601, 21.1602), "S2": (42.6702, 21.1703), "S3": (42.3804, 20.4305)}
    spots = {
        "S1": {"spot_id": "S1", "spot_name": "Kafe Alfa", "kp": "FSW", "typology": "bar"},
        "S2": {"spot_id": "S2", "spot_name": "Park Beta", "kp": "MSM", "typology": "street"},
        "S3": {"spot_id": "S3", "spot_name": "Most Gama", "kp": "FSW", "typology": "street"},
    }

    def named(spot, low, high, days):
        lat, lon = places[spot]
        return {**spots[spot], "kp_min": low, "kp_max": high, "peak_days": days, "lat": lat, "lon": lon}

    return [
        {"uuid": uuid(1), "interview_id": "A1", "informant_type": "taxi", "municipality": "M1", "zone": "Z1",
         "date": "2016-05-13", "spots": [named("S1", 8, 14, "fri sat"), named("S2", 10, 20, "sat")]},
        {"uuid": uuid(2), "interview_id": "A2", "informant_type": "bartender", "municipality": "M1",
         "zone": "Z1", "date": "2016-05-14",
         "spots": [named("S1", 6, 10, "fri"), named("S2", 12, 18, "fri sat")]},
        {"uuid": uuid(3), "interview_id": "A3", "informant_type": "taxi", "municipality": "M2", "zone": "Z1",
         "date": "2016-06-02", "spots": [named("S3", 4, 9, "wed")]},
        {"uuid": uuid(4), "interview_id": "A4", "informant_type": "taxi", "municipality": "M2", "zone": "Z1",
         "date": "2016-06-15", "spots": []},
    ]  # fmt: skip


def visits():
    """Level 2: interviews at spots."""
    base = {"zone": "Z1", "status": "active", "other_spots_mean": 1.5, "share_other_spots": 0.5}
    return [
        {**base, "uuid": uuid(11), "interview_id": "B1", "municipality": "M1", "spot_id": "S1", "kp": "FSW",
         "typology": "bar", "usual_min": 6, "usual_max": 12, "peak_min": 10, "peak_max": 18,
         "peak_days": "fri sat", "hours": "18-24 00-02", "date": "2016-05-20"},
        {**base, "uuid": uuid(12), "interview_id": "B2", "municipality": "M1", "spot_id": "S2", "kp": "MSM",
         "typology": "street", "usual_min": 8, "usual_max": 14, "peak_min": 9, "peak_max": 16,
         "peak_days": "sat", "hours": "20-24", "date": "2016-05-21"},
        {"uuid": uuid(13), "interview_id": "B3", "municipality": "M2", "zone": "Z1", "spot_id": "S3",
         "kp": "FSW", "typology": "street", "status": "inactive",
         "usual_min": None, "usual_max": None, "peak_min": None,
         "peak_max": None, "peak_days": None, "hours": None, "date": "2016-06-20",
         "share_other_spots": None, "other_spots_mean": None},
    ]  # fmt: skip


def exercise():
    """Return fresh records: level 1 and level 2."""
    return deepcopy((informants(), visits()))


# Kobo


def kobo_level1(records, path: Path, extra=None) -> Path:
    """A form with a repeat `spot`: two sheets joined by _index and _parent_index."""
    main = ["start", "end", "interview_id", "informant_type", "where/municipality", "where/zone", "date",
            *(extra or []), "meta/rootUuid", "_id", "_uuid", "_submission_time", "_index"]  # fmt: skip
    repeat = ["spot/spot_id", "spot/spot_name", "spot/kp", "spot/typology", "spot/kp_min", "spot/kp_max",
              "spot/peak_days", *(f"spot/peak_days/{day}" for day in DAYS), "spot/gps",
              "_gps_latitude",
              "_gps_longitude", "_index", "_parent_table_name", "_parent_index",
              "_submission__uuid"]  # fmt: skip
    book = Workbook()
    sheet, spots = book.active, book.create_sheet("spot")
    sheet.title = "level 1"
    sheet.append(main)
    spots.append(repeat)
    number = 0
    for index, record in enumerate(records, start=1):
        sheet.append(_kobo_row(record, main, index))
        for spot in record["spots"]:
            number += 1
            spots.append(_kobo_spot(spot, repeat, number, index, record["uuid"]))
    book.save(path)
    return path


def _kobo_row(record, headings, index):
    given = {
        "start": record.get("start", f"{record['date']}T10:00:00.000+02:00"),
        "end": record.get("end", f"{record['date']}T10:30:{index:02d}.000+02:00"),
        "meta/rootUuid": f"uuid:{record.get('root', record['uuid'])}",
        "_id": 100 + index,
        "_uuid": record["uuid"],
        "_submission_time": record.get("sent", f"{record['date']}T12:00:00"),
        "_index": index,
    }
    return [given.get(h, record.get(h.rpartition("/")[2])) for h in headings]


def _kobo_spot(spot, headings, number, parent, uuid_):
    chosen = (spot["peak_days"] or "").split()
    given = {
        "spot/gps": f"{spot['lat']} {spot['lon']} 580.0 4.5",
        "_gps_latitude": spot["lat"], "_gps_longitude": spot["lon"],
        "_index": number, "_parent_table_name": "level 1", "_parent_index": parent,
        "_submission__uuid": uuid_,
    }  # fmt: skip
    given |= {f"spot/peak_days/{day}": int(day in chosen) for day in DAYS}
    return [given[h] if h in given else spot.get(h.rpartition("/")[2]) for h in headings]


LEVEL2 = ("interview_id", "municipality", "zone", "spot_id", "kp", "status", "typology", "usual_min",
          "usual_max", "peak_min", "peak_max", "peak_days", "date", "hours", "share_other_spots",
          "other_spots_mean")  # fmt: skip


def kobo_level2(records, path: Path) -> Path:
    """A form without repeats as Kobo's CSV: semicolons, a byte order mark, groups before the names."""
    headings = [
        "start",
        "end",
        *(f"visit/{name}" for name in LEVEL2),
        "_id",
        "_uuid",
        "_submission_time",
        "_index",
    ]
    rows = [_kobo_row(record, headings, i) for i, record in enumerate(records, start=1)]
    path.write_text(as_csv([headings, *rows], ";"), encoding="utf-8-sig", newline="")
    return path


def as_csv(rows, separator=",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator).writerows([["" if v is None else v for v in row] for row in rows])
    return text.getvalue()


# ODK Central


def odk_zip(level1, level2, path: Path) -> Path:
    """Two forms in one zip, as when both exports are put together: a file a repeat, joined by keys."""
    main = ["SubmissionDate", "start", "end", "interview_id", "informant_type", "where-municipality",
            "where-zone", "date", "meta-instanceID", "KEY", "SubmitterName", "FormVersion"]  # fmt: skip
    repeat = ["spot_id", "spot_name", "kp", "typology", "kp_min", "kp_max", "peak_days", "gps-Latitude",
              "gps-Longitude", "gps-Altitude", "gps-Accuracy", "PARENT_KEY", "KEY"]  # fmt: skip
    rows, spots = [main], [repeat]
    for i, record in enumerate(level1, start=1):
        rows.append(_odk_row(record, main, i))
        key = f"uuid:{record['uuid']}"
        for number, spot in enumerate(record["spots"], start=1):
            given = {"gps-Latitude": spot["lat"], "gps-Longitude": spot["lon"], "gps-Altitude": 580,
                     "gps-Accuracy": 4.5, "PARENT_KEY": key, "KEY": f"{key}/spot[{number}]"}  # fmt: skip
            spots.append([given[h] if h in given else spot.get(h) for h in repeat])
    visit = [
        "SubmissionDate",
        "start",
        "end",
        *(f"visit-{name}" for name in LEVEL2),
        "meta-instanceID",
        "KEY",
    ]
    visits = [visit, *(_odk_row(record, visit, i) for i, record in enumerate(level2, start=1))]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("level1.csv", as_csv(rows))
        package.writestr("level1-spot.csv", as_csv(spots))
        package.writestr("level2.csv", as_csv(visits))
    return path


def _odk_row(record, headings, index):
    key = f"uuid:{record['uuid']}"
    given = {"SubmissionDate": f"{record['date']}T12:00:00.000Z",
             "start": f"{record['date']}T10:00:00.000+02:00",
             "end": record.get("end", f"{record['date']}T10:30:{index:02d}.000+02:00"),
             "meta-instanceID": key, "KEY": key, "SubmitterName": "team-1", "FormVersion": "1"}  # fmt: skip
    return [given.get(h, record.get(h.rpartition("-")[2])) for h in headings]


# A Serbian office

SERBIAN_LEVEL1 = {
    "Шифра интервјуа": "interview_id", "Врста информанта": "informant_type", "Општина": "municipality",
    "Зона": "zone", "Шифра места": "spot_id", "Популација": "kp", "Врста места": "typology",
    "Најмање": "kp_min", "Највише": "kp_max", "Датум": "date", "Назив места": "spot_name",
    "Дани са највише људи": "peak_days", "Ширина": "lat", "Дужина": "lon",
}  # fmt: skip
SERBIAN_LEVEL2 = {
    "Шифра интервјуа": "interview_id", "Општина": "municipality", "Зона": "zone", "Шифра места": "spot_id",
    "Популација": "kp", "Статус": "status", "Врста места": "typology", "Обичан дан најмање": "usual_min",
    "Обичан дан највише": "usual_max", "Вршни дан најмање": "peak_min", "Вршни дан највише": "peak_max",
    "Дани са највише људи": "peak_days", "Датум": "date", "Сати": "hours",
    "Удео на другим местима": "share_other_spots", "Просек других места": "other_spots_mean",
}  # fmt: skip


def serbian_rows(records, headings, *, typed):
    """Rows with Cyrillic words; numbers with decimal commas unless the cells are typed."""
    rows = [list(headings)]
    for record in records:
        for spot in record.get("spots", [{}]) or [{}]:
            rows.append([_serbian({**record, **spot}.get(c), c, typed=typed) for c in headings.values()])
    return rows


def _serbian(value, column, *, typed):
    if value is None:
        return None
    if column == "date":
        year, month, day = str(value).split("-")
        return f"{int(day)}.{int(month)}.{year}."
    if column == "peak_days":
        return ", ".join(CYRILLIC.get(day, day) for day in str(value).split())
    if column == "hours":
        return ", ".join(str(value).split())
    if column in ("municipality", "kp", "status", "typology", "informant_type"):
        return CYRILLIC.get(value, value)
    if isinstance(value, float) and not typed:
        return str(value).replace(".", ",")
    return value


def serbian_workbook(level1, level2, path: Path) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in (("Информанти", serbian_rows(level1, SERBIAN_LEVEL1, typed=True)),
                       ("Посете", serbian_rows(level2, SERBIAN_LEVEL2, typed=True))):  # fmt: skip
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def serbian_csv(level1, level2, folder: Path) -> list[Path]:
    """The twin of the workbook: semicolons, decimal commas, Windows-1251."""
    paths = []
    for name, records, headings in (
        ("informanti.csv", level1, SERBIAN_LEVEL1),
        ("posete.csv", level2, SERBIAN_LEVEL2),
    ):
        text = as_csv(serbian_rows(records, headings, typed=False), ";")
        (folder / name).write_bytes(text.encode("cp1251"))
        paths.append(folder / name)
    return paths


def municipalities_csv(path: Path) -> Path:
    rows = [list(MUNICIPALITIES[0]), *(list(row.values()) for row in MUNICIPALITIES)]
    path.write_text(as_csv(rows), encoding="utf-8", newline="")
    return path


def column_file(path: Path, level1: tuple[str, str], level2: tuple[str, str]) -> Path:
    """The column file that a Serbian office ends up with: (file, sheet) of both tables."""
    words = {"informant_type": ("таксиста", "конобар"), "typology": ("бар", "улица")}
    codes = {text: code for code, text in CYRILLIC.items()}
    parts = []
    for (file, sheet), table, headings in (
        (level1, "level1", SERBIAN_LEVEL1),
        (level2, "level2", SERBIAN_LEVEL2),
    ):
        lines = [
            "[[part]]",
            f'file = "{file}"',
            *([f'sheet = "{sheet}"'] if sheet else []),
            f'table = "{table}"',
        ]
        lines += ["[part.columns]", *(f'"{heading}" = "{column}"' for heading, column in headings.items())]
        for column in ("informant_type", "typology"):
            if column in headings.values():
                lines.append(f"[part.values.{column}]")
                lines += [f'"{word}" = "{codes[word]}"' for word in words[column]]
        parts.append("\n".join(lines))
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path
