"""The annotator's home tells nothing that would show which task was gold."""

from core.tenancy.scope import scope
from tests.cast import sign_in as sign_in_as
from workforce.quality.models import Trust


def test_a_number_that_moves_after_one_task_is_not_shown(cast, client):
    with scope(cast.northlight.id):
        Trust.objects.create(
            tenant=cast.northlight, person=cast.anna, skill="boxes", alpha=2, beta=1, gold_count=1
        )
    sign_in_as(client, cast.anna)

    page = client.get("/t/northlight/work").content.decode()

    assert "Boxes" in page
    assert "0.67" not in page
    assert "gold" not in page.lower()
