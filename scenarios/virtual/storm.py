"""One run in virtual time: the storm, then the calm, then everybody's diaries.

This is the composition root of the virtual tier. It puts the unmodified service, its workers and the PSP into a world,
lets the customers come, and hands back what each of them wrote down. The outcome is a function of (scenario, seed)
alone: whoever listens to the progress, or lends another server, cannot change it.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from operator import itemgetter

import httpx
import simpy
from sqlalchemy.engine import URL

from psp_chaos.app import Psp, create_psp
from psp_chaos.export import export_bites
from psp_chaos.faults.spec import FaultSpec
from psp_chaos.settings import PresetEndpoint, PspSettings
from scenarios.customers.client import PaystormClient
from scenarios.customers.diary import Diary
from scenarios.decisions import by_stream
from scenarios.defects import Defect
from scenarios.faults.world_fault import WorldFault
from scenarios.guests import Guest, guest_list
from scenarios.progress import Listener, Progress
from scenarios.randomness import Tape
from scenarios.spec import Scenario
from scenarios.units import to_ns
from scenarios.virtual.driver import Driver, Steps
from scenarios.virtual.latency import Regime
from scenarios.virtual.machines import SERVICE_HOST, Machines
from scenarios.virtual.merchants import MERCHANT_NETWORK, Merchants, secret_of, url_of
from scenarios.virtual.nemesis import Bites, let_loose
from scenarios.virtual.network import Latency
from scenarios.virtual.theatre import Theatre, api_key
from scenarios.virtual.world import World
from service.psp_wire import HANDLED_EVENTS
from service.settings import Settings

EPOCH_US = 1_767_225_600_000_000
"""When every virtual run begins: 2026-01-01T00:00:00Z."""

_PSP_KEY = "sk_test_paystorm"
_WEBHOOK_SECRET = "whsec_paystorm"  # noqa: S105 - a world of its own has no secrets
_PSP = "psp"
_PROGRESS_STEPS = 200
_LOOK_EVERY_S = 15.0  # whether all is quiet


class Storm:
    """One scenario with one seed in a world of its own."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        theatre: Theatre,
        listener: Listener,
        defect: Defect | None = None,
        tape: Tape | None = None,
        keep_timeline: bool = False,
    ) -> None:
        """Build the world; nothing happens before `run`.

        Args:
            scenario: What shall happen.
            seed: Decides everything that chance decides.
            theatre: Where it takes place; cleaned.
            listener: Is told how far the run is.
            defect: The bug that is planted in the service, if any.
            tape: Records every seeded decision, or makes those that were recorded.
            keep_timeline: Keep the timeline's lines, to find the first difference between two runs.
        """
        self.scenario = scenario
        self.world = World(
            seed=seed,
            epoch_us=EPOCH_US,
            postgres=theatre.backends,
            keep_timeline=keep_timeline,
            tape=tape,
            decided=by_stream(scenario.decisions),
        )
        with ExitStack() as failing:
            failing.callback(self.world.close)  # nobody else could, if there is no storm
            self.diary = Diary(now_us=self.world.clock.now_us)
            self.psp = self._start_psp()
            self.merchants = self._start_merchants(theatre) if scenario.merchant_listens else None
            self.machines = Machines(
                self.world,
                settings=_service_settings(scenario, theatre.database),
                parts=defect.parts if defect else None,
                pools=theatre.pools,
            )
            self._world_bites = Bites(now_us=self.world.clock.now_us)
            self._listener = listener
            self._theatre = theatre
            self._customers_done = 0
            self.world.network.rules.extend(_latencies(scenario))
            self.world.postgres.regime = Regime.of(scenario.database_latency_s)
            failing.pop_all()

    @property
    def bites(self) -> list[dict[str, object]]:
        """Every time that a fault bit, in the order of time."""
        return sorted([*export_bites(self.psp), *self._world_bites.rows], key=itemgetter("at_us"))

    @property
    def counts(self) -> dict[str, int]:
        """What the run cost."""
        postgres = self.world.postgres
        return {
            "requests": self.world.network.requests,
            "round_trips": postgres.round_trips,
            "lock_waits": postgres.locks.waits,
            "deadlocks": postgres.locks.deadlocks,
        }

    def run(self) -> None:
        """Let storm and calm pass."""
        self.machines.start({"service": self.scenario.service_processes, "worker": self.scenario.workers})
        faults = [fault for fault in self.scenario.faults_of_the_storm() if isinstance(fault, WorldFault)]
        let_loose(faults, world=self.world, machines=self.machines, merchants=self.merchants, bites=self._world_bites)
        self._invite_customers()
        self.world.env.process(self._tell_progress())
        end: simpy.Event = self.world.env.timeout(to_ns(self.scenario.storm_s + self.scenario.calm_s))
        if self.scenario.ends_when_quiet:
            end |= self.world.env.process(self._await_quiet())
        self.world.run(until=end)

    def _start_psp(self) -> Psp:
        world = self.world
        psp = create_psp(
            settings=_psp_settings(self.scenario),
            clock=world.clock,
            ids=world.ids(_PSP),
            random=lambda name: world.stream(_PSP, name),
            http=httpx.AsyncClient(transport=world.transport(_PSP)),
        )
        for fault in self.scenario.faults_of_the_storm():
            if isinstance(fault, FaultSpec):
                psp.faults.install(fault)
        world.network.attach(_PSP, world.process(_PSP), psp.app)
        return psp

    def _start_merchants(self, theatre: Theatre) -> Merchants:
        for number in range(1, self.scenario.merchants + 1):
            theatre.listen(merchant=number, url=url_of(number), secret=secret_of(number))
        return Merchants(self.world, count=self.scenario.merchants)

    def _invite_customers(self) -> None:
        drivers = [self._driver(merchant) for merchant in range(1, self.scenario.merchants + 1)]
        for guest in guest_list(self.scenario, self.world.stream):
            self.world.env.process(self._visit(drivers, guest))

    def _driver(self, merchant: int) -> Driver:
        """Return who performs the customers of a merchant."""
        return Driver(
            env=self.world.env,
            network=self.world.network,
            client=PaystormClient(api_key=api_key(merchant)),
            diary=self.diary,
            host=SERVICE_HOST,
        )

    def _visit(self, drivers: Sequence[Driver], guest: Guest) -> Steps[None]:
        yield self.world.env.timeout(to_ns(guest.arrives_s))
        driver = drivers[guest.merchant]
        yield from driver.perform(guest.author, guest.perform(self.scenario, self.world.stream))
        self._customers_done += 1

    def _await_quiet(self) -> Steps[None]:
        """Wait until the storm is over and nothing is left that could happen but workers finding nothing."""
        yield self.world.env.timeout(to_ns(self.scenario.storm_s))
        while not self._is_quiet():
            yield self.world.env.timeout(to_ns(_LOOK_EVERY_S))

    def _is_quiet(self) -> bool:
        return (
            self._customers_done == self.scenario.visits
            and all(name.startswith("worker/") for name in self.world.busy())  # whose one task never ends
            and not self._theatre.has_open_work()
        )

    def _tell_progress(self) -> Steps[None]:
        # This runs whether or not anybody looks, so that looking changes nothing.
        total_s = self.scenario.storm_s + self.scenario.calm_s
        while True:
            now_s = self.world.loop.time()
            self._listener.progress(
                Progress(
                    phase="storm" if now_s < self.scenario.storm_s else "calm",
                    elapsed_s=now_s,
                    total_s=total_s,
                    faults=len(self.psp.faults.bites) + len(self._world_bites.rows),
                    customers_done=self._customers_done,
                )
            )
            yield self.world.env.timeout(to_ns(total_s / _PROGRESS_STEPS))


