"""Each fault of the network from outside: what the asker sees, what the server sees, and that it was written down."""

import asyncio
import re
from itertools import pairwise

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError

from scenarios.customers.actions import Create, Outcome
from scenarios.customers.client import PaystormClient
from scenarios.customers.diary import Author, Diary
from scenarios.faults.menu import Fault
from scenarios.faults.network import (
    NETWORK_FAULTS,
    Duplicate,
    Flapping,
    HalfOpen,
    Latency,
    Loss,
    Narrow,
    Partition,
    ResetAfter,
    ResetBefore,
    Truncated,
)
from scenarios.spec import Scenario
from scenarios.units import NS_PER_S, to_ns
from scenarios.virtual import network
from scenarios.virtual.driver import Driver
from scenarios.virtual.errors import AnswerTruncated, ConnectionRefused, ConnectionReset, Unreachable
from scenarios.virtual.latency import Regime
from scenarios.virtual.nemesis import Bites
from scenarios.virtual.nemesis.network import NetworkNemesis
from scenarios.virtual.network import ConnectionFailed

LINKS = [("customer/1", "service"), ("service/1", "psp"), ("worker/1", "psp"), ("psp", "service")]
ONE_WAY_S = 0.01
THINKS_S = 0.1
ROUND_S = 2 * ONE_WAY_S + THINKS_S
BODY = b'{"id":"1"}'


class Server:
    """Serves both hosts, takes its time, and remembers when it was asked what."""

    def __init__(self, world):
        self.world = world
        self.asked = []
        self.body = BODY
        for host in ("service", "psp"):
            world.network.attach(host, world.process(f"server/{host}"), self)

    async def __call__(self, scope, receive, send):
        self.asked.append((scope["client"][0], now_s(self.world)))
        await asyncio.sleep(THINKS_S)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.body})

    @property
    def asked_at_s(self):
        return [at_s for _, at_s in self.asked]


@pytest.fixture
def world(new_world):
    world = new_world()
    for source, target in LINKS:
        regime = Regime(low_s=ONE_WAY_S, high_s=ONE_WAY_S)
        world.network.rules.append(network.Latency(source=source.partition("/")[0], target=target, regime=regime))
    return world


@pytest.fixture
def server(world):
    return Server(world)


def now_s(world):
    return world.env.now / NS_PER_S


def haunt(world, *faults):
    """Let faults loose; return the bites, which grow."""
    bites = Bites(now_us=world.clock.now_us)
    nemesis = NetworkNemesis(world, None, bites=bites)
    for fault in faults:
        nemesis.haunt(fault)
    return bites.rows


def ask(world, source="customer/1", target="service", *, path="/v1/payments?limit=1"):
    return world.network.exchange(source=source, target=target, method="POST", path=path, headers={})


def asking(world, seen, *, at_s=0.0, patience_s=1e6, **options):
    """Ask at a time, wait that long, and note what was seen when."""

    def asker():
        yield world.env.timeout(to_ns(at_s))
        answer = ask(world, **options)
        try:
            yield answer | world.env.timeout(to_ns(patience_s))
            what = answer.value.status if answer.triggered else "nothing"
        except ConnectionFailed as error:
            what = type(error)
        seen.append((what, now_s(world)))

    return world.env.process(asker())


def see(world, **options):
    """Ask, and return what was seen and how long that took."""
    began_s, seen = now_s(world), []
    world.run(asking(world, seen, **options))
    what, at_s = seen[0]
    return what, at_s - began_s


def see_through_httpx(world, source="service/1", target="psp", **timeouts):
    """Return what an httpx client sees, and after how long."""
    began_s = now_s(world)

    async def program():
        transport = world.transport(source)
        async with httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(30, **timeouts)) as client:
            try:
                return (await client.post(f"http://{target}/")).status_code
            except httpx.RequestError as error:
                return type(error)

    what = world.run(world.process(f"program/{began_s}").spawn(program()))
    return what, now_s(world) - began_s


def partition(*, begins_s=1.0, for_s=10.0, **options):
    """One outage, which begins at that time."""
    turns = {"every_s": (begins_s, begins_s), "for_s": (for_s, for_s)}
    return Partition(id="partition", **turns, window={"from_s": 0, "to_s": begins_s + for_s}, **options)


