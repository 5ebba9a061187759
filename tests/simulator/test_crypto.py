"""The official vectors of 消息推送, and what a receiver of the platform must refuse."""

import base64

import pytest

from simulator.crypto import BadKey, MessageCipher, Undecipherable, sign

TOKEN = "AAAAA"
CIPHER = MessageCipher(token=TOKEN, aes_key="A" * 43, app_id="wxba5fad812f8e6fb9")
PUSHED = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcv"
    "ZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3F"
    "n2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSe"
    "OBrebufAlr7F9mFUPAJGj04="
)
REPLY = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="


def test_the_handshake_is_signed_as_published() -> None:
    assert sign(TOKEN, "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_a_plaintext_push_is_signed_as_published() -> None:
    assert sign(TOKEN, "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"


def test_a_secure_push_is_signed_as_published() -> None:
    signature = sign(TOKEN, "1714112445", "415670741")
    assert signature == "6c5c811b55cc85e0e1b54100749188c20beb3f5d"
    with_body = sign(TOKEN, "1714112445", "415670741", PUSHED)
    assert with_body == "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"


def test_a_secure_push_decrypts_to_the_published_message() -> None:
    assert CIPHER.decrypt(PUSHED).decode() == (
        '{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY",'
        '"CreateTime":1714112445,"MsgType":"event","Event":"debug_demo",'
        '"debug_str":"hello world"}'
    )


def test_a_reply_encrypts_to_the_published_ciphertext_and_signature() -> None:
    sealed = CIPHER.encrypt(b'{"demo_resp":"good luck"}', random=b"707722b803182950")
    assert sealed == REPLY
    signature = sign(TOKEN, "1713424427", "415670741", sealed)
    assert signature == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


@pytest.mark.parametrize("length", [0, 1, 11, 12, 13, 31, 32, 33, 5000])
def test_messages_of_every_length_come_back(length: int) -> None:
    message = b"x" * length
    assert CIPHER.decrypt(CIPHER.encrypt(message)) == message


def test_the_same_message_never_looks_the_same() -> None:
    assert CIPHER.encrypt(b"hello") != CIPHER.encrypt(b"hello")


def flipped(sealed: str) -> str:
    data = bytearray(base64.b64decode(sealed))
    data[-1] ^= 1
    return base64.b64encode(data).decode()


def sealed_raw(plain: bytes) -> str:
    """Encrypt a layout of one's own, with correct padding."""
    encryptor = CIPHER._cipher().encryptor()
    padding = 32 - len(plain) % 32
    data = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("sealed", "reason"),
    [
        ("", "block_size"),
        ("不是", "base64"),
        ("AAAA", "block_size"),
        (REPLY[:-4] + "....", "base64"),
        (flipped(REPLY), "padding"),
        (sealed_raw(b"r" * 16 + b"\0\0"), "length"),
        (sealed_raw(b"r" * 16 + b"\xff\xff\xff\xff" + b"short"), "length"),
        (sealed_raw(b"r" * 16 + b"\0\0\0\2" + b"hi" + b"wx-another"), "app_id"),
        pytest.param(
            CIPHER.encrypt(b"hi", app_id="wx0000000000000000"), "app_id", id="another-app"
        ),
    ],
)
def test_a_ciphertext_that_breaks_the_layout_is_refused(sealed: str, reason: str) -> None:
    with pytest.raises(Undecipherable) as refusal:
        CIPHER.decrypt(sealed)
    assert refusal.value.reason == reason


@pytest.mark.parametrize("key", ["", "A" * 42, "A" * 44, "A" * 42 + "+"])
def test_a_key_that_is_none_is_refused_at_once(key: str) -> None:
    with pytest.raises(BadKey):
        MessageCipher(token=TOKEN, aes_key=key, app_id="wx")
