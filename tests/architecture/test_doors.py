"""Every view says who may call it, once, and means it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.conftest import ROOT

ROUTES = {"route", "get", "post", "put", "patch", "delete"}
APART = {"simulator", "local", "tests", "bench", "migrations"}
AUDIENCE = re.compile(r"everybody|platform|operations|citizens|programs|staff(: [a-z_, ]+)?")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> Iterator[Path]:
    for package in sorted(ROOT.glob("*/__init__.py")):
        if package.parent.name not in APART:
            yield from sorted(package.parent.glob("*.py"))
    yield from sorted(ROOT.glob("*.py"))


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def name_of(decorator: ast.expr) -> str:
    """Return the last name of a decorator: `staff_only` of `@access.staff_only(Role.X)`."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def is_route(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in ROUTES
    )


def access_decorators() -> set[str]:
    """Return what accounts.access offers to say who may call a view, and what it is made of."""
    tree = ast.parse((ROOT / "accounts" / "access.py").read_text(encoding="utf-8"))
    marks = {"open_to"}
    for node in tree.body:
        if "open_to(" not in ast.unparse(node):
            continue
        if isinstance(node, Function):
            marks.add(node.name)
        elif isinstance(node, ast.Assign):
            marks |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return marks


def test_who_may_call_is_said_by_decorators_of_one_module() -> None:
    assert {"open_to", "public", "signed_by_platform", "staff_only"} <= access_decorators()


def test_every_view_wears_exactly_one_of_them_beneath_its_routes() -> None:
    marks, faults, count = access_decorators(), [], 0
    for path in modules():
        for function in functions(path):
            worn = function.decorator_list
            routes = [at for at, each in enumerate(worn) if is_route(each)]
            said = [at for at, each in enumerate(worn) if name_of(each) in marks]
            if not routes:
                continue
            count += 1
            # Above its route, a decorator would guard a function that Flask never calls.
            if len(said) != 1 or said[0] < max(routes):
                faults.append(f"{path.relative_to(ROOT)}:{function.lineno} {function.name}")
    assert count > 15
    assert faults == []


def own_rules(app: Flask) -> list[Rule]:
    """Return all addresses but those of Flask's own view of static files."""
    return [
        rule for rule in app.url_map.iter_rules() if rule.endpoint.rpartition(".")[2] != "static"
    ]


def audience_of(app: Flask, rule: Rule) -> str:
    """Return who may call the view at this address, or nothing where it does not say."""
    return str(getattr(app.view_functions[rule.endpoint], "open_to", ""))


def test_every_address_leads_to_a_view_that_says_who_may_call_it(app: Flask) -> None:
    silent = [
        rule.rule for rule in own_rules(app) if not AUDIENCE.fullmatch(audience_of(app, rule))
    ]

    assert silent == []


def address_of(rule: Rule) -> str:
    return re.sub(r"<[^>]+>", "1", rule.rule)


def test_whoever_is_not_signed_in_gets_no_further_than_the_sign_in_page(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The forms' own protection would answer first, and hide a missing guard.
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    client, count = app.test_client(), 0
    for rule in own_rules(app):
        if not audience_of(app, rule).startswith("staff"):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            count += 1
            page = client.open(address_of(rule), method=method)
            assert page.status_code == 303, rule.rule
            assert page.location.startswith("/console/sign-in"), rule.rule
            program = client.open(
                address_of(rule), method=method, headers={"Accept": "application/json"}
            )
            assert program.status_code == 401, rule.rule
    assert count > 5


def test_everything_of_the_console_but_the_sign_in_is_for_staff(app: Flask) -> None:
    for rule in own_rules(app):
        if rule.rule.startswith("/console") and not rule.rule.startswith("/console/sign-in"):
            assert audience_of(app, rule).startswith("staff"), rule.rule
