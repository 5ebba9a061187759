import json
import subprocess
from pathlib import Path

import pytest

from local import bootstrap
from local.bootstrap import Part


@pytest.fixture
def part(tmp_path: Path) -> Part:
    (tmp_path / "lock").write_text("a==1")
    return Part(
        title="packages",
        stamp=tmp_path / "ready",
        do=(tmp_path / "output").touch,
        inputs=(tmp_path / "lock",),
        outputs=(tmp_path / "output",),
    )


def test_what_is_done_is_not_done_again(part: Part, capsys: pytest.CaptureFixture[str]) -> None:
    bootstrap._set_up([part])
    assert capsys.readouterr().out == "[1/1] packages …\n"
    bootstrap._set_up([part])
    assert capsys.readouterr().out == ""


def test_a_changed_lock_file_is_installed(part: Part) -> None:
    bootstrap._set_up([part])
    part.inputs[0].write_text("a==2")
    assert not part.is_done()


def test_a_lost_output_is_made_again(part: Part) -> None:
    bootstrap._set_up([part])
    part.outputs[0].unlink()
    assert not part.is_done()


def test_an_interrupted_part_is_done_again(part: Part) -> None:
    def interrupted() -> None:
        part.outputs[0].touch()
        raise KeyboardInterrupt

    half = Part(
        title=part.title, stamp=part.stamp, do=interrupted, inputs=part.inputs, outputs=part.outputs
    )
    with pytest.raises(KeyboardInterrupt):
        bootstrap._set_up([half])
    assert not part.is_done()


def test_a_tool_that_fails_is_quoted() -> None:
    with pytest.raises(bootstrap.SetUpFailed, match="没有成功") as failure:
        bootstrap._run("没有成功", "sh", "-c", "echo why; exit 3")
    assert failure.value.tail == "why"


def test_lock_files_name_no_registry() -> None:
    for path in bootstrap.ROOT.glob("*.lock"):
        assert "://" not in path.read_text(), path.name
    text = (bootstrap.ROOT / "package-lock.json").read_text()
    assert len(json.loads(text)["packages"]) > 4
    assert "://" not in text


@pytest.fixture
def apt(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pretend to be root on a Debian without a browser; collect what would be installed."""
    asked: list[str] = []
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(bootstrap, "BROWSERS", ("no-such-browser",))
    monkeypatch.setattr(bootstrap, "_may_use_apt", lambda: True)
    monkeypatch.setattr(bootstrap, "_works", lambda *_: True)
    monkeypatch.setattr(bootstrap, "_apt", lambda *words: asked.extend(words))
    return asked


def test_a_browser_is_installed_where_there_is_none(apt: list[str]) -> None:
    bootstrap._set_up_browser()
    assert {"install", "chromium", "fonts-noto-cjk"} <= set(apt)


def test_a_browser_named_by_hand_is_enough(apt: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/opt/browser")
    bootstrap._set_up_browser()
    assert apt == []


def test_a_driver_that_does_not_start_gets_its_library(
    apt: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    driver = tmp_path / "lib" / "python3.11" / "site-packages" / "playwright" / "driver"
    driver.mkdir(parents=True)
    (driver / "node").touch()
    monkeypatch.setattr(bootstrap, "VENV", tmp_path)
    monkeypatch.setattr(bootstrap, "_works", lambda *_: False)
    bootstrap._set_up_browser()
    assert "libatomic1" in apt


def test_without_the_right_to_install_nothing_is_tried(
    apt: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "_may_use_apt", lambda: False)
    bootstrap._set_up_browser()
    assert apt == []


def test_packages_for_a_comparison_start_no_services(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(bootstrap, "NO_SERVICES", policy)

    with bootstrap._no_services():
        assert subprocess.run([policy], check=False).returncode == 101
    assert not policy.exists()

    policy.write_text("the machine's own")
    with bootstrap._no_services():
        pass
    assert policy.read_text() == "the machine's own"
