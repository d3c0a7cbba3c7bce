"""A cursor moves from where it stands, for one worker alone."""

from indexer.cursors import cursor, move_cursor
from models.session import Database


def test_a_cursor_moves_only_from_where_it_stands(database: Database):
    moves = [(5, 9, False), (0, 4, True), (0, 6, False), (3, 7, False), (4, 8, True), (4, 9, False)]
    for before, after, moved in moves:
        with database.writing() as session:
            assert move_cursor(session, "one", before, after) is moved
    with database.reading() as session:
        assert (cursor(session, "one"), cursor(session, "other")) == (8, 0)
