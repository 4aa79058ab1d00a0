"""The page in a notebook."""

import json
import urllib.error
import urllib.request

import pytest

import liqsim as lq


def answer(address: str, body: bytes | None = None) -> tuple[int, str]:
    headers = {} if body is None else {"Origin": "/".join(address.split("/")[:3])}
    request = urllib.request.Request(address, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_page_shows_the_scenario_until_it_is_closed(scenario):
    with lq.explore(scenario) as page:
        status, text = answer(page.address)
        assert status == 200 and "<title>" in text
        status, text = answer(page.address + "scenario")
        assert status == 200 and json.loads(text)
        # Without the token there is nothing.
        root = "/".join(page.address.split("/")[:3])
        assert answer(root + "/")[0] == 403
        assert page.address in page._repr_html_() and "<iframe" in page._repr_html_()
    with pytest.raises(urllib.error.URLError):
        answer(page.address)
    page.close()


def test_a_port_that_is_taken_is_named(scenario):
    with lq.explore(scenario) as page:
        port = int(page.address.split(":")[2].split("/")[0])
        with pytest.raises(lq.RunError, match="cannot listen"):
            lq.explore(scenario, port=port)
    with pytest.raises(ValueError, match="port"):
        lq.explore(scenario, port=-1)
