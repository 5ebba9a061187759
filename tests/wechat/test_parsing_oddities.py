"""What was said, where it is odd: blanks, repetitions, nonsense, keys and senders."""

import pytest

from tests.wechat.sealing import NOW, OPENID, event, message
from wechat.errors import Malformed
from wechat.inbound import (
    Clicked,
    Followed,
    Location,
    PhotosPicked,
    PlacePicked,
    PlaceShared,
    Text,
    Unknown,
)
from wechat.markup import readable
from wechat.parsing import MAX_KEY, parse

MSG_ID = "<MsgId>18446744073709551615</MsgId>"


def pictures(count: int | str, *digests: str) -> str:
    items = "".join(f"<item><PicMd5Sum>{digest}</PicMd5Sum></item>" for digest in digests)
    return f"<SendPicsInfo><Count>{count}</Count><PicList>{items}</PicList></SendPicsInfo>"


def bare(kind: str, name: str | None = None) -> str:
    said = "" if name is None else f"<Event>{name}</Event>"
    head = f"<FromUserName>{OPENID}</FromUserName>"
    return message(kind, head=head, rest=said)


# --- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "  前后都有空格  ",
        "两行\n话\n",
        "\t",
        "   ",
        "",
        "0",
        "😀👨‍👩‍👧‍👦🇨🇳",
        "&amp; &#0; <b>",
        "None",
        "]]",
    ],
)
def test_a_text_is_heard_as_it_was_typed(content: str) -> None:
    heard = parse(message(rest=f"<Content><![CDATA[{content}]]></Content>{MSG_ID}"))
    assert isinstance(heard, Text)
    assert heard.content == content


def test_blanks_of_a_button_count_too() -> None:
    heard = parse(event("CLICK", key=" REPORT "))
    assert isinstance(heard, Clicked)
    assert heard.button == " REPORT "


@pytest.mark.parametrize(
    "written",
    [
        "a\x00b",
        "a\x0bb",
        "a\ufffeb",
        "a&#0;b",
        "a&#x1F;b",
        "a&#xD800;b",
        "a&#xFFFF;b",
        "a&#9999999;b",
    ],
)
def test_a_character_that_xml_forbids_costs_itself_and_not_the_message(written: str) -> None:
    heard = parse(message(rest=f"<Content>{written}</Content>{MSG_ID}"))
    assert isinstance(heard, Text)
    assert heard.content == "ab"
    assert heard.raw == message(rest=f"<Content>ab</Content>{MSG_ID}")


def test_what_is_typed_inside_cdata_is_no_reference() -> None:
    assert readable("&#0;<![CDATA[&#0;]]>&#0;") == "<![CDATA[&#0;]]>"
    assert readable("&#0;<![CDATA[&#0;") == "<![CDATA[&#0;"  # never closed: one look is enough


def test_a_reference_to_a_real_character_is_that_character() -> None:
    heard = parse(message(rest="<Content>&#x1F600;&#20320;&#13;</Content>"))
    assert isinstance(heard, Text)
    assert heard.content == "😀你\r"


def test_an_element_inside_an_element_is_not_its_text() -> None:
    heard = parse(message(rest=f"<Content>外<b>里</b></Content>{MSG_ID}"))
    assert isinstance(heard, Text)
    assert heard.content == ""


def test_an_attribute_changes_nothing() -> None:
    heard = parse(message(rest=f'<Content x="1">好</Content>{MSG_ID}'))
    assert isinstance(heard, Text)
    assert heard.content == "好"


def test_of_a_repeated_element_the_first_counts() -> None:
    twice = "<Content>一</Content><Content>二</Content><MsgId>1</MsgId><MsgId>2</MsgId>"
    heard = parse(message(rest=twice))
    assert isinstance(heard, Text)
    assert (heard.content, heard.key) == ("一", "m:1")


def test_comments_and_instructions_are_passed_over() -> None:
    heard = parse(message(rest="<!-- 注 --><Content>一<!-- 注 -->二</Content><?pi x?>"))
    assert isinstance(heard, Text)
    assert heard.content == "一二"


