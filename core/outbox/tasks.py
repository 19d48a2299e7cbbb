"""The one Celery task. It takes a job's id and nothing else."""

from uuid import UUID

from celery import shared_task

from core.outbox.jobs import TASK, run


@shared_task(name=TASK, ignore_result=True)
def run_job(job_id: str) -> None:
    """Run the job if it is still open; the row decides, not the message."""
    run(UUID(job_id))
