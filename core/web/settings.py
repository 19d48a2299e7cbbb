"""Django's settings. Production is configured by the environment; see docs and `.text` below."""

import os
from pathlib import Path

from core.embedded.layout import DataLayout
from core.web.environment import Environment
from core.web.schema_parts import ABOUT

HERE = Path(__file__).parent
LAYOUT = DataLayout.from_environment()
EMBEDDED = os.environ.get("CUSTOS_EMBEDDED") == "1"
env = Environment(LAYOUT, embedded=EMBEDDED)

DEBUG = False
SECRET_KEY = env.key("CUSTOS_SECRET_KEY", "secret_key").hex()
#: Wraps the tenants' keys, which wrap each object's.
ROOT_KEK = env.key("CUSTOS_ROOT_KEK", "root_kek")
#: Root keys that were replaced: they unwrap until everything is wrapped under the new one.
FORMER_ROOT_KEKS = env.keys("CUSTOS_FORMER_ROOT_KEKS")
#: Ed25519 seeds: checkpoints of the log, and manifests of releases and erasures.
LOG_SIGNING_SEED = env.key("CUSTOS_LOG_KEY", "log_signing")
RELEASE_SIGNING_SEED = env.key("CUSTOS_RELEASE_KEY", "release_signing")
#: An entry of the log that waits for its index for longer than this raises an alarm.
LOG_STALL_SECONDS = float(os.environ.get("CUSTOS_LOG_STALL_SECONDS", "60"))
LOG_ORIGIN = os.environ.get("CUSTOS_LOG_ORIGIN", "custos.local/log")

BASE_URL = os.environ.get("CUSTOS_BASE_URL", "http://127.0.0.1:8000")
HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = (
    ["127.0.0.1", "localhost", "[::1]", "testserver"]
    if EMBEDDED
    else env.text("CUSTOS_ALLOWED_HOSTS").split(",")
)
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "core.accounts",
    "core.tenancy",
    "core.access",
    "core.outbox",
    "core.crypto",
    "core.storage",
    "core.audit",
    "core.notices",
    "core.search",
    "tenants.organizations",
    "tenants.operations",
    "tenants.contracts",
    "tenants.projects",
    "tenants.intake",
    "tenants.compliance",
    "workforce.people",
    "workforce.labels",
    "workforce.tasks",
    "workforce.links",
    "workforce.routing",
    "workforce.quality",
    "workforce.imports",
    "workforce.workbench",
    "workforce.redaction",
    "workforce.delivery",
    "billing.rates",
    "billing.metering",
    "billing.invoicing",
    "billing.statements",
    "core.web",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "core.web.middleware.RequestIdMiddleware",
    "core.web.middleware.AskerMiddleware",
    "core.web.middleware.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "core.web.middleware.ErrorPageMiddleware",
    "core.web.middleware.TimeZoneMiddleware",
    "core.web.last_seen.LastSeenMiddleware",
    "core.web.assurance.AssuranceMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "core.web.urls"
ASGI_APPLICATION = "core.web.asgi.application"
WSGI_APPLICATION = None
#: Requests that one web process works on at a time; more wait their turn. Each may hold a
#: connection to the database, and uploads and streams need some of the pool's as well.
WEB_THREADS = int(os.environ.get("CUSTOS_WEB_THREADS", "8"))
#: Raw ASGI apps beside Django: Django's handler spools request bodies to temporary files.
ASGI_MOUNTS = [(r"^/api/v1/t/[^/]+/uploads(/|$)", "tenants.intake.tus.application")]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.web.context.portal",
            ],
        },
    }
]

