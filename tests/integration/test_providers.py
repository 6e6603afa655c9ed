"""
Every type of provider in the installed program: whole logins over TLS, with the
addresses, answers, pages and errors of the real ones.
"""

import pytest

from tests.integration.fakes.scene import FAKES, Scene, of

WITH_GROUPS = [kind for kind, fake in FAKES.items() if fake.groups_matter]
WITH_API = [kind for kind, fake in FAKES.items() if fake.asked]
WITH_PAGES = [kind for kind, fake in FAKES.items() if fake.paged]


@of(FAKES)
def test_login(scene: Scene) -> None:
    """
    A member is signed in, and the application learns who it is.
    """
    visitor = scene.signed_in()

    page = visitor.ask("/home")

    assert page.status == 200
    (seen,) = scene.upstream.seen
    told = {name: seen.all(name) for name in scene.fake.told}
    assert told == {name: [value] for name, value in scene.fake.told.items()}


@of(WITH_PAGES)
def test_paging(scene: Scene) -> None:
    """
    What lets a member in is on a later page, which is read as well.
    """
    visitor = scene.signed_in()

    assert scene.fake.calls.count(scene.fake.paged) > 1
    assert visitor.ask("/home").status == 200


@of(WITH_GROUPS)
def test_groups(scene: Scene) -> None:
    """
    Who is no member is signed in at the provider, but not here.
    """
    scene.fake.member = False
    visitor = scene.visitor()

    answer = scene.login(visitor)

    scene.nobody(visitor, answer, 403)


@of(FAKES)
def test_refused_user(scene: Scene) -> None:
    """
    A person without an address that the provider vouches for is not let in.
    """
    scene.fake.known = False
    visitor = scene.visitor()

    answer = scene.login(visitor)

    scene.nobody(visitor, answer, 403, 500)


@of(WITH_GROUPS)
def test_refresh(scene: Scene) -> None:
    """
    Who was thrown out does not pass after the next refresh; who was not, does.
    """
    visitor = scene.signed_in()
    assert scene.view(visitor).status == 200

    scene.fake.member = False
    answer = scene.view(visitor)

    assert answer.status == 403
    assert scene.upstream.seen == []


@of(FAKES)
def test_validate(scene: Scene) -> None:
    """
    Who was revoked at the provider is signed out here.
    """
    visitor = scene.signed_in()

    scene.fake.revoked = True
    answer = scene.view(visitor)

    assert answer.status == 403
    assert "_oauth2_proxy" not in visitor.cookies
    assert scene.upstream.seen == []


@of(FAKES)
def test_refused_code(scene: Scene) -> None:
    """
    A code that the provider does not know signs nobody in.
    """
    visitor = scene.visitor()
    back = scene.begin(visitor)

    scene.fake.codes.clear()

    scene.nobody(visitor, visitor.ask(back), 500)


@pytest.mark.parametrize("status", [429, 500, 503])
@of(FAKES)
def test_provider_error(scene: Scene, status: int) -> None:
    """
    A provider that is broken or overloaded makes a page that offers another try.
    """
    visitor = scene.visitor()
    back = scene.begin(visitor)

    scene.fake.fail(status)
    answer = visitor.ask(back)

    scene.nobody(visitor, answer, 503)
    assert (answer.one("Retry-After") or "").isdigit()


@of(WITH_API)
def test_api_error(scene: Scene) -> None:
    """
    So does an interface that fails when the tokens are there already.
    """
    scene.fake.fail(502, scene.fake.asked)
    visitor = scene.visitor()

    answer = scene.login(visitor)

    scene.nobody(visitor, answer, 503)


@of(FAKES)
def test_slow_provider(scene: Scene) -> None:
    """
    A provider that does not answer in time makes the same page.
    """
    visitor = scene.visitor()
    back = scene.begin(visitor)

    over = scene.fake.hang()
    answer = visitor.ask(back)
    over.set()

    scene.nobody(visitor, answer, 503)


@of(FAKES)
def test_outage(scene: Scene) -> None:
    """
    A provider that is down signs nobody out.
    """
    visitor = scene.signed_in()

    scene.fake.fail(503)
    during = scene.view(visitor)

    assert during.status == 200
    assert len(scene.upstream.seen) == 1
