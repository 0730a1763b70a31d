"""Which defects a load in real time can show, and which programs have them."""

import pytest
from sqlalchemy.engine import make_url

from scenarios.defects import DEFECTS
from scenarios.errors import BadInput
from scenarios.library import LIBRARY
from scenarios.live.addresses import Addresses
from scenarios.live.credentials import Credentials
from scenarios.live.launches import DIRECTLY, Launches
from scenarios.live.live_defects import LIVE_DEFECTS, live_defect


@pytest.fixture
def launches():
    """How the processes of a system with one worker are started, with this defect."""

    def plan(defect):
        scenario = LIBRARY["duplicate-clicks"].model_copy(update={"workers": 1, "defect": defect})
        return Launches(
            scenario=scenario,
            addresses=Addresses(service_port=1, psp_port=2),
            credentials=Credentials.new(merchants=1),
            database=make_url("postgresql+asyncpg://host/database"),
            detours=DIRECTLY,
        )

    return plan


def test_every_one_on_the_list_exists():
    assert set(LIVE_DEFECTS) < set(DEFECTS)


def test_one_that_needs_more_than_a_load_is_refused_with_where_it_can_be_seen():
    with pytest.raises(
        BadInput, match=r"attempt-after-call: it cannot show .*`paystorm run --defect`.*psp-key-per-try"
    ):
        live_defect("attempt-after-call")


def test_one_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(BadInput, match=r"psp-key-per-tri: it does not exist; choose from .*psp-key-per-try"):
        live_defect("psp-key-per-tri")


@pytest.mark.parametrize("defect", [None, "key-check-then-insert"])
def test_every_process_is_the_products_own_program_or_the_defective_one(launches, defect):
    machines = launches(defect).machines()

    programs = {name: (launch.module, launch.arguments) for name, launch in machines.items()}
    if defect is None:
        assert programs == {"service/1": ("service.main", ()), "worker/1": ("service.worker_main", ())}
    else:
        module = "scenarios.live.defective_main"
        assert programs == {"service/1": (module, (defect, "service")), "worker/1": (module, (defect, "worker"))}
