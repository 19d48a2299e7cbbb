"""Workers of before get their thin rows, or they would hold no skill for the lease."""

from django.db import migrations

PUBLISH = """
do $$
declare vendor record;
begin
  for vendor in select id from tenancy_organization where kind = 'vendor' loop
    perform set_config('app.tenant', vendor.id::text, true);
    insert into people_availability
      (id, vendor_id, person_id, active, time_zone, tasks_at_once, week_starts, week_minutes,
       other_days, extra_starts, extra_minutes)
    select gen_random_uuid(), vendor.id, w.user_id, w.active, w.time_zone, w.tasks_at_once,
           '{}', '{}', '{}', '{}', '{}'
    from people_worker w where w.tenant_id = vendor.id;
    insert into people_standing
      (id, vendor_id, person_id, kind, value, level, expires_at)
    select gen_random_uuid(), vendor.id, w.user_id, 'skill', s.task_type, s.level, s.expires_at
    from people_skill s join people_worker w on w.id = s.worker_id
    where s.tenant_id = vendor.id;
    insert into people_standing (id, vendor_id, person_id, kind, value, level)
    select gen_random_uuid(), vendor.id, t.person_id, 'gate', t.skill, 1
    from quality_trust t where t.tenant_id = vendor.id and t.gated;
  end loop;
  perform set_config('app.tenant', '', true);
end $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_papers_hours_and_standing"),
        ("quality", "0001_initial"),
        ("tenancy", "0001_initial"),
    ]
    operations = [migrations.RunSQL(PUBLISH, migrations.RunSQL.noop)]
