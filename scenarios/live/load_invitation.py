"""What a person is told who has started a load: where its pages are, and how other machines take part."""

from collections.abc import Iterator

from scenarios.live.load_generator import Load
from scenarios.live.ports import LOOPBACK
from scenarios.live.system import LiveSystem


def invitation(load: Load, system: LiveSystem) -> Iterator[str]:
    """Yield lines to print; nothing where there is nothing to do but to wait."""
    if load.web_port is not None:
        pages = f"http://{LOOPBACK}:{load.web_port}"
        yield f"start and stop the load at {pages}; its tab Reconciliation shows the money and switches faults"
        yield f"end it at {pages}/end, or with Ctrl-C here; then it is judged"
    if load.workers_elsewhere:
        ports = (load.master_port, system.addresses.service_port)
        tunnels = " ".join(f"-L {port}:{LOOPBACK}:{port}" for port in ports)
        key = f"PAYSTORM_LOAD_API_KEY={system.credentials.api_key}"
        yield f"waiting for {load.workers_elsewhere} of Locust's workers; on the other machine, with a tunnel to here:"
        yield f"  ssh -N {tunnels} THIS-MACHINE &"
        yield f"  {key} paystorm load --worker --master-port {load.master_port}"
