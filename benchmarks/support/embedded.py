"""An installation of a benchmark's own: the embedded cluster, with keys, in a folder that goes."""

# ruff: noqa: PLC0415 - the settings read an environment that is made here

import os
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def embedded(*, broker: bool = False):
    """Run PostgreSQL, with `broker` Valkey beside it; give the folder and the cluster.

    The environment is set for Django, which the caller sets up.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o711)  # the database's user passes through it
        os.environ |= {"CUSTOS_DATA": str(folder), "CUSTOS_EMBEDDED": "1"}
        os.environ |= {"CUSTOS_LOG_LEVEL": "CRITICAL"}
        from core.embedded.layout import DataLayout
        from core.embedded.postgres import EmbeddedPostgres
        from core.embedded.secrets import ensure_keys
        from core.embedded.valkey import EmbeddedValkey

        layout = DataLayout(folder)
        ensure_keys(layout)
        layout.objects.mkdir(mode=0o700)
        cluster = EmbeddedPostgres(layout.postgres)
        cluster.start()
        stack.callback(cluster.stop)
        if broker:
            valkey = EmbeddedValkey(layout.valkey, layout.valkey_socket)
            valkey.start()
            stack.callback(valkey.stop)
        yield folder, cluster
