"""`paystorm psp`: what it prints works as printed, what it cannot do it says in one line, and it ends when told."""

import re
import resource
import signal
import socket
import tempfile
import time
from pathlib import Path

import httpx
import pytest
import stripe

from scenarios.cli.exit_codes import ExitCode

SCRATCH = "paystorm-psp-*"


def test_the_printed_line_points_the_sdk_at_it(start_psp):
    psp = start_psp()
    (line,) = re.findall(r"^Python +(.*)$", psp.welcome, re.MULTILINE)
    names = {"stripe": stripe}
    exec(line, names)

    payment = names["client"].v1.payment_intents.create(
        {"amount": 500, "currency": "eur", "confirm": True, "payment_method": "pm_card_visa"}
    )

    assert payment.status == "succeeded"
    node = re.search(r'host: "(.*)", port: (\d+)', psp.welcome)
    assert f"http://{node[1]}:{node[2]}" == psp.url


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_when_it_is_told_and_leaves_nothing_behind(start_psp, number):
    psp = start_psp()
    psp.pay()

    code = psp.stop(number)

    assert code == ExitCode.HOLDS
    assert psp.process.stderr.read() == ""
    assert list(Path(tempfile.gettempdir()).glob(SCRATCH)) == []


def test_even_killed_it_leaves_nothing_behind(start_psp):
    psp = start_psp()
    psp.pay()
    assert psp.control("GET", "/journal")["total"] == 1

    psp.kill()

    assert list(Path(tempfile.gettempdir()).glob(SCRATCH)) == []


def test_a_request_that_hangs_does_not_keep_it_from_ending(start_psp):
    psp = start_psp()
    psp.control("POST", "/faults", id="hang", where="reply", kind="hang-before")
    with socket.create_connection(("127.0.0.1", httpx.URL(psp.url).port)) as connection:
        connection.sendall(b"GET /v1/events HTTP/1.1\r\nHost: psp\r\nAuthorization: Bearer sk_test_paystorm\r\n\r\n")
        time.sleep(0.2)

        began_s = time.monotonic()
        code = psp.stop()

    assert code == ExitCode.HOLDS
    assert time.monotonic() - began_s < 5


def test_the_documents_few_lines_of_python_take_money(start_psp):
    """As they are printed but for the port, at a PSP that behaves."""
    text = (Path(__file__).parents[2] / "docs/psp.md").read_text()
    (block,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    psp = start_psp("--key", "sk_test_paystorm")
    assert "http://127.0.0.1:8420" in block

    exec(block.replace("http://127.0.0.1:8420", psp.url), {})

    (payment,) = psp.control("GET", "/books/payments")["data"]
    assert (payment["amount_minor"], payment["status"]) == (1099, "captured")


def test_presets_and_files_of_faults_are_on_from_the_start(start_psp, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[[faults]]\nid = "mine"\nwhere = "reply"\nkind = "error-before"\n')

    psp = start_psp("--preset", "webhook-chaos", "--preset", "throttled", "--faults", file)

    ids = [fault["id"] for fault in psp.control("GET", "/faults")["data"]]
    assert ids[-1] == "mine"
    assert len(ids) > 3
    assert psp.pay().status_code in (429, 503)


def test_keys_open_accounts_of_their_own_and_events_go_where_they_were_wanted(start_psp, inbox, until):
    keys = ("--key", "sk_test_paystorm", "--key", "sk_live_a", "--key", "sk_test_b@acct_b")
    psp = start_psp(*keys, "--webhook", inbox.url)
    (secret,) = re.findall(r"signed with (whsec_\S+)", psp.welcome)

    psp.pay()

    assert psp.control("GET", "/books")["realms"] == [
        {"account": "acct_paystorm", "mode": "test"},
        {"account": "acct_paystorm", "mode": "live"},
        {"account": "acct_b", "mode": "test"},
    ]
    until(lambda: len(inbox.letters) > 1)
    for body, headers in inbox.letters:
        stripe.Webhook.construct_event(body, headers["stripe-signature"], secret)


def test_strict_it_refuses_parameters_that_it_does_not_know_and_a_profile_treats_keys_in_another_way(start_psp):
    psp = start_psp("--strict", "--profile", "none")

    refused = psp.pay(colour="green")
    first, second = psp.pay(key="k").json(), psp.pay(key="k").json()

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "parameter_unknown")
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "flakey-network"], "did you mean flaky-network?"),
        (["--faults", "none.toml"], "none.toml: cannot be read"),
        (["--faults", "bad.toml"], "bad.toml: fault 1 'mine'"),
        (["--preset", "throttled", "--preset", "throttled"], "installed already"),
        (["--host", "0.0.0.0"], "give the PSP a secret key and a control token"),
        (["--host", "0.0.0.0", "--key", "sk_test_own"], "give the PSP a secret key and a control token"),
        (["--host", "0.0.0.0", "--token", "own"], "give the PSP a secret key and a control token"),
        (["--host", "no-such-host.invalid", "--key", "sk_test_own", "--token", "own"], "cannot listen at"),
        (["--state", "bad.toml"], "not a state file"),
        (["--state", "nowhere/state"], "cannot be opened"),
        (["--webhook", "ftp://example.com"], "not a web address"),
        (["--key", "sk_test_a@"], "expected KEY or KEY@ACCOUNT"),
        (["--key", "sk_test_a", "--key", "sk_test_a"], "given twice"),
        (["--token", ""], "--token: it is empty"),
        (["--profile", "visa"], "--profile"),
        (["--port", "70000"], "--port"),
    ],
)
def test_what_it_cannot_do_it_says_in_one_line(refuse, tmp_path, arguments, words):
    (tmp_path / "bad.toml").write_text('[[faults]]\nid = "mine"\nwhere = "reply"\nkind = "explode"\n')

    code, errors = refuse(*arguments)

    assert code == ExitCode.BAD_INPUT
    (line,) = errors.strip().splitlines()
    assert line.startswith("paystorm: ")
    assert words in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.toml"]


def test_a_port_that_is_taken_is_bad_input(refuse):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        code, errors = refuse("--port", taken.getsockname()[1])

    assert code == ExitCode.BAD_INPUT
    assert "cannot listen at" in errors
    assert len(errors.strip().splitlines()) == 1


def test_a_state_file_has_one_user_at_a_time(start_psp, refuse, tmp_path):
    start_psp("--state", tmp_path / "state")

    code, errors = refuse("--port", 0, "--state", tmp_path / "state")

    assert code == ExitCode.BAD_INPUT
    assert "another process uses it" in errors


def test_it_is_ready_after_less_than_a_second_of_work(start_psp):
    """By the processor's clock, which does not run while other programs have the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    psp = start_psp()
    assert httpx.get(f"{psp.url}/_chaos/health").is_success
    psp.kill()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 2  # 0.8 where nothing else runs
