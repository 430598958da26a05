"""Which character is taken for which: by the ear and the input method, by the eye, by the register.

Written down from how names are mistaken in offices. None of it is derived from a dictionary that a matcher may use: the
lists are our own, and for characters that are in none, the homophones come from the order of GB 2312, whose first level
stands in the order of pronunciation, so that the neighbours of a character sound like it.
"""

from __future__ import annotations

from functools import cache

#: What an input method offers for one sound, near sounds of dialects included (an/ang, in/ing, s/sh, l/n).
_SAME_SOUND = """
轩宣萱暄瑄 梓子紫姿滋 涵含晗函韩寒 怡宜仪依伊颐 欣新心馨昕鑫 妍研言岩颜 语雨羽宇禹予 浩皓昊灏豪 然冉燃
博伯柏勃 文雯闻纹 俊峻竣骏钧君 杰洁捷婕 航杭行 泽则择 睿瑞锐蕊 沐木牧慕穆 辰晨宸陈臣成承程 奕弈亦逸易艺毅义懿忆翊
嘉佳家加 祺琪其奇琦淇 瑶遥尧谣 梦孟萌 诗施师思狮 若偌 曦希熙溪西茜汐夕 桐彤童同瞳 萌蒙 雅亚娅 静靖婧敬菁晶京 慧惠卉会蕙
敏闽民 琳林霖临麟淋 可珂柯科 玥悦月越岳粤 婉宛琬晚 清青卿轻晴 书舒淑姝抒 安桉 启起岂 晴情晴 锦瑾谨金今 念年廿 慈辞词
初楚出 夏霞下 宁柠凝 乐悦月 瀚翰汉涵 恒衡横 弘宏鸿泓洪红 景璟憬井 康慷 朗浪郎 明铭鸣茗名 鹏朋彭 仁人任 尚上商 腾滕藤
天添田 维唯惟威薇微 贤咸娴弦 翔祥湘详 彦艳燕雁 勇永泳涌 远元源媛园 昭招朝钊 哲喆者 臻真珍甄 正政郑征 志智至致芷知治
卓桌 帆凡帆樊 丰峰锋枫风冯 达大答 德得 恩嗯 强蔷 磊雷蕾累 军君均钧 涛滔陶 超朝潮 刚钢岗 平萍苹 辉晖徽慧 飞菲妃非 波博播
斌彬滨宾 健建剑键 国帼 海亥 华花桦 娜那纳 丽莉利立力黎 芳方坊 娟涓鹃 玲铃灵凌龄 婷亭庭停 雪学 梅美玫眉 红虹洪宏 兰岚蓝
英瑛鹰莹颖 秀绣 桂贵 倩茜欠 琴芹秦勤 云芸耘韵 丹单 凤风奉 翠萃 素苏 珍真贞 月悦越 巧俏 张章漳 王汪旺 李黎里 刘柳留
陈成程 杨阳扬洋 黄皇 赵照 吴武伍 周邹 徐许 孙荪 马玛 朱珠诸 胡湖 郭国 何河贺 罗骆 郑政正 梁良凉 谢解 宋送 唐糖 韩涵
邓登 曹草 曾增 肖萧晓 董懂 袁元原 潘盘 于余俞喻 蒋江姜 蔡菜 余于俞 杜度 叶页 程成陈 苏素 魏卫韦 吕旅 丁定 任仁 沈审 姚瑶
卢芦鲁 姜江蒋 崔催 钟忠 谭潭 陆路 汪王 范樊 石实 廖料 贾甲 付傅富 豪毫浩 子梓 一壹依伊 诺糯 烨叶晔 霖琳 煜玉郁昱育裕钰
铭明 星兴 承成诚程 知之芝 云芸 萱轩瑄 桐童 嫣烟焉 芷止纸 窈瑶 苡以 瑟色 立丽 春椿 建健 志智 永勇 东冬 成诚 传川 林琳 守首
"""

