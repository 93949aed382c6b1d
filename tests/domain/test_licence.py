"""Licence numbers, held against the standard's own example and numbers that are published."""

import pytest

from app.domain import licence

PUBLISHED = (
    "91350100M000100Y43",  # the worked example of GB 32100-2015
    "91330100799655058B",
    "914403001922038216",
    "9144030071526726XG",
    "91110000802100433B",
    "91100000100003962T",
    "91110000600037341L",
)


@pytest.mark.parametrize("number", PUBLISHED)
def test_published_numbers_are_valid(number: str):
    assert licence.is_valid(number)


def test_the_standard_refuses_its_counterexample():
    assert not licence.is_valid("91350100M000100Y4Z")
    assert not licence.is_valid("91350100M000100Y44")


@pytest.mark.parametrize("number", PUBLISHED)
def test_one_wrong_character_is_always_found(number: str):
    """31 is a prime and no weight is a multiple of it: any one character that differs changes the sum."""
    for place in range(licence.CHARACTERS):
        for character in licence.ALPHABET:
            wrong = f"{number[:place]}{character}{number[place + 1 :]}"
            assert licence.is_valid(wrong) == (wrong == number)


@pytest.mark.parametrize("number", PUBLISHED)
def test_two_neighbours_in_the_wrong_order_are_found(number: str):
    for place in range(licence.CHARACTERS - 1):
        swapped = f"{number[:place]}{number[place + 1]}{number[place]}{number[place + 2 :]}"
        assert licence.is_valid(swapped) == (swapped == number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "91350100M000100Y4",
        "91350100M000100Y433",
        "91350100m000100y43",
        "91350100M000100Y4\n3",
        "9135O100M000100Y43",
    ],
)
def test_anything_of_another_form_is_not(number: str):
    assert not licence.is_valid(number)
