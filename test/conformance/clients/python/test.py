"""The Python client aetcd 1.0.0 over mTLS: prints `ok NAME` or `FAIL NAME: why` for each test.

ENDPOINTS (comma-separated), CA_FILE, CERT_FILE and KEY_FILE are in the environment.
aetcd opens its channel without TLS and offers no way to say otherwise, so the test hands it a channel that has TLS.
"""

import asyncio
import os
import sys
import traceback

import aetcd
import grpc


def read(variable):
    with open(os.environ[variable], "rb") as file:
        return file.read()


def secure_channel(target, options=None):
    credentials = grpc.ssl_channel_credentials(read("CA_FILE"), read("KEY_FILE"), read("CERT_FILE"))
    return grpc.aio.secure_channel(target, credentials, options=options)


aetcd.rpc.insecure_channel = secure_channel


async def put_and_get(client):
    await client.put(b"py/a", b"one")
    previous = await client.put(b"py/a", b"two", prev_kv=True)
    assert previous.prev_kv.value == b"one", previous
    got = await client.get(b"py/a")
    assert (got.value, got.version) == (b"two", 2), got
    assert await client.get(b"py/none") is None


async def ranges(client):
    for name in (b"x", b"y", b"z"):
        await client.put(b"py/r/" + name, name)
    found = await client.get_prefix(b"py/r/", sort_order="descend", sort_target="key")
    assert [kv.value for kv in found] == [b"z", b"y", b"x"]
    found = await client.get_range(b"py/r/x", b"py/r/z")
    assert [kv.value for kv in found] == [b"x", b"y"]


async def delete(client):
    assert await client.delete(b"py/r/x", prev_kv=True)
    gone = await client.delete_prefix(b"py/r/")
    assert gone.deleted == 2, gone


async def transaction(client):
    async def attempt():
        return await client.transaction(
            compare=[client.transactions.value(b"py/t") == b"1"],
            success=[client.transactions.put(b"py/t", b"2")],
            failure=[client.transactions.get(b"py/t")],
        )

    await client.put(b"py/t", b"1")
    succeeded, _ = await attempt()
    assert succeeded
    succeeded, answers = await attempt()
    assert not succeeded and answers[0][0][0] == b"2", answers


async def watch(client):
    watcher = await client.watch_prefix(b"py/w/")

    async def change():
        await client.put(b"py/w/a", b"1")
        await client.put(b"py/w/a", b"2")
        await client.delete(b"py/w/a")

    task = asyncio.create_task(change())
    seen = []
    async for event in watcher:
        seen.append((event.kind, event.kv.value))
        if event.kind == "DELETE":
            break
    await watcher.cancel()
    await task
    assert seen == [("PUT", b"1"), ("PUT", b"2"), ("DELETE", b"")], seen


async def lease(client):
    granted = await client.lease(2)
    await client.put(b"py/leased", b"x", lease=granted)
    for _ in range(3):
        await asyncio.sleep(1)
        await granted.refresh()
    assert (await client.get(b"py/leased")).value == b"x"
    info = await granted.keys()
    assert info == [b"py/leased"], info
    await granted.revoke()
    assert await client.get(b"py/leased") is None


async def lock(client):
    async with client.lock(b"py/lock", ttl=5) as first:
        assert await first.is_acquired()
        assert not await client.lock(b"py/lock", ttl=5).acquire(timeout=1)
    assert await client.lock(b"py/lock", ttl=5).acquire(timeout=5)


async def members_and_status(client):
    members = [member async for member in client.members()]
    assert len(members) == 3, members
    assert (await client.status()).version == "3.7.3"


TESTS = [put_and_get, ranges, delete, transaction, watch, lease, lock, members_and_status]


async def main():
    host, port = os.environ["ENDPOINTS"].split(",")[0].removeprefix("https://").split(":")
    failed = False
    async with aetcd.Client(host=host, port=int(port), timeout=10) as client:
        for test in TESTS:
            name = test.__name__.replace("_", " ")
            try:
                await asyncio.wait_for(test(client), 20)
                print(f"ok {name}", flush=True)
            except Exception:
                failed = True
                print(f"FAIL {name}: {traceback.format_exc()}".replace("\n", " | "), flush=True)
    return 1 if failed else 0


sys.exit(asyncio.run(main()))