#: What is read wrongly on a form, a photograph or a bad print.
_SAME_LOOK = """
未末 己已巳 日曰 士土 晴睛晴 萱宣营 昊吴旲 晨震 宇字 轩斩轨 涵函 欣欧 睿容 博搏傅 泽择译 杨扬汤 宸晨震 奕弈 祺棋 琪棋祺淇 瑶遥摇
婷停 妍研 佳住隹 彤形 思恩 雨两 林杯 王玉主 李季 张弘 陈阵 徐除 何河 谢榭 许件 田由甲 于干千 余佘 任仕 汪江 沈沉 卢户 苏办
浩洁浩 然燃 豪毫 梓锌 诺喏 航舫 俊峻 铭名 皓浩 沐沭 辰晨 明朋 天夫 文交 子孑 若苦 诗侍 书韦 志忘 远运 达迖 勇湧 昭照 哲晢 臻榛
正止 卓桌 舒舍 语悟 安按 柏伯 楚婪 恩思 帆帆 丰半 恒桓 弘宏 嘉喜 景影 钧钓钩 康廉 朗郎 乐东 宁宇 鹏朋 启后 清请情 仁仨 尚向
腾滕 维唯 熙煕 贤坚 翔祥 彦颜 逸免 毅殻 强弹 磊累 军车 杰木 涛寿 超起 刚钢 平乎 飞气 波坡 斌武 健建 建健 国固 海悔 华毕 芳劳
娜哪 丽而 艳绝 娟捐 霞露 燕热 玲铃 雪雷 慧彗 莉利 梅海 红江 萍苹 玉王 英莫 桂佳 凤风 洁浩 倩清 颖频 琴琹 云去 丹舟 素索 珍诊
月用 金全 冬各 梦楚 可司 馨磬 怡治 紫柴 桐铜 曦羲 若苦 依伩 悦锐 芷芝 嫣焉 静净 美羊 琳淋 玥玛 婉惋 青清 初衫 夏复 念含 慈磁
马鸟 朱未 郭部 高商 罗岁 梁粱 宋末 韩朝 冯马 彭膨 曾会 肖尚 董懂 袁哀 潘番 蒋将 蔡祭 杜社 叶汁 程呈 魏巍 吕昌 丁了 姚桃 姜美
崔催 钟钠 谭潭 陆陈 范笵 石右 廖寥 贾贸 夏复 付什 方万 邹邻 孟盂 秦泰 江汪 尹伊 段叚 雷霄 侯候 龙尤 陶淘 黎藜 贺贸 顾硕 毛手
"""

#: Two written forms of one name: 俗写 in the register, 繁体 on an old form or from Hong Kong and Taiwan.
_OTHER_FORM = """
肖萧 付傅 闫阎 邱丘 代戴 于於 刘劉 陈陳 张張 杨楊 黄黃 赵趙 吴吳 孙孫 马馬 罗羅 郑鄭 谢謝 许許 韩韓 冯馮 邓鄧 叶葉 苏蘇 吕呂 卢盧
钟鍾 谭譚 陆陸 范範 贾賈 韦韋 庄莊 轩軒 泽澤 铭銘 诗詩 语語 书書 乐樂 宁寧 启啟 维維 贤賢 远遠 达達 丰豐 钧鈞 国國 华華 丽麗 兰蘭 云雲
凤鳳 东東 龙龍 强強 军軍 伟偉 静靜 宇宇 晨晨 峰峯 群羣 杰傑 升昇 淼渺 喆哲 甦苏 堃坤 凉涼 温溫 铁鐵 建建 志誌 万萬 礼禮 嫣嫣
"""

#: Characters of the radical blocks that a PDF gives in place of the ideographs they look like.
RADICALS = {
    "文": "⽂", "子": "⼦", "一": "⼀", "方": "⽅", "高": "⾼", "马": "⻢", "金": "⾦", "木": "⽊", "心": "⼼", "雨": "⾬",
    "立": "⽴", "大": "⼤", "小": "⼩", "月": "⽉", "玉": "⽟", "田": "⽥", "石": "⽯", "言": "⾔", "青": "⾭", "飞": "⻜",
    "龙": "⻰", "毛": "⽑", "贝": "⻉", "风": "⻛", "白": "⽩", "士": "⼠", "羽": "⽻", "香": "⾹", "竹": "⽵",
}  # fmt: skip

_LEVEL1_ROWS = range(0xB0, 0xD8)


def _table(groups: str, *, symmetric: bool) -> dict[str, str]:
    """Return for each character what it is taken for; the first of a group for all others, or each for each."""
    table: dict[str, str] = {}
    for group in groups.split():
        for character in group if symmetric else group[0]:
            others = "".join(c for c in group if c != character and c not in table.get(character, ""))
            if others:
                table[character] = table.get(character, "") + others
    return table


@cache
def _level1() -> str:
    """Return the first level of GB 2312 in its order, which is that of pronunciation."""
    cells = [bytes((row, cell)) for row in _LEVEL1_ROWS for cell in range(0xA1, 0xFF)]
    return "".join(cell.decode("gb2312", "ignore") for cell in cells)


@cache
def same_sound() -> dict[str, str]:
    """Return character → characters that are typed for it by ear."""
    level1 = _level1()
    neighbours = {
        character: level1[max(place - 2, 0) : place] + level1[place + 1 : place + 3]
        for place, character in enumerate(level1)
    }
    return neighbours | _table(_SAME_SOUND, symmetric=True)


@cache
def same_look() -> dict[str, str]:
    """Return character → characters that are read for it by eye."""
    return _table(_SAME_LOOK, symmetric=True)


@cache
def other_form() -> dict[str, str]:
    """Return character → its other written forms."""
    return _table(_OTHER_FORM, symmetric=True)
