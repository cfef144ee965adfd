"""Rules of the house that a machine can check."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import mapping
import pse

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([*(ROOT / "pse").rglob("*.py"), *(ROOT / "mapping").rglob("*.py")])


def modules(package):
    return [info.name for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]


def public_functions():
    for name in [*modules(pse), *modules(mapping)]:
        module = importlib.import_module(name)
        for attribute, value in vars(module).items():
            if attribute.startswith("_") or getattr(value, "__module__", None) != name:
                continue
            if inspect.isfunction(value) or inspect.isclass(value):
                yield pytest.param(value, id=f"{name}.{attribute}")


@pytest.mark.parametrize("thing", list(public_functions()))
def test_everything_public_says_what_it_is(thing):
    assert inspect.getdoc(thing)


@pytest.mark.parametrize("name", pse.__all__)
def test_the_public_interface_documents_arguments_and_results(name):
    thing = getattr(pse, name)
    text = inspect.getdoc(thing)
    if inspect.isfunction(thing):
        assert "Returns\n-------" in text
        if inspect.signature(thing).parameters:
            assert "Parameters\n----------" in text


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pse_never_imports_mapping(path):
    if path.is_relative_to(ROOT / "mapping"):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not any(name.split(".")[0] == "mapping" for name in names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_can_be_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_command_prints(path):
    if path.name in {"cli.py", "screen.py"}:
        return
    calls = [
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    assert not any(isinstance(call.func, ast.Name) and call.func.id == "print" for call in calls)


@pytest.mark.parametrize("name", [*modules(pse), *modules(mapping)])
def test_examples_in_docstrings_hold(name):
    import doctest

    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_importing_the_package_loads_nothing_heavy():
    code = "import sys, pse, mapping; print(sorted({'pandas', 'matplotlib', 'geopandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_sample_travels_in_the_wheel(tmp_path):
    pytest.importorskip(
        "hatchling", reason="hatchling builds the wheel; it comes with the development install"
    )
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "import pse; print(pse.__file__); print(pse.read_study(pse.sample_folder()).title)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "site",
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    where, title = done.stdout.strip().splitlines()
    assert Path(where).is_relative_to(tmp_path)
    assert title.startswith("Synthetic mapping study")


def test_the_readme_and_the_ci_script_run_the_same_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("install -q ", "install ")
    for command in (
        "python -m pip install -c constraints.txt . && pse demo",
        'python -m pip install -c constraints.txt -e ".[dev]" && python -m pytest',
    ):
        assert command in readme
        assert command in script


def test_links_of_the_documents_lead_somewhere():
    import re

    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
