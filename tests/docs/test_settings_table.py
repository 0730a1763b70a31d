"""docs/settings.md says what the settings are; it is made from them. After a change of `service/settings.py`:

python tests/docs/test_settings_table.py
"""

import inspect
import io
import json
import tokenize
from pathlib import Path

from pydantic_core import PydanticUndefined

from service.settings import Environment, Settings

TABLE = Path(__file__).parents[2] / "docs/settings.md"
HEAD = """\
# Settings of the service

Service and worker read the same variables. Every span of time is in seconds. This is made from `service/settings.py`;
a test compares the two. What has no default must be given.

| variable | default | bounds | what it is |
|---|---|---|---|
"""
OPTIONAL_SECRETS = {"metrics_token"}


def table() -> str:
    """The document."""
    return HEAD + "".join(row(name) for name in Settings.model_fields)


def row(name: str) -> str:
    field = Settings.model_fields[name]
    default = "required" if field.default is PydanticUndefined else shown(field.default)
    bounds = ", ".join(filter(None, map(bound, (*field.metadata, *alias_metadata(field)))))
    variable = f"{Environment.model_config['env_prefix']}{name.upper()}"
    return f"| `{variable}` | {default} | {bounds} | {COMMENTS.get(name, '')} |\n"


def shown(value: object) -> str:
    return "none" if value is None else f"`{value if isinstance(value, str) else json.dumps(value)}`"


def alias_metadata(field):
    """The bounds behind `Seconds`, which is a name for an annotated float."""
    return getattr(getattr(field.annotation, "__value__", None), "__metadata__", ())


def bound(limit: object) -> str | None:
    for sign, name in ((">", "gt"), ("≥", "ge"), ("<", "lt"), ("≤", "le")):
        if (value := getattr(limit, name, None)) is not None:
            return f"{sign} {value}"
    return None


def comments() -> dict[str, str]:
    """The remark at the end of each field's line."""
    found, name = {}, None
    for token in tokenize.generate_tokens(io.StringIO(inspect.getsource(Settings)).readline):
        if token.type == tokenize.NAME and token.start[1] == 4 and token.string in Settings.model_fields:
            name = token.string
        elif token.type == tokenize.COMMENT and name is not None:
            found[name] = token.string.removeprefix("#").strip().replace("|", "\\|")
        elif token.type == tokenize.NEWLINE:
            name = None
    return found


COMMENTS = comments()


def test_the_table_is_what_the_settings_are():
    assert TABLE.read_text() == table(), "make it anew with `python tests/docs/test_settings_table.py`"


def test_every_setting_says_what_it_is():
    assert [name for name in Settings.model_fields if name not in COMMENTS] == []


def test_what_is_secret_is_never_shown():
    secret = [name for name, field in Settings.model_fields.items() if not field.repr]

    assert {"database_url", "psp_api_key", "psp_webhook_secret"} <= set(secret)
    assert all(Settings.model_fields[name].default is PydanticUndefined or name in OPTIONAL_SECRETS for name in secret)


if __name__ == "__main__":
    TABLE.write_text(table())
