"""What the conversation decided is done here, by the features; each returns what there is to say."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from sqlalchemy.orm import Session

import cases
import convenience
import points
from kernel import clock
from kernel.settings import Settings

from . import conversation, offers, wording
from .conversation import Draft

_TOLD = 3  # facilities in one message


@dataclass(frozen=True)
class House:
    """What the handlers must know of the installation."""

    report_prefix: str
    hotline: str
    public_url: str
    district_name: str
    location_datum: Literal["gcj02", "wgs84"]
    has_subscription: bool = False  # residents may agree to notices (/notices)
    staff_chat_hours: str = ""  # 09:00-18:00: when people sit at the account's own desk


def house_of(settings: Settings) -> House:
    return House(
        report_prefix=settings.report_prefix,
        hotline=settings.hotline,
        public_url=settings.public_url,
        district_name=settings.district_name,
        location_datum=settings.wechat_location_datum,
        has_subscription=bool(settings.wechat_subscription_template_id and settings.wechat_js_sdk),
        staff_chat_hours=settings.wechat_staff_hours,
    )


def case_url(public_url: str, report_no: str, access_key: str) -> str:
    """Return the link that opens a report with its details."""
    return f"{public_url}/reports/{report_no}?k={access_key}"


def submit(session: Session, citizen_id: int, draft: Draft, house: House) -> tuple[str, str]:
    """Report; return the number and what to say."""
    place = draft.place
    made = cases.report(
        session,
        request_key=f"wechat:{draft.key}",
        prefix=house.report_prefix,
        source="wechat",
        citizen_id=citizen_id,
        text=draft.text,
        latitude=place.latitude if place else None,
        longitude=place.longitude if place else None,
        place_label=place.label if place else None,
        photo_ids=draft.photos,
        recording_ids=draft.recordings,
        is_urgent=draft.is_urgent,
        class_code=draft.class_code,
    )
    url = case_url(house.public_url, made.report_no, made.access_key)
    return made.report_no, wording.submitted(
        report_no=made.report_no,
        url=url,
        agree_url=f"{house.public_url}/notices" if house.has_subscription else None,
    )


def alike(session: Session, citizen_id: int, draft: Draft) -> cases.Similar | None:
    """Return the open case that is most likely the same and that he was not told of yet.

    Not his own, and nothing to who stands beside a danger: that report is not held up.
    """
    place = draft.place
    if place is None or draft.is_urgent:
        return None
    guess = draft.class_code or (draft.suggested[0][0] if draft.suggested else None)
    found = cases.similar(session, place.latitude, place.longitude, guess, draft.text)
    return next(
        (
            each
            for each in found
            if each.report_no not in draft.alike
            and cases.reporter_of(session, each.report_no) != (each.case_id, citizen_id)
        ),
        None,
    )


def follow(session: Session, citizen_id: int, report_no: str) -> str:
    """Let him hear of the case."""
    found = cases.reporter_of(session, report_no)
    if found is not None:
        cases.follow(session, found[0], citizen_id)
    return offers.followed(report_no=report_no)


def progress(session: Session, citizen_id: int, report_no: str | None, house: House) -> str:
    if report_no is None:
        found = cases.progress(session, citizen_id)
    else:
        one = cases.progress_of(session, citizen_id, report_no)
        found = () if one is None else (one,)
    if not found:
        return wording.no_reports_yet() if report_no is None else wording.not_yours(report_no)
    return wording.progress(
        [
            wording.ProgressLine(
                report_no=item.report_no,
                status=cases.STATUS_WORDS[item.status],
                date=clock.spoken(item.reported_at),
                url=case_url(house.public_url, item.report_no, item.access_key),
                about=item.text,
            )
            for item in found
        ]
    )


def nearest(
    session: Session, citizen_id: int, wish: conversation.FindNearest, house: House
) -> str | None:
    """Tell of the nearest that are open; None when the words name no place that we know.

    Where somebody is goes into the link of this answer; what he was told of is kept for a
    quarter of an hour, for his word that it is wrong.
    """
    place, now = wish.place, clock.now()
    if place and place.latitude is not None and place.longitude is not None:
        found = convenience.open_near(
            session, place.latitude, place.longitude, kind=wish.kind, limit=_TOLD, now=now
        )
        notice = convenience.outside_words(found, house.district_name)
        asked = {
            "lat": f"{place.latitude:.5f}",
            "lng": f"{place.longitude:.5f}",
            "datum": "wgs84",
        }
    else:
        named = convenience.open_called(
            session, wish.words or "", kind=wish.kind, limit=_TOLD, now=now
        )
        if named is None:
            return None
        found, notice, asked = named, None, {"q": wish.words or ""}
    url = f"{house.public_url}/nearby/{wish.kind}"
    if not found.items:
        return offers.none_near(wish.name, url=url)
    convenience.remember(session, citizen_id, [card.id for card, _ in found.items])
    return offers.nearest(
        wish.name,
        [
            offers.NearLine(name=line.name, way=line.way, state=line.state)
            for line in convenience.lines(found, now)
        ],
        url=f"{url}?{urlencode(asked)}",
        near=None if place else wish.words,
        notice=notice,
    )


def complaint(session: Session, citizen_id: int, text: str) -> str | None:
    """Take 「第2个关了」 of what was just told; None when the words say anything else."""
    said = convenience.complain(session, citizen_id, text)
    if said is None:
        return None
    if said.name is None:
        return said.refusal or offers.which_is_wrong(said.names)
    return offers.wrong_noted(said.name, said.wrong)


def add_to(
    session: Session, citizen_id: int, step: conversation.AddTo, *, request_key: str
) -> str | None:
    """Add to the report sent a moment ago; None where it is decided already."""
    is_added = cases.add_to_report(
        session,
        citizen_id=citizen_id,
        report_no=step.report_no,
        request_key=request_key,
        note=step.text,
        photo_ids=[] if step.photo_id is None else [step.photo_id],
        recording_ids=[] if step.recording_id is None else [step.recording_id],
        class_code=step.class_code,
        is_urgent=step.is_urgent,
    )
    if not is_added:
        return None
    if step.class_code:
        return wording.class_noted(report_no=step.report_no)
    what = "照片" if step.photo_id else "录的" if step.recording_id else "这句话"
    return wording.added_to(report_no=step.report_no, what=what)


def take_back(session: Session, citizen_id: int, step: conversation.TakeBack) -> bool:
    """Take photos back from the report; False where somebody is at work on it already."""
    return cases.take_back_photos(
        session, citizen_id=citizen_id, report_no=step.report_no, photo_ids=step.photo_ids
    )


def points_words(session: Session, citizen_id: int, house: House, *, is_redemptions: bool) -> str:
    if is_redemptions:
        rows = points.redemptions_of(session, citizen_id, limit=5)
        if not rows:
            return offers.no_redemptions(url=f"{house.public_url}/points/mall")
        return offers.redemptions(
            [(row.item_name, row.status_words) for row in rows],
            url=f"{house.public_url}/points/redemptions",
        )
    has = points.balance(session, citizen_id)
    return offers.points(
        usable=has.usable,
        held=has.held,
        is_frozen=has.is_frozen,
        url=f"{house.public_url}/points",
    )


def is_staffed(house: House) -> bool:
    """Tell whether somebody sits at the account's own desk now."""
    if not house.staff_chat_hours:
        return False
    opens, closes = house.staff_chat_hours.split("-")
    return opens <= f"{clock.in_city(clock.now()):%H:%M}" < closes
