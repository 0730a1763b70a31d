"""docker-compose.yml and what belongs to it name only what exists: services, programs, settings, ports, paths.

No container is started here: that everything works together as one is what `paystorm load` and its tests show.
"""

import importlib.util
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from psp_chaos.main import Environment as PspEnvironment
from scenarios.live.load_settings import LoadSettings
from service.settings import Environment as ServiceEnvironment
from service.side_door import _OPEN as SIDE_DOOR

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
PROMETHEUS = yaml.safe_load((ROOT / "prometheus.yml").read_text())
FOREIGN = {"postgres", "prometheus"}  # images of others
OURS = sorted(set(SERVICES) - FOREIGN)
KNOWN_VARIABLES = {
    f"{model.model_config['env_prefix']}{name.upper()}"
    for model in (ServiceEnvironment, LoadSettings, PspEnvironment)
    for name in model.model_fields
}
POSTGRES_VARIABLES = {"POSTGRES_USER", "POSTGRES_PASSWORD"}
COMMAND_VARIABLES = {"PAYSTORM_ROLE_PASSWORD"}


def test_the_parts_of_the_system_are_there():
    assert {"postgres", "service", "worker", "psp", "locust", "locust-worker", "prometheus"} <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_exists_and_can_become_so(name):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]


@pytest.mark.parametrize("name", OURS)
def test_every_program_exists(name):
    python, option, module, *arguments = SERVICES[name]["command"]

    assert (python, option) == ("python", "-m")
    assert importlib.util.find_spec(module) is not None
    files = [argument.partition("=")[2] for argument in arguments if argument.startswith("--locustfile=")]
    assert all((ROOT / file).is_file() for file in files)


@pytest.mark.parametrize("name", SERVICES)
def test_every_variable_is_a_setting_that_exists(name):
    assert set(SERVICES[name].get("environment", {})) <= KNOWN_VARIABLES | POSTGRES_VARIABLES | COMMAND_VARIABLES


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("service", ServiceEnvironment),
        ("worker", ServiceEnvironment),
        ("psp", PspEnvironment),
        ("locust", LoadSettings),
        ("locust-worker", LoadSettings),
    ],
)
def test_the_settings_are_complete_and_readable(name, model, monkeypatch):
    for variable, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(variable, re.sub(r"\$\{\w+:(.)([^}]*)\}", _filled_in, value))

    settings = model()

    assert settings.model_fields_set


def test_what_serves_owns_nothing():
    roles = {
        name: re.search(r"//(\w+):", settings["PAYSTORM_DATABASE_URL"])[1]
        for name, service in SERVICES.items()
        if "PAYSTORM_DATABASE_URL" in (settings := service.get("environment", {}))
    }

    assert {name for name, role in roles.items() if role == "paystorm"} == {"migration", "preparation"}
    assert roles["service"] == roles["worker"] == "paystorm_service"
    assert SERVICES["migration"]["command"][-2:] == ["--grant-to", "paystorm_service"]
    assert "PAYSTORM_ROLE_PASSWORD" in SERVICES["migration"]["environment"]


def test_a_container_is_killed_later_than_its_program_gives_up():
    shutdown_s = ServiceEnvironment.model_fields["shutdown_s"].default

    assert all(
        int(SERVICES[name]["stop_grace_period"].removesuffix("s")) > shutdown_s for name in ("service", "worker")
    )


def test_every_port_is_bound_to_loopback():
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_every_secret_must_come_from_outside():
    secret = re.compile("PASSWORD|KEY|SECRET|TOKEN|DATABASE_URL|ENDPOINTS")
    values = [
        value
        for service in SERVICES.values()
        for variable, value in service.get("environment", {}).items()
        if secret.search(variable)
    ]

    assert values
    assert all(re.search(r"\$\{\w+:\?", value) for value in values)


def test_nothing_that_is_mounted_or_named_is_missing():
    mounts = [volume.split(":") for service in SERVICES.values() for volume in service.get("volumes", [])]

    for source, *_ in mounts:
        assert (ROOT / source).is_file() if source.startswith("./") else source in COMPOSE["volumes"]
    for service in SERVICES.values():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_can_do_little_and_take_little(name):
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(service[limit] for limit in ("mem_limit", "cpus", "pids_limit"))
    assert re.fullmatch(r"[\w./-]+:v?\d+(\.\d+)+", service["image"]), "a version, and none that moves by itself"


def test_only_postgres_keeps_a_few_capabilities():
    assert {name for name, service in SERVICES.items() if "cap_add" in service} == {"postgres"}
    assert "user" not in SERVICES["postgres"], "it takes its folder as root and then becomes somebody else"


def test_the_database_is_reached_by_those_who_need_it():
    networks = {name: set(service["networks"]) for name, service in SERVICES.items()}

    assert COMPOSE["networks"]["books"]["internal"] is True
    assert {name for name, those in networks.items() if "books" in those} == {
        "postgres", "migration", "preparation", "service", "worker"
    }  # fmt: skip
    assert all(
        "PAYSTORM_DATABASE_URL" in SERVICES[name]["environment"]
        for name in networks
        if "books" in networks[name] and name != "postgres"
    )


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migration", "preparation", "locust-worker"}))
def test_every_health_check_asks_what_is_there(name):
    kind, program, *arguments = SERVICES[name]["healthcheck"]["test"]

    assert kind == "CMD"
    assert program == {"postgres": "pg_isready", "prometheus": "promtool"}.get(name, "python")
    if program == "python":
        compile(arguments[1], "the health check", "exec")
    for address in re.findall(r"https?://[^'\s]+", " ".join(arguments)):
        url = urlsplit(address)
        assert (url.hostname, url.port) == ("127.0.0.1", listening_ports(name)[-1])
        assert name not in ("service", "worker") or url.path in SIDE_DOOR