@pytest.mark.parametrize(
    "head", ["\ufeff", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="gbk"?>', "\n"]
)
def test_what_stands_before_the_root_does_no_harm(head: str) -> None:
    heard = parse(head + message(rest="<Content>好</Content>"))
    assert isinstance(heard, Text)
    assert heard.content == "好"


# --- kinds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["TEXT", " text ", "Text"])
def test_the_kind_is_known_in_any_case(written: str) -> None:
    assert isinstance(parse(message(written)), Text)
    assert isinstance(parse(event("Subscribe")), Followed)


@pytest.mark.parametrize(
    ("document", "kind", "name"),
    [
        (message(None), "", None),
        (message(""), "", None),
        (message("event"), "event", None),
        (message("event", rest="<Event/>"), "event", None),
        (message("event", rest="<Event><a/></Event>"), "event", None),
        (message("device_event", rest="<Event>bind</Event>"), "device_event", "bind"),
        (message(None, rest="<MsgType><a>text</a></MsgType>"), "", None),
    ],
)
def test_a_message_that_hides_its_kind_is_unknown(
    document: str, kind: str, name: str | None
) -> None:
    heard = parse(document)
    assert isinstance(heard, Unknown)
    assert (heard.kind, heard.event) == (kind, name)


def test_a_repeated_kind_is_the_first_one() -> None:
    assert isinstance(parse(message("text", rest="<MsgType>event</MsgType>")), Text)


def test_reading_a_message_does_not_change_it() -> None:
    heard = parse(bare("text"))
    before = repr(heard)
    assert isinstance(heard, Text)
    assert heard.menu_id is None
    with pytest.raises(AttributeError):
        heard.menu_id = "1"  # type: ignore[misc]  # that is the test
    assert repr(heard) == before


def test_a_follow_by_a_code_keeps_its_own_words_in_raw_and_key() -> None:
    document = event("subscribe", key="qrscene_7")
    heard = parse(document)
    assert "<![CDATA[qrscene_7]]>" in heard.raw
    assert heard.key.endswith(":subscribe:qrscene_7")


# --- coordinates ---------------------------------------------------------------------------------

NOT_A_COORDINATE = [
    "", " ", "abc", "nan", "NaN", "inf", "-inf", "1e999", "1e1", "0x10", "1_0", "１", "٣",
    "91", "-90.0001", "1,5", "29.5.1", "29°", "9" * 400, "."
]  # fmt: skip


@pytest.mark.parametrize("latitude", NOT_A_COORDINATE)
def test_a_senseless_coordinate_is_none_and_never_zero(latitude: str) -> None:
    for document in (
        message(
            "location", rest=f"<Location_X>{latitude}</Location_X><Location_Y>106</Location_Y>"
        ),
        event("LOCATION", f"<Latitude>{latitude}</Latitude><Longitude>106</Longitude>"),
        event(
            "location_select",
            f"<SendLocationInfo><Location_X>{latitude}</Location_X>"
            "<Location_Y>106</Location_Y></SendLocationInfo>",
        ),
    ):
        heard = parse(document)
        assert isinstance(heard, Location | PlaceShared | PlacePicked)
        assert (heard.latitude, heard.longitude) == (None, None)


def test_a_longitude_beyond_the_date_line_is_none() -> None:
    heard = parse(event("LOCATION", "<Latitude>29</Latitude><Longitude>180.5</Longitude>"))
    assert isinstance(heard, PlaceShared)
    assert (heard.latitude, heard.longitude) == (None, None)


@pytest.mark.parametrize(
    ("written", "precision"), [("65.000000", 65.0), ("0", 0.0), ("-1", None), ("x", None)]
)
def test_a_precision_is_metres_or_none(written: str, precision: float | None) -> None:
    heard = parse(event("LOCATION", f"<Precision>{written}</Precision>"))
    assert isinstance(heard, PlaceShared)
    assert heard.precision == precision


def test_a_blank_label_names_no_place() -> None:
    heard = parse(message("location", rest="<Label>  </Label>"))
    assert isinstance(heard, Location)
    assert heard.label is None


@pytest.mark.parametrize(
    ("count", "digests"), [("2", ("aa",)), ("1", ("aa", "bb")), ("x", ("aa",)), ("", ())]
)
def test_pictures_are_counted_by_the_list_and_not_by_the_count(
    count: str, digests: tuple[str, ...]
) -> None:
    heard = parse(event("pic_weixin", pictures(count, *digests)))
    assert isinstance(heard, PhotosPicked)
    assert heard.digests == digests


# --- keys ----------------------------------------------------------------------------------------


def test_keys_are_made_of_what_makes_a_delivery_unique() -> None:
    assert (
        parse(message(rest="<MsgId> 9223372036854775808 </MsgId>")).key == "m:9223372036854775808"
    )
    assert parse(event("CLICK", key="REPORT")).key == f"e:{OPENID}:{NOW}:CLICK:REPORT"
    assert parse(event("unsubscribe")).key == f"e:{OPENID}:{NOW}:unsubscribe:"
    assert parse(event("LOCATION", "<Latitude>1</Latitude>")).key == f"e:{OPENID}:{NOW}:LOCATION:"


@pytest.mark.parametrize(
    "others",
    [
        (event("CLICK", key="A"), event("CLICK", key="B")),
        (event("CLICK", key="A"), event("VIEW", key="A")),
        (event("scancode_waitmsg", key="A"), event("CLICK", key="A")),
        (
            event("TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID>"),
            event("TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID>"),
        ),
        (
            event("subscribe_msg_sent_event", "<E><List><MsgID>1</MsgID></List></E>"),
            event("subscribe_msg_sent_event", "<E><List><MsgID>2</MsgID></List></E>"),
        ),
        (event("A:B", key="C"), event("A", key="B:C")),
        (event("A:B", key="C"), event("A:B:C", key="")),
        (event("CLICK", key="x" * 300 + "1"), event("CLICK", key="x" * 300 + "2")),
    ],
)
def test_two_events_in_the_same_second_have_different_keys(others: tuple[str, str]) -> None:
    first, second = (parse(document) for document in others)
    assert first.key != second.key
    assert first.created_at == second.created_at


def test_a_redelivered_event_has_the_same_key() -> None:
    document = event("subscribe_msg_sent_event", "<E><List><MsgID>1</MsgID></List></E>")
    assert parse(document).key == parse(document).key


@pytest.mark.parametrize("message_id", ["", "0", "000", " ", "<a/>"])
def test_a_message_without_an_id_is_known_by_its_whole_text(message_id: str) -> None:
    one, other = (
        parse(message(rest=f"<Content>{content}</Content><MsgId>{message_id}</MsgId>")).key
        for content in "甲乙"
    )
    assert one.startswith("h:")
    assert one != other
    assert len(one) == len("h:") + 64


@pytest.mark.parametrize("seconds", ["", "0", "soon", "-5", "1e9", "99999999999", "１７９"])
def test_an_event_without_a_time_is_known_by_its_whole_text(seconds: str) -> None:
    head = f"<FromUserName>{OPENID}</FromUserName><CreateTime>{seconds}</CreateTime>"
    heard = parse(message("event", head=head, rest="<Event>CLICK</Event>"))
    assert heard.created_at == 0
    assert heard.key.startswith("h:")


def test_a_long_key_is_hashed() -> None:
    for document in (
        event("CLICK", key="键" * 5000),
        event("E" * 5000),
        message(rest=f"<MsgId>{'9' * 5000}</MsgId>"),
    ):
        assert len(parse(document).key) <= MAX_KEY


# --- the sender ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "<FromUserName/>",
        "<FromUserName> </FromUserName>",
        "<FromUserName><a>o</a></FromUserName>",
        "<FromUserName>o one</FromUserName>",
        "<FromUserName>o:one</FromUserName>",
        "<FromUserName>谁</FromUserName>",
        f"<FromUserName>{'o' * 65}</FromUserName>",
        "<FromUserName>oA</FromUserName><FromUserName>oB</FromUserName>",
        "<FromUserName>oA</FromUserName><FromUserName>oA</FromUserName>",
    ],
)
def test_a_message_without_one_clear_sender_is_refused(sender: str) -> None:
    with pytest.raises(Malformed, match="sender"):
        parse(message(head=sender))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "xml"),
        ("hello", "xml"),
        ("<xml>", "xml"),
        ("<xml/>", "sender"),
        ("<other/>", "root"),
        ("<xml>" * 20 + "</xml>" * 20, "depth"),
        ("<xml>&#99999999999;</xml>", "xml"),
        ("<xml><![CDATA[&#0;</xml>", "xml"),
        ('<?xml version="1.0" standalone="no"?><!DOCTYPE xml><xml/>', "doctype"),
    ],
)
def test_what_is_not_a_message_is_malformed(document: str, reason: str) -> None:
    with pytest.raises(Malformed, match=f"^{reason}$"):
        parse(document)
