"""The same complaint as another phone, another hand or another website would write it."""

import random
from functools import cache

from opencc import OpenCC

_SPOKEN = """
qū:区區 shè:社 xiǎo:小 lù:路 dēng:灯燈 lóu:楼樓 shuǐ:水 diàn:电電店 tī:梯 chē:车車 tíng:停
mén:门門 wù:物 yè:业業 fèi:费費 lā:垃 jī:圾 zào:噪 shēng:声聲生 yīn:音 gǒu:狗 shù:树樹 xué:学學
xiào:校 yī:医醫 yuàn:院 bǎo:保 xiǎn:险險 gōng:工公 zī:资資 jiāo:交 dào:道 tōng:通 xiāo:消 fáng:防
nuǎn:暖 qì:气氣 rè:热熱 lòu:漏 dǔ:堵 chòu:臭 zāng:脏髒 luàn:乱亂 wéi:违違 jiàn:建 lín:邻鄰 jū:居
lǎo:老 rén:人 hái:孩 zi:子 xiū:修 huài:坏壞 jǐng:井 gài:盖蓋 shì:市 chǎng:场場 jiē:街 hé:河
huán:环環 wèi:卫衛
"""
_PINYIN = {
    character: pinyin
    for pinyin, characters in (pair.split(":") for pair in _SPOKEN.split())
    for character in characters
}
_BRACKETS = ("()", "（）", "[]", "【】", "「」")
_BEFORE = ("领导您好，", "你好，反映一个问题：", "急！", "紧急求助，", "", "")
_BEHIND = ("，请尽快处理，谢谢！", "!!!", "，盼回复。", "🙏🙏", "", "")
_BETWEEN = ("，", " ", "。", "…", "！", "～", "、", "😡")


@cache
def _traditional() -> OpenCC:
    return OpenCC("s2t")


def traditional(text: str, _chance: random.Random) -> str:
    """Return the text in traditional characters."""
    return str(_traditional().convert(text))


def with_pinyin(text: str, chance: random.Random) -> str:
    """Return the text in traditional characters, every other common one with its pinyin in brackets behind it."""
    written = []
    for character in traditional(text, chance):
        written.append(character)
        if character in _PINYIN and chance.random() < 0.5:
            brackets = chance.choice(_BRACKETS)
            written.append(f"{brackets[0]}{_PINYIN[character]}{brackets[1]}")
    return "".join(written)


def noisy(text: str, chance: random.Random) -> str:
    """Return the text as typed in haste: characters dropped, doubled and swapped, marks and politeness strewn in."""
    characters = list(text)
    for place in range(len(characters) - 1):
        if chance.random() < 0.03:
            characters[place : place + 2] = reversed(characters[place : place + 2])
    written = [chance.choice(_BEFORE)]
    for character in characters:
        fate = chance.random()
        if fate < 0.06:
            continue
        written.append(character)
        if fate > 0.97:
            written.append(character)
        elif fate > 0.90:
            written.append(chance.choice(_BETWEEN))
    return "".join([*written, chance.choice(_BEHIND)])


VARIANTS = {"noise": noisy, "traditional": traditional, "pinyin": with_pinyin}
