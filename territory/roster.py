"""How rows become responsible bodies and people."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from .models import Area, Body, Person
from .records import Row
from .reports import Change, Report, count_change, differs, refuse_doubles, upsert
from .rules import BODY_KINDS, LONGEST_DUTY, LONGEST_NAME, LONGEST_PHONE


def plan_bodies(
    session: Session, report: Report, rows: Sequence[Row], *, is_complete: bool
) -> Callable[[Session], None]:
    kept = {body.code: body for body in session.scalars(select(Body))}
    areas = set(session.scalars(select(Area.code).where(Area.is_active)))
    refuse_doubles(report, rows, lambda row: row["code"])
    refuse_doubles(report, rows, lambda row: ("name", row["name"]))
    changes = {
        row["code"]: Change(
            row.line,
            row["code"],
            {
                "name": row["name"],
                "kind": row["kind"],
                "area_code": row["area"] or None,
                "is_active": True if row.is_active is None else row.is_active,
            },
        )
        for row in rows
    }
    names = {body.name: code for code, body in kept.items() if code not in changes}
    for code, change in changes.items():
        _check_body(report, change, names, areas)
        count_change(report, kept.get(code), change, BODY_KINDS[change.values["kind"]])
    kinds = {change.values["kind"] for change in changes.values()}
    missing = [
        body
        for code, body in sorted(kept.items())
        if is_complete and body.is_active and body.kind in kinds and code not in changes
    ]
    for body in missing:
        report.retired += 1
        report.note(f"停用：{body.name}（{body.code}）")

    def write(writer: Session) -> None:
        differing = [c for c in changes.values() if differs(kept.get(c.code), c)]
        for change in differing:  # names may change hands within one file
            if (body := kept.get(change.code)) and body.name != change.values["name"]:
                body.name = f"…{body.id}"
        writer.flush()
        for change in differing:
            upsert(writer, Body, {"code": change.code, **change.values})
        for body in missing:
            body.is_active = False
        writer.flush()

    return write


def _check_body(report: Report, change: Change, names: dict[str, str], areas: set[str]) -> None:
    name, area = change.values["name"], change.values["area_code"]
    if len(name) > LONGEST_NAME or len(change.code) > LONGEST_NAME:
        report.refuse(change.line, f"编码和名称最多 {LONGEST_NAME} 个字。")
    if name in names:
        report.refuse(change.line, f"名称已经是 {names[name]} 的了。")
    if area and area not in areas:
        report.refuse(change.line, f"没有启用的地域「{area[:30]}」。")


def plan_people(
    session: Session, report: Report, rows: Sequence[Row], *, is_complete: bool
) -> Callable[[Session], None]:
    people = {(p.area_code, p.duty, p.name): p for p in session.scalars(select(Person))}
    areas = set(session.scalars(select(Area.code).where(Area.is_active)))
    bodies = {row.code: row.id for row in session.execute(select(Body.code, Body.id))}
    refuse_doubles(report, rows, lambda row: (row["area"], row["duty"], row["name"]))
    wanted: dict[tuple[str, str, str], dict[str, Any]] = {}
    for row in rows:
        _check_person(report, row, areas, bodies)
        key = (row["area"], row["duty"], row["name"])
        wanted[key] = {"phone": row["phone"] or None, "body_id": bodies.get(row["body"])}
        person = people.get(key)
        if person is None:
            report.added += 1
        elif (person.phone, person.body_id) == (row["phone"] or None, bodies.get(row["body"])):
            report.same += 1
        else:
            report.changed += 1
    gone = [person for key, person in people.items() if is_complete and key not in wanted]
    report.retired = len(gone)

    def write(writer: Session) -> None:
        for key, values in wanted.items():
            if key in people:
                people[key].phone, people[key].body_id = values["phone"], values["body_id"]
            else:
                area_code, duty, name = key
                writer.add(Person(area_code=area_code, duty=duty, name=name, **values))
        for person in gone:  # what is personal does not stay longer than it is needed
            writer.delete(person)
        writer.flush()

    return write


def _check_person(report: Report, row: Row, areas: set[str], bodies: dict[str, int]) -> None:
    if row["area"] not in areas:
        report.refuse(row.line, f"没有启用的地域「{row['area'][:30]}」。")
    if row["body"] and row["body"] not in bodies:
        report.refuse(row.line, f"没有责任单位「{row['body'][:30]}」（写编码）。")
    if len(row["duty"]) > LONGEST_DUTY or len(row["name"]) > LONGEST_NAME:
        report.refuse(row.line, "职责或姓名太长。")
    if row["phone"] and not 3 <= len(row["phone"]) <= LONGEST_PHONE:
        report.refuse(row.line, "电话的长度不对。")
