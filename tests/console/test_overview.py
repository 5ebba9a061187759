"""The duty desk's one screen: its figures are those of the rows they lead to."""

import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from accounts import Role
from cases.models import Case
from cases.rules import Status
from kernel import clock
from tests import factories
from tests.pages import sign_in_as
from tests.qr.signs import a_sign, scanned


def on_duty(client: FlaskClient, session: Session, role: Role = Role.SHIFT_LEADER) -> str:
    sign_in_as(client, session, factories.a_member_of_staff(session, role=role))
    answer = client.get("/console/overview")
    assert answer.status_code == 200
    return answer.text


def tile(page: str, words: str) -> tuple[str, int]:
    """Return where a figure leads and what it is."""
    found = re.search(rf'href="([^"]+)">\s*<span>{words}</span><b>(\d+)</b>', page)
    assert found, words
    return found[1].replace("&amp;", "&"), int(found[2])


def charted(page: str, key: str) -> dict[str, list[float]]:
    """Return a chart's figures by label, of its table; what is drawn must say the same."""
    part = page.split(f'data-live="chart-{key}"')[1].split("</section>", maxsplit=1)[0]
    table = {
        label: [float(each) for each in re.findall(r"<td>([^<]*)</td>", rest)]
        for label, rest in re.findall(r'<th scope="row"><a[^>]*>([^<]*)</a></th>(.*?)</tr>', part)
    }
    drawn = re.search(r'data-chart="([^"]*)"', part)
    assert drawn
    told = json.loads(drawn[1].replace("&#34;", '"'))
    assert told["labels"] == list(table)
    assert [list(each) for each in zip(*(s["values"] for s in told["series"]), strict=True)] == [
        pytest.approx(each, rel=1e-4) for each in table.values()
    ]
    return table


def test_every_figure_leads_to_as_many_rows(client: FlaskClient, session: Session) -> None:
    late = factories.a_case(session, Status.DISPATCHED)
    urgent, _ = (factories.a_case(session, Status.REPORTED) for _ in range(2))
    factories.a_case(session, Status.CLOSED)
    session.execute(
        update(Case)
        .where(Case.id == late.case_id)
        .values(stage_warn_at=clock.now() - timedelta(2), stage_due_at=clock.now() - timedelta(1))
    )
    session.execute(update(Case).where(Case.id == urgent.case_id).values(is_urgent=True))
    session.commit()
    page = on_duty(client, session)
    expected = {"今天上报": 4, "等待立案": 2, "已超时": 1, "紧急": 1, "快到期": 0}
    for words, count in expected.items():
        address, figure = tile(page, words)
        rows = client.get(address)
        assert rows.status_code == 200
        assert (words, figure) == (words, count)
        assert len(re.findall(r'class="row__words|data-row', rows.text)) >= count
    assert charted(page, "stages")["处置中"] == [1, 1]
    assert sum(figures[0] for figures in charted(page, "hours").values()) == 4


def test_today_is_held_against_the_same_weekday_of_four_weeks(
    client: FlaskClient, session: Session
) -> None:
    for weeks in (1, 1, 2, 5):
        made = factories.a_report(session)
        session.execute(
            update(Case)
            .where(Case.id == made.case_id)
            .values(reported_at=clock.now() - timedelta(weeks=weeks, seconds=1))
        )
    session.commit()
    page = on_duty(client, session)
    assert tile(page, "今天上报")[1] == 0
    assert re.search(r"<span>今天上报</span><b>0</b>\s*<small>平时 0\.8</small>", page)
    assert sum(figures[1] for figures in charted(page, "hours").values()) == 0.75


def test_each_role_sees_what_it_may_open(client: FlaskClient, session: Session) -> None:
    sign = a_sign(session)
    scanned(session, sign.code, 0, 7, hour=9)
    session.commit()
    leader = on_duty(client, session)
    assert "今天标牌扫码" not in leader
    assert "积分发放和使用" not in leader
    everything = on_duty(client, session, Role.ADMINISTRATOR)
    assert charted(everything, "scans")["9 时"][0] == 7
    assert len(charted(everything, "points")) == 14
    assert tile(everything, "设施纠错待办")[1] == 0


@pytest.mark.parametrize("role", [Role.BODY_STAFF, Role.SHOP_KEEPER, Role.INSPECTOR])
def test_who_is_not_on_duty_does_not_see_the_district(
    client: FlaskClient, session: Session, role: Role
) -> None:
    body = factories.a_body(session) if role is Role.BODY_STAFF else None
    sign_in_as(client, session, factories.a_member_of_staff(session, role=role, body_id=body))
    assert client.get("/console/overview").status_code == 403
