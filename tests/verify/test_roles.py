"""Roles belong to the whole server, and a history's databases are several."""

from __future__ import annotations

import pytest

from hotlint.verify.replay import VerifyOptions, verify_project
from hotlint.verify.server import ScratchServer, database_url, embedded
from hotlint.verify.validation import Validation, ValidationOptions
from tests.verify.histories import history
from tests.verify.test_server import roles, url
from tests.verify.test_validation import told, verify, with_downs

ORDERS = "CREATE TABLE orders (id int PRIMARY KEY, code char(1));"
READER = "CREATE ROLE auditor;\nGRANT SELECT ON orders TO auditor;"
BACK = "REVOKE SELECT ON orders FROM auditor;\nDROP ROLE auditor;"


@pytest.mark.parametrize("rows", [0, 5])
def test_the_way_back_drops_a_role_that_the_history_goes_on_to_use(rows: int) -> None:
    planned = history(ORDERS, READER, "ALTER TABLE orders ADD n int;\nGRANT UPDATE ON orders TO auditor;")
    with embedded() as server:
        before = roles(server)
        verified = verify(server, with_downs(planned, "DROP TABLE orders;", BACK), round_trip="0001", rows=rows)
        assert roles(server) == before | {"auditor"}
    assert told(verified) == []
    assert verified.migrations[1].round_trip is not None


def test_a_role_that_the_way_back_still_uses_cannot_be_dropped() -> None:
    with embedded() as server:
        planned = with_downs(history(ORDERS, READER), "DROP TABLE orders;", "DROP ROLE auditor;")
        verified = verify(server, planned, round_trip="0001")
    (message,) = [message for _, message in told(verified)]
    assert message.startswith('The way back fails: role "auditor" cannot be dropped because some objects depend on it')


@pytest.mark.parametrize("up", [BACK, "REVOKE ALL ON orders FROM auditor;\nDROP ROLE IF EXISTS auditor, nobody;"])
def test_a_migration_drops_a_role_that_the_database_without_rows_still_has(up: str) -> None:
    with embedded() as server:
        planned = history(ORDERS, READER, up, "CREATE UNIQUE INDEX ON orders (code);", READER)
        verified = verify(server, planned, rows=40)
    assert [(finding.rule, finding.migration) for finding in verified.findings] == [("fails-on-rows", "0003")]
    assert len(verified.migrations) == 5


def test_roles_made_on_the_users_server_go_in_the_end(server: ScratchServer) -> None:
    with server.connect("admin", "postgres") as connection:
        connection.execute("CREATE ROLE role_maker LOGIN CREATEDB CREATEROLE")
    before = roles(server)
    planned = with_downs(history(ORDERS, READER), "DROP TABLE orders;", BACK)
    with database_url(url(server, "role_maker")) as scratch:
        trips = Validation(planned[1], ValidationOptions(round_trip="all"))
        verified = verify_project(*planned, scratch, VerifyOptions(), observers=(trips,))
        assert told(verified) == []
        assert roles(server) == before | {"auditor"}
    assert roles(server) == before
    with server.connect("admin", "postgres") as connection:
        connection.execute("DROP ROLE role_maker")
