"""
Find the master through Redis Sentinel.
"""

from attrs import define

from oauthproxy.net.redis.client import Client
from oauthproxy.net.redis.dial import Dialer
from oauthproxy.net.redis.replies import Lost, Refused
from oauthproxy.session.redis_url import Endpoint


@define(eq=False)
class Sentinels:
    """
    Ask sentinels in turn; the one that answered last is asked first.
    """

    _dialer: Dialer
    _endpoints: list[Endpoint]
    _master_name: str

    async def locate(self) -> Endpoint:
        """
        Return where the master is now; raise Lost when no sentinel knows.
        """
        reasons: list[str] = []
        for endpoint in list(self._endpoints):
            try:
                master = await self._ask(endpoint)
            except (Lost, Refused) as error:
                reasons.append(str(error))
                continue
            self._endpoints.remove(endpoint)
            self._endpoints.insert(0, endpoint)
            return master
        raise Lost(f"no sentinel knows the master: {'; '.join(reasons)}")

    async def open_master(self) -> Client:
        """
        Open a connection to the master, which must agree that it is one.
        """
        endpoint = await self.locate()
        client = await self._dialer.server(endpoint)
        try:
            await self._check_role(client, endpoint)
        except BaseException:
            client.close()
            raise
        return client

    async def _ask(self, endpoint: Endpoint) -> Endpoint:
        client = await self._dialer.sentinel(endpoint)
        try:
            found = await client.call(
                "SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._master_name
            )
        finally:
            client.close()
        if not isinstance(found, list) or len(found) != 2:
            raise Lost(f'{endpoint} knows no master "{self._master_name}"')
        host, port = found
        return Endpoint(host.decode("utf-8", "replace"), int(port))

    async def _check_role(self, client: Client, endpoint: Endpoint) -> None:
        try:
            role = await client.call("ROLE")
        except Refused:
            # A restricted user may not ask; writes will tell.
            return
        if role[0] != b"master":
            raise Lost(f"{endpoint} is not the master (any more, or yet)")
