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


def test_lock_files_name_no_address() -> None:
    for name in ("package-lock.json", *(path.name for path in bootstrap.ROOT.glob("*.lock"))):
        text = (bootstrap.ROOT / name).read_text()
        assert "://" not in text, name
