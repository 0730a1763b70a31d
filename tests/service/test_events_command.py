"""What was given up is listed and sent again by command."""

import asyncio
import json

from scenarios.cli.main import run_command


async def paystorm(bench, capsys, *words):
    """Run a command as an operator does, beside the service."""
    url = bench.settings.database_url.replace("+asyncpg", "")
    code = await asyncio.to_thread(run_command, ["events", *words, "--database-url", url])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


async def test_dead_deliveries_are_listed_and_sent_again(bench, capsys):
    endpoint = await bench.listen()
    payment_id = (await bench.pay()).json()["id"]
    await bench.deliver()
    bench.listener.heard.clear()
    await bench.run_sql(
        "UPDATE deliveries SET state = 'dead', tries = 10, status = 503, echo = 'refused'"
        " WHERE event_id LIKE '%_2' OR event_id LIKE '%_3'"
    )

    listed = await paystorm(bench, capsys, "list", "--merchant-id", "shop")
    nobodys = await paystorm(bench, capsys, "list", "--merchant-id", "other")
    _, as_json, _ = await paystorm(bench, capsys, "list", "--limit", "1", "--json")
    resent = await paystorm(bench, capsys, "resend", f"evt_{payment_id}_3")
    refused = await paystorm(bench, capsys, "resend", "evt_nothing_1")
    bench.clock.advance(10**9)  # the command goes by the wall clock
    await bench.deliver()

    assert [line.split()[0] for line in listed[1].splitlines()] == [f"evt_{payment_id}_{number}" for number in (3, 2)]
    assert f"{endpoint['id']} dead after 10 tries (503)" in listed[1]
    assert endpoint["secret"] not in listed[1] + as_json
    assert nobodys[:2] == (0, "")
    assert [one["id"] for one in json.loads(as_json)] == [f"evt_{payment_id}_3"]
    assert resent[:2] == (0, f"evt_{payment_id}_3 goes to {endpoint['id']}\n")
    assert refused[0] == 2
    assert bench.listener.ids() == [f"evt_{payment_id}_3"]
