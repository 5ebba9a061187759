"""What residents write, and what it means."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from wechat import vocabulary
from wechat.vocabulary import BadVocabulary, Danger, Intent

SHIPPED = Path(vocabulary.__file__).with_name("vocabulary.toml")
WORDS = vocabulary.standard()

MEANT = {
    Intent.NEXT: "1 １ 1. 1。 ① 1️⃣ 回复1 1提交 提交 提交吧 我要提交 就恁个 豆恁个嘛 下一步 壹",
    Intent.CONFIRM: "是 是的！ 豆是 好 好嘞 好嘛 好噻 要得 要得嘛 硬是要得 得行 对头 没得问题 莫问题 嗯嗯 可以噻 OK ｏｋ [OK] 👌 👍🏻👍🏻 好的[微笑] 好的谢谢",
    Intent.DECLINE: "0 ０ 零 0。 取消 取消掉嘛 算了 算求 不报了 莫报了 不整了 不搞了哈 没得事了",
    Intent.NONE: "没有 没得 没得哦 莫得 莫得照片 跳过 不晓得 晓不得 没拍 不会拍 照不来 没得照片 不会拍照 就这些 不想写",
    Intent.WRONG: "不 不对 不对头 要不得 错了 写错了 搞错了 整错了 改一哈 啷个改",
    Intent.WRONG_PLACE: "位置不对 地址错了 改地点 不是那里",
    Intent.WRONG_PHOTO: "照片不对 照片发错了 换张照片嘛",
    Intent.RESTART: "重来 重新 重新来嘛 从头来 再来一遍 重新报",
    Intent.WAIT: "等一下 等哈 等我一下嘛 稍等 我去拍 对了",
    Intent.HOW_TO_PLACE: "啷个发位置 位置怎么发 不会发位置 怎么定位呢 整不来",
    Intent.HUMAN: "人工 转人工 客服 投诉电话 投诉电话是多少 打哪个电话 电话多少哦",
    Intent.PROGRESS: "进度 查进度 查哈进度嘛 办得啷个样了 办得怎么样了？ 处理得如何 修好没得 到哪一步了 我的案件 我昨天报的那个路灯 有消息没得 好久来修嘛 啷个还没修好",
    Intent.HELP: "帮助 啷个报 怎么上报？ 怎么用 啥子意思 啷个用哦",
    Intent.THANKS: "谢谢 谢谢啦 多谢 辛苦了 谢谢师傅 麻烦你们了 🙏🙏 [抱拳]",
    Intent.GREETING: "你好 您好！ 在吗？ 有人没得 喂 早上好 哈哈哈 我想问哈",
    Intent.NOTED: "晓得了 知道了 收到 明白了 哦 拜拜",
    Intent.REPORT: "上报 我要上报 举报 我要投诉 报修 还有一个问题 随手拍",
}


@pytest.mark.parametrize(
    ("text", "intent"), [(text, intent) for intent, line in MEANT.items() for text in line.split()]
)
def test_a_message_means(text: str, intent: Intent) -> None:
    assert intent in WORDS.intents_of(text)
    assert intent in WORDS.intents_of(f" {text} \n")


@pytest.mark.parametrize(
    "text",
    [
        "施工进度太慢，天天半夜都在挖，吵得老人娃儿都睡不着",
        "取消了公交站以后没有人打扫",
        "上次报的路灯修好两天又不亮了，晚上出门看不到路，麻烦再来看",
        "好大一个坑",
        "对面楼上乱扔垃圾",
        "没有路灯",
        "1栋楼下井盖坏了",
        "重新铺的路又烂了",
        "电话亭坏了",
        "帮助老人的扶手掉了",
        "10",
        "",
        "。。。",
        "谢谢你们的工作，但是路灯还是不亮",
    ],
)
def test_a_story_is_no_command(text: str) -> None:
    assert WORDS.intents_of(text) == frozenset()


def test_give_up_and_skip_may_share_words_and_nothing_else_may() -> None:
    assert WORDS.intents_of("算了") == {Intent.DECLINE, Intent.NONE}
    assert all(len(intents) == 1 for intents in WORDS.whole.values() if Intent.NONE not in intents)


ALARMS = {
    Danger.GAS: "燃气泄漏了 楼道里闻到煤气味 天然气管子在漏气 好大股天然气味道 是不是漏气了",
    Danger.FIRE: "起火了 着了火 着\u200b火了 楼上在冒烟 垃圾桶燃起来了 要爆炸了 有没有着火哦",
    Danger.ELECTRIC: "电线掉下来了 有人触电 电线断了在冒火花 路灯杆漏电 电线杆要倒了",
    Danger.COLLAPSE: "路面塌陷 围墙垮了 房子要垮了 山体滑坡 外墙掉砖",
    Danger.HURT: "有人受伤 有人遭摔伤了 老人晕倒了 娃儿掉下去了 有人落水",
    Danger.CRIME: "有人打架 有人持刀 我要报警",
}


@pytest.mark.parametrize(
    ("text", "kind"), [(text, kind) for kind, line in ALARMS.items() for text in line.split()]
)
def test_danger_is_heard(text: str, kind: Danger) -> None:
    assert kind in WORDS.dangers_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "没有起火",
        "没得人受伤",
        "没有人触电",
        "不是漏气",
        "未发生爆炸",
        "我们一起火锅店门口好多垃圾",
        "围着火锅店摆摊",
        "烟雾报警器坏了",
        "路灯不亮",
        "在燃气公司门口",
        "电话 023-67110119",
        "建新东路110号",
        "被电瓶车占了",
    ],
)
def test_no_false_alarm(text: str) -> None:
    assert WORDS.dangers_in(text) == ()


def test_a_denial_holds_only_for_what_it_stands_beside() -> None:
    assert WORDS.dangers_in("没有起火，但是有人受伤") == (Danger.HURT,)
    assert WORDS.dangers_in("没有人管，漏气了") == (Danger.GAS,)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("建新东路路灯坏了", "建新东路"),
        ("昨晚建新东路三盏路灯不亮", "建新东路"),
        ("你好，路灯坏了，建新东路36号门口", "建新东路36号门口"),
        ("观音桥步行街有人乱摆摊", "观音桥步行街"),
        ("五里店轻轨站门口好多垃圾", "五里店轻轨站门口"),
        ("石马河立交下面积水", "石马河立交下面"),
        ("我家住鲤鱼池菜市场后门，臭得很", "鲤鱼池菜市场后门"),
        ("重庆市江北区建新东路 36 号3栋", "建新东路36号3栋"),
        ("观音桥好多人摆摊", None),  # where in all of 观音桥?
        ("三盏路灯都不亮", None),
        ("马路上有个坑", None),
        ("这条路烂得很", None),
        ("我们小区没人管", None),
        ("路面烂了", None),
    ],
)
def test_a_place_is_found_in_a_sentence(text: str, place: str | None) -> None:
    assert WORDS.place_in(text) == place


@pytest.mark.parametrize(
    "text", ["建新东路36号", "在建新东路36号", "观音桥步行街口", "观音桥", "重庆市江北区建新东路"]
)
def test_a_bare_place_is_known_as_one(text: str) -> None:
    assert WORDS.is_place(text)


@pytest.mark.parametrize(
    "text", ["建新东路路灯坏了", "流浪狗在公园", "公园有蛇", "马路", "井盖 建新东路36号", "路灯"]
)
def test_a_place_with_a_story_is_not_a_bare_place(text: str) -> None:
    assert not WORDS.is_place(text)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("地点：建新东路36号", "建新东路36号"),
        ("地点 三钢厂", "三钢厂"),
        ("地址是鱼嘴那边。", "鱼嘴那边"),
        ("位置在老地方", "老地方"),
        ("地点建新东路", "建新东路"),
        ("地点改成 建新东路38号", "建新东路38号"),
        ("位置不对", None),
        ("位置偏得很", None),
        ("地点", None),
        ("地址：", None),
        ("位置在建新东路，路灯坏了", None),  # more than a place: it is read as a story
    ],
)
def test_words_said_to_be_a_place_are_one(text: str, rest: str | None) -> None:
    assert WORDS.place_after_prefix(text) == rest


@pytest.mark.parametrize(
    "typed",
    [
        "JB261122-4839207",
        "jb261122-4839207",
        "JB2611224839207",
        "ＪＢ２６１１２２－４８３９２０７",
        "JB 261122 4839207",
        "JB 261122—4839207",
        "编号JB261122-4839207到哪一步了",
        "2611224839207",
        " 261122-4839207 ",
    ],
)
def test_a_report_number_is_found_however_it_is_typed(typed: str) -> None:
    assert vocabulary.report_no_in(typed, "JB") == "JB261122-4839207"


def test_a_report_number_with_a_digit_too_few_is_still_meant_as_one() -> None:
    assert vocabulary.report_no_in("JB261122-483920", "JB") == "JB261122-483920"


@pytest.mark.parametrize(
    "text", ["2611224839207号灯杆坏了", "XJB261122-4839207", "JB26", "13800138000", "进度"]
)
def test_other_figures_are_no_report_number(text: str) -> None:
    assert vocabulary.report_no_in(text, "JB") is None


@pytest.mark.parametrize("text", ["有洞", "路灯坏了", "lamp broken", "88号", "好多蚊子😡"])
def test_words_are_words(text: str) -> None:
    assert vocabulary.is_substantial(text) is (text != "88号")


@pytest.mark.parametrize(
    "text", ["", "1", "。。", "😂😂😂", "[微笑][强]", "/::)", "12345", "啊", "ok"]
)
def test_marks_and_stickers_are_no_words(text: str) -> None:
    assert not vocabulary.is_substantial(text)


def test_what_a_database_cannot_keep_is_dropped() -> None:
    assert vocabulary.storable(" 路灯\x00坏\ud800了\r\n👨‍👩‍👧 ") == "路灯坏了\n👨‍👩‍👧"


# The file, in the hands of an operator.


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = SHIPPED.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / "vocabulary.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def line_of(path: Path, part: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if part in line)


def test_an_operator_can_teach_it_a_phrase(tmp_path: Path) -> None:
    path = edited(tmp_path, '"硬是要得"', '"硬是要得", "巴适得板"')
    assert "巴适得板" not in WORDS.whole
    assert vocabulary.load(path).intents_of("巴适得板嘛！") == {Intent.CONFIRM}


def test_a_file_saved_by_an_editor_that_marks_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.toml"
    path.write_text(SHIPPED.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert vocabulary.load(path).intents_of("要得") == {Intent.CONFIRM}


@pytest.mark.parametrize(
    ("old", "new", "where", "why"),
    [
        ('"硬是要得"', '"硬是要得', '"硬是要得', "引号"),
        ('"硬是要得"', "1", "[confirm]", "1 要用引号括起来"),
        ('"硬是要得"', '" "', '" "', "空的词"),
        ('"硬是要得"', '"不报了"', '"不报了"', "「不报了」在 [confirm] 里已经有了"),
        ('"查进度", "查下进度"', '"查"', '"查"', "「查」太短"),
        ("[restart]", "[restrat]", "[restrat]", "没有这一节"),
        ("denials =", "denails =", "denails =", "没有这一项"),
        ("doubts =", "# doubts =", "[danger]", "少了这一项"),
        ("[correction]", "[[correction]]", "[[correction]]", "少了这一节"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, where: str, why: str
) -> None:
    path = edited(tmp_path, old, new)
    with pytest.raises(BadVocabulary) as refused:
        vocabulary.load(path)
    assert why in str(refused.value)
    assert "vocabulary.toml 第 " in str(refused.value)


def test_a_wrong_file_names_the_very_line(tmp_path: Path) -> None:
    path = edited(tmp_path, '"硬是要得"', '" "')
    with pytest.raises(
        BadVocabulary, match=rf"第 {line_of(path, chr(34) + ' ' + chr(34))} 行 \[confirm\] whole："
    ):
        vocabulary.load(path)


def test_a_file_in_another_encoding_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.toml"
    path.write_bytes(SHIPPED.read_text(encoding="utf-8").encode("gb18030"))
    with pytest.raises(BadVocabulary, match="UTF-8"):
        vocabulary.load(path)


def test_any_list_may_be_emptied(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.toml"
    text = SHIPPED.read_text(encoding="utf-8")
    start = text.index("unless = [")
    path.write_text(
        text[:start] + "unless = []" + text[text.index("]", start) + 1 :], encoding="utf-8"
    )
    assert vocabulary.load(path).dangers_in("一起火锅") == (Danger.FIRE,)


@pytest.mark.parametrize(
    "line",
    ["人行道地砖松了，容易绊倒", "路面结冰，老人容易摔倒", "井盖没了，怕掉下去", "差点摔倒"],
)
def test_what_might_happen_is_no_emergency(line: str):
    assert not vocabulary.standard().dangers_in(line)


def test_an_operators_file_adds_words_to_the_shipped_ones(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[confirm]\nwhole = ["硬是巴适得很"]\n[danger]\nfire = ["燃安逸了"]\n', "utf-8")
    words = vocabulary.load(SHIPPED, mine)
    assert words.intents_of("硬是巴适得很！") == {Intent.CONFIRM}
    assert words.intents_of("要得") == {Intent.CONFIRM}
    assert words.dangers_in("屋头燃安逸了") == (Danger.FIRE,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[confirm]\nwhole = [\n  "取消"]', "mine.toml 第 3 行"),
        ('[confirm]\nwhole = [""]', "mine.toml 第 2 行"),
        ('[conform]\nwhole = ["好"]', "mine.toml 第 1 行"),
        ("[confirm]\nwhole = [1]", "mine.toml"),
        ("[confirm", "mine.toml"),
    ],
)
def test_a_fault_in_an_operators_file_is_told_with_its_line(
    tmp_path: Path, text: str, why: str
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(text, "utf-8")
    with pytest.raises(BadVocabulary, match=why):
        vocabulary.load(SHIPPED, mine)


def test_every_file_is_read_once_however_many_words_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    loads = tomllib.loads

    def counted(text: str) -> dict[str, Any]:
        read.append(text)
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", counted)
    vocabulary.load(SHIPPED)
    assert len(read) == 1