ALWAYS = [
    ResetBefore(id="x", probability=1),
    ResetAfter(id="x", probability=1),
    Truncated(id="x", probability=1),
    Duplicate(id="x", probability=1),
    Loss(id="x", probability=0.9),
    Latency(id="x", delay_s=(1, 2)),
    Partition(id="x", every_s=(0, 0), for_s=(50, 50)),
    Flapping(id="x", up_s=(0, 0), down_s=(5, 5)),
    HalfOpen(id="x", probability=1),
    Narrow(id="x", rate=(1, 2)),
]
KINDS = [fault.kind for fault in ALWAYS]


def test_every_kind_is_in_these_tests():
    assert {type(fault) for fault in ALWAYS} == set(NETWORK_FAULTS)


@pytest.mark.parametrize("fault", ALWAYS, ids=KINDS)
@pytest.mark.parametrize("hit", LINKS)
def test_a_fault_bites_on_its_link_and_on_no_other(world, server, fault, hit):
    source, target = hit
    bites = haunt(world, fault.model_copy(update={"source": source.partition("/")[0], "target": target}))
    world.run(to_ns(0.5))
    seen = {}

    for link in LINKS:
        seen[link] = see(world, source=link[0], target=link[1], patience_s=100)

    assert len(bites) > 0
    assert {bite["target"].replace("/1", "") for bite in bites} == {f"{source}->{target}".replace("/1", "")}
    untouched = {link: sight for link, sight in seen.items() if link != hit}
    assert {what for what, _ in untouched.values()} == {200}
    assert [took_s for _, took_s in untouched.values()] == pytest.approx([ROUND_S] * 3)
    assert [client for client, _ in server.asked if client != source] == [link[0] for link in untouched]


@pytest.mark.parametrize("fault", ALWAYS, ids=KINDS)
def test_a_fault_without_a_link_bites_everywhere(world, server, fault):
    bites = haunt(world, fault)
    world.run(to_ns(0.5))

    for source, target in LINKS:
        see(world, source=source, target=target, patience_s=1)

    hit = {bite["target"] for bite in bites}
    assert hit == ({"any->any"} if isinstance(fault, Partition | Flapping) else {f"{s}->{t}" for s, t in LINKS})


@pytest.mark.parametrize("fault", ALWAYS, ids=KINDS)
def test_everything_is_whole_outside_of_the_window(world, server, fault):
    bites = haunt(world, fault.model_copy(update={"window": {"from_s": 10, "to_s": 20}}))
    before = see(world)
    world.run(to_ns(20))

    after = see(world)

    assert before == (200, pytest.approx(ROUND_S))
    assert after == (200, pytest.approx(ROUND_S))
    assert bites == []


@pytest.mark.parametrize("fault", ALWAYS, ids=KINDS)
def test_the_same_seed_gives_the_same_timeline_and_another_seed_or_none_another(new_world, fault):
    def digest(*faults, seed=1):
        world = new_world(seed=seed)
        Server(world)
        bites = haunt(world, *faults)
        for number in range(20):
            asking(world, [], at_s=number / 3, patience_s=5, source=f"customer/{number % 3}")
        world.run(to_ns(60))
        return world.timeline.digest, tuple(str(bite) for bite in bites)

    fault = fault if not hasattr(fault, "probability") else fault.model_copy(update={"probability": 0.5})

    assert digest(fault) == digest(fault)
    assert len({digest(fault), digest(fault, seed=2), digest()}) == 3


def test_latency_delays_both_directions(world, server):
    bites = haunt(world, Latency(id="slow", delay_s=(2, 3), window={"from_s": 0, "to_s": 100}))

    what, took_s = see(world)
    see(world)

    assert what == 200
    assert 2 <= server.asked_at_s[0] <= 3
    assert 4 + THINKS_S <= took_s <= 6 + THINKS_S
    assert [(bite["kind"], bite["target"]) for bite in bites] == [("latency", "customer/1->service")]


def test_the_first_of_two_latencies_decides(world, server):
    haunt(world, Latency(id="first", delay_s=(2, 2)), Latency(id="second", delay_s=(9, 9)))

    assert see(world) == (200, pytest.approx(4 + THINKS_S))


