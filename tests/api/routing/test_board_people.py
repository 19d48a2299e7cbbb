"""A person's row on the board: trust and the day's minutes are drawn, and stand there in words."""

from datetime import timedelta

import pytest

from core.clock import frozen, now
from core.tenancy.scope import scope
from tests.api.labels.floor import cut, hire, make_clip
from workforce.people.models import Availability
from workforce.quality.models import Trust
from workforce.tasks.models import QueueEntry

BOARD = "/t/northlight/board"


@pytest.fixture
def row(cast, api):
    """Give Anna's row of the board as Nora reads it."""
    hire(cast, cast.anna)
    cut(cast, make_clip(cast))

    def read() -> str:
        shown = api(cast.nora).get(BOARD).content.decode()
        return shown.split(f'data-person="{cast.anna.id}"')[1].split("</tr>")[0]

    return read


def test_who_was_never_measured_is_new(row):
    assert ">new<" in row()
    assert "s-accent" not in row()


def test_trust_is_drawn_with_its_bounds(cast, row):
    with scope(cast.northlight.id):
        Trust.objects.create(
            tenant=cast.northlight, person=cast.anna, skill="boxes", alpha=38.0, beta=2.0,
            gold_count=40,
        )  # fmt: skip
    shown = row()
    assert '<path class="s-accent w-2" d="M' in shown
    assert "0.88–0.99" in shown


@pytest.mark.parametrize(
    ("most", "words", "status"),
    [(450, "60 of 450 min today", "f-info"), (65, "60 of 65 min today", "f-warn"),
     (50, "60 of 50 min today, over", "f-bad")],
)  # fmt: skip
def test_the_minutes_of_a_day_are_drawn_against_its_limit(cast, row, most, words, status):
    Availability.objects.filter(person_id=cast.anna.id).update(minutes_per_day=most)
    noon = (now() + timedelta(days=1)).replace(hour=12)
    entry = QueueEntry.objects.first()
    QueueEntry.objects.filter(pk=entry.pk).update(
        state="leased", lessee=cast.anna.id, leased_at=noon - timedelta(minutes=60),
        lease_until=noon + timedelta(minutes=5),
    )  # fmt: skip
    with frozen(noon):
        shown = row()
    assert words in shown
    assert f'class="{status}"' in shown
