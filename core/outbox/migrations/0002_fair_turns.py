import core.clock
from django.db import migrations, models
from django.db.models.functions import Coalesce

import uuid

PLACE = "update outbox_job set turn_at = run_after + priority * interval '1 minute'"


class Migration(migrations.Migration):

    dependencies = [
        ('outbox', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Lane',
            fields=[
                ('id', models.UUIDField(primary_key=True, serialize=False)),
                ('started', models.FloatField(default=0)),
                ('finished', models.FloatField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='SweeperRound',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveIndex(model_name='job', name='outbox_open_jobs'),
        migrations.RemoveField(model_name='job', name='sent_at'),
        migrations.AddField(
            model_name='job',
            name='lane',
            field=models.GeneratedField(db_persist=True, expression=Coalesce('tenant_id', models.Value(uuid.UUID('00000000-0000-0000-0000-000000000000'), output_field=models.UUIDField())), output_field=models.UUIDField()),
        ),
        migrations.AddField(model_name='job', name='started_at', field=models.DateTimeField(null=True)),
        migrations.AddField(model_name='job', name='worker', field=models.UUIDField(null=True)),
        migrations.AddField(
            model_name='job',
            name='turn_at',
            field=models.DateTimeField(default=core.clock.now, editable=False),
            preserve_default=False,
        ),
        migrations.RunSQL(PLACE, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='job',
            name='state',
            field=models.CharField(choices=[('open', 'Open'), ('running', 'Running'), ('done', 'Done'), ('dead', 'Dead'), ('dropped', 'Dropped')], default='open', max_length=8),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['created_at'], name='outbox_events_by_age'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['lane', 'turn_at', 'run_after'], name='outbox_turns'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('state', 'running')), fields=['heartbeat_at'], name='outbox_running'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['run_after'], name='outbox_due'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], name='outbox_finished'),
        ),
    ]