def test_what_is_lost_arrives_later_each_time_twice_as_late_and_nobody_sees_an_error(world, server):
    bites = haunt(world, Loss(id="lossy", probability=0.5, retransmit_s=(1, 1)))

    seen = [see(world) for _ in range(40)]

    assert {what for what, _ in seen} == {200}
    # 1 s for the first loss of a message, 2 s for its second, 4 s for its third: whole seconds, for request and answer.
    extra_s = [round(took_s - ROUND_S, 6) for _, took_s in seen]
    assert all(extra.is_integer() for extra in extra_s)
    assert {0, 1, 3, 7} <= set(extra_s)
    assert len(bites) > 40
    assert {bite["detail"]["transmission"] for bite in bites} >= {1, 2, 3}
    assert len(server.asked) == 40


def test_requests_and_answers_are_lost(world, server):
    haunt(world, Loss(id="lossy", probability=0.5, retransmit_s=(1, 1)))

    there_s, back_s = [], []
    for _ in range(40):
        began_s = now_s(world)
        see(world)
        there_s.append(round(server.asked_at_s[-1] - began_s))
        back_s.append(round(now_s(world) - server.asked_at_s[-1]))

    assert {0, 1} <= set(there_s)
    assert {0, 1} <= set(back_s)


def test_a_reset_before_arrival_leaves_no_trace_at_the_server(world, server):
    bites = haunt(world, ResetBefore(id="reset", probability=1))

    assert see(world) == (ConnectionReset, pytest.approx(ONE_WAY_S))
    assert see_through_httpx(world)[0] is httpx.ReadError
    assert server.asked == []
    assert [bite["target"] for bite in bites] == ["customer/1->service", "service/1->psp"]
    assert bites[0]["detail"] == {"method": "POST", "path": "/v1/payments"}


def test_a_reset_after_arrival_takes_the_answer_only(world, server):
    bites = haunt(world, ResetAfter(id="reset", probability=1))

    assert see(world) == (ConnectionReset, pytest.approx(ROUND_S))
    assert see_through_httpx(world)[0] is httpx.ReadError
    assert [client for client, _ in server.asked] == ["customer/1", "service/1"]
    assert bites[0]["detail"] == {"method": "POST", "path": "/v1/payments", "status": 200}


def test_an_answer_breaks_off_within_its_body(world, server):
    bites = haunt(world, Truncated(id="cut", probability=1))

    assert see(world) == (AnswerTruncated, pytest.approx(ROUND_S))
    assert see_through_httpx(world)[0] is httpx.RemoteProtocolError
    assert len(server.asked) == 2
    assert all(0 <= bite["detail"]["kept_bytes"] < len(BODY) for bite in bites)


def test_an_answer_without_a_body_cannot_break_off(world, server):
    server.body = b""
    bites = haunt(world, Truncated(id="cut", probability=1))

    assert see(world)[0] == 200
    assert bites == []


@pytest.mark.parametrize("kind", [ResetBefore, ResetAfter, Truncated])
def test_a_customer_takes_a_broken_answer_as_unknown(world, server, kind):
    haunt(world, kind(id="broken", probability=1))
    diary = Diary(now_us=world.clock.now_us)
    client = PaystormClient(api_key="key")
    driver = Driver(env=world.env, network=world.network, client=client, diary=diary, host="service")

    def script():
        create = Create(intent="order", key="key", amount_minor=5, currency="EUR", payment_method="pm_card_visa")
        seen.update((yield create))

    seen = {}
    world.run(world.env.process(driver.perform(Author(customer="customer/1", script="script"), script())))

    assert seen[0].outcome is Outcome.UNKNOWN
    assert seen[0].http_status is None


def test_a_request_on_an_open_connection_crosses_once_the_partition_is_over(world, server):
    bites = haunt(world, partition(open_share=1))
    seen = []
    asking(world, seen, at_s=2)

    world.run(to_ns(60))

    # Transmitted again after 0.2, 0.6, 1.4, 3, 6.2 and 12.6 s; the last is the first after 11 s.
    assert server.asked_at_s == pytest.approx([2 + 12.6 + ONE_WAY_S])
    assert seen == [(200, pytest.approx(2 + 12.6 + ROUND_S))]
    assert [(bite["target"], bite["detail"]) for bite in bites] == [
        ("any->any", {"for_s": 10.0, "direction": "both"}),
    ]


def test_a_request_on_an_open_connection_arrives_though_its_asker_has_hung_up(world, server):
    haunt(world, partition(open_share=1))
    seen = []
    asking(world, seen, at_s=2, patience_s=3)

    world.run(to_ns(60))

    assert seen == [("nothing", pytest.approx(5))]
    assert server.asked_at_s == pytest.approx([2 + 12.6 + ONE_WAY_S])


