"""A resident with a phone at the simulator whom our database knows, and what he is owed."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

import accounts
from kernel import database
from tests.wechat.messages import HOUSE, text
from tests.wechat.sim import CONSENTED, NOTICE, Sim
from wechat import notices, receipts, service
from wechat.inbound import NoticeChoice, NoticeDelivered, NoticesChosen
from wechat.models import Notice
from wechat.ways import Templates

FIELDS = ("character_string1", "phrase2", "time3", "thing4")
NONE = Templates()
TEMPLATE = Templates(template_id=NOTICE, fields=FIELDS)
BOTH = replace(TEMPLATE, subscription_id=CONSENTED, subscription_fields=FIELDS)
DAY = timedelta(days=1)


class Resident:
    """Somebody with a phone whom we know."""

    def __init__(self, sim: Sim, session: Session) -> None:
        self.sim, self.session = sim, session
        body = sim.post("users?wait=0", {"name": "李", "follow": False})
        self.openid = str(body["openid"])
        sim.post(f"users/{self.openid}/follow?wait=0")
        with database.transaction() as mine:
            self.id = accounts.citizen_for(mine, self.openid)

    def writes(self) -> None:
        """Write something, at the platform and at our door."""
        self.sim.post(f"users/{self.openid}/text?wait=0", {"text": "你好"})
        service.accept(text("你好", openid=self.openid), HOUSE)

    def is_owed(self, fact: str, *, topic: str = "case:1", subject: str | None = "JB1") -> int:
        with database.transaction() as mine:
            notices.owe(
                mine,
                citizen_id=self.id,
                topic=topic,
                fact=fact,
                title="已立案",
                text=fact,
                subject=subject,
                url="http://city.test/reports/JB1",
            )
        return self.session.scalars(select(Notice.id).where(Notice.fact == fact)).one()

    def agrees(self, count: int = 1) -> None:
        for number in range(count):
            self.sim.post(f"users/{self.openid}/consent?wait=0", {"answer": "accept"})
            self.chooses("accept", key=f"consent-{number}")

    def chooses(self, answer: str, *, event: str = "popup", key: str = "k") -> None:
        chosen = NoticesChosen(
            to_user="gh",
            openid=self.openid,
            created_at=1,
            key=key,
            raw="<xml/>",
            event=f"subscribe_msg_{event}_event",
            choices=(NoticeChoice(template_id=CONSENTED, status=answer),),
        )
        with database.transaction() as mine:
            receipts.note(mine, chosen)

    def shown(self) -> list[tuple[str, str]]:
        return [
            (each["via"], each["text"].split("\n")[0])
            for each in self.sim.shown(self.openid)
            if each["via"] != "passive"
        ]


def notice(session: Session, notice_id: int) -> Notice:
    session.expire_all()
    return session.get_one(Notice, notice_id)


def passes(session: Session, time: timedelta) -> None:
    """Let time pass for everything that is owed."""
    session.execute(
        update(Notice).values(
            created_at=Notice.created_at - time,
            next_attempt_at=Notice.next_attempt_at - time,
            claimed_until=Notice.claimed_until - time,
        )
    )
    session.commit()


def report(li: Resident, msg_id: str, status: str) -> None:
    with database.transaction() as mine:
        receipts.note(
            mine,
            NoticeDelivered(
                to_user="gh",
                openid=li.openid,
                created_at=1,
                key=f"r{msg_id}",
                raw="<xml/>",
                msg_id=msg_id,
                status=status,
            ),
        )
