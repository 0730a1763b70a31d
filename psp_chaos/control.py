"""The control plane under `/_chaos`: faults, books, journal, reset.

It has a token of its own and is never under `/v1`.
"""

import hmac
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from psp_chaos.errors import FaultExists, NoSuchFault
from psp_chaos.export import Diary, export_bites, export_books
from psp_chaos.faults.spec import FaultSpec

type Handler = Callable[[Request], Awaitable[Response]]


class Control:
    """What an operator can see and do."""

    def __init__(
        self, *, diary: Diary, token: str, idle: Callable[[], bool], reset: Callable[[], Awaitable[None]]
    ) -> None:
        self._diary = diary
        self._token = token
        self._idle = idle
        self._reset = reset

    def routes(self) -> list[Route]:
        """Put everything at its path; only the health is open to all."""
        guarded: tuple[tuple[str, str, Handler], ...] = (
            ("GET", "/faults", self.list_faults),
            ("POST", "/faults", self.install_fault),
            ("DELETE", "/faults", self.clear_faults),
            ("DELETE", "/faults/{id}", self.remove_fault),
            ("GET", "/books", self.show_books),
            ("GET", "/journal", self.show_journal),
            ("GET", "/bites", self.show_bites),
            ("GET", "/export", self.export),
            ("POST", "/reset", self.reset),
        )
        routes = [Route("/_chaos" + path, self._guard(handler), methods=[verb]) for verb, path, handler in guarded]
        return [Route("/_chaos/health", self.health, methods=["GET"]), *routes]

    async def health(self, _request: Request) -> Response:
        """Tell that the PSP is up, and whether deliveries or late effects are under way."""
        return JSONResponse({"status": "ok", "idle": self._idle()})

    async def list_faults(self, _request: Request) -> Response:
        """Show what is installed, with what a sound service is entitled to."""
        return JSONResponse({"data": [_fault(spec) for spec in self._diary.faults.specs]})

    async def install_fault(self, request: Request) -> Response:
        """Install a fault."""
        try:
            spec = FaultSpec.model_validate_json(await request.body())
            self._diary.faults.install(spec)
        except ValidationError as error:
            return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, _problems(error))
        except FaultExists as error:
            return _refused(HTTPStatus.CONFLICT, [str(error)])
        return JSONResponse(_fault(spec), status_code=HTTPStatus.CREATED)

    async def remove_fault(self, request: Request) -> Response:
        """Take one fault away."""
        try:
            self._diary.faults.remove(request.path_params["id"])
        except NoSuchFault as error:
            return _refused(HTTPStatus.NOT_FOUND, [str(error)])
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def clear_faults(self, _request: Request) -> Response:
        """Take all faults away."""
        self._diary.faults.clear()
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def show_books(self, _request: Request) -> Response:
        """Show where the money is."""
        books = export_books(self._diary)
        return JSONResponse({name: books[name] for name in ("payments", "refunds", "movements")})

    async def show_journal(self, _request: Request) -> Response:
        """Show what was asked and told."""
        return JSONResponse({"data": export_books(self._diary)["journal"]})

    async def show_bites(self, _request: Request) -> Response:
        """Show when faults bit."""
        return JSONResponse({"data": export_bites(self._diary)})

    async def export(self, _request: Request) -> Response:
        """Show everything at once, as it is kept with a run."""
        return JSONResponse({**export_books(self._diary), "faults": export_bites(self._diary)})

    async def reset(self, _request: Request) -> Response:
        """Start anew with empty books and no faults."""
        await self._reset()
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _guard(self, handler: Handler) -> Handler:
        expected = f"Bearer {self._token}".encode()

        async def guarded(request: Request) -> Response:
            given = request.headers.get("authorization", "").encode()
            if not hmac.compare_digest(given, expected):
                return _refused(HTTPStatus.UNAUTHORIZED, ["The control plane needs its own token."])
            return await handler(request)

        return guarded


def _fault(spec: FaultSpec) -> dict[str, object]:
    return {**spec.model_dump(mode="json"), "entitlement": spec.fault().entitlement}


def _refused(status: HTTPStatus, problems: list[str]) -> Response:
    return JSONResponse({"errors": problems}, status_code=status)


def _problems(error: ValidationError) -> list[str]:
    return [
        ".".join([*(str(step) for step in problem["loc"]), problem["msg"].removeprefix("Value error, ")])
        for problem in error.errors(include_url=False)
    ]
