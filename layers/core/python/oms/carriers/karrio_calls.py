"""How an account's API is called: with its token, and with what its answers mean.

2xx   the answer
401   the token is made anew, by fresh keys if need be, and the call made again, once: it was not carried out
403   `Refused`: the account may not do this
429   `Throttled`: not carried out, not before so many seconds
4xx   `InvalidInput` with the carrier's words
5xx   `Unavailable`, and of a purchase `InDoubt`, as when no answer came at all
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from oms.carriers.access import Access
from oms.carriers.karrio_library import MAX_WORDS
from oms.carriers.protocol import InDoubt
from oms.errors import InvalidInput, Refused, Throttled, Unavailable
from oms.wire import Reply, Request, Token

OK, UNAUTHORIZED, FORBIDDEN, TOO_MANY, SERVER = 200, 401, 403, 429, 500

NO_ENTRY = {400, UNAUTHORIZED, FORBIDDEN}
"""What a call for a token is answered with when the keys are not accepted."""

EARLY = timedelta(minutes=5)
"""Before its end a token is made anew."""

Words = Callable[[Any], list[str]]
"""What the carrier says in a body that is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One account's API. `log_in` builds the call that answers with a token."""

    access: Access
    base: str
    log_in: Callable[[], Request]
    words: Words
    headers: Mapping[str, str] = field(default_factory=dict)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        purchase: bool = False,
        headers: Mapping[str, str] | None = None,
        key: str = "",
        log_in: Callable[[], Request] | None = None,
    ) -> Any:
        """Make a call, and return the JSON that was answered with success.

        `key` names the token, `log_in` makes it, where an account has another for this part of the API.

        Raises:
            InvalidInput, Refused, Throttled, Unavailable, InDoubt: see the module.
        """
        request = Request(
            method=method,
            url=f"{self.base}{path}",
            headers={
                "content-type": "application/json",
                "accept": "application/json",
                **self.headers,
                **(headers or {}),
            },
            body=b"" if body is None else json.dumps(body, ensure_ascii=False).encode(),
        )
        reply = self._send(request, self._token(key, log_in or self.log_in), purchase=purchase)
        if reply.status == UNAUTHORIZED:
            self.access.tokens.pop(key, None)
            reply = self._send(request, self._token(key, log_in or self.log_in), purchase=purchase)
        return self._judged(reply, purchase=purchase)

    def _send(self, request: Request, token: str, *, purchase: bool) -> Reply:
        headers = {**request.headers, "authorization": f"Bearer {token}"}
        try:
            return self.access.http.send(
                Request(method=request.method, url=request.url, headers=headers, body=request.body)
            )
        except Unavailable as error:
            if purchase:
                raise InDoubt(error.detail) from None
            raise

    def _token(self, key: str, log_in: Callable[[], Request]) -> str:
        known = self.access.tokens.get(key)
        if known is not None and known.expires_at > self.access.clock() + EARLY:
            return known.text
        reply = self.access.http.send(log_in())
        if reply.status in NO_ENTRY and self.access.renew():
            reply = self.access.http.send(log_in())
        if reply.status in NO_ENTRY:
            said = "; ".join(self.words(parsed(reply))) or f"status {reply.status}"
            raise Refused(f"{self.access.account.carrier} does not accept the account's keys: {said}"[:MAX_WORDS])
        answer = self._judged(reply, purchase=False)
        lives = timedelta(seconds=int(answer.get("expires_in", 0)))
        token = Token(str(answer["access_token"]), self.access.clock() + lives)
        self.access.tokens[key] = token
        return token.text

    def _judged(self, reply: Reply, *, purchase: bool) -> Any:
        raise_for(reply, self.access.account.carrier, self.words, purchase=purchase)
        answer = parsed(reply)
        if not isinstance(answer, dict | list):
            doubt = InDoubt if purchase else Unavailable
            raise doubt(f"{self.access.account.carrier} answered something that is no JSON")
        return answer


def raise_for(reply: Reply, carrier: str, words: Words, *, purchase: bool) -> None:
    """Raise what an answer without success means; see the module."""
    if reply.status < 300:  # noqa: PLR2004 - success
        return
    said = "; ".join(words(parsed(reply)))[:MAX_WORDS]
    if reply.status == TOO_MANY:
        raise Throttled(f"{carrier} is asked too often: {said}", seconds=_seconds(reply))
    if reply.status >= SERVER:
        doubt = InDoubt if purchase else Unavailable
        raise doubt(f"{carrier} has trouble of its own: {said or reply.status}")
    if reply.status in {UNAUTHORIZED, FORBIDDEN}:
        raise Refused(f"{carrier} does not let the account do this: {said or reply.status}")
    raise InvalidInput(f"{carrier} does not take this: {said or reply.status}")


def parsed(reply: Reply) -> Any:
    """The JSON of an answer; None when it is none."""
    try:
        return json.loads(reply.body)
    except ValueError:
        return None


def _seconds(reply: Reply) -> float:
    wait = reply.headers.get("retry-after", "")
    return float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 6 else 0  # noqa: PLR2004 - no wait that long is meant
