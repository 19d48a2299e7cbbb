"""`custos up` says how far a media decoder is kept from the machine, whichever way it is."""

import pytest

from core.media import sandbox, standing
from core.supervisor.command import sandbox_line
from tests.unit.media.ordinary import OLD_KERNEL


@pytest.fixture
def old_kernel(monkeypatch):
    """A kernel without Landlock, as the media child sees it."""
    standing.forget()
    monkeypatch.setattr(sandbox, "_BOOTSTRAP", OLD_KERNEL)
    yield
    standing.forget()


def line() -> str:
    return sandbox_line(standing.sandbox_state()).plain


def test_landlock_that_is_enforced_is_said():
    standing.forget()
    assert line() == "Landlock is enforced: a media decoder sees no file of this machine."


def test_a_kernel_without_it_refuses_footage_and_says_what_to_do(old_kernel):
    assert "This kernel has no Landlock" in line()
    assert "or accept the risk with CUSTOS_ALLOW_NO_LANDLOCK=1" in line()


def test_what_the_operator_accepted_is_said_at_every_start(old_kernel, monkeypatch):
    monkeypatch.setenv("CUSTOS_ALLOW_NO_LANDLOCK", "1")
    assert line() == (
        "Media sandbox: without Landlock, as CUSTOS_ALLOW_NO_LANDLOCK=1 accepts: "
        "a decoder may see files"
    )
