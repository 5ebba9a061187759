"""A video comes from the address that the platform gives, if it is one of the platform's."""

import json

import pytest

from tests.wechat.calling import failure_of
from tests.wechat.platform import Platform, error, http, js
from wechat.answers import Elsewhere, as_file
from wechat.client import Client, MediaGone, MediaTooLarge, MediaUnsupported, PlatformBusy

MP4 = b"\x00\x00\x00\x18ftypmp42" + b"v" * 500
VIDEO = "/video/7/0"


def test_a_video_is_fetched_and_our_token_stays_here(platform: Platform, wechat: Client) -> None:
    platform.always("media/get", js(video_url=f"{platform.url}{VIDEO}"))
    platform.always(VIDEO, http(MP4))
    assert wechat.fetch_media("m", limit=1000) == MP4
    (asked,) = platform.calls(VIDEO)
    assert asked.query == {}
    assert "authorization" not in asked.headers


def test_a_video_that_is_too_large_is_not_read_to_its_end(
    platform: Platform, wechat: Client
) -> None:
    platform.always("media/get", js(video_url=f"{platform.url}{VIDEO}"))
    platform.always(VIDEO, http(MP4))
    assert isinstance(failure_of(lambda: wechat.fetch_media("m", limit=100)), MediaTooLarge)


def test_a_redirect_of_a_video_is_not_followed(platform: Platform, wechat: Client) -> None:
    platform.always("media/get", js(video_url=f"{platform.url}{VIDEO}"))
    platform.always(VIDEO, http(b"", status=302, headers={"Location": "http://10.0.0.1/"}))
    assert isinstance(failure_of(lambda: wechat.fetch_media("m", limit=100)), MediaGone)


def test_a_video_that_is_gone_is_gone_and_one_in_trouble_comes_later(
    platform: Platform, wechat: Client
) -> None:
    platform.always("media/get", js(video_url=f"{platform.url}{VIDEO}"))
    platform.always(VIDEO, http(b"", status=404))
    assert isinstance(failure_of(lambda: wechat.fetch_media("m", limit=100)), MediaGone)
    platform.always(VIDEO, http(b"", status=502))
    assert isinstance(failure_of(lambda: wechat.fetch_media("m", limit=100)), PlatformBusy)
    platform.always("media/get", error(40007))
    assert isinstance(failure_of(lambda: wechat.fetch_media("m", limit=100)), MediaGone)


def read(url: object) -> bytes | Elsewhere:
    body = json.dumps({"video_url": url}).encode()
    return as_file(body, unsaid="T", base="https://api.weixin.qq.com")


@pytest.mark.parametrize(
    "url",
    [
        "http://vweixinf.tc.qq.com/102/20202/snsvideodownload?a=b",
        "https://mpvideo.qpic.cn/x.mp4",
        "https://api.weixin.qq.com/x",
    ],
)
def test_the_platforms_hosts_are_fetched_from(url: str) -> None:
    assert read(url) == Elsewhere(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest",
        "http://qq.com.evil.example/",
        "http://evilqq.com/",
        "http://user@vweixinf.tc.qq.com/",
        "http://vweixinf.tc.qq.com:8080/",
        "file:///etc/passwd",
        "ftp://vweixinf.tc.qq.com/",
        "//vweixinf.tc.qq.com/x",
        "http://[",
        "http://vweixinf.tc.qq.com/\r\nHost: x",
        "",
        None,
        7,
        ["http://vweixinf.tc.qq.com/"],
    ],
)
def test_nobody_elses_are(url: object) -> None:
    with pytest.raises(MediaUnsupported):
        read(url)
