"""As much of HTTP as it takes to end a reply within its body, and to know a whole request."""

_END_OF_HEAD = b"\r\n\r\n"


def shorten(reply: bytes, *, share: float) -> bytes:
    """Return the head of a reply and this share of what is at hand of its body, always less than all of it."""
    head, end, body = reply.partition(_END_OF_HEAD)
    return head + end + body[: int(share * len(body))]


def has_body(reply: bytes) -> bool:
    """Tell whether a reply that begins so has a body, so that its end can be missed."""
    head, end, _ = reply.partition(_END_OF_HEAD)
    return bool(end) and content_length(head) != 0


def content_length(head: bytes) -> int:
    """Return how many bytes the body of a message with this head has; 0 if it does not say."""
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and value.strip().isdigit():
            return int(value)
    return 0


def is_whole(request: bytes) -> bool:
    """Tell whether these bytes are a request with all of its body."""
    head, end, body = request.partition(_END_OF_HEAD)
    return bool(end) and len(body) >= content_length(head)


def target_of(request: bytes) -> dict[str, str]:
    """Return method and path of a request that begins so, without what stands behind a question mark."""
    words = request.partition(b"\r\n")[0].decode("latin-1").split(" ")
    if len(words) != 3:  # noqa: PLR2004 - a method, a target and a version (RFC 9112, section 3)
        return {}
    return {"method": words[0], "path": words[1].partition("?")[0]}
