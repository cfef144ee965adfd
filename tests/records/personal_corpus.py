"""Labelled, invented sentences of field notes: with one kind of personal data each, and with none."""

import string

from pse.records.personal import _JMBG_WEIGHTS, _RNOKPP_WEIGHTS

AROUND = [
    "{}",
    "kontakt: {}",
    "pyet {} pas orës 20",
    "zvati {} uveče",
    "питати {} увече",
    "да се праша {}",
    "зателефонувати {}",
    "see {} (evenings)",
    "30-40 persona, {}",
    "{} - vetëm të premten",
    "note 2016-05-12: {}",
]
CLEAN = [
    "20-30",
    "rreth 20 persona",
    "oko 30-40 ljudi petkom",
    "18-24 00-02",
    "fri sat",
    "2016-05-12",
    "12.05.2016.",
    "behind the station, second floor",
    "pas stacionit të autobusëve",
    "iza autobuske stanice kod pumpe",
    "за автовокзалом, другий поверх",
    "зад паркот",
    "1,250 condoms and 3.500 syringes",
    "55 %",
    "3.14",
    "level 2, interview 12 of 40",
    "M01-FSW-0042",
    "spot 000123",
    "between 100 and 200 people",
    "kati 3, hyrja 2",
    "Bar Luna",
    "Kafe Kristal",
    "Hotel Iliria",
    "Park 1",
    "Rruga e Dëshmorëve 12",
    "Nocni klub",
    "Motel Roma",
    "refused",
    "the team of Tuesday",
    "new since 2015",
    "15 to 20 in winter, 25-30 in summer",
    "7 dana",
    "24/7",
    "ora 20:00-23:30",
    "from 8 pm",
    "km 14",
    "about 120 on Saturdays",
    "200 (2020) or 300 (2030)",
    "2 000 people",
    "10.000 shpërndarë",
    "1 234 567 adults",
    "v1.2.3",
    "Fri/Sat",
    "p.m.",
    "no. 17",
    "E1/E2 = 1.25",
    "99,5",
]


def _digits(rng, number):
    return "".join(rng.choice(list(string.digits), size=number))


def _grouped(digits, rng):
    sizes = {6: [(3, 3)], 7: [(3, 4), (3, 2, 2)]}[len(digits)]
    parts, at = [], 0
    for size in sizes[rng.integers(len(sizes))]:
        parts.append(digits[at : at + size])
        at += size
    return rng.choice(["", " ", "-", "."]).join(parts)


def phone(rng):
    code, mobile, length = [
        ("383", ["43", "44", "45", "48", "49"], 6),
        ("381", ["60", "61", "62", "63", "64", "65", "66"], 7),
        ("389", ["70", "71", "72", "75", "76", "77", "78"], 6),
        ("355", ["67", "68", "69"], 7),
        ("382", ["63", "66", "67", "68", "69"], 6),
        ("380", ["39", "50", "63", "66", "67", "68", "73", "93", "97"], 7),
        ("373", ["60", "68", "69", "78", "79"], 6),
    ][rng.integers(7)]
    area, rest = rng.choice(mobile), _grouped(_digits(rng, length), rng)
    gap = rng.choice([" ", "", "/"])
    return [f"+{code} {area} {rest}", f"00{code}{area}{rest}", f"0{area}{gap}{rest}", f"(0{area}) {rest}"][
        rng.integers(4)
    ]


def mail(rng):
    name = "".join(rng.choice(list(string.ascii_lowercase), size=6))
    at = rng.choice(["@", " [at] ", "(at)"])
    return f"{name}{at}example.{rng.choice(['org', 'com', 'rs', 'net'])}"


def jmbg(rng):
    while True:
        day, month, year = rng.integers(1, 29), rng.integers(1, 13), rng.integers(950, 1000)
        first = f"{day:02d}{month:02d}{year}{_digits(rng, 5)}"
        check = 11 - sum(w * int(d) for w, d in zip(_JMBG_WEIGHTS, first, strict=True)) % 11
        if check != 10:
            return first + str(0 if check == 11 else check)


def rnokpp(rng):
    first = f"{rng.integers(2, 4)}{_digits(rng, 8)}"
    return first + str(sum(w * int(d) for w, d in zip(_RNOKPP_WEIGHTS, first, strict=True)) % 11 % 10)


def kosovo_number(rng):
    return f"{rng.choice(['1', '2'])}{_digits(rng, 9)}"


def albanian_nid(rng):
    month = rng.integers(1, 13) + rng.choice([0, 50])
    day = rng.integers(1, 29)
    first, last = rng.choice(list("FGHIJK")), rng.choice(list(string.ascii_uppercase[:23]))
    return f"{first}{rng.integers(10)}{month:02d}{day:02d}{_digits(rng, 3)}{last}"


def handle(rng):
    name = "".join(rng.choice(list(string.ascii_lowercase), size=7))
    return [f"@{name}", f"telegram: {name}", f"fb: {name}", f"insta: {name}_1"][rng.integers(4)]


def link(rng):
    name = "".join(rng.choice(list(string.ascii_lowercase), size=7))
    links = [f"https://{name}.example/x", f"www.{name}.rs", f"{name}.com/profil", f"t.me/{name}"]
    return links[rng.integers(4)]


def place(rng):
    lat, lon = rng.uniform(41.8, 43.2), rng.uniform(20, 22)
    minutes = rng.integers(60, size=2)
    dms = f"{int(lat)}°{minutes[0]}'N {int(lon)}°{minutes[1]}'E"
    return [f"{lat:.5f}, {lon:.5f}", f"{lat:.4f} {lon:.4f}", dms][rng.integers(3)]


MAKERS = {
    "phone": [phone],
    "mail": [mail],
    "national_number": [jmbg, rnokpp, kosovo_number, albanian_nid],
    "handle": [handle],
    "link": [link],
    "place": [place],
}


def corpus(each, rng):
    """Yield (text, kind): `each` texts of every kind, and as many clean ones as all together."""
    for kind, makers in MAKERS.items():
        for number in range(each):
            made = makers[number % len(makers)](rng)
            yield AROUND[rng.integers(len(AROUND))].format(made), kind
    for number in range(each * len(MAKERS)):
        yield CLEAN[number % len(CLEAN)], None
