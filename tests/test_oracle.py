from __future__ import annotations

import case_table
import oracle
import pytest

ROWS = case_table.load_rows()


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_row(row: case_table.Row) -> None:
    if row.refused is not None:
        found = tuple(
            case_table.Refused(refusal["profile"], refusal["code"], tuple(refusal["codes"]))
            for refusal in oracle.refusals(row.world)
        )
        assert found == row.refused
        return
    assert row.request is not None
    answer = oracle.answer(row.world, row.request)
    extension = answer["extension"]
    assert row.expect == case_table.Expect(
        outcome=answer["outcome"],
        reason=answer["reason"],
        extension=extension and extension["bundle_id"],
        rule=answer["rule"],
        lookalike=answer["lookalike"],
    )
