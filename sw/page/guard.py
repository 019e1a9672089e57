"""Who may speak to the page: this computer's browser alone, or whoever has the token.

Another site that is open in the same browser can send requests to 127.0.0.1, and a name that it owns can lead there. So a
request names this server (`Host`), and one that changes something comes from a page of this server (`Origin`).
"""

import hmac
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "metaplast-token"

SECURITY = {
    # Nothing is loaded from elsewhere, and nothing in the page runs that is not a file of it.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def refusal(sentence: str, status: int) -> Response:
    """What a page is told instead of an answer."""
    return JSONResponse({"error": sentence}, status_code=status)


class Guard:
    """An ASGI application around `app`.

    `hosts` are the names, with the port, under which it may be asked, None: any; `token`, what a browser has to bring, None:
    nothing.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str] | None, token: str | None) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(host.lower() for host in hosts)
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY)
            await send(message)

        refused = self._refusal(Request(scope))
        if refused is not None:
            await refused(scope, receive, send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)

    def _refusal(self, request: Request) -> Response | None:
        host = request.headers.get("host", "").lower()
        if self._hosts is not None and host not in self._hosts:
            return refusal("this page has another address: open the one that metaplast page has printed", 421)
        if request.method not in ("GET", "HEAD") and not is_own(request.headers, host):
            return refusal("another site asks in the name of this page: nothing was done", 403)
        if self._token is not None and not self._has_token(request):
            given = request.query_params.get("token")
            if given is None or not self._is_token(given) or request.method != "GET":
                return refusal("this page needs its token: open the whole address that metaplast page has printed", 403)
            answer = RedirectResponse("/", status_code=303)
            answer.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
            return answer
        return None

    def _has_token(self, request: Request) -> bool:
        try:
            cookie = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and self._is_token(cookie.value)

    def _is_token(self, given: str) -> bool:
        assert self._token is not None
        return hmac.compare_digest(given.encode(), self._token.encode())


def is_own(headers: Headers, host: str) -> bool:
    """Whether a request that changes something comes from this server's page, or from no page at all."""
    origin = headers.get("origin")
    return origin is None or origin.lower().partition("://")[2] == host
