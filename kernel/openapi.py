"""The OpenAPI 3.1 document, gathered from the views themselves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel
from werkzeug.routing import Map

View = TypeVar("View", bound=Callable[..., Any])


class Problem(BaseModel):
    """What every error answer looks like (RFC 9457, application/problem+json)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str


@dataclass(frozen=True)
class Parameter:
    """A query parameter that is more than a text; `schema` as in JSON Schema."""

    meaning: str
    schema: Mapping[str, Any]
    is_required: bool = False


@dataclass(frozen=True)
class Operation:
    """What a program must know to call a view."""

    summary: str
    answer: type[BaseModel]
    query: Mapping[str, str | Parameter] = field(default_factory=dict)
    errors: Sequence[int] = (404,)
    also: Sequence[str] = ()


def operation(
    summary: str,
    answer: type[BaseModel],
    *,
    query: Mapping[str, str | Parameter] | None = None,
    errors: Sequence[int] = (404,),
    also: Sequence[str] = (),
) -> Callable[[View], View]:
    """Describe a JSON view: its answer's shape, query parameters (name: meaning), error statuses.

    `also` names further content types in which the view answers when asked to.
    """

    def mark(view: View) -> View:
        view.operation = Operation(summary, answer, query or {}, errors, also)  # type: ignore[attr-defined]  # a mark on a function
        return view

    return mark


def document(
    routes: Map, views: Mapping[str, Callable[..., Any]], *, server: str
) -> dict[str, Any]:
    """Build the document from the described views among the application's."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {}
    _add_schema(schemas, Problem)
    for rule in routes.iter_rules():
        described = getattr(views[rule.endpoint], "operation", None)
        if not isinstance(described, Operation):
            continue
        _add_schema(schemas, described.answer)
        path = "".join(
            f"{{{part.content}}}" if part.weight else part.content for part in _parts(rule.rule)
        )
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(path, {})[method.lower()] = _describe(
                described, sorted(rule.arguments)
            )
    return {
        "openapi": "3.1.0",
        "info": {"title": "百姓城管", "version": "1", "license": {"name": "AGPL-3.0-or-later"}},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": schemas},
    }


@dataclass(frozen=True)
class _Part:
    content: str
    weight: bool


def _parts(rule: str) -> list[_Part]:
    parts: list[_Part] = []
    rest = rule
    while "<" in rest:
        before, _, rest = rest.partition("<")
        argument, _, rest = rest.partition(">")
        parts += [_Part(before, weight=False), _Part(argument.rpartition(":")[2], weight=True)]
    return [*parts, _Part(rest, weight=False)]


def _describe(described: Operation, arguments: list[str]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in arguments
    ] + [_describe_query(name, told) for name, told in described.query.items()]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer = {"$ref": f"#/components/schemas/{described.answer.__name__}"}
    return {
        "summary": described.summary,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "OK",
                "content": {
                    "application/json": {"schema": answer},
                    **{kind: {"schema": {"type": "object"}} for kind in described.also},
                },
            },
            **{str(s): {"description": "refused", "content": problem} for s in described.errors},
        },
    }


def _describe_query(name: str, told: str | Parameter) -> dict[str, Any]:
    parameter = told if isinstance(told, Parameter) else Parameter(told, {"type": "string"})
    return {
        "name": name,
        "in": "query",
        "required": parameter.is_required,
        "description": parameter.meaning,
        "schema": dict(parameter.schema),
    }


def _add_schema(schemas: dict[str, Any], model: type[BaseModel]) -> None:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[model.__name__] = schema
