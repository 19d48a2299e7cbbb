"""Jobs of the log's witnesses and of the webhook."""

from core.outbox.jobs import job
from core.outbox.periodic import every
from tenants.compliance import checkpoint_sending, deliveries

job(checkpoint_sending.JOB)(checkpoint_sending.send_checkpoints)
job(deliveries.RESEND)(deliveries.resend)
every(5)(checkpoint_sending.enqueue_due)