def _service_settings(scenario: Scenario, database: URL) -> Settings:
    return Settings.model_validate(
        {
            "database_url": database.render_as_string(hide_password=False),
            "psp_base_url": f"http://{_PSP}",
            "psp_api_key": _PSP_KEY,
            "psp_webhook_secret": _WEBHOOK_SECRET,
            "event_targets_allowed": [MERCHANT_NETWORK],
            **scenario.service,
        }
    )


def _psp_settings(scenario: Scenario) -> PspSettings:
    endpoint = PresetEndpoint(
        url=f"http://{SERVICE_HOST}/webhooks/psp", secret=_WEBHOOK_SECRET, enabled_events=HANDLED_EVENTS
    )
    return PspSettings.model_validate(
        {
            **scenario.psp,
            "secret_key": _PSP_KEY,
            "webhook_endpoints": (endpoint,),
            "latency_s": scenario.psp_latency_s,
            "asynchronous_share": scenario.psp_asynchronous_share,
            "asynchronous_s": scenario.psp_asynchronous_s,
        }
    )


def _latencies(scenario: Scenario) -> Iterator[Latency]:
    """Yield the network's rules; of those that match, the first decides."""
    if scenario.customer_spike_latency_s is not None:
        spike = Regime.of(scenario.customer_spike_latency_s)
        yield Latency(source="customer", target=SERVICE_HOST, regime=spike, to_s=scenario.storm_s)
    yield Latency(source="customer", target=SERVICE_HOST, regime=Regime.of(scenario.customer_latency_s))
    link = Regime.of(scenario.psp_link_latency_s)
    yield Latency(source=_PSP, target=SERVICE_HOST, regime=link)
    yield Latency(source=SERVICE_HOST, target=_PSP, regime=link)
    yield Latency(source="worker", target=_PSP, regime=link)