def test_what_is_published_and_asked_for_is_listened_to():
    for name, service in SERVICES.items():
        for port in service.get("ports", []):
            assert int(port.rpartition(":")[2]) in listening_ports(name)
    for service, _, port in re.findall(r"https?://(service|worker|psp|locust|prometheus)(:)(\d+)", TEXT):
        assert int(port) in listening_ports(service)


def test_several_services_find_a_port_each():
    (published,) = SERVICES["service"]["ports"]

    first, last = published.split(":")[1].split("-")
    assert int(last) > int(first)


def test_locusts_workers_find_their_master():
    master, worker = (dict(options(SERVICES[name]["command"])) for name in ("locust", "locust-worker"))

    assert "master" in master
    assert "worker" in worker
    assert SERVICES[worker["master-host"]] is SERVICES["locust"]
    assert worker["master-port"] == master["master-bind-port"]
    assert worker["locustfile"] == master["locustfile"]
    assert SERVICES["locust-worker"]["environment"] == SERVICES["locust"]["environment"]


@pytest.mark.parametrize("job", PROMETHEUS["scrape_configs"], ids=lambda job: job["job_name"])
def test_prometheus_asks_programs_that_tell(job):
    if "static_configs" in job:
        assert job["static_configs"] == [{"targets": [f"127.0.0.1:{port}" for port in listening_ports("prometheus")]}]
        return
    for found in job["dns_sd_configs"]:
        (name,) = found["names"]
        assert found["port"] in listening_ports(name)
        assert "PAYSTORM_METRICS_TOKEN" in SERVICES[name]["environment"]
        assert set(SERVICES[name]["networks"]) & set(SERVICES["prometheus"]["networks"])
    assert job["metrics_path"] in SIDE_DOOR


def test_prometheus_has_the_token_from_a_file_and_every_program_is_asked():
    jobs = [job for job in PROMETHEUS["scrape_configs"] if "dns_sd_configs" in job]
    files = {job["authorization"]["credentials_file"] for job in jobs}

    assert files == {f"/run/secrets/{secret}" for secret in SERVICES["prometheus"]["secrets"]}
    assert "credentials" not in {key for job in jobs for key in job["authorization"]}
    assert {job["dns_sd_configs"][0]["names"][0] for job in jobs} == {"service", "worker"}


def test_prometheus_reads_the_configuration_that_is_mounted():
    given = dict(options(SERVICES["prometheus"]["command"]))
    targets = [volume.split(":")[1] for volume in SERVICES["prometheus"]["volumes"]]

    assert given["config.file"] in targets
    assert given["storage.tsdb.path"] in targets


def test_secrets_are_files_that_must_be_named():
    # Compose cannot put any other secret into a container whose root cannot be written to.
    assert all(set(secret) == {"file"} and ":?" in secret["file"] for secret in COMPOSE["secrets"].values())


def test_the_operations_guide_names_every_variable_that_must_be_set():
    guide = (ROOT / "docs/operations.md").read_text()
    required = set(re.findall(r"\$\{(\w+):\?", TEXT))

    assert required
    assert all(re.search(rf"\b{name}\b", guide) for name in required)


def test_the_image_has_every_package_and_no_root():
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    for package in ("engine", "service", "psp_chaos", "reports", "scenarios"):
        assert f"COPY {package} {package}" in lines
    assert any("--require-hashes" in line for line in lines)
    assert "USER paystorm" in lines


def test_what_the_image_copies_and_runs_exists():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    base = next(line for line in lines if line.startswith("FROM "))
    copied = [shlex.split(line)[1] for line in lines if line.startswith("COPY ")]
    command = yaml.safe_load(next(line for line in lines if line.startswith("CMD ")).removeprefix("CMD "))

    assert re.fullmatch(r"FROM python:3\.12\.\d+-slim-\w+", base)
    assert (ROOT / ".python-version").read_text().strip() == "3.12"
    assert all((ROOT / source).exists() for source in copied)
    assert command in [SERVICES[name]["command"] for name in OURS]
    assert "requirements/run.txt" in next(line for line in lines if "--require-hashes" in line)


def listening_ports(name: str) -> list[int]:
    """Return the ports that the program in this container listens on; the last is the one that tells its health."""
    environment, given = SERVICES[name].get("environment", {}), dict(options(SERVICES[name].get("command", [])))
    match name:
        case "service":
            return [int(environment["PAYSTORM_LISTEN_PORT"])]
        case "worker":
            return [int(environment["PAYSTORM_WORKER_PORT"])]
        case "psp":
            return [int(environment["PSP_PORT"])]
        case "locust":
            return [int(given["master-bind-port"]), int(given["web-port"])]
        case "prometheus":
            return [9090]  # its default, which nothing changes
        case _:
            return []


def options(command: list[str]) -> list[tuple[str, str]]:
    """Return the options of a command; one without a value has the empty one."""
    return [(name, value) for name, _, value in (word[2:].partition("=") for word in command if word.startswith("--"))]


def _filled_in(reference: re.Match[str]) -> str:
    """Return what Compose would put there: the default where there is one, else what somebody must have set."""
    return reference[2] if reference[1] == "-" else "set-by-somebody"
