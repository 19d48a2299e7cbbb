"""What must be told apart by name is."""

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def test_no_two_test_files_share_a_name():
    """Folders without `__init__.py` are one name space: the second of a name cannot be imported."""
    folders = [
        path for path in TESTS.rglob("test_*.py") if not (path.parent / "__init__.py").exists()
    ]
    names = Counter(path.name for path in folders)

    assert [name for name, count in names.items() if count > 1] == []
