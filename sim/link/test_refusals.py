"""Link: a request that must not be carried out is refused with the reason, and changes nothing."""

import zlib

import cocotb

from hw.link.arguments import COMMANDS
from sim.drivers.bench import run_bench
from sim.drivers.link_host import refusal
from sim.drivers.link_scene import (
    NETWORKS,
    connected,
    link,
    predictions,
    random_samples,
    refused_requests,
)
from sw.contract.commands import Command
from sw.contract.frames import ERROR, HEADER, STATE, VERSION, Reason


@cocotb.test()
async def a_refused_request_says_why_and_changes_nothing(dut):
    network = NETWORKS[3]
    random, host, engine = await connected(dut, network=network)
    labels, images = random_samples(random, network, 2)
    await host.ask(Command.STATE, STATE.pack(1, 2, random.choice([0, 1, 0x1FFFF, random.getrandbits(64)])))
    requests = refused_requests(random, network, engine.samples)
    random.shuffle(requests)
    for kind, payload, reason in requests:
        before = (list(engine.events), engine.configured, engine.prng, engine.samples)
        reply = await host.request(kind, payload)
        assert (reply.type, reply.payload) == (ERROR, refusal(reason, kind)), f"type {kind}, {len(payload)} bytes"
        assert before == (engine.events, engine.configured, engine.prng, engine.samples)
        if random.random() < 0.2:  # and the next request is understood
            assert await host.ask(Command.INFER, b"\2" + b"".join(images)) == predictions(images, network)


@cocotb.test()
async def another_version_nonce_or_no_network_is_refused(dut):
    random, host, engine = await connected(dut, network=None)
    # which ones is said a second time here, in case the table of the contract is wrong
    needs_network = (Command.TABLE, Command.WRITE, Command.READ, Command.TRAIN, Command.INFER)
    for kind in COMMANDS:
        payload = random.randbytes(random.choice([0, 3, 20]))
        if kind != Command.HELLO:
            for nonce in (0, host.nonce ^ 1, host.nonce ^ 0x8000_0000):
                reply = await host.request(kind, payload, nonce=nonce)
                assert (reply.type, reply.payload) == (ERROR, refusal(Reason.NONCE, kind))
        if kind in needs_network:
            reply = await host.request(kind, payload)
            assert (reply.type, reply.payload) == (ERROR, refusal(Reason.UNCONFIGURED, kind))
        for version in (0, VERSION + 1, 255):
            body = HEADER.pack(version, kind, 7, host.nonce, len(payload)) + payload
            host.send(body + zlib.crc32(body).to_bytes(4, "little"))
            reply = await host.receive()
            assert (reply.type, reply.sequence, reply.payload) == (ERROR, 7, refusal(Reason.VERSION, kind))
    assert not engine.events


def test_refused_requests_change_nothing():
    run_bench(link(), module=__name__)
