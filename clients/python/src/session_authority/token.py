"""The secret token of a session."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Token:
    """The secret token of a session. No way of printing it shows the secret: only `reveal` returns it."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def reveal(self) -> str:
        """Returns the secret, to be put into the cookie or header of its user and nowhere else."""
        return self._secret

    def __str__(self) -> str:
        return "sa_…"

    def __repr__(self) -> str:
        return "Token(sa_…)"

    def __format__(self, format_spec: str) -> str:
        return format(str(self), format_spec)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Token):
            return NotImplemented
        return hmac.compare_digest(self._secret.encode(errors="replace"), other._secret.encode(errors="replace"))

    def __hash__(self) -> int:
        return hash(self._secret)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a token cannot be pickled or copied into a log; use reveal()")


def reveal(token: Token | str) -> str:
    """Returns the text of a token that is given as a Token or as text."""
    return token.reveal() if isinstance(token, Token) else token
