"""`python -m tests.kits.oracle URL`: what the vendor's own client reads of a feed, a JSON line for each update.

A process of its own, since that library keeps threads and singletons for as long as it lives.
Its input begins with one line, `[[item, …], [field, …]]`; it reads until its input ends.
"""

import json
import sys

from lightstreamer.client import (
    ItemUpdate,
    LightstreamerClient,
    Subscription,
    SubscriptionListener,
)

ADAPTER_SET = "ISSLIVE"


class _Printer(SubscriptionListener):  # type: ignore[misc]  # the library has no types
    def __init__(self, fields: list[str]) -> None:
        self._fields = fields

    def onItemUpdate(self, update: ItemUpdate) -> None:
        """Print the whole state of the item."""
        values = [update.getValue(name) for name in self._fields]
        sys.stdout.write(json.dumps([update.getItemName(), values]) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Subscribe, and read until the input ends."""
    items, fields = json.loads(sys.stdin.readline())
    client = LightstreamerClient(sys.argv[1], ADAPTER_SET)
    options = client.connectionOptions
    options.setStalledTimeout(500)
    options.setReconnectTimeout(500)
    options.setRetryDelay(100)
    options.setFirstRetryMaxDelay(10)
    options.setSessionRecoveryTimeout(0)
    subscription = Subscription("MERGE", items, fields)
    subscription.setRequestedSnapshot("yes")
    subscription.addListener(_Printer(fields))
    client.subscribe(subscription)
    client.connect()
    sys.stdin.read()
    client.disconnect()


if __name__ == "__main__":
    main()
