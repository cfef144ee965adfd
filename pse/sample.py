"""Where the bundled sample study is, in a checkout and in an installed wheel alike."""

from pathlib import Path


def sample_folder(name: str = "kosovo_2016") -> Path:
    """Return the folder of a bundled sample study.

    Parameters
    ----------
    name : str
        Name of the study folder. `kosovo_2016` is the only one: synthetic, consistent with the
        published totals of the Kosovo 2016 mapping, with no real spot or person in it.

    Returns
    -------
    pathlib.Path
        A folder that `pse.read_study` reads.

    Raises
    ------
    ValueError
        If no such sample is bundled.

    Examples
    --------
    >>> sample_folder().name
    'kosovo_2016'
    """
    here = Path(__file__).resolve().parent
    for home in (here / "sample_data", here.parent / "data" / "sample"):
        if (home / name / "study.toml").is_file():
            return home / name
    raise ValueError(f"name must be a bundled sample; got {name!r}. The bundled sample is 'kosovo_2016'.")
