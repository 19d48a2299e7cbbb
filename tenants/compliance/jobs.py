"""Jobs of the log's witnesses."""

from core.outbox.jobs import job
from core.outbox.periodic import every
from tenants.compliance import webhooks

job(webhooks.JOB, max_attempts=webhooks.ATTEMPTS)(webhooks.send_checkpoints)
every(5)(webhooks.enqueue_due)
