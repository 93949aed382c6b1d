"""Merkle trees as in RFC 6962, section 2.1, and RFC 9162, section 2.1: one root stands for many leaves, in their order.

A leaf is hashed after a zero byte and a node after a one, so that neither can pass for the other.
"""

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Literal

Side = Literal["left", "right"]
Step = tuple[Side, bytes]
"""On the way from a leaf to the root: what stands beside, and on which side of us."""

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees side by side."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over hashes of leaves.

    The RFC splits at the largest power of two below the number of leaves. Pairing from the bottom and handing what has
    no partner up gives the same tree, without recursion.
    """
    level = list(leaves)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        level = _above(level)
    return level[0]


def path(leaves: Sequence[bytes], position: int) -> list[Step]:
    """Return what leads from the leaf at ``position`` to the root, from the bottom. Raises IndexError beyond them."""
    if not 0 <= position < len(leaves):
        raise IndexError(f"there is no leaf {position} among {len(leaves)}")
    steps: list[Step] = []
    level = list(leaves)
    while len(level) > 1:
        beside = position ^ 1
        if beside < len(level):
            steps.append(("left" if beside < position else "right", level[beside]))
        level = _above(level)
        position //= 2
    return steps


def follow(leaf: bytes, steps: Sequence[Step]) -> bytes:
    """Return the root that a path leads to from the hash of a leaf."""
    reached = leaf
    for side, beside in steps:
        reached = node_hash(beside, reached) if side == "left" else node_hash(reached, beside)
    return reached


def sides(position: int, leaf_count: int) -> list[Side]:
    """Return on which sides a true path of the leaf at ``position`` has its neighbours: a path proves a place, too."""
    found: list[Side] = []
    while leaf_count > 1:
        beside = position ^ 1
        if beside < leaf_count:
            found.append("left" if beside < position else "right")
        position, leaf_count = position // 2, (leaf_count + 1) // 2
    return found


def _above(level: list[bytes]) -> list[bytes]:
    """Return the next level: each pair as a node, the last one as it is when it has no partner."""
    paired = [node_hash(left, right) for left, right in list(pairwise(level))[::2]]
    return paired if len(level) % 2 == 0 else [*paired, level[-1]]
