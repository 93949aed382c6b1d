"""The trees of RFC 6962: its authors' published vectors, and every property by chance."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import merkle

# The vectors of the reference implementation of Certificate Transparency (merkle tree tests).
INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
LEAVES = [merkle.leaf_hash(content) for content in INPUTS]
trees = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70, unique=True)


def root_by_the_letter(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, as it is written there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + root_by_the_letter(leaves[:split]) + root_by_the_letter(leaves[split:])).digest()


def path_by_the_letter(position: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1, as it is written there."""
    if len(leaves) < 2:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if position < split:
        return [*path_by_the_letter(position, leaves[:split]), root_by_the_letter(leaves[split:])]
    return [*path_by_the_letter(position - split, leaves[split:]), root_by_the_letter(leaves[:split])]


class TestPublishedVectors:
    def test_nothing_has_the_hash_of_nothing(self):
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        assert merkle.root([]).hex() == empty

    @pytest.mark.parametrize("count", range(1, 9))
    def test_roots(self, count: int):
        assert merkle.root(LEAVES[:count]).hex() == ROOTS[count - 1]

    @pytest.mark.parametrize(("place", "told"), PATHS.items())
    def test_paths(self, place: tuple[int, int], told: list[str]):
        position, count = place
        assert [beside.hex() for _, beside in merkle.path(LEAVES[:count], position)] == told


@given(trees)
def test_the_root_is_that_of_the_letter(leaves: list[bytes]):
    assert merkle.root(leaves) == root_by_the_letter(leaves)


@given(trees, st.data())
def test_the_path_is_that_of_the_letter_and_leads_to_the_root(leaves: list[bytes], data: st.DataObject):
    position = data.draw(st.integers(0, len(leaves) - 1))
    steps = merkle.path(leaves, position)
    assert [beside for _, beside in steps] == path_by_the_letter(position, leaves)
    assert merkle.follow(leaves[position], steps) == merkle.root(leaves)
    assert [side for side, _ in steps] == merkle.sides(position, len(leaves))


@given(trees, st.data())
def test_a_path_proves_its_own_leaf_and_no_other(leaves: list[bytes], data: st.DataObject):
    position = data.draw(st.integers(0, len(leaves) - 1))
    steps = merkle.path(leaves, position)
    for other in leaves:
        assert (merkle.follow(other, steps) == merkle.root(leaves)) == (other == leaves[position])


@given(trees.filter(lambda leaves: len(leaves) > 1), st.data())
def test_any_other_order_or_leaf_gives_another_root(leaves: list[bytes], data: st.DataObject):
    changed = data.draw(st.permutations(leaves))
    assert (merkle.root(changed) == merkle.root(leaves)) == (changed == leaves)
    assert merkle.root(leaves[:-1]) != merkle.root(leaves)


@pytest.mark.parametrize("position", [-1, 3, 100])
def test_beyond_the_leaves_there_is_no_path(position: int):
    with pytest.raises(IndexError):
        merkle.path(LEAVES[:3], position)


def test_a_node_does_not_pass_for_a_leaf():
    assert merkle.leaf_hash(LEAVES[0] + LEAVES[1]) != merkle.node_hash(LEAVES[0], LEAVES[1])
