import pytest


@pytest.fixture(autouse=True)
def store_folder(settings, tmp_path):
    """An empty object store for each test."""
    settings.OBJECT_STORE_FOLDER = tmp_path / "store"
    settings.STRIPE_API_KEY = ""
