from __future__ import annotations

import csv
from io import StringIO

import pytest

from server_stub.aggregation.estimate_export import ExportTable

COLUMNS = {"name": str, "value": float}


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "+1", "-30-", "@SUM(A1)", "\t=1", "\r"])
def test_no_name_is_a_formula_in_a_spreadsheet(name: str) -> None:
    text = ExportTable(columns=COLUMNS, rows=[{"name": name, "value": -0.5}]).csv()
    (row,) = csv.DictReader(StringIO(text, newline=""))
    assert row == {"name": f"'{name}", "value": "-0.5"}


def test_other_names_stay_as_they_are_and_further_keys_are_left_out() -> None:
    row = {"name": 'Crime, "noir" = 1950s', "value": 0.5, "more": 1}
    text = ExportTable(columns=COLUMNS, rows=[row]).csv()
    assert text == 'name,value\r\n"Crime, ""noir"" = 1950s",0.5\r\n'
