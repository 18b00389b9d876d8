"""What a gateway says of itself now: its price list, kept by its ETag, and the models it lists."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from glm_playground.gateway import errors
from glm_playground.gateway.client import GatewayClient
from glm_playground.gateway.prices import PriceList, read_price_list
from glm_playground.gateway.wire import ModelListing

_LONGEST_ETAG = 500


class LivePrices(NamedTuple):
    """A price list, and when the gateway last said that it holds."""

    prices: PriceList
    etag: str | None
    read_at: datetime


class LiveModels(NamedTuple):
    """The models a gateway lists for the key, by id and in its order, and when they were read."""

    models: Mapping[str, ModelListing]
    read_at: datetime

    @property
    def ids(self) -> frozenset[str]:
        """The ids."""
        return frozenset(self.models)


async def read_prices(client: GatewayClient, last: LivePrices | None) -> LivePrices:
    """The price list, asked for only if it changed since `last`.

    A list without a single usable row does not take the place of one that had some; its reasons do.

    Raises:
        GatewayError: of the tree in `errors`; NotFound where the gateway has none.
    """
    url = f"{client.gateway.site}/api/v1/price_schedules"
    answer = await client.get_json_if_changed(url, last.etag if last else None)
    now = datetime.now(UTC)
    if answer is None:
        if last is None:
            raise errors.ResponseUnreadable("the answer says that nothing changed, but nothing was read before")
        return last._replace(read_at=now)
    found = read_price_list(answer.value)
    if last and last.prices.schedules and not found.schedules:
        return LivePrices(PriceList(last.prices.schedules, found.ignored), None, last.read_at)
    etag = answer.etag if answer.etag and len(answer.etag) <= _LONGEST_ETAG else None
    return LivePrices(found, etag, now)


async def read_models(client: GatewayClient) -> LiveModels:
    """The models the gateway lists for its key.

    Raises:
        GatewayError: of the tree in `errors`.
    """
    listing = await client.models()
    return LiveModels({model.id: model for model in listing}, datetime.now(UTC))
