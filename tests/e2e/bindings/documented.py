"""The Django view of docs/bindings.md, as documented.mjs has written it out: documented.py DIR"""
import json
import sys

import django
from django.conf import settings
from django.test import RequestFactory

sys.path.insert(0, sys.argv[1])
settings.configure(ALLOWED_HOSTS=["testserver"])
django.setup()
import documented_django  # noqa: E402  (Django has to be configured before)

with open(f"{sys.argv[1]}/cases.json", encoding="utf-8") as file:
    cases = json.load(file)
for authorization, status, challenge in cases:
    header = {"HTTP_AUTHORIZATION": authorization} if authorization else {}
    answer = documented_django.licences(RequestFactory().get("/licences", **header))
    assert answer.status_code == status, (authorization, answer)
    assert answer.headers.get("WWW-Authenticate") == challenge, (authorization, answer.headers)
    assert status != 200 or answer.content == b"licences of u", answer.content
print(f"ok: {len(cases)} requests to the documented Django view")
