"""What can stand in a column: each kind reads a cell's text to a value, or says what is wrong; it never raises (pure).

``read`` gives ``None`` for a cell in which nothing stands. ``write`` gives what ``read`` makes the same value of, so
that an export can be imported. ``hint`` is what the template tells about the column.
"""

from app.domain.sheets.fields.choices import Choice, Words, YesNo
from app.domain.sheets.fields.codes import CreditCode, DivisionCode
from app.domain.sheets.fields.field import Field, Value
from app.domain.sheets.fields.plain import Date, Integer, Number, PersonName, Phone, Text, WeekHours

__all__ = [
    "Choice",
    "CreditCode",
    "Date",
    "DivisionCode",
    "Field",
    "Integer",
    "Number",
    "PersonName",
    "Phone",
    "Text",
    "Value",
    "WeekHours",
    "Words",
    "YesNo",
]
