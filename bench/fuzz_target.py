"""What atheris calls: bytes into the door, an answer or a refusal out of it."""

import secrets
import sys
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["wechat"]):
    from wechat import conversation, vocabulary
    from wechat.codec import Codec
    from wechat.errors import Forged, Malformed
    from wechat.inbound import Inbound, Location, Text
    from wechat.parsing import parse
    from wechat.replies import TextReply

NOW = 1_790_000_000
CODEC = Codec(
    token=secrets.token_hex(8),
    app_id="wx0123456789abcdef",
    aes_key="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ",
)
QUERY = {
    "timestamp": [str(NOW)],
    "nonce": ["1"],
    "signature": ["0" * 40],
    "msg_signature": ["0" * 40],
    "encrypt_type": ["aes"],
}
KEPT: dict[str, conversation.Draft | None] = {"draft": None}


def one_input(data: bytes) -> None:
    with suppress(Malformed, Forged):
        CODEC.decode(QUERY, data, now=NOW)
    try:
        message = parse(data.decode("utf-8", "replace"))
    except (Malformed, Forged):
        said = data.decode("utf-8", "replace")
        answer(conversation.Said(said))
        return
    answer_to(message)


def answer_to(message: Inbound) -> None:
    if isinstance(message, Text):
        answer(conversation.Said(message.content))
    elif isinstance(message, Location) and message.latitude is not None:
        place = conversation.Place(message.latitude, message.longitude, message.label)
        answer(conversation.Placed(place))
    else:
        answer(conversation.Muttered(type(message).__name__.lower()))
    CODEC.encode(TextReply(message.raw), to=message, now=NOW)


def answer(heard: conversation.Heard) -> None:
    turn = conversation.advance(KEPT["draft"], heard, new_key=lambda: "k")
    KEPT["draft"] = turn.draft
    if turn.draft is not None:
        conversation.draft_from_json(conversation.draft_to_json(turn.draft))
    TextReply(turn.say or "")


if __name__ == "__main__":
    vocabulary.standard()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
