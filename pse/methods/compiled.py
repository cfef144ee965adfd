"""What comes with the extra `methods`, loaded only when a method needs it.

numba compiles loops that go person by person; with LLVM it weighs 200 MB, so it is not installed by default.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

__all__ = ["kernels", "require_extra"]


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
    require_extra("numba", needed_for=needed_for)
    return import_module(f"pse.methods.{module}")


def require_extra(library: str, *, needed_for: str) -> None:
    """Refuse the absence of a library of the extra `methods`, with the command that installs it.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import_module(library)
    except ImportError:
        raise ImportError(
            f"{needed_for} must have the extra methods; it is not there. "
            'Run: pip install "pse-toolkit[methods]"'
        ) from None