# The application connects as a role that owns nothing; migrations run as the owner, on the second
# alias (`manage.py migrate --database owner`).
DATABASE_APP_ROLE = os.environ.get("CUSTOS_DATABASE_APP_ROLE", "custos_app")
POOLED = os.environ.get("CUSTOS_DATABASE_POOL") == "1"
_database = {
    "ENGINE": "core.database",
    "NAME": os.environ.get("CUSTOS_DATABASE", "custos"),
    "HOST": LAYOUT.postgres_host if EMBEDDED else env.text("CUSTOS_DATABASE_HOST"),
    "PORT": os.environ.get("CUSTOS_DATABASE_PORT", ""),
    "ATOMIC_REQUESTS": False,
    "CONN_HEALTH_CHECKS": True,
}
DATABASES = {
    "default": {
        **_database,
        "USER": DATABASE_APP_ROLE,
        "PASSWORD": "" if EMBEDDED else env.text("CUSTOS_DATABASE_PASSWORD"),
        # psycopg's pool serves the web only: Celery closes it at every task.
        "OPTIONS": {"pool": {"min_size": 1, "max_size": WEB_THREADS + 4, "timeout": 10}}
        if POOLED
        else {},
        # Those of the pool are looked at by `core.database`.
        "CONN_HEALTH_CHECKS": not POOLED,
        # Long-running parts (sequencer, sweeper) keep theirs open.
        "CONN_MAX_AGE": 0,
    },
    "owner": {
        **_database,
        "USER": os.environ.get("CUSTOS_DATABASE_OWNER_ROLE", "custos_owner"),
        "PASSWORD": os.environ.get("CUSTOS_DATABASE_OWNER_PASSWORD", ""),
        "TEST": {"MIRROR": "default"},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# One Valkey: Celery's queues, and counters. Its names for a Unix socket differ.
BROKER = LAYOUT.valkey_url if EMBEDDED else env.text("CUSTOS_BROKER_URL")

# Counters of tries, for all processes of the portal; beside the broker's queues, by their prefix.
CACHES = {
    "default": {
        "BACKEND": "core.web.shared_cache.SharedCache",
        "LOCATION": os.environ.get("CUSTOS_CACHE_URL")
        or BROKER.replace("redis+socket://", "unix://", 1),
        "KEY_PREFIX": "custos-web",
    }
}

# Sign-in
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "core.accounts.adapter.InvitedOnlyAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Custos: "
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Custos"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "core.accounts.adapter.PasskeyAdapter"
MFA_FORMS = {
    "activate_totp": "core.accounts.forms.ActivateAppForm",
    "add_webauthn": "core.accounts.forms.AddPasskeyForm",
}
# Accounts come from invitations: no stranger can squat on an address by way of a second factor.
MFA_ALLOW_UNVERIFIED_EMAIL = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "core.web.lockout.typed_address"
AXES_HANDLER = "core.web.lockout.NetworkCeiling"
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "core.web.lockout.locked_out"
ANONYMOUS_USER_NAME = None

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "core.web.errors.csrf_failed"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Uploads of footage pass the raw ASGI app; nothing that Django parses may grow beyond this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = DATA_UPLOAD_MAX_MEMORY_SIZE

EMAIL_BACKEND = os.environ.get(
    "CUSTOS_EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"
)
DEFAULT_FROM_EMAIL = os.environ.get("CUSTOS_FROM_EMAIL", "Custos <no-reply@custos.local>")

#: Requests a minute to the API: of one token, of one person's sessions together (the workbench
#: fetches each second of footage by itself), and of one network that nobody is signed in from.
API_LIMITS = {
    "token": int(os.environ.get("CUSTOS_LIMIT_TOKEN", "6000")),
    "person": int(os.environ.get("CUSTOS_LIMIT_PERSON", "6000")),
    "network": int(os.environ.get("CUSTOS_LIMIT_NETWORK", "300")),
}

#: Whom people ask who are shut out.
SUPPORT_EMAIL = os.environ.get("CUSTOS_SUPPORT_EMAIL", "support@custos.local")

# Broker: transport only; the job rows are the truth.
CELERY_BROKER_URL = BROKER
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_DEFAULT_QUEUE = "custos"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    # A web request does not wait for a broker that is down (kombu would, 6 s): the sweeper sends.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A process of the pool is replaced after so many jobs, or after one that left it this big (KiB).
CELERY_WORKER_MAX_TASKS_PER_CHILD = int(os.environ.get("CUSTOS_WORKER_MAX_JOBS", "200"))
CELERY_WORKER_MAX_MEMORY_PER_CHILD = int(os.environ.get("CUSTOS_WORKER_MAX_KIB", "1500000"))

# Jobs. Seconds: a heartbeat older than the limit is a dead worker's; a worker that is told to stop
# hands back what has not ended within its grace (shorter than the supervisor's, 10 s).
JOB_HEARTBEAT_LIMIT = float(os.environ.get("CUSTOS_JOB_HEARTBEAT_LIMIT", "30"))
JOB_STOP_GRACE = float(os.environ.get("CUSTOS_JOB_STOP_GRACE", "7"))
#: Finished jobs and events are kept so long; dead jobs until the operator has dealt with them.
JOB_KEEP_DAYS = float(os.environ.get("CUSTOS_JOB_KEEP_DAYS", "30"))
#: Notices are kept so long, read or not.
NOTICE_KEEP_DAYS = float(os.environ.get("CUSTOS_NOTICE_KEEP_DAYS", "180"))
#: How the planner chooses: by "auction", or "greedy", which is simpler and a little worse.
ROUTING_PLANNER = os.environ.get("CUSTOS_PLANNER", "auction")
#: Who shows it reads /metrics from anywhere; without it, only this machine does.
METRICS_TOKEN = os.environ.get("CUSTOS_METRICS_TOKEN", "")

# Objects: a local folder, or S3 where a bucket is named.
OBJECT_STORE_FOLDER = LAYOUT.objects
OBJECT_STORE_BUCKET = os.environ.get("CUSTOS_S3_BUCKET", "")
OBJECT_STORE_ENDPOINT = os.environ.get("CUSTOS_S3_ENDPOINT", "")
UPLOAD_MAX_BYTES = int(os.environ.get("CUSTOS_UPLOAD_MAX_BYTES", str(64 * 1024**3)))
#: Days after which backups and archived WAL are gone: certificates of erasure name the date.
BACKUP_DAYS = int(os.environ.get("CUSTOS_BACKUP_DAYS", "35"))

#: Webhooks go to public HTTPS addresses only; tests and trials may let them reach this machine.
WEBHOOK_LOOPBACK = os.environ.get("CUSTOS_WEBHOOK_LOOPBACK") == "1"

STRIPE_API_KEY = os.environ.get("CUSTOS_STRIPE_KEY", "")
#: Signs the events that Stripe sends to /api/v1/stripe/events.
STRIPE_WEBHOOK_SECRET = os.environ.get("CUSTOS_STRIPE_WEBHOOK_SECRET", "")

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [HERE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "core.web.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "core.web.schema.PortalSchema",
    "EXCEPTION_HANDLER": "core.web.problems.problem_handler",
    "DEFAULT_PAGINATION_CLASS": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Custos",
    "DESCRIPTION": ABOUT,
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SERVERS": [{"url": "/", "description": "This portal."}],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SORT_OPERATION_PARAMETERS": False,
    # Rooms document what Django does not serve; then examples and what all share.
    "POSTPROCESSING_HOOKS": [
        "tenants.intake.tus_schema.add_uploads",
        "core.web.schema.finish",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "core.web.request_ids.RequestIdFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["request_id"],
        }
    },
    "root": {"handlers": ["stderr"], "level": os.environ.get("CUSTOS_LOG_LEVEL", "INFO")},
    "loggers": {"httpx": {"level": "WARNING"}, "axes": {"level": "WARNING"}},
}

env.refuse_if_missing()
