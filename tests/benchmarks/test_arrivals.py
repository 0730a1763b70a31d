"""Customers who come when they come: their rate does not depend on how they are served."""

import itertools
import socketserver
import threading
import time
from contextlib import contextmanager

import pytest

from benchmarks.arrivals import arrive

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok"


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def service(answer_of):
    """Yield the port of a server; `answer_of(number)` gives delay and answer of a request; nothing: it hangs up."""
    numbers = itertools.count()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            while self.request.recv(1_000):
                delay_s, answer = answer_of(next(numbers))
                time.sleep(delay_s)
                if not answer:
                    return
                self.request.sendall(answer)

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def come(port):
    return arrive([port], itertools.repeat(b"GET"), rate=200, seconds=0.5, seed=1, expects=b"HTTP/1.1 202")


def test_who_is_served_slowly_does_not_come_more_rarely_and_nothing_slow_is_left_out():
    with service(lambda _: (0.0, ANSWER)) as port:
        quick = come(port)
    with service(lambda number: (0.3 if number == 10 else 0.0, ANSWER)) as port:
        slow = come(port)

    assert len(quick.answers_s) == len(slow.answers_s) > 70
    assert max(slow.answers_s) >= 0.3


@pytest.mark.parametrize("answer", [b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", b""])
def test_another_answer_or_none_is_an_error(answer):
    with service(lambda number: (0.0, answer if number == 5 else ANSWER)) as port, pytest.raises(AssertionError):
        come(port)
