"""Calls to addresses that others chose: to the public network alone, and all of it limited."""

import socket
from collections.abc import Iterator

import pytest

from kernel import calling
from tests.exchange.listening import Answering, Listener, listening


@pytest.fixture(scope="module")
def server() -> Iterator[Listener]:
    with listening() as made:
        yield made


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds keep their machines' secrets
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # nothing is bound to it
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "::",
        "ff02::1",
        "::ffff:127.0.0.1",
        "2001:0:7f00:1::",
        "fd00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ],
)
def test_an_address_of_a_private_network_is_none_of_the_public(address: str) -> None:
    assert not calling.is_public(address)


def test_public_addresses_are() -> None:
    assert calling.is_public("1.1.1.1")
    assert calling.is_public("2400:3200::1")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/",
        "file:///etc/passwd",
        "http://",
        "http://u:p@a.example/",
        "http://a.example:99999/",
        "http://a.example/ b",
        "http://a.example/\n",
        "nothing",
        "http://[::1",
        "http://a.example:0/",
        "//a.example/",
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://" + "a" * 2000,
    ],
)
def test_what_is_no_address_of_the_web_is_not_called(url: str) -> None:
    with pytest.raises(calling.NotAllowed):
        calling.call("GET", url)


def test_this_machine_is_called_only_where_it_is_allowed(server: Listener) -> None:
    with pytest.raises(calling.NotAllowed, match="公网"):
        calling.call("GET", server.url)
    assert calling.call("GET", server.url, may_be_private=True).status == 200


def test_a_name_that_means_a_private_address_is_not_called(
    server: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        (socket.AF_INET, 1, 6, "", ("1.1.1.1", 80)),
        (socket.AF_INET, 1, 6, "", ("10.0.0.1", 80)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(calling.NotAllowed):
        calling.call("GET", "http://two-faced.example/")


def test_a_name_is_looked_up_once(server: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *rest: int, **more: int) -> object:
        asked.append(host)
        return real("127.0.0.1" if host == "a.example" else host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    url = server.url.replace("127.0.0.1", "a.example")
    calling.call("GET", f"{url}/x?y=1", may_be_private=True)
    assert asked.count("a.example") == 1
    assert server.heard[-1].headers["host"] == url.removeprefix("http://")
    assert server.heard[-1].path == "/x?y=1"


def test_redirects_are_not_followed(server: Listener) -> None:
    server.answer = lambda _: Answering(302, headers={"Location": f"{server.url}/elsewhere"})
    count = len(server.heard)
    assert calling.call("GET", server.url, may_be_private=True).status == 302
    assert len(server.heard) == count + 1


def test_too_much_of_an_answer_is_not_read(server: Listener) -> None:
    server.answer = lambda _: Answering(body=b"x" * 5000)
    with pytest.raises(calling.CallFailed, match="太大"):
        calling.call("GET", server.url, limit=4999, may_be_private=True)
    assert len(calling.call("GET", server.url, limit=5000, may_be_private=True).body) == 5000


def test_a_drip_is_given_up(server: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answer = lambda _: Answering(body=b"x" * 5000)
    monkeypatch.setattr(calling, "ALL_S", -1.0)
    with pytest.raises(calling.CallFailed, match="太慢"):
        calling.call("GET", server.url, may_be_private=True)


def test_nobody_there_is_said() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        with pytest.raises(calling.CallFailed, match="连不上"):
            calling.call("GET", url, may_be_private=True)


def test_a_server_that_asks_to_wait_is_heard(server: Listener) -> None:
    server.answer = lambda _: Answering(429, headers={"Retry-After": "30"})
    assert calling.call("GET", server.url, may_be_private=True).retry_after_s == 30.0
    server.answer = lambda _: Answering(
        429, headers={"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}
    )
    assert calling.call("GET", server.url, may_be_private=True).retry_after_s is None
