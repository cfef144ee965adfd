"""Loops that numba compiles, loaded only when a method needs them: numba is 200 MB, so it is an extra."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

__all__ = ["kernels"]


def kernels(module: str, *, needed_for: str) -> ModuleType:
    """Return a module of compiled loops of `pse.methods`.

    Parameters
    ----------
    module : str
        Its name in `pse.methods`, such as ``"latent_class_kernels"``.
    needed_for : str
        What cannot be done without it, as a message begins: ``"latent classes"``.

    Raises
    ------
    ImportError
        If the extra `methods` is not installed.

    Notes
    -----
    The first call in an environment compiles, which takes seconds; the result is kept on the disk.
    """
    try:
        import_module("numba")
    except ImportError:
        raise ImportError(
            f"{needed_for} must have the extra methods; it is not there. "
            'Run: pip install "pse-toolkit[methods]"'
        ) from None
    return import_module(f"pse.methods.{module}")