def test_the_kernel_gives_up_an_orphaned_request_in_the_end(world, server):
    haunt(world, partition(open_share=1, for_s=110))
    asking(world, [], at_s=2, patience_s=3)
    asking(world, [], at_s=2)

    world.run(to_ns(600))

    assert len(server.asked) == 1


def test_a_connection_is_opened_once_the_partition_is_over(world, server):
    haunt(world, partition(open_share=0))
    seen = []
    asking(world, seen, at_s=2)

    world.run(to_ns(60))

    # The wish to connect is repeated after 1, 3, 7 and 15 s.
    assert server.asked_at_s == pytest.approx([2 + 15 + ONE_WAY_S])
    assert seen == [(200, pytest.approx(2 + 15 + ROUND_S))]


def test_a_connection_is_never_opened_for_an_asker_who_has_hung_up(world, server):
    haunt(world, partition(open_share=0))
    seen = []
    asking(world, seen, at_s=2, patience_s=3)

    world.run(to_ns(600))

    assert seen == [("nothing", pytest.approx(5))]
    assert server.asked == []


def test_a_connection_is_never_opened_for_a_program_that_died(world, server):
    haunt(world, partition(open_share=0))

    async def program():
        async with httpx.AsyncClient(transport=world.transport("service/1"), timeout=None) as client:
            await asyncio.sleep(2)
            await client.post("http://psp/")

    doomed = world.process("service/1")
    doomed.spawn(program())
    world.loop.after(to_ns(5), doomed.crash)

    world.run(to_ns(600))

    assert server.asked == []


def test_an_open_connection_stays_one_and_a_new_one_too(world, server):
    haunt(world, partition(open_share=0.5))
    for number in range(20):
        asking(world, [], at_s=2, patience_s=3, source=f"customer/{number}")

    world.run(to_ns(600))

    assert 5 < len(server.asked) < 15
    assert server.asked_at_s == pytest.approx([2 + 12.6 + ONE_WAY_S] * len(server.asked))


@pytest.mark.parametrize(
    ("open_share", "seen", "arrived"),
    [(0, (httpx.ConnectTimeout, pytest.approx(3)), 0), (1, (httpx.ReadTimeout, pytest.approx(5)), 1)],
    ids=["new", "open"],
)
def test_httpx_tells_a_connection_that_was_never_opened_from_an_answer_that_never_came(
    world, server, open_share, seen, arrived
):
    haunt(world, partition(begins_s=0, open_share=open_share, for_s=20))
    world.run(to_ns(1))

    assert see_through_httpx(world, connect=3, read=5) == seen
    world.run(to_ns(600))
    assert len(server.asked) == arrived


def test_the_time_to_connect_does_not_count_as_time_to_read(world, server):
    haunt(world, partition(begins_s=0, open_share=0, for_s=10))
    world.run(to_ns(1))

    what, took_s = see_through_httpx(world, connect=20, read=1)

    assert (what, took_s) == (200, pytest.approx(15 + ROUND_S))


@pytest.mark.parametrize(
    ("fault", "sight"),
    [(Loss(id="lossy", probability=1), 200), (ResetBefore(id="reset", probability=1), httpx.ReadError)],
    ids=["loss", "reset-before"],
)
def test_a_connection_may_meet_another_fault_when_the_partition_is_over(world, server, fault, sight):
    haunt(world, partition(begins_s=0, open_share=0), fault.model_copy(update={"window": {"from_s": 11, "to_s": 17}}))
    world.run(to_ns(1))

    assert see_through_httpx(world, connect=None, read=100)[0] == sight


@pytest.mark.parametrize(
    ("open_share", "errors", "after_s"),
    # Seven wishes to connect; sixteen transmissions, of which the pauses grow to two minutes.
    [(0, (Unreachable, httpx.ConnectTimeout), 127), (1, (ConnectionReset, httpx.ReadError), 924.6)],
    ids=["new", "open"],
)
def test_the_kernel_gives_up_at_last(world, server, open_share, errors, after_s):
    haunt(world, partition(begins_s=0, open_share=open_share, for_s=5_000))
    world.run(to_ns(1))

    seen = see(world), see_through_httpx(world, connect=None, read=None)

    assert seen == tuple((error, pytest.approx(after_s)) for error in errors)
    assert server.asked == []


