"""What an import keeps of its rows opens at its own place alone."""

from uuid import uuid4

import pytest

from app.core.security import BrokenSealError
from app.services.imports import sealing

SECRET = "s" * 32


def test_a_row_opens_in_its_import_at_its_place():
    here, found = uuid4(), b"what was found"
    sealed = sealing.seal_row(SECRET, here, 3, found)
    assert sealing.open_row(SECRET, here, 3, sealed) == found
    for import_id, number in ((here, 4), (uuid4(), 3)):
        with pytest.raises(BrokenSealError):
            sealing.open_row(SECRET, import_id, number, sealed)
