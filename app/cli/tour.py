"""placeholder"""


def tour(url: str | None = None) -> None: ...
