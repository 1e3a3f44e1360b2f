"""The doctor: what is missing is said, with a command that mends it."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError

import pytest

from attnlib import doctor


def installed(**versions):
    """A function like `importlib.metadata.version`: everything is there in its oldest version, except as said."""
    oldest = {package.name: package.oldest for package in doctor.PACKAGES} | versions

    def version(name):
        if oldest[name] is None:
            raise PackageNotFoundError(name)
        return oldest[name]

    return version


def remedies(**changes):
    return [remedy for _, remedy in doctor.findings(**{"installed": installed(), **changes}) if remedy]


def test_where_everything_is_there_nothing_is_to_be_done():
    assert remedies() == remedies(threads="1") == remedies(python=(3, 13, 1)) == remedies(python=(3, 14)) == []


def test_a_missing_package_is_named_with_what_it_is_for_and_a_command():
    found = [pair for pair in doctor.findings(installed=installed(torch=None)) if pair[1]]
    ((sentence, remedy),) = found
    assert sentence.startswith("torch is missing: it is for ")
    assert remedy.endswith('-m pip install "torch>=2.5"')


def test_a_package_that_is_too_old_is_named():
    (remedy,) = remedies(installed=installed(matplotlib="3.8.10"))
    assert "matplotlib>=3.9" in remedy


def test_versions_are_compared_as_numbers_and_additions_are_left_out():
    assert remedies(installed=installed(torch="2.13.0+cpu", numpy="10.0rc1")) == []


def test_weights_are_installed_without_their_dependencies():
    (remedy,) = remedies(installed=installed(g2p_en=None))
    assert "--no-deps" in remedy


def test_an_old_python_is_named_and_a_new_one_is_no_fault():
    assert remedies(python=(3, 10, 4)) == ["install Python 3.11 to 3.13"]
    assert "newer than what the course is tested with" in doctor.findings(python=(3, 14))[0][0]


def test_the_exit_status_says_whether_there_is_something_to_do(monkeypatch, capsys):
    assert doctor.main() == 0
    monkeypatch.setattr(doctor, "findings", lambda: [("a is missing", "pip install a"), ("b 1.0", "")])
    assert doctor.main() == 1
    assert "! a is missing\n    pip install a\n  b 1.0\nTo do: 1." in capsys.readouterr().out


def test_as_a_file_it_works_where_no_package_is_installed(pytestconfig):
    command = [sys.executable, "-S", str(pytestconfig.rootpath / "attnlib" / "doctor.py")]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (1, "")
    assert "! numpy is missing: it is for everything" in done.stdout


@pytest.fixture
def declared(pytestconfig):
    """The packages that the project asks for, with the oldest version."""
    project = tomllib.loads((pytestconfig.rootpath / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    loose = [*project["dependencies"], *extras["torch"], *extras["chapters"]]
    exact = (pytestconfig.rootpath / "requirements-data.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w-]+)[>=]=([\d.]+)", "\n".join([*loose, exact]), re.M))


def test_the_doctor_knows_what_the_project_asks_for(declared):
    of_the_book = {"ziamath"}  # the font of the site's formulas
    assert {package.name: package.oldest for package in doctor.PACKAGES} == {
        name: oldest for name, oldest in declared.items() if name not in of_the_book
    }


def test_the_versions_of_python_are_those_of_the_readme(pytestconfig):
    readme = (pytestconfig.rootpath / "README.md").read_text(encoding="utf-8")
    assert "Python {}.{} to {}.{}".format(*doctor.OLDEST, *doctor.NEWEST) in readme
