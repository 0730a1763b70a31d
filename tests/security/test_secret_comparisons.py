"""Secrets are compared in constant time: held by the code's structure and by a spy; a stopwatch would prove nothing."""

import ast
import hmac
import re
from pathlib import Path

import pytest
from sqlalchemy import event

ROOT = Path(__file__).parents[2]
SECRETS = re.compile(r"secret|token|password|signature|digest|hmac|api_key\b|key_sha256|expected", re.IGNORECASE)
COMPARED_IN_CONSTANT_TIME = {"signature.py", "watch.py"}
NOT_SECRET = {
    # In a statement, looked up by index; what the index compares is a hash, and nobody can choose its parts.
    ("service/store/reads.py", "api_keys.c.key_sha256 == bindparam('the_key')"),
    ("service/merchants.py", "column.name != 'key_sha256'"),  # the name of a column
}


def _comparisons():
    for path in sorted((ROOT / "service").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare) and SECRETS.search(ast.unparse(node)):
                yield str(path.relative_to(ROOT)), node


def test_no_secret_is_compared_by_an_operator():
    """`==` ends at the first difference, and so tells how much of a guess is right."""
    found = {
        (path, ast.unparse(node))
        for path, node in _comparisons()
        if not all(isinstance(one, ast.Is | ast.IsNot) for one in node.ops)
    }

    assert found - NOT_SECRET == set()


def test_what_compares_secrets_uses_the_comparison_that_is_made_for_it():
    users = {
        path.name
        for path in (ROOT / "service").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "compare_digest"
    }

    assert users == COMPARED_IN_CONSTANT_TIME


@pytest.fixture
def compared(monkeypatch):
    """All pairs that are compared in constant time."""
    pairs = []
    real = hmac.compare_digest

    def spy(one, other):
        pairs.append((bytes(one), bytes(other)))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", spy)
    return pairs


async def test_every_guess_at_a_signature_is_compared_whole_with_the_right_one(bench, compared):
    """Guesses that are wrong at the first letter and at the last one take the same way."""
    header = f"t={bench.clock.now_us() // 1_000_000},v1={'0' * 64},v1=short"

    answer = await bench.client.post("/webhooks/psp", content=b"{}", headers={"Stripe-Signature": header})

    assert answer.status_code == 400
    assert [given for _, given in compared] == [b"0" * 64, b"short"]
    assert len({expected for expected, _ in compared}) == 1
    assert all(len(expected) == 64 for expected, _ in compared)


async def test_every_guess_at_the_metrics_token_is_compared_whole(bench, compared):
    guarded = await bench.another(watched=True, metrics_token="s3cret")

    answer = await guarded.client.get("/metrics", headers={"Authorization": "Bearer guess"})

    assert answer.status_code == 404
    assert compared == [(b"Bearer guess", b"Bearer s3cret")]


async def test_an_api_key_is_looked_up_by_its_hash_alone(bench):
    """A statement that had the key in it would show it to the database's log; one by its parts could be timed."""
    seen = []

    def note(_connection, _cursor, statement, parameters, *_):
        seen.append((statement, str(parameters)))

    event.listen(bench.database.sync_engine, "before_cursor_execute", note)
    await bench.client.get("/v1/payments", headers={"Authorization": "Bearer pk_guess_of_somebody"})

    assert len(seen) == 1
    assert "key_sha256 = " in seen[0][0]
    assert "pk_guess_of_somebody" not in str(seen)
