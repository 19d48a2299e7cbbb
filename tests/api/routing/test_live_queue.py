"""The board of a long queue: counts end at a limit, columns and what they offer stay the same."""

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest

from core.clock import now
from tests.api.labels.floor import cut, hire, lease, make_clip
from workforce.routing import grid, live_queue, staff
from workforce.routing.grid import Wanted, board_of
from workforce.tasks.models import QueueEntry


@pytest.fixture
def queues(cast):
    """Two projects of four tasks each, the second due first."""
    hire(cast, cast.anna, cast.amir)
    found = []
    for days in (5, 2):
        clip = make_clip(cast, frames=200)
        cut(cast, clip)
        rows = QueueEntry.objects.filter(project_id=clip.project_id)
        rows.update(due_at=now() + timedelta(days=days), camera_id=uuid4())
        found.append(rows)
    return found


def limit(monkeypatch, number):
    for module in (grid, live_queue):
        monkeypatch.setattr(module, "COUNTED", number)


def test_each_column_counts_what_is_free_held_in_hand_and_kept(cast, queues):
    first, second = queues
    held, kept, *_ = second.order_by("id")
    second.filter(id=held.id).update(state="held")
    second.filter(id=kept.id).update(reserved_for=cast.amir.id)
    # A planner's reservation lapses: it is free to everybody who assigns.
    planned = first.order_by("id")[1]
    first.filter(id=planned.id).update(
        reserved_for=cast.amir.id, reserved_until=now() + timedelta(hours=1)
    )
    lease(cast.anna, first.order_by("id")[0].task_id)

    board = board_of(cast.northlight.id)

    urgent, later = board.columns
    assert (urgent.free, urgent.held, dict(urgent.has)) == (2, 1, {cast.amir.id: 1})
    assert urgent.held_first == [held.id]
    assert (later.free, later.held, dict(later.has)) == (3, 0, {cast.anna.id: 1})
    assert planned.id in later.free_first
    assert (board.free, board.taken) == (5, 1)
    assert [cell.has for one in board.staff.everybody for cell in one.cells] == [1, 0, 0, 1]


def test_what_can_be_selected_are_the_most_pressing_tasks(cast, queues):
    first, _ = queues
    rows = list(first.order_by("id"))
    first.filter(id=rows[2].id).update(priority=1)
    first.filter(id=rows[3].id).update(due_at=now() - timedelta(hours=1))

    later, _ = board_of(cast.northlight.id).columns

    assert later.status == "bad", "the nearest date of the column is over"
    assert later.free_first == [rows[i].id for i in (2, 3, 0, 1)]


def test_a_long_queue_is_counted_to_a_limit(cast, nora, queues, monkeypatch):
    limit(monkeypatch, 3)
    board = board_of(cast.northlight.id)
    assert [column.free for column in board.columns] == [4, 4]
    assert board.free == 4
    assert board.choices.cameras is None, "too many to choose from before a project is chosen"
    page = nora.get("/t/northlight/board").content.decode()
    assert "Cameras: choose a project" in page
    assert page.count("<b>3+</b>") == 3, "in all, and of each column"


def test_cameras_are_offered_within_a_project_of_a_long_queue(cast, queues, monkeypatch):
    limit(monkeypatch, 3)
    project = queues[0].first().project_id
    board = board_of(cast.northlight.id, Wanted(project=str(project)))
    assert [column.free for column in board.columns] == [4]
    assert board.choices.cameras == [], "its cameras are none of the client's"
    assert len(board.choices.projects) == 2


def test_the_board_is_narrowed_by_each_filter(cast, queues):
    first, second = queues
    lease(cast.anna, first.order_by("id")[0].task_id)
    second.filter(id=second.order_by("id")[0].id).update(state="held", skill="links")
    sought = {
        Wanted(): [4, 4],
        Wanted(due="week"): [4, 4],
        Wanted(due="late"): [],
        Wanted(skill="links"): [1],
        Wanted(state="leased"): [1],
        Wanted(state="held"): [1],
        Wanted(camera=str(first[0].camera_id)): [4],
    }
    found = {
        wanted: [
            column.free + column.held + sum(column.has.values())
            for column in board_of(cast.northlight.id, wanted).columns
        ]
        for wanted in sought
    }
    assert found == sought


def test_work_of_no_project_and_of_another_vendor_s_people(cast, queues):
    queues[0].update(project_id=None)
    QueueEntry.objects.filter(due_at__isnull=False, project_id__isnull=False).update(
        vendor_id=uuid4()
    )
    (column,) = board_of(cast.northlight.id).columns
    assert (column.name, column.free) == ("Other work", 4)


def test_people_are_shown_by_pages_and_all_of_them_can_be_picked(cast, nora, queues, monkeypatch):
    monkeypatch.setattr(staff, "PEOPLE", 1)
    queues[0].update(skill="polygons")
    first, second = (nora.get(f"/t/northlight/board?people-page={page}") for page in (1, 2))
    rows = [
        re.findall(r'<tr role="row" data-person="([^"]+)"', answer.content.decode())
        for answer in (first, second)
    ]
    assert rows == [[str(cast.amir.id)], [str(cast.anna.id)]]
    for answer in (first, second):
        text = answer.content.decode()
        assert all(f'<option value="{one.id}">' in text for one in (cast.amir, cast.anna))
        assert "of 2 people" in text
        data = json.loads(re.search(r'<script id="board-data"[^>]*>(.*?)</script>', text)[1])
        assert [one["name"] for one in data["people"]] == ["Amir", "Anna"]
        assert all(
            fits[0] > 0 and fits[1] == -1 for fits in (one["fits"] for one in data["people"])
        )
    assert "people-page=2" in first.content.decode(), "the way to the next page"


@pytest.mark.parametrize(("count", "words"), [(0, "0"), (1000, "1,000"), (1001, "1,000+")])
def test_a_count_beyond_its_limit_says_so(count, words):
    from core.web.templatetags.custos import up_to

    assert up_to(count, 1000) == words
