"""How much somebody handed in: in all and today, however much of it is kept from earlier."""

from datetime import timedelta

import pytest

from core.clock import frozen, now
from tests.api.labels.floor import cut, hire, make_clip
from workforce.tasks import handed_in as module
from workforce.tasks.handed_in import HandedIn, handed_in
from workforce.tasks.models import QueueEntry


@pytest.fixture
def rows(cast):
    hire(cast, cast.anna)
    cut(cast, make_clip(cast, frames=300))
    return list(QueueEntry.objects.order_by("id"))


def hand_in(row, person, at):
    QueueEntry.objects.filter(id=row.id).update(
        state="done", lessee=person.id, leased_at=at, finished_at=at + timedelta(minutes=5)
    )


@pytest.mark.parametrize("many", [1, 200])
def test_what_was_handed_in_is_counted_in_all_and_today(cast, rows, monkeypatch, many):
    monkeypatch.setattr(module, "MANY", many)
    noon = now().replace(hour=12, minute=0)
    anna, amir = cast.anna.id, cast.amir.id
    with frozen(noon):
        for row, days in zip(rows, (3, 1, 0), strict=False):
            hand_in(row, cast.anna, noon - timedelta(days=days))
        assert handed_in([anna, amir]) == {anna: HandedIn(3, 1), amir: HandedIn(0, 0)}
        hand_in(rows[3], cast.anna, noon)
        assert handed_in([anna])[anna] == HandedIn(4, 2)
    with frozen(noon + timedelta(days=1)):
        hand_in(rows[4], cast.anna, noon + timedelta(days=1))
        assert handed_in([anna])[anna] == HandedIn(5, 1)


def test_quizzes_and_what_is_in_hand_do_not_count(cast, rows):
    for row in rows[:3]:
        hand_in(row, cast.anna, now())
    QueueEntry.objects.filter(id=rows[0].id).update(work="quiz")
    QueueEntry.objects.filter(id=rows[1].id).update(state="leased")
    assert handed_in([cast.anna.id])[cast.anna.id] == HandedIn(1, 1)
