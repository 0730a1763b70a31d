"""What Locust's pages lack: a tab that shows what the load does to the money, an end of the program, and a guard.

Only for Locust's own process. The tab is a page of ours in a frame; what it shows comes from the monitor as it is, so
that the process which measures only passes it on. The guard stands before all pages, because Locust lets any site that
the user visits read them and press their buttons.
"""

import secrets
from collections.abc import Mapping, Sequence
from hmac import compare_digest
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import gevent
from flask import Flask, Response, abort, request, send_from_directory
from jinja2 import Environment as Templates
from jinja2 import FileSystemLoader, StrictUndefined
from locust.env import Environment

from scenarios.live.monitor_client import MonitorClient

_FAREWELL_S = 0.5  # for the browser to get the page before the server ends
_FOLDER = Path(__file__).with_name("pages")
_TAB = "Reconciliation"
_BODY_BYTES_MAX = 16_384  # of a form; nobody sends files here
_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_ASSETS = ("reconciliation.css", "reconciliation.js", "tab.js")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)


class LoadPages:
    """Completes the pages of one Locust."""

    def __init__(self, environment: Environment, *, scenarios: Sequence[str], monitor: MonitorClient | None) -> None:
        assert environment.web_ui is not None, "there are pages"
        assert environment.web_ui.app is not None, "and they are served"
        self._environment = environment
        self._web_ui = environment.web_ui
        self._app: Flask = environment.web_ui.app
        self._scenarios = frozenset(scenarios)
        self._host = environment.host  # as the command says; the form could name another
        self._monitor = monitor
        self._word = secrets.token_urlsafe(24)  # what only a page of ours can send back
        self._templates = Templates(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined)

    def extend(self) -> None:
        """Add everything."""
        # Shown in the tab "Download data".
        self._web_ui.template_args["extended_csv_files"] = [{"href": "/end", "title": "End the load and judge the run"}]
        self._app.config["MAX_CONTENT_LENGTH"] = _BODY_BYTES_MAX
        self._app.before_request(self._guard)
        self._app.after_request(self._keep_to_ourselves)
        self._add("/end", self._ask_for_the_end, "GET")
        self._add("/end", self._end, "POST")
        if self._monitor is not None:
            self._web_ui.template_args["extended_tabs"] = [{"title": _TAB, "key": _TAB.lower()}]
            self._app.after_request(self._add_the_tab)
            self._add("/reconciliation", self._page, "GET")
            self._add("/reconciliation/state", self._state, "GET")
            self._add("/reconciliation/switch", self._switch, "POST")
            self._app.add_url_rule("/reconciliation/<any({}):name>".format(", ".join(_ASSETS)), view_func=_asset)

    def _add(self, path: str, view: object, method: str) -> None:
        self._app.add_url_rule(path, endpoint=f"{method} {path}", view_func=view, methods=[method])  # type: ignore[arg-type]

    # Who may ask

    def _guard(self) -> Response | None:
        """Refuse what another site makes a browser ask, under this address or under a name of its own."""
        if urlsplit(f"//{request.host}").hostname not in _LOCAL_NAMES:
            abort(HTTPStatus.FORBIDDEN, "these pages are for this machine; ask for 127.0.0.1 or localhost")
        origin = request.headers.get("Origin")
        if request.method not in ("GET", "HEAD") and origin is not None and urlsplit(origin).netloc != request.host:
            abort(HTTPStatus.FORBIDDEN, "another site asked for this")
        if request.path == "/swarm":
            self._check_choice(request.form)
        return None

    def _check_choice(self, form: Mapping[str, str]) -> None:
        """Refuse a load of customers whom nobody knows, or on a system that is not ours: it would be sent our key."""
        if form.get("scenario") not in {None, *self._scenarios}:
            abort(HTTPStatus.BAD_REQUEST, "there is no such scenario")
        if self._host is not None and form.get("host") not in (None, "", self._host):
            abort(HTTPStatus.BAD_REQUEST, f"this load is for {self._host} alone")

    def _keep_to_ourselves(self, response: Response) -> Response:
        # Locust would let every site read this; what has an answer already it leaves alone.
        response.headers["Access-Control-Allow-Origin"] = f"http://{request.host}"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        return response

    # The tab

    def _add_the_tab(self, response: Response) -> Response:
        if request.path == "/" and response.mimetype == "text/html":
            script = '<script src="/reconciliation/tab.js" defer></script></body>'
            response.set_data(response.get_data(as_text=True).replace("</body>", script))
        return response

    def _page(self) -> Response:
        page = self._templates.get_template("reconciliation.html.jinja").render(word=self._word)
        return _sealed(Response(page, mimetype="text/html"))

    def _state(self) -> Response:
        assert self._monitor is not None, "or there is no such address"
        return _passed_on(*self._monitor.state())

    def _switch(self) -> Response:
        assert self._monitor is not None, "or there is no such address"
        if not compare_digest(request.headers.get("X-Paystorm-Word", "").encode(), self._word.encode()):
            abort(HTTPStatus.FORBIDDEN, "only the page itself can ask for this; load it anew")
        return _passed_on(*self._monitor.switch(request.get_data()))

    # The end

    def _ask_for_the_end(self) -> Response:
        return self._told(is_asked=True)

    def _end(self) -> Response:
        gevent.spawn_later(_FAREWELL_S, self._leave)
        return self._told(is_asked=False)

    def _told(self, *, is_asked: bool) -> Response:
        page = self._templates.get_template("end.html.jinja").render(
            is_asked=is_asked, report=Path.cwd().parent / "report.html"
        )
        return _sealed(Response(page, mimetype="text/html"))

    def _leave(self) -> None:
        assert self._environment.runner is not None, "Locust makes a runner before it serves pages"
        self._environment.runner.quit()
        self._web_ui.stop()  # type: ignore[no-untyped-call]  # Locust types in parts


def _asset(name: str) -> Response:
    return _sealed(send_from_directory(_FOLDER, name, max_age=0))


def _passed_on(content: bytes, status: int) -> Response:
    return _sealed(Response(content, status=status, mimetype="application/json"))


def _sealed(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    # With less, our own forms would not say where they come from.
    response.headers["Referrer-Policy"] = "same-origin"
    return response
