import os

import pytest

from core.embedded.layout import DataLayout
from core.errors import Conflict
from core.supervisor.lock import only_one, read_state, write_state


def test_a_second_supervisor_is_told_of_the_first(tmp_path):
    layout = DataLayout(tmp_path)
    with only_one(layout):
        write_state(layout, {"pid": os.getpid(), "url": "http://127.0.0.1:8000"})

        with (
            pytest.raises(Conflict, match=rf"process {os.getpid()}, http://127.0.0.1:8000"),
            only_one(layout),
        ):
            pass


def test_the_folder_is_free_again_afterwards(tmp_path):
    layout = DataLayout(tmp_path)
    with only_one(layout):
        write_state(layout, {"pid": 1})

    assert read_state(layout) == {}
    with only_one(layout):
        pass