def test_one_way_there_holds_requests_and_lets_answers_pass(world, server):
    haunt(world, partition(direction="there", open_share=1))
    answered, held = [], []
    asking(world, answered, at_s=1 - ONE_WAY_S / 2)
    asking(world, held, at_s=2)

    world.run(to_ns(60))

    assert answered == [(200, pytest.approx(1 - ONE_WAY_S / 2 + ROUND_S))]
    assert held == [(200, pytest.approx(2 + 12.6 + ROUND_S))]


def test_one_way_back_lets_requests_take_effect_and_holds_their_answers(world, server):
    haunt(world, partition(direction="back", open_share=1))
    seen = []
    asking(world, seen, at_s=2)

    world.run(to_ns(60))

    assert server.asked_at_s == pytest.approx([2 + ONE_WAY_S])
    assert seen == [(200, pytest.approx(2 + 12.6 + ROUND_S))]


@pytest.mark.parametrize("direction", ["there", "back", "both"])
def test_no_connection_is_opened_when_one_direction_is_down(world, server, direction):
    haunt(world, partition(direction=direction, open_share=0))

    asking(world, [], at_s=2, patience_s=5)
    world.run(to_ns(60))

    assert server.asked == []


def test_nobody_hears_that_a_server_refuses_behind_a_partition(world):
    haunt(world, partition(direction="back", open_share=1))
    seen = []
    asking(world, seen, at_s=2)

    world.run(to_ns(60))

    assert seen == [(ConnectionRefused, pytest.approx(2 + 12.6 + 2 * ONE_WAY_S))]


def test_partitions_recur_and_each_is_written_down_once_if_anybody_was_hit(world, server):
    fault = Partition(id="p", source="customer", every_s=(20, 30), for_s=(1, 5), window={"from_s": 100, "to_s": 1000})
    bites = haunt(world, fault)
    for number in range(4000):
        asking(world, [], at_s=number / 4, patience_s=1)

    world.run(to_ns(1200))

    gaps_s = [(later["at_us"] - one["at_us"]) / 1e6 for one, later in pairwise(bites)]
    assert 25 <= len(bites) <= 45
    assert all(20 < gap_s < 36 for gap_s in gaps_s)
    assert all(1 <= bite["detail"]["for_s"] <= 5 and bite["target"] == "customer->any" for bite in bites)
    assert len({bite["detail"]["for_s"] for bite in bites}) > 20


def test_a_partition_that_meets_nobody_is_not_written_down(world, server):
    bites = haunt(world, partition(source="worker"))

    see(world, at_s=2)
    world.run(to_ns(60))

    assert bites == []


def test_a_partition_ends_with_its_window(world, server):
    haunt(world, Partition(id="p", every_s=(1, 1), for_s=(500, 500), window={"from_s": 0, "to_s": 20}))
    world.run(to_ns(20.5))

    assert see(world) == (200, pytest.approx(ROUND_S))


def test_a_flapping_link_delays_and_does_not_break(world, server):
    bites = haunt(
        world, Flapping(id="f", up_s=(1, 2), down_s=(0.5, 2), window={"from_s": 0, "to_s": 100}, open_share=1)
    )
    seen = []
    for number in range(200):
        asking(world, seen, at_s=number / 2)

    world.run(to_ns(300))

    assert [what for what, _ in seen] == [200] * 200
    assert 20 < len(bites) < 60
    assert {bite["kind"] for bite in bites} == {"flapping"}
    assert len(server.asked) == 200
    late = [at_s for at_s in server.asked_at_s if not (2 * (at_s - ONE_WAY_S)) % 1 < 1e-6]
    assert 40 < len(late) < 160


def test_a_duplicate_is_served_twice_and_answered_once(new_world):
    world = new_world(keep_timeline=True)
    server = Server(world)
    bites = haunt(world, Duplicate(id="twice", probability=1, delay_s=(3, 3)))
    seen = []
    asking(world, seen)

    world.run(to_ns(60))

    first_s, second_s = server.asked_at_s
    assert second_s - first_s == pytest.approx(3)
    assert [what for what, _ in seen] == [200]
    assert seen[0][1] < 1
    copies = [line.split(" ", 3)[3] for line in world.timeline.lines if "(copy)" in line]
    assert [copy.removeprefix("(copy) ").split()[0] for copy in copies] == ["server/service", "200"]
    assert [bite["detail"]["delay_s"] for bite in bites] == [3]
    assert world.network.requests == 1


