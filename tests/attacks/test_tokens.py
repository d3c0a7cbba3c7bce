"""S5, S6: tokens that were made up, changed or put where none belongs. Tokens are opaque: there is no JWT to forge."""

import base64
import json
import time

import pytest

from models.user import Role
from tests.app.conftest import Service

SIGNED = "AAAA"


def jwt(header: dict[str, object], signature: str = SIGNED, **claims: object) -> str:
    body = {"sub": "admin", "role": "admin", "exp": int(time.time()) + 3600} | claims
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, body)]
    return ".".join([*parts, signature])


JWTS = [
    jwt({"alg": "none"}, ""),
    jwt({"alg": "HS256"}),
    jwt({"alg": "RS256", "jku": "http://169.254.169.254/keys"}),
    jwt({"alg": "HS256", "jwk": {"kty": "oct", "k": "AAAA"}}),
    jwt({"alg": "HS256", "kid": "../../../dev/null"}),
    jwt({"alg": "HS256", "kid": "x' UNION SELECT 'key"}),
    jwt({"alg": "HS256", "crit": ["exp"]}),
    jwt({"alg": "HS256"}, exp=1),
    jwt({"alg": "HS256"}, nbf=int(time.time()) + 3600),
    jwt({"alg": "HS256"}, aud="elsewhere", iss="elsewhere"),
    jwt({"alg": "HS256"}) + "==",
]


def test_no_jwt_is_a_token_and_each_is_refused_with_the_same_bytes(service: Service):
    client = service.client()
    answers = [client.get("/v1/me", headers={"Authorization": f"Bearer {each}"}) for each in JWTS]
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, client.get("/v1/me").content)}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.VOLUNTEER])
def test_a_token_that_is_changed_anywhere_is_none(service: Service, role: Role):
    good = service.sign_in(role).token
    client, seen = service.client(), set()
    changed = [good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :] for place in range(len(good))]
    for token in (*changed, good[:-1], good + "A", good.upper(), good.replace("_", "-"), good[4:], "hws_"):
        answer = client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        seen.add((answer.status_code, answer.content))
    assert len(seen) == 1
    assert client.get("/v1/me", headers={"Authorization": f"Bearer {good}"}).status_code == 200


def test_a_token_counts_in_the_header_alone(service: Service):
    token, client = service.sign_in(Role.ADMIN).token, service.client()
    for asked in (
        {"params": {"access_token": token, "token": token, "api_key": token}},
        {"headers": {"X-API-Key": token, "X-Auth-Token": token}},
        {"headers": {"Cookie": f"__Host-homeward={token}"}},
        {"headers": {"Authorization": f"Token {token}"}},
        {"headers": {"Authorization": f"Bearer  {token}"}},
        {"headers": [("Authorization", "Bearer x"), ("Authorization", f"Bearer {token}")]},
    ):
        assert client.get("/v1/users", **asked).status_code == 401, asked
    assert client.request("GET", "/v1/me", json={"access_token": token}).status_code == 401
