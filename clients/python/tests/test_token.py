import copy
import json
import pickle

import pytest

from session_authority import Token, Validation

SECRET = "sa_c29tZSBzZWNyZXQ"


@pytest.mark.parametrize(
    "text",
    [
        str(Token(SECRET)),
        repr(Token(SECRET)),
        f"{Token(SECRET)} {Token(SECRET)!r} {Token(SECRET):>20}",
        str([Token(SECRET)]),
        str({Token(SECRET): Token(SECRET)}),
        repr(Validation(Token(SECRET))),
        repr(Validation(SECRET)),
        json.dumps(Token(SECRET), default=str),
    ],
)
def test_no_way_of_printing_shows_the_secret(text: str) -> None:
    assert SECRET not in text
    assert "c29tZSBzZWNyZXQ" not in text


def test_only_reveal_returns_the_secret() -> None:
    assert Token(SECRET).reveal() == SECRET


def test_a_token_cannot_be_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Token(SECRET))
    with pytest.raises(TypeError):
        copy.deepcopy(Token(SECRET))


def test_tokens_are_compared_by_their_secret() -> None:
    assert Token(SECRET) == Token(SECRET)
    assert Token(SECRET) != Token("sa_other")
    assert Token(SECRET) != SECRET