def test_a_duplicate_may_arrive_while_the_first_is_under_way_and_at_a_dead_server(world, server):
    haunt(world, Duplicate(id="twice", probability=1, delay_s=(0.05, 0.05)))
    seen = []
    asking(world, seen, target="psp", source="worker/1")
    asking(world, seen, target="nowhere")

    world.run(to_ns(60))

    assert sorted(seen, key=str) == [(200, pytest.approx(ROUND_S)), (ConnectionRefused, pytest.approx(0.02, abs=0.02))]
    assert len(server.asked) == 2
    assert world.failures == []


def test_of_two_faults_the_first_wins(world, server):
    bites = haunt(world, ResetBefore(id="reset", probability=1), Duplicate(id="twice", probability=1))

    see(world)
    world.run(to_ns(10))

    assert [bite["fault"] for bite in bites] == ["reset"]
    assert server.asked == []


def test_a_fault_changes_no_draw_of_the_network_itself(new_world):
    def asked_at_s(*faults):
        world = new_world()
        server = Server(world)
        haunt(world, *faults)
        for number in range(30):
            asking(world, [], at_s=number, source="customer/1")
        world.run(to_ns(60))
        return server.asked_at_s

    quiet, with_duplicates = asked_at_s(), asked_at_s(Duplicate(id="twice", probability=0.3, delay_s=(0.5, 0.5)))

    assert set(quiet) <= set(with_duplicates)
    assert len(with_duplicates) > len(quiet)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"kind": "loss", "probability": 2}, "less than or equal to 1"),
        ({"kind": "loss", "probability": 1, "source": "bank"}, "'customer', 'service', 'worker' or 'psp'"),
        ({"kind": "loss", "probability": 1, "target": "worker"}, "'service' or 'psp'"),
        ({"kind": "loss", "probability": 1, "source": "customer", "target": "psp"}, "choose from customer->service"),
        ({"kind": "partition", "every_s": [1, 2], "for_s": [1, 2], "direction": "up"}, "'both', 'there' or 'back'"),
        ({"kind": "fog"}, "unknown kind fog|unknown fog; choose from latency, loss, reset-before"),
    ],
)
def test_what_can_never_bite_is_refused(plan, words):
    with pytest.raises(ValidationError, match=words):
        TypeAdapter(Fault).validate_python({"id": "x", "where": "network", **plan})


@pytest.mark.parametrize("fault", ALWAYS, ids=KINDS)
def test_a_fault_survives_json(fault):
    assert TypeAdapter(Fault).validate_python(fault.model_dump(mode="json")) == fault


def test_every_request_sent_twice_is_one_payment_and_one_refund(stage):
    scenario = Scenario(
        name="twice",
        story="Everything is sent twice.",
        customers=12,
        scripts={"double-clicker": 1, "refunder": 1},
        declined_share=0,
        storm_s=300,
        calm_s=600,
        final_within_s=600,
        psp_asynchronous_share=0.5,
        faults=(Duplicate(id="twice", probability=1, delay_s=(0, 1)),),
    )
    recording = stage.perform(scenario, seed=3)

    kinds = {re.split("/|->", bite["target"])[0] for bite in recording.faults}
    assert kinds >= {"customer", "service", "psp"}
    assert len(recording.service["payments"]) == len(recording.psp["payments"]) == 12
    assert len(recording.service["refunds"]) == len(recording.psp["refunds"]) > 0


def test_a_half_open_connection_swallows_the_request_and_tells_nobody(world, server):
    bites = haunt(world, HalfOpen(id="x", probability=1, window={"from_s": 0, "to_s": 5}))

    seen = see(world, patience_s=30)
    world.run(to_ns(2_000))  # the kernel of who asked has given it up long ago
    asked_meanwhile = list(server.asked)
    again = see(world, patience_s=30)

    assert seen == ("nothing", 30)
    assert asked_meanwhile == []
    assert len(bites) == 1
    assert again == (200, pytest.approx(ROUND_S))


def test_a_narrow_link_takes_as_long_as_the_message_is(world, server):
    haunt(world, Narrow(id="x", rate=(100, 100)))

    server.body = b"x" * 100
    _, short_s = see(world)
    server.body = b"x" * 1_000
    _, long_s = see(world)

    assert long_s - short_s == pytest.approx(9, abs=0.1)


@pytest.mark.parametrize("rate", [(0, 1), (2, 1)])
def test_a_link_carries_something(rate):
    with pytest.raises(ValidationError):
        Narrow(id="x", rate=rate)
