"""What a file describes: a model of which every key is known, so that a misspelt one is refused with the right one."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, model_validator

from scenarios.misfits import refuse_unknown


class Described(BaseModel):
    """Plain data that a scenario file can say."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _names_exist(cls, data: object) -> object:
        if isinstance(data, Mapping):
            refuse_unknown(data, known=cls.model_fields)
        return data
