"""The form of tokens."""

import pytest

from app.auth.tokens import TokenKind, kind_of, new_token


@pytest.mark.parametrize("kind", list(TokenKind))
def test_a_token_is_recognised_and_never_the_same(kind: TokenKind):
    tokens = {new_token(kind) for _ in range(50)}
    assert len(tokens) == 50
    assert {kind_of(token) for token in tokens} == {kind}
    assert {len(token) for token in tokens} == {53}


def test_a_mistyped_cut_or_relabelled_token_is_none():
    token = new_token(TokenKind.SESSION)
    other = "A" if token[10] != "A" else "B"
    relabelled = TokenKind.KEY + token[4:]
    for wrong in (token[:10] + other + token[11:], token[:-1], token + "A", relabelled, "", "é" * 53):
        assert kind_of(wrong) is None
