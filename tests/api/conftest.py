"""Clients of the people that most tests of the API speak as."""

import pytest


@pytest.fixture
def clara(cast, api):
    """The client's administrator."""
    return api(cast.clara)


@pytest.fixture
def nora(cast, api):
    """The vendor's manager."""
    return api(cast.nora)


@pytest.fixture
def olga(cast, api):
    """The operator."""
    return api(cast.olga)
