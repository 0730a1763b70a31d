"""`paystorm psp` as a process of its own, as somebody has it who integrates payments."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from scenarios.cli.main import run_command

LAST_LINE = "Ctrl-C stops it."
PATIENCE_S = 20.0
KEY = "sk_test_paystorm"
TOKEN = "control_for_tests"


@dataclass(kw_only=True)
class RunningPsp:
    """A PSP that has said where it is."""

    process: subprocess.Popen
    welcome: str

    @property
    def url(self):
        return re.search(r"^PSP +(\S+)$", self.welcome, re.MULTILINE)[1]

    def control(self, method, path, **content):
        answer = httpx.request(
            method,
            f"{self.url}/_chaos{path}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=PATIENCE_S,
            json=content or None,
        )
        return answer.raise_for_status().json() if answer.content else answer.raise_for_status()

    def merchant(self):
        return httpx.Client(base_url=self.url, auth=(KEY, ""), timeout=PATIENCE_S)

    def pay(self, *, key=None, **more):
        form = {"amount": 1000, "currency": "eur", "confirm": "true", "payment_method": "pm_card_visa", **more}
        headers = {"Idempotency-Key": key} if key else {}
        with self.merchant() as merchant:
            return merchant.post("/v1/payment_intents", data=form, headers=headers)

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@pytest.fixture(scope="session")
def start_psp():
    """Start a PSP on a free port: `start_psp(*arguments)`; whatever still runs at the end is killed."""
    processes = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "scenarios.cli", "psp", "--port", "0", *map(str, arguments)],
            env=os.environ | {"PSP_CONTROL_TOKEN": TOKEN},  # a command line would show it to everybody
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.strip() == LAST_LINE:
                return RunningPsp(process=process, welcome="".join(lines))
        raise AssertionError(f"ended with exit code {process.wait()}: {process.stderr.read()}")

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def refuse(capsys, tmp_path, monkeypatch):
    """Run a command line that is refused, in a folder of the test's own; return its exit code and what it says."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        code = run_command(["psp", *map(str, arguments)])
        return code, capsys.readouterr().err

    return run


def until(condition, *, within_s=PATIENCE_S):
    """Wait until something is so, and return what it is."""
    deadline = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not become so in time"
        time.sleep(0.02)
    return found


@pytest.fixture(name="until")
def until_fixture():
    return until


@dataclass
class Inbox:
    """A merchant's endpoint: writes down which events arrive, and answers as told."""

    url: str = ""
    status: int = 200
    events: list = field(default_factory=list)
    letters: list = field(default_factory=list)  # bodies and headers


@contextlib.contextmanager
def listening_inbox():
    """Yield an endpoint that listens."""
    found = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            found.letters.append((body, self.headers))
            found.events.append(json.loads(body))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/webhooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    with contextlib.closing(server.socket):
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def inbox():
    with listening_inbox() as found:
        yield found


@pytest.fixture(scope="module")
def shared_inbox():
    """An endpoint that several tests use, one after the other."""
    with listening_inbox() as found:
        yield found
