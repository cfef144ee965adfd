import sys

import pytest

from pse.methods.compiled import kernels


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(
        ImportError, match=r"latent classes must have the extra methods.*pse-toolkit\[methods\]"
    ):
        kernels("refusal", needed_for="latent classes")


def test_the_module_of_the_name_is_loaded():
    assert kernels("refusal", needed_for="nothing").NoEstimateError
