"""The wire's OpenAPI document says what is offered, as tools can read it."""

import pytest

from psp_chaos.wire.offers import OFFERS
from psp_chaos.wire.openapi import FORM, openapi


@pytest.fixture(scope="module")
def document():
    return openapi(OFFERS.values())


@pytest.fixture(scope="module")
def payment_form(document):
    return document["paths"]["/v1/payment_intents"]["post"]["requestBody"]["content"][FORM]


def test_every_operation_is_at_its_method_and_path(document):
    described = {
        (operation["operationId"], method.upper(), path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }

    assert described == {(offer.operation.value, offer.method, offer.path) for offer in OFFERS.values()}


def test_every_reference_leads_somewhere(document):
    def references(schema):
        match schema:
            case {"$ref": reference}:
                yield reference
            case dict():
                for inner in schema.values():
                    yield from references(inner)
            case list():
                for inner in schema:
                    yield from references(inner)

    names = {reference.rpartition("/")[2] for reference in references(document)}

    assert names
    assert names <= document["components"]["schemas"].keys()


def test_every_placeholder_is_a_parameter(document):
    for path, operations in document["paths"].items():
        for operation in operations.values():
            placed = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
            assert placed == (["id"] if "{id}" in path else [])


def test_what_must_be_given_is_required(payment_form):
    assert set(payment_form["schema"]["required"]) == {"amount", "currency"}


def test_bounds_are_spelled_as_json_schema_spells_them(document):
    limit = next(one for one in document["paths"]["/v1/refunds"]["get"]["parameters"] if one["name"] == "limit")

    assert (limit["schema"]["minimum"], limit["schema"]["maximum"]) == (1, 100)
    assert not {"ge", "gt", "le", "lt"} & limit["schema"].keys()


def test_a_parameter_that_is_called_like_a_bound_keeps_its_name(document):
    schemas = document["components"]["schemas"].values()

    assert any({"gt", "gte", "lt", "lte"} <= schema.get("properties", {}).keys() for schema in schemas)


def test_nested_parameters_are_deep_objects(payment_form):
    assert payment_form["encoding"]["metadata"] == {"style": "deepObject", "explode": True}
