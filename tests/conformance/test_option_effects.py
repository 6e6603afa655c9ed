"""
No option is accepted and ignored: for each there is a look at the running program that
sees it. The same goes for the fields of an alpha configuration.

The tables are in `effects`, by subject. Some options are seen by tests of their own,
which are named here.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from oauthproxy.settings.table import table
from tests.conformance.effects import (
    access,
    alpha_fields,
    cookies,
    headers,
    limits,
    logging,
    ours,
    provider,
    provider_types,
    proxy,
    server,
    store,
    switches,
    templates,
    upstream,
)
from tests.conformance.effects.alpha import Alpha
from tests.conformance.effects.alpha_fields import RESPONSE, UPSTREAM
from tests.conformance.effects.paths import all_paths, differing
from tests.conformance.effects.running import converted
from tests.conformance.effects.scene import Effect, Props, made_props
from tests.conformance.effects.store import Fleet, made_fleet
from tests.conformance.test_options import OPTIONS
from tests.integration.harness.authority import Authority

ROOT = Path(__file__).parents[2]
TABLES = (
    access,
    cookies,
    headers,
    limits,
    logging,
    ours,
    provider,
    provider_types,
    proxy,
    server,
    store,
    switches,
    templates,
    upstream,
)
EFFECTS: tuple[Effect, ...] = tuple(e for each in TABLES for e in each.EFFECTS)
CONVERTED = [e for e in EFFECTS if table().by_name[e.option].legacy]
WITHOUT_MEANING = {
    f"{UPSTREAM}.flushInterval",
    f"{RESPONSE}[].preserveRequestValue",
    f"{RESPONSE}[].InsecureSkipHeaderNormalization",
}
"""Fields for which there is nothing to do; `check` says so."""

COMMANDS = "tests/conformance/test_option_commands.py"
ELSEWHERE = {
    "config": f"{COMMANDS}::test_the_file_is_read",
    "alpha_config": f"{COMMANDS}::test_the_alpha_file_is_read",
    "convert_config_to_alpha": f"{COMMANDS}::test_converting_prints_and_ends",
    "config_test": f"{COMMANDS}::test_testing_says_so_and_ends",
    "version": f"{COMMANDS}::test_the_version_is_printed",
    "help": f"{COMMANDS}::test_help_is_printed",
    "flush_interval": f"{COMMANDS}::test_a_flush_interval_is_no_promise_of_ours",
    "workers": (
        "tests/integration/test_workers.py::test_workers_serve_and_end_together"
    ),
    "exit_without_provider": (
        "tests/integration/test_running.py::"
        "test_dead_provider_ends_the_start_on_request"
    ),
    "exit_without_redis": (
        "tests/integration/test_running.py::test_dead_redis_ends_the_start_on_request"
    ),
}
"""The test that sees an option's effect, where it is not in the tables."""


@pytest.fixture(scope="module")
def props(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Props]:
    """
    What houses stand between, for all looks.
    """
    folder = tmp_path_factory.mktemp("effects")
    (folder / "authority").mkdir()
    authority = Authority(folder / "authority")
    with ExitStack() as stack:

        @cache
        def fleet() -> Fleet:
            return stack.enter_context(made_fleet(folder, authority))

        yield stack.enter_context(made_props(folder, authority, fleet))


def test_every_option_is_looked_at() -> None:
    """Each option of the reference, and each of ours, is in the tables once."""
    counted = Counter([effect.option for effect in EFFECTS] + list(ELSEWHERE))
    known = {option.name for option in table().options}
    flags = {option.flag for option in table().options}

    assert {option["flag"] for option in OPTIONS} <= flags
    assert known == set(counted)
    assert [name for name, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("option", ELSEWHERE)
def test_the_test_that_looks_is_there(option: str) -> None:
    """An option that is not in the tables is seen by a test that exists."""
    file, _, name = ELSEWHERE[option].partition("::")

    assert re.search(rf"(?m)^def {name}\(", (ROOT / file).read_text())


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.option)
def test_an_option_has_its_effect(effect: Effect, props: Props) -> None:
    """Without the option one thing is seen, with it another."""
    assert effect.usual != effect.other
    assert effect.seen(props, changed=False) == effect.usual
    assert effect.seen(props, changed=True) == effect.other


def alpha_paths(effect: Effect) -> set[str]:
    """
    Return the paths that an effect's second alpha configuration has, or has otherwise.
    """
    if isinstance(effect, Alpha):
        first, second = effect.document(effect.instead), effect.document(effect.value)
        found = differing(first, second)
        return {path for path in found if path.startswith(effect.option)}
    texts = [effect.configuration(value) for value in (effect.instead, effect.value)]
    found = differing(*(converted(text)[1] for text in texts))
    return found if len(found) == 1 else set()


def test_every_field_of_the_alpha_configuration_is_looked_at() -> None:
    """Each is what makes the difference in the effect of an option, or in its own."""
    effects = (*CONVERTED, *alpha_fields.EFFECTS)

    seen = set().union(*map(alpha_paths, effects))

    assert all_paths() - seen == WITHOUT_MEANING


@pytest.mark.parametrize("effect", CONVERTED, ids=lambda effect: effect.option)
def test_an_option_has_its_effect_when_it_is_converted(
    effect: Effect, props: Props
) -> None:
    """The alpha configuration that means the same has the same effect."""
    assert effect.seen(props, changed=True, alpha=True) == effect.other


@pytest.mark.parametrize(
    "effect", alpha_fields.EFFECTS, ids=lambda effect: effect.option
)
def test_a_field_has_its_effect(effect: Effect, props: Props) -> None:
    """Without it one thing is seen, with it another."""
    assert effect.usual != effect.other
    assert effect.seen(props, changed=False) == effect.usual
    assert effect.seen(props, changed=True) == effect.other
