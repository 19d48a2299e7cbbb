"""What managers hear of papers: which end soon."""

from datetime import timedelta

from core.notices.rounds import enqueue_round
from core.notices.services import notify
from core.outbox.jobs import JobContext, job
from core.outbox.periodic import every
from core.tenancy.scope import scope
from workforce.people.papers import ends_soon

WATCH = "people.watch_papers"


@every(300)
def watch_papers() -> int:
    """Look at each vendor's papers once a day."""
    return enqueue_round(WATCH, kind="vendor", again_after=timedelta(days=1))


@job(WATCH)
def tell_of_papers(context: JobContext) -> None:
    """Tell of each paper once that it ends soon."""
    assert context.tenant is not None
    with scope(context.tenant):
        for worker, paper in ends_soon():
            if paper.state != "soon":
                continue
            last = f"{paper.last_day:%d %B %Y}" if paper.last_day else "–"
            notify(
                "paper_expiring",
                key=f"{paper.row.id} {last}",
                parts={"paper": paper.row.kind.replace("_", " "), "last": last},
                path=f"people/{worker.id}/papers",
            )
