"""A complaint goes where its words point, and what staff do weighs more than the lists in time."""

from app.domain import sorting, words
from app.domain.sorting import NOTHING_LEARNED, Choice, Learned
from app.domain.topics import WORDS
from tests.domain import written

LISTS: dict[str, tuple[str, ...]] = {
    "light": ("路灯", "不亮"),
    "noise": ("噪声", "广场舞"),
    "square": ("广场", "长椅"),
    "other": (),
}


def choose(title: str, body: str = "", learned: Learned = NOTHING_LEARNED) -> Choice:
    title, body = words.normalise(title), words.normalise(body)
    return sorting.choose(title, body, words.tokens_of(f"{title} {body}"), LISTS, learned)


def learn(category: str, word: str, complaints: int, *, of: int) -> Learned:
    return Learned({(category, word): complaints}, dict.fromkeys(LISTS, of))


class TestByLists:
    def test_words_lead_to_their_category_and_are_named(self):
        assert choose("东门路灯不亮") == Choice("light", ("路灯", "不亮"))

    def test_the_title_counts_for_more(self):
        assert choose("路灯", "广场").category == "light"
        assert choose("广场", "路灯").category == "square"

    def test_a_word_inside_a_longer_one_says_nothing(self):
        assert choose("楼下广场舞") == Choice("noise", ("广场舞",))

    def test_other_words_for_the_same_count(self):
        assert choose("门口街灯").category == "light"

    def test_where_no_word_speaks_nothing_is_proposed(self):
        assert choose("想当志愿者") == Choice(None, ())
        assert choose("") == Choice(None, ())

    def test_without_categories_nothing_is_proposed(self):
        assert sorting.choose("路灯", "", ["路灯"], {}, NOTHING_LEARNED) == Choice(None, ())


class TestByLearning:
    def test_a_word_of_no_list_leads_where_staff_put_it(self):
        learned = learn("noise", "唢呐", 20, of=40)
        assert choose("天天吹唢呐", learned=learned) == Choice("noise", ("唢呐",))

    def test_one_case_is_not_enough_to_go_by(self):
        assert choose("天天吹唢呐", learned=learn("noise", "唢呐", 1, of=1)).category is None

    def test_what_staff_do_outweighs_the_lists_in_time(self):
        learned = learn("light", "长椅", 90, of=100)
        assert choose("长椅", learned=NOTHING_LEARNED).category == "square"
        assert choose("长椅", learned=learned).category == "light"

    def test_a_word_that_stands_everywhere_says_nothing(self):
        learned = Learned({(category, "小区"): 50 for category in LISTS}, dict.fromkeys(LISTS, 100))
        assert choose("小区", learned=learned).category is None

    def test_a_common_category_is_no_reason_by_itself(self):
        learned = Learned({}, {"light": 1_000, "noise": 1, "square": 1, "other": 1})
        assert choose("想当志愿者", learned=learned) == Choice(None, ())

    def test_one_case_takes_nothing_from_a_listed_word(self):
        """The case was one of the word's own category: it may only speak for it more."""
        for seen in (1, 3):
            learned = Learned({("square", "长椅"): seen}, {"light": 0, "noise": seen, "square": seen, "other": 40})
            assert choose("路灯，长椅", learned=learned).category == "square"


def test_our_own_texts_go_where_we_meant_them():
    """Not a measure, since the lists were made with them in sight: a floor under every change."""
    told = [
        (complaint.category, words.normalise(title), words.normalise(body))
        for complaint in written.load()
        for title, body in ((complaint.title, complaint.body), (complaint.other_title, complaint.other_body))
    ]
    right = [
        (sorting.choose(title, body, words.tokens_of(f"{title} {body}"), WORDS, NOTHING_LEARNED).category or "other")
        == category
        for category, title, body in told
    ]
    assert sum(right) / len(right) >= 0.95


def test_no_category_has_a_word_twice():
    for code, listed in WORDS.items():
        assert len(listed) == len(set(listed)), code
