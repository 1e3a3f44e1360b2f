"""What the tests of attnlib share: the libraries under test, a real encoder, and Hypothesis without chance."""

import os
import re

import numpy as np
import pytest
from hypothesis import settings

# The same examples in every run: a red test is red for everybody. A deadline would test the machine.
settings.register_profile("attnlib", derandomize=True, deadline=None, max_examples=20)
settings.load_profile("attnlib")


@pytest.fixture(scope="session", params=["numpy", "array_api_strict", "torch"])
def make(request):
    """Turns a NumPy array into one of the library under test. array_api_strict refuses what the standard leaves open.

    Session scope, because a property's examples share it. torch is imported only where it is asked for.
    """
    if request.param == "numpy":
        return np.asarray
    return pytest.importorskip(request.param).asarray


@pytest.fixture(scope="session")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture(scope="session")
def accelerator(torch):
    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    pytest.skip("torch finds neither a CUDA nor an MPS device here")


@pytest.fixture(scope="session")
def encoder(torch):
    """The pretrained encoder. Where its parameters are not installed a test is skipped, but not where CI is set."""
    from attnlib import pretrained

    try:
        return pretrained.load()
    except ModuleNotFoundError as error:
        if os.environ.get("CI", "").lower() in ("1", "true"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def numbers():
    """A function: the numbers in all places of an explorer's picture that are marked with `part`."""

    def read(picture, part):
        found = re.findall(rf'data-part="{part}"[^>]*>([^<]*)<', picture)
        return np.array([float(text.replace("\N{MINUS SIGN}", "-")) for text in found])

    return read
