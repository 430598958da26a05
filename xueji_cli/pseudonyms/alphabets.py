"""The characters that text is made of, in classes: a character is replaced by one of its own class, so that text keeps its kind.

A surname becomes a surname, a character that names are given from another such, a rare one a rare one of its block, a private one a
private one, a digit a digit. Signs, spaces and what a program lost (`?`) belong to no class and stay.
"""

from __future__ import annotations

from functools import cache

#: Surnames of one character, commonest first.
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方"
    "石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤毕"
    "聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单包司柏宁柯阮"
    "桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商蒙计喻揭窦迟宇敖"
)
#: Surnames of two characters.
COMPOUND = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "皇甫",
    "慕容",
    "令狐",
    "司徒",
    "尉迟",
    "端木",
    "东方",
    "夏侯",
    "公孙",
    "独孤",
    "南宫",
    "轩辕",
    "长孙",
    "宇文",
)
#: Characters that names are given from.
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文云辉鹏飞海波宁龙玲琴雪婷倩莉萍颖佳怡欣雨欢晨旭阳浩然子轩梓涵"
    "宇航博睿思琪诗语嘉一诺皓铭俊哲奕辰泽瑞毅楠桐萱萌悦蕊雅彤月可馨妍心语若曦梦瑶璐琳珊珍珠瑜瑾琦琛珂玥珺钰锦鑫森林松柏楷栋杨柳桦彬"
    "斌武胜利民生福贵荣昌盛兴旺发达富强和平安康宁健康乐天成功立业家豪庆祥吉顺才良善德仁义礼智信忠孝廉勤俭恒远大展宏图东南西北春夏秋冬"
    "凯凡帆峰岩岭川江河湖洲溪源泉清澈洁亮光照耀星辰宸昊昱晟晗晓旦昕晴朗朝霖露霜霏霄雯雲岚山石坤乾元亨贞卓越群超凌云翔翼羽鹤鸿燕莺凤"
    "凰麟骏驰腾跃进步升起程前锋先锐钧钢铁银铜锋镇振奋斗争战友谊情爱惠慧敏捷聪颖悟道理书画诗词赋歌舞韵音律乐章文采彩艺墨香菲芬芷若芊芸"
    "茜茹莲荷蓉蓓薇蕾藜芝苗苑莎菁菊菡萧蓝紫青翠碧绿丹朱赤橙黄金玄素淑娴婉媛妮姗姝姣婧婵嫣嫒妙娅娇"
)


def _unique(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text))


@cache
def _common() -> tuple[str, ...]:
    """Return the 3,755 common characters of GB/T 2312, level 1, those that names are given from left out."""
    rows = bytes(range(0xA1, 0xFF))
    decoded = (bytes((high, low)).decode("gb2312", "ignore") for high in range(0xB0, 0xD8) for low in rows)
    given = set(GIVEN)
    return tuple(char for char in decoded if char and char not in given)


#: Blocks of characters that are replaced within the block: first, last.
_BLOCKS = (
    (0x2E80, 0x2EF3), (0x2F00, 0x2FD5), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xE000, 0xF8FF), (0xF900, 0xFA6D), (0x20000, 0x2A6DF),
    (0x2A700, 0x2B738), (0x2B740, 0x2B81D), (0x2B820, 0x2CEA1), (0x2CEB0, 0x2EBE0), (0x30000, 0x3134A), (0xF0000, 0xFFFFD),
    (0x61, 0x7A), (0x41, 0x5A), (0x30, 0x39), (0xFF10, 0xFF19), (0xFF21, 0xFF3A), (0xFF41, 0xFF5A), (0x0410, 0x042F), (0x0430, 0x044F),
    (0x0620, 0x064A), (0x0F40, 0x0F6C), (0x1820, 0x1878), (0xAC00, 0xD7A3), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x00C0, 0x024F),
)  # fmt: skip


@cache
def members(name: str) -> tuple[str, ...]:
    """Return the characters of a class, in order."""
    if name == "surname":
        return _unique(SURNAMES)
    if name == "compound":
        return COMPOUND
    if name == "given":
        return _unique(GIVEN)
    if name == "common":
        return _common()
    if name == "first digit":
        return tuple("123456789")
    first, last = (int(part, 16) for part in name.split("-"))
    apart = set(_common()) | set(GIVEN)
    return tuple(chr(code) for code in range(first, last + 1) if chr(code) not in apart)


@cache
def places(name: str) -> dict[str, int]:
    """Return character → its place in its class."""
    return {char: place for place, char in enumerate(members(name))}


@cache
def class_of(char: str) -> str:
    """Return the class of a character; empty for one that stays as it is."""
    if char in places("given"):
        return "given"
    if char in places("common"):
        return "common"
    code = ord(char)
    return next((f"{first:X}-{last:X}" for first, last in _BLOCKS if first <= code <= last), "")
