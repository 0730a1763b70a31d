import pytest

from scenarios.virtual import pgwire, savepoints
from scenarios.virtual.errors import Unsupported
from scenarios.virtual.pgwire import Request, RequestKind, RequestReader, message
from scenarios.virtual.statements import Traits, own_clock, traits_of, unrepeatable

READY_IN_TRANSACTION = message(b"Z", b"T")
READY_FAILED = message(b"Z", b"E")


def error(code):
    return message(b"E", f"SERROR\0C{code}\0Mtext\0\0".encode())


def test_frames_are_taken_only_when_they_are_whole():
    whole = pgwire.query("SELECT 1")
    buffer = bytearray(whole + whole[:7])

    assert list(pgwire.take_frames(buffer)) == [whole]
    assert buffer == whole[:7]


def test_what_a_client_writes_is_cut_into_requests():
    reader = RequestReader()
    parse = pgwire.parse(name="s", sql="SELECT 1") + message(b"D", b"Ss\0") + message(b"H")
    data = pgwire.query("BEGIN") + parse + pgwire.execute("s") + pgwire.SYNC + pgwire.TERMINATE

    requests = [request for byte in data for request in reader.feed(bytes([byte]))]

    assert [request.kind for request in requests] == [
        RequestKind.QUERY,
        RequestKind.FLUSH,
        RequestKind.SYNC,
        RequestKind.TERMINATE,
    ]
    assert b"".join(frame for request in requests for frame in request.frames) == data
    assert requests[0].traits is Traits.CONTROL
    assert requests[1].texts == ("SELECT 1",)


def test_a_prepared_statement_is_known_by_its_name():
    reader = RequestReader()
    list(reader.feed(pgwire.parse(name="s", sql="ROLLBACK TO SAVEPOINT a") + message(b"H")))

    (request,) = reader.feed(pgwire.execute("s") + pgwire.SYNC)

    assert request.traits == Traits.CONTROL | Traits.RELEASES


def test_copy_data_is_refused():
    with pytest.raises(Unsupported):
        list(RequestReader().feed(message(b"d", b"1\n") + pgwire.SYNC))


@pytest.mark.parametrize(
    ("kind", "reply", "expected"),
    [
        (RequestKind.SYNC, "2C 2DDC 2C Z", "2DDCZ"),
        (RequestKind.SYNC, "2C N2NCN 2C Z", "N2NCNZ"),
        (RequestKind.SYNC, "2C 2E Z", "2EZ"),
        (RequestKind.SYNC, "2C E Z", "EZ"),
        (RequestKind.FLUSH, "2C 1tT 2C", "1tT"),
        (RequestKind.FLUSH, "2C 1tn 2C", "1tn"),
        (RequestKind.FLUSH, "2C E", "E"),
        (RequestKind.QUERY, "2CZ TDCZ 2CZ", "TDCZ"),
        (RequestKind.QUERY, "2CZ CCZ 2CZ", "CCZ"),
        (RequestKind.QUERY, "2CZ DEZ EZ", "DEZ"),
    ],
)
def test_a_savepoint_is_taken_out_of_the_reply_again(kind, reply, expected):
    request = Request(kind=kind, frames=(), texts=(), traits=Traits.NONE, executes=True)
    frames = [error("22012") if type_ == "E" else message(type_.encode(), b"x") for type_ in reply if type_ != " "]

    unwrapped = savepoints.unwrap(request, frames)

    assert "".join(chr(frame[0]) for frame in unwrapped) == expected


def test_the_start_up_packet_survives_a_change():
    parameters = {"user": "postgres", "database": "shop", "application_name": ""}

    assert pgwire.startup_parameters(pgwire.startup_packet(parameters)) == parameters


def test_process_ids_and_messages_are_not_repeatable_but_rows_and_codes_are():
    row = message(b"D", b"\0\1\0\0\0\1x")
    reply = [message(b"K", b"\0\0\0\1\0\0\0\2"), row, error("40P01"), READY_FAILED]

    assert list(pgwire.repeatable(reply)) == [row, b"40P01", READY_FAILED]


def test_rows_in_text_format():
    row = message(b"D", b"\0\2" + b"\0\0\0\2ab" + b"\xff\xff\xff\xff")

    assert list(pgwire.rows([row, READY_IN_TRANSACTION])) == [("ab", None)]


@pytest.mark.parametrize(
    ("sql", "traits"),
    [
        ("BEGIN ISOLATION LEVEL SERIALIZABLE;", Traits.CONTROL),
        ("  -- note\n /* more */ commit", Traits.CONTROL | Traits.COMMITS),
        ("SAVEPOINT a", Traits.CONTROL),
        ("SET TRANSACTION READ ONLY", Traits.CONTROL),
        ("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE", Traits.CONTROL),
        ("ROLLBACK", Traits.CONTROL | Traits.RELEASES),
        ("SELECT pg_advisory_unlock(1)", Traits.RELEASES),
        ("SET LOCAL search_path TO a", Traits.NONE),
        ("UPDATE commits SET begin = 1", Traits.LOCKS),
        ("SELECT id FROM a\nORDER BY id FOR NO KEY UPDATE SKIP LOCKED", Traits.LOCKS),
        ("WITH b AS (INSERT INTO a VALUES (1) RETURNING id) SELECT id FROM b", Traits.LOCKS),
        ("SELECT 'for update', update_id FROM a", Traits.NONE),
        ("SELECT 1 -- commit", Traits.NONE),
    ],
)
def test_traits_of_statements(sql, traits):
    assert traits_of(sql) == traits


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("INSERT INTO a VALUES (now())", "now("),
        ("SELECT localtimestamp", "localtimestamp"),
        ("SELECT snow(1), known, random_id FROM now_then", None),
        ("SELECT 'it''s now()'", None),
    ],
)
def test_the_servers_own_clock_is_found(sql, found):
    assert own_clock(sql) == found


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SET LOCAL statement_timeout = 5", "SET LOCAL statement_timeout"),
        ("COPY a FROM STDIN", "COPY a FROM STDIN"),
        ("COPY a TO STDOUT", None),
        ("UPDATE settings SET lock_timeout_s = 5, psp_timeout = 3", None),
    ],
)
def test_what_cannot_be_repeated_is_found(sql, found):
    assert unrepeatable(sql) == found
