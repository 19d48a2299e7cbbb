"""Jobs and events, written in the transaction of what caused them."""

from django.db import models

from core.clock import now
from core.ids import new_id


class Job(models.Model):
    """One piece of work: open until done. This row is the truth; broker messages are hints."""

    shared_because = "workers and the sweeper read it before a scope is open; args are ids only"

    class State(models.TextChoices):
        OPEN = "open"
        RUNNING = "running"
        DONE = "done"
        DEAD = "dead"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(null=True, editable=False)
    kind = models.CharField(max_length=80)
    args = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=5)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    attempts = models.SmallIntegerField(default=0)
    #: Rises with every claim; a worker that lost its claim can't finish the job.
    token = models.BigIntegerField(default=0)
    run_after = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["run_after"],
                name="outbox_open_jobs",
                condition=models.Q(state__in=["open", "running"]),
            ),
            models.Index(fields=["state", "-created_at"], name="outbox_jobs_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Event(models.Model):
    """Something that happened. Kept as history; its handlers run as jobs."""

    shared_because = "handlers of every room read it before a scope is open; data are ids only"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(null=True, editable=False)
    topic = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        indexes = [models.Index(fields=["topic", "-created_at"], name="outbox_events_by_topic")]

    def __str__(self) -> str:
        return self.topic
