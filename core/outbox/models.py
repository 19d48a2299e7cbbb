"""Jobs and events, written in the transaction of what caused them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models.functions import Coalesce

from core.clock import now
from core.ids import new_id

#: The lane of jobs that belong to no tenant.
NO_TENANT = UUID(int=0)
#: A job one priority lower waits this much longer behind the jobs of its own tenant, never more.
AGEING = timedelta(minutes=1)
LOWEST_PRIORITY = 9


def turn(run_after: datetime, priority: int) -> datetime:
    """Give the instant by which a tenant's own jobs are ordered: due time plus ageing.

    It never changes while a job waits, so an index holds the order, and a job of the lowest
    priority is overtaken by nothing that becomes due nine minutes after it.
    """
    return run_after + priority * AGEING


class Job(models.Model):
    """One piece of work: open until done. This row is the truth; broker messages are hints."""

    shared_because = "workers and the sweeper read it before a scope is open; args are ids only"

    class State(models.TextChoices):
        OPEN = "open"
        RUNNING = "running"
        DONE = "done"
        DEAD = "dead"
        DROPPED = "dropped"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(null=True, editable=False)
    #: Jobs of one tenant wait in one lane; workers go from lane to lane.
    lane = models.GeneratedField(
        expression=Coalesce("tenant_id", models.Value(NO_TENANT, output_field=models.UUIDField())),
        output_field=models.UUIDField(),
        db_persist=True,
    )
    kind = models.CharField(max_length=80)
    args = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=5)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    attempts = models.SmallIntegerField(default=0)
    #: Rises with every claim; a worker that lost its claim can't finish the job.
    token = models.BigIntegerField(default=0)
    run_after = models.DateTimeField(default=now)
    turn_at = models.DateTimeField(editable=False)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    #: The worker that claimed it last; one that is told to stop hands its jobs back.
    worker = models.UUIDField(null=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["lane", "turn_at", "run_after"],
                name="outbox_turns",
                condition=models.Q(state="open"),
            ),
            models.Index(
                fields=["heartbeat_at"],
                name="outbox_running",
                condition=models.Q(state="running"),
            ),
            models.Index(fields=["run_after"], name="outbox_due", condition=models.Q(state="open")),
            models.Index(fields=["state", "-created_at"], name="outbox_jobs_by_state"),
            models.Index(fields=["-created_at", "-id"], name="outbox_jobs_by_date"),
            models.Index(
                fields=["finished_at"],
                name="outbox_finished",
                condition=models.Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Place a new job in its lane."""
        if self._state.adding:
            self.turn_at = turn(self.run_after, self.priority)
        super().save(*args, **kwargs)


class Lane(models.Model):
    """How far the jobs of one tenant have been served, in the virtual time of fair queueing."""

    shared_because = "workers read it before a scope is open; it holds an id and two numbers"

    id = models.UUIDField(primary_key=True)
    #: Virtual time at which its last job began and ended to be served.
    started = models.FloatField(default=0)
    finished = models.FloatField(default=0)

    def __str__(self) -> str:
        return f"{self.id} at {self.finished:.0f}"


class SweeperRound(models.Model):
    """One row: when the sweeper finished its last round."""

    shared_because = "it belongs to the portal as a whole"

    id = models.SmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.at.isoformat()


class Event(models.Model):
    """Something that happened. Kept as history; its handlers run as jobs."""

    shared_because = "handlers of every room read it before a scope is open; data are ids only"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(null=True, editable=False)
    topic = models.CharField(max_length=80)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["topic", "-created_at"], name="outbox_events_by_topic"),
            models.Index(fields=["created_at"], name="outbox_events_by_age"),
        ]

    def __str__(self) -> str:
        return self.topic
