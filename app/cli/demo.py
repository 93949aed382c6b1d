"""placeholder"""

from collections.abc import Sequence


def demo(once: bool = False) -> None: ...
def demo_people() -> Sequence[object]:
    return []
