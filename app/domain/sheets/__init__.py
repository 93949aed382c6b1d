"""Spreadsheets as offices really have them: read safely, understood from their headings, judged cell by cell (pure).

How to use it::

    from app.domain.sheets.columns import Column, Sum
    from app.domain.sheets.fields import Choice, Date, Integer, PersonName, Phone, Text, Words, YesNo, …
    from app.domain.sheets.tables import recognise, REASONS
    from app.domain.sheets.records import read_records, check_totals

    COLUMNS = (
        Column("name", "姓名", PersonName(), synonyms=("党员姓名",), is_required=True, example="张三"),
        Column("phone", "联系电话", Phone(), synonyms=("电话", "手机", "手机号码")),
    )
    table = recognise(content, COLUMNS)            # or sheet_name="Sheet2", chosen={"name": 0, "phone": 4}
    table.has_headings, table.sheet_names, table.heading_rows, table.titles
    table.guess.matches["phone"]                   # Match(index, heading, confidence, is_sure)
    table.guess.missing                            # names of required columns that are not there
    table.guess.extra / .duplicates / .not_collected   # headings not asked for, repeated, refused
    table.left_out                                 # (row, LeftOut) of totals, foot, repeated headings; see REASONS
    for record in read_records(table, COLUMNS, sums=(Sum("total", ("men", "women")),)):
        record.number, record.values, record.faults, record.row      # Fault(code, sentence, column)

``recognise`` raises ``Problem`` with the codes ``file-…`` and nothing else; ``read_records`` never raises. All of it is
plain work for the processor: 20,000 rows of 15 columns take about two seconds, so call it in a thread or a job.
"""
