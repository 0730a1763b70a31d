"""docker-compose.yml names only what exists: services, programs, settings."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from psp_chaos.main import Environment as PspEnvironment
from scenarios.live.load_settings import LoadSettings
from service.settings import Environment as ServiceEnvironment

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
KNOWN_VARIABLES = {
    f"{model.model_config['env_prefix']}{name.upper()}"
    for model in (ServiceEnvironment, LoadSettings, PspEnvironment)
    for name in model.model_fields
}
POSTGRES_VARIABLES = {"POSTGRES_USER", "POSTGRES_PASSWORD"}
COMMAND_VARIABLES = {"PAYSTORM_ROLE_PASSWORD"}


def test_the_parts_of_the_system_are_there():
    assert {"postgres", "service", "worker", "psp", "locust"} <= set(SERVICES)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_exists_and_can_become_so(name):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"postgres"}))
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


def test_the_image_has_every_package_and_no_root():
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    for package in ("engine", "service", "psp_chaos", "reports", "scenarios"):
        assert f"COPY {package} {package}" in lines
    assert any("--require-hashes" in line for line in lines)
    assert "USER paystorm" in lines


def _filled_in(reference: re.Match[str]) -> str:
    """Return what Compose would put there: the default where there is one, else what somebody must have set."""
    return reference[2] if reference[1] == "-" else "set-by-somebody"
