"""
The Autobahn cases give the same results through the proxy as without it.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kosoku import FailureError, run_fuzzingclient

from tests.conftest import OpenStage
from tests.integration.harness.ports import PATIENCE
from tests.integration.harness.program import clean_environment

SERVER = Path(__file__).parent / "websocket_echo.py"
AT_ONCE = 4
LONGEST = 60

# 9 are large messages, 12 and 13 compression: of those, one of each kind.
CASES = (
    *(f"{group}.*" for group in (1, 2, 3, 4, 5, 6, 7, 10)),
    *("9.1.*", "9.2.*", "9.5.*", "9.6.*", "9.7.*", "9.8.*"),
    *("12.1.3", "12.3.8", "13.1.5", "13.4.10", "13.7.2"),
)

# Whether a message that comes right before a broken frame is still answered hangs on
# how the bytes are cut on their way; both are right.
ALIKE = {"NON-STRICT": "OK"}

Results = dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    """
    The port of a server that sends messages back.
    """
    process = subprocess.Popen(
        [sys.executable, str(SERVER)],
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    yield int(process.stdout.readline())
    process.stdin.close()
    process.wait(PATIENCE)
    process.stdout.close()


async def _run(port: int) -> Results:
    url = f"ws://127.0.0.1:{port}/ws?room=1"
    try:
        results = await asyncio.wait_for(
            run_fuzzingclient(url, CASES, concurrency=AT_ONCE), LONGEST
        )
    except FailureError as failed:
        results = failed.results
    return {
        each.case_id: (
            ALIKE.get(each.behavior.value, each.behavior.value),
            each.behavior_close.value,
        )
        for each in results
    }


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_cases_end_as_they_do_without_the_proxy(
    echo: int, open_stage: OpenStage
) -> None:
    """
    No case has another verdict, none is lost: the tunnel carries what it gets (J10).
    """
    stage = open_stage(
        f'upstreams = ["http://127.0.0.1:{echo}"]\nskip_auth_routes = ["^/ws$"]'
    )

    direct = asyncio.run(_run(echo))
    assert isinstance(stage.program.address, tuple)
    through = asyncio.run(_run(stage.program.address[1]))

    assert len(direct) > 250
    changed = {
        case: (verdict, through.get(case))
        for case, verdict in direct.items()
        if verdict != through.get(case)
    }
    assert changed == {}
