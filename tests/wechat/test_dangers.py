"""What tells of danger and what only sounds like it, as people say both."""

import pytest

from tests.wechat.chats import hear
from wechat import vocabulary
from wechat.vocabulary import Danger

WORDS = vocabulary.standard()

TOLD = {
    Danger.FIRE: """
        楼上起火了 屋头燃起来了 着火了快来 车子烧起来了 配电箱在冒烟 好大的烟，烧起来了 有明火 山上起山火了
        电瓶车自燃了 楼道头冒黑烟 燃得好凶哦，快打119 厨房头炸了 液化气爆炸了 垃圾桶遭点燃了 火燃到房子了
        失火了 烧到房子了 有火苗冒出来 变压器冒浓烟 那边燃起了
    """,
    Danger.GAS: """
        天然气漏了 好大股煤气味 闻到天然气味道 燃气管子遭挖断了 漏气了 煤气泄漏 楼道头全是气味道，好大股天然气
        天燃气漏气 气管子破了在漏气 一股臭鸡蛋味，怕是漏气 沼气中毒了 挖机挖爆了燃气管 煤气罐在漏 燃气泄露 嘶嘶的漏气
    """,
    Danger.ELECTRIC: """
        电线掉下来了 高压线断了掉地上 有人触电 遭电倒了 路灯杆漏电，麻人 电线杆要倒了 电线垂到水里头 变压器打火花
        电线落到地上冒火花 水里头带电 电缆断了 电线杆倒了 电到人了 线路短路冒火花 电线裸露在外头
    """,
    Danger.COLLAPSE: """
        堡坎垮了 路面塌陷了 房子要垮了 围墙倒了压到车 挡土墙垮下来 山体滑坡 楼板塌了 掉石头下来 脚手架垮了
        地陷下去，路塌了 高空坠物砸到人 有人遭困在里头 广告牌掉下来 崖上落石 桥要垮了 外墙瓷砖掉下来 坎坎要垮了
        房子遭压垮了 地面塌方
    """,
    Danger.HURT: """
        有人受伤了 老人摔倒爬不起来 娃儿掉下去了 掉到井里头去了 有人落水 晕倒在路边 流了好多血，受伤了
        遭车撞了，人倒在地上 有人要跳楼 有人跳河 老太婆跶倒了 骨折了 昏迷不醒 溺水了 出人命了 打120 救命啊
        娃儿掉进化粪池了 撞到人了 车祸 有人中毒 把人砸伤了
    """,
    Danger.CRIME: """
        有人打架 拿刀砍人 有人持刀 抢劫了 动刀子了 打起来了，快报警 有人抢东西
    """,
}
HARMLESS = [
    "消防栓坏了",
    "消防栓没得水",
    "火锅店占道",
    "火锅店油烟大",
    "着火点在哪里都没得",
    "灭火器过期了",
    "消防通道堵了",
    "没有着火",
    "没有漏气",
    "没得漏电",
    "没有人受伤",
    "不是着火，是烧烤烟大",
    "报警器坏了",
    "火车站厕所在哪里",
    "大火车轨道旁边垃圾",
    "电线杆上贴广告",
    "电动车乱停",
    "电瓶车占道",
    "带电话的亭子",
    "路灯坏了",
    "烟头到处都是",
    "烟囱脏",
    "气球挂在树上",
    "天气好热",
    "打气筒坏了",
    "充气拱门挡路",
    "气垫床甩在路边",
    "天然气公司挖的坑没填",
    "燃气井盖松动",
    "高压水枪洗车",
    "容易摔倒",
    "怕摔倒",
    "差点踩空",
    "地砖翘起容易绊倒人",
    "会砸到人",
    "人行道救护站牌子倒了",
    "消防车道划线看不清",
    "打火机广告",
    "火炬雕塑坏了",
    "火烧云广告牌灯不亮",
    "爆米花摊占道",
    "爆胎店占道",
    "炸洋芋的摊摊占道",
    "炸鸡店油烟",
    "炒货店烟大",
    "倒垃圾的地方满了",
    "垃圾倒在路边",
    "把路倒了一地水",
    "塌塌米店占道",
    "救助站牌子掉漆",
    "血站的停车位满了",
    "垮杆桥那边路灯不亮",
]


def split(lines: str) -> list[str]:
    return lines.split()


@pytest.mark.parametrize(
    ("said", "kind"), [(said, kind) for kind, lines in TOLD.items() for said in split(lines)]
)
def test_danger_is_heard(said: str, kind: Danger) -> None:
    assert kind in WORDS.dangers_in(said)


@pytest.mark.parametrize("said", HARMLESS)
def test_what_only_sounds_like_danger_is_no_alarm(said: str) -> None:
    assert WORDS.dangers_in(said) == ()


@pytest.mark.parametrize(
    ("kind", "number"),
    list(zip(Danger, ["119", "119", "95598", "119", "120", "110"], strict=True)),
)
def test_danger_is_answered_with_the_number_first_and_makes_the_report_urgent(
    kind: Danger, number: str
) -> None:
    turn = hear(None, split(TOLD[kind])[0])
    assert (turn.say or "").startswith("先顾安全！")
    assert number in (turn.say or "").split("您安全了")[0]
    assert turn.draft is not None
    assert turn.draft.is_urgent
