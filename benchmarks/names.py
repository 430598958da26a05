"""Made-up names that are as common, and as rare, as real ones.

A few names are carried by very many children (that is what makes two records of 王子轩 no proof of anything), most by
one or two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from benchmarks.dice import Dice

#: Surnames with their share in a thousand.
SURNAMES = {
    "王": 72,
    "李": 72,
    "张": 68,
    "刘": 54,
    "陈": 45,
    "杨": 31,
    "黄": 22,
    "赵": 21,
    "吴": 20,
    "周": 19,
    "徐": 14,
    "孙": 14,
    "马": 13,
    "朱": 13,
    "胡": 12,
    "郭": 11,
    "何": 11,
    "高": 10,
    "林": 10,
    "罗": 9,
    "郑": 9,
    "梁": 8,
    "谢": 8,
    "宋": 7,
    "唐": 7,
    **dict.fromkeys("许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付", 5),
    **dict.fromkeys(
        "方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章",
        2,
    ),
    **dict.fromkeys(
        "鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司",
        1,
    ),
    **dict.fromkeys(("欧阳", "上官", "司马", "诸葛", "皇甫", "尉迟", "夏侯", "慕容", "令狐", "东方"), 1),
}

# The first of each list are the most common; `_ranked` gives the nth the weight 60/(n+8), about as Zipf would.
_BOYS = (
    "子轩 浩宇 浩然 宇轩 梓轩 宇航 俊杰 子豪 皓轩 博文 子涵 一诺 奕辰 宇泽 浩轩 梓睿 沐辰 文博 嘉豪 俊熙 天佑 家豪 "
    "思远 子墨 俊豪 明轩 梓豪 志强 晨曦 泽宇 雨泽 睿翰 烨霖 煜城 懿轩 嘉懿 致远 弘文 承泽 铭泽 一鸣 子睿 锦程 星辰 "
    "乐天 景行 云帆 知行"
)
_GIRLS = (
    "梓涵 欣怡 诗涵 一诺 梓萱 雨涵 欣妍 可馨 思涵 佳怡 紫萱 子涵 雨桐 梦琪 语桐 若曦 雨欣 依诺 佳琪 欣悦 语嫣 梦瑶 "
    "芷若 雅琪 诗琪 子萱 静怡 慧敏 美琳 欣然 心怡 妍希 艺涵 玥彤 婉清 书瑶 清妍 沐瑶 安琪 苡晴 锦瑟 舒窈 梓晴 语彤 "
    "乐瑶 初夏 念慈 书宁"
)
_MEN = (
    "伟 强 磊 军 勇 杰 涛 超 明 刚 平 辉 鹏 飞 波 斌 宇 浩 凯 健 建国 志强 建军 海涛 永强 国强 文军 志勇 海龙 建华 "
    "俊 林 峰 亮 东 海 洪涛 成龙 晓东 立新 春雷 立军 志刚 永刚 卫东 建平 红兵 家明 传林 守义 德才 玉山 长江 金宝 "
    "怀忠"
)
_WOMEN = (
    "芳 娜 敏 静 丽 艳 娟 霞 燕 玲 婷 雪 慧 莉 梅 红 萍 玉兰 秀英 桂英 秀兰 海燕 丽娟 晓燕 红梅 春梅 小红 玉梅 倩 "
    "颖 琴 云 洁 丹 凤 兰 美玲 翠萍 爱华 桂芳 素珍 月娥 金凤 玉珍 秀芳 晓丽 文静 雪梅 冬梅 彩霞 春燕 荣华 巧云 "
    "小翠"
)
_CHARACTERS = (
    "安柏宸承楚达德恩帆丰瀚航恒弘嘉景钧康朗乐霖明宁鹏琪启清然仁睿尚书思腾天维文熙贤翔"
    "欣轩彦逸毅勇宇远泽昭哲臻正志卓梓子若诗舒语"
)
#: Rare characters as they stand in real 户口簿; all but the last lie outside the basic plane.
RARE = "𠅤𡝗𣲗𤩽𤧚𥖄𣸣𠈓𡌶䶮"

#: Names of several parts, joined by U+00B7 as 民委发〔2016〕33号 wants it.
_FIRST_PARTS = (
    "阿卜杜拉 买买提 艾力 古丽娜尔 阿依古丽 玉素甫 热依汗 帕提古丽 阿迪力 木拉提 努尔兰 叶尔兰 阿依努尔 热娜 米尔扎提"
)
_LAST_PARTS = (
    "吐尔逊 艾合买提 肉孜 依明 阿布都热西提 卡德尔 图尔荪 哈斯木 沙依提 巴合提 别克 斯马依 吾买尔 尼亚孜 赛买提 库尔班"
)


def _ranked(names: str) -> dict[str, int]:
    return {name: max(1, 60 // (place + 8)) for place, name in enumerate(names.split())}


def surname(dice: Dice, what: str, key: str) -> pl.Expr:
    """Return a surname."""
    return dice.pick(SURNAMES, f"{what} surname", key)


def child_given_name(dice: Dice, male: pl.Expr, key: str = "i") -> pl.Expr:
    """Return a child's given name: fashionable, composed of two characters, of one, or with a rare one."""
    way = dice.below(1000, "given way", key)
    first = dice.pick(list(_CHARACTERS), "given first", key)
    second = dice.pick(list(_CHARACTERS), "given second", key)
    fashionable = (
        pl.when(male).then(dice.pick(_ranked(_BOYS), "boy", key)).otherwise(dice.pick(_ranked(_GIRLS), "girl", key))
    )
    return (
        pl.when(way < 3)
        .then(first + dice.pick(list(RARE), "given rare", key))
        .when(way < 90)
        .then(first)
        .when(way < 230)
        .then(fashionable)
        .otherwise(first + second)
    )


def adult_given_name(dice: Dice, what: str, male: pl.Expr, key: str) -> pl.Expr:
    """Return a parent's or grandparent's given name."""
    return (
        pl.when(male)
        .then(dice.pick(_ranked(_MEN), f"{what} man", key))
        .otherwise(dice.pick(_ranked(_WOMEN), f"{what} woman", key))
    )


def dotted_name(dice: Dice, what: str, key: str) -> pl.Expr:
    """Return a name of two parts with a middle dot."""
    first, last = (
        dice.pick(_FIRST_PARTS.split(), f"{what} dotted first", key),
        dice.pick(_LAST_PARTS.split(), f"{what} dotted last", key),
    )
    return first + pl.lit("·") + last
