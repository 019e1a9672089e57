"""Link: every request exactly once, whatever is repeated, left out or said by a host from before."""

import struct

import cocotb

from sim.drivers.bench import run_bench
from sim.drivers.link_host import refusal
from sim.drivers.link_scene import GEOMETRY, NETWORKS, connected, link, random_samples, trained
from sw.contract.commands import Command
from sw.contract.frames import ERROR, PROGRESS, REPLY, RING, WINDOW, Frame, Reason, pack_state
from sw.contract.registers import configuration_bytes
from sw.contract.requests import train_payload
from sw.contract.state import State


async def again(host, frame: Frame) -> Frame:
    host.send(frame.pack())
    return await host.receive()


@cocotb.test()
async def a_repeated_request_is_answered_and_changes_nothing(dut):
    network = NETWORKS[0]
    random, host, engine = await connected(dut, network=network)
    rows = range(network.row_count)
    done: list[tuple[Frame, bytes]] = []
    for _ in range(40):
        match random.randrange(5):
            case 0 | 1:
                labels, images = random_samples(random, network, random.choice([0, 1, 4, 9]))
                kind, payload = Command.TRAIN, train_payload(engine.samples, labels, b"".join(images))
                answer = trained(images, network, engine.prng, engine.signature, engine.samples)
            case 2:
                kind, payload, answer = Command.WRITE, struct.pack("<H", random.choice(rows)) + random.randbytes(5), b""
            case 3:
                kind, payload, answer = Command.TABLE, bytes([random.randrange(2)]) + random.randbytes(512), b""
            case _:
                state = State(random.randrange(1, 2**32), random.getrandbits(64), random.getrandbits(32))
                kind, payload = Command.STATE, pack_state(state)
                answer, done = payload, [pair for pair in done if pair[0].type != Command.TRAIN]
        frame = host.frame(kind, payload)
        assert (await again(host, frame)).payload == answer
        done.append((frame, answer))
        before = (list(engine.events), bytes(engine.tables), engine.prng, engine.signature, engine.samples)
        for frame, answer in random.sample(done, min(2, len(done))):
            reply = await again(host, frame)
            assert (reply.type, reply.sequence) == (frame.type | REPLY, frame.sequence)
            if frame.type == Command.TRAIN:  # the predictions of then, and how far the board is now
                assert reply.payload[: -PROGRESS.size] == answer[: -PROGRESS.size]
                assert PROGRESS.unpack(reply.payload[-PROGRESS.size :]) == (engine.signature, engine.samples)
            elif frame.type == Command.STATE:
                assert reply.payload == pack_state(State(engine.prng, engine.samples, engine.signature))
            else:
                assert reply.payload == answer
        assert before == (engine.events, bytes(engine.tables), engine.prng, engine.signature, engine.samples)


@cocotb.test()
async def what_follows_a_gap_or_a_refusal_is_not_carried_out(dut):
    network = NETWORKS[0]
    random, host, engine = await connected(dut, network=network)
    engine.events.clear()
    labels, images = random_samples(random, network, 2)
    asked = []
    for i in range(4):
        asked.append(host.frame(Command.TRAIN, train_payload(2 * i, labels, b"".join(images))))
    for i in (0, 2, 3, 1, 3, 2, 3):
        reply = await again(host, asked[i])
        right = {0: 0, 1: 1, 2: 2, 3: 3}[i] <= engine.samples // 2 - 1
        if right:
            assert reply.type == Command.TRAIN | REPLY
        else:
            assert (reply.type, reply.payload) == (ERROR, refusal(Reason.GAP, Command.TRAIN))
    assert (engine.samples, len(engine.events)) == (8, 8)
    bad = host.frame(Command.TRAIN, train_payload(8, [99, 0], b"".join(images)), refused=True)
    assert (await again(host, bad)).payload == refusal(Reason.RANGE, Command.TRAIN)
    behind = Frame(type=Command.STATE, sequence=(bad.sequence + 1) % 2**16, nonce=host.nonce, payload=b"")
    assert (await again(host, behind)).payload == refusal(Reason.GAP, Command.STATE)
    for distance in (1, 2, -WINDOW - 1, 2**15):
        far = Frame(type=Command.STATE, sequence=(bad.sequence + distance) % 2**16, nonce=host.nonce, payload=b"")
        assert (await again(host, far)).payload == refusal(Reason.GAP, Command.STATE)
    assert await host.ask(Command.TRAIN, train_payload(8, labels, b"".join(images)))


@cocotb.test()
async def a_hello_from_before_makes_no_sample_count_twice_or_get_lost(dut):
    network = NETWORKS[2]
    random, host, engine = await connected(dut, network=network)
    first = host.sequence - 1  # HELLO's: CONFIGURE came after it
    old = Frame(type=Command.HELLO, sequence=first % 2**16, nonce=0)
    labels, images = random_samples(random, network, 40)
    train = host.frame(Command.TRAIN, train_payload(0, labels, b"".join(images)))
    assert (await again(host, train)).type == Command.TRAIN | REPLY
    # the old HELLO comes once more: the number that it expects is that of CONFIGURE, which host and board have done
    assert (await again(host, old)).type == Command.HELLO | REPLY
    assert (await again(host, train)).payload == refusal(Reason.GAP, Command.TRAIN)
    # a HELLO after which the TRAIN that was learned seems to be new, and one after which a new one seems to be old
    for sequence, first_sample, reason in ((train.sequence - 1, 0, Reason.SAMPLE), (train.sequence, 40, Reason.SAMPLE)):
        await again(host, Frame(type=Command.HELLO, sequence=sequence % 2**16, nonce=0))
        asked = Frame(
            type=Command.TRAIN,
            sequence=train.sequence,
            nonce=host.nonce,
            payload=train_payload(first_sample, labels, b"".join(images)),
        )
        assert (await again(host, asked)).payload == refusal(reason, Command.TRAIN)
    assert engine.samples == 40
    # predictions that are not kept any more are not told
    host.sequence = train.sequence
    samples = 40
    while samples <= RING + 40:
        await host.ask(Command.TRAIN, train_payload(samples, labels, b"".join(images)))
        samples += 40
    assert (await again(host, train)).payload == refusal(Reason.SAMPLE, Command.TRAIN)
    await host.ask(Command.CONFIGURE, configuration_bytes(network, GEOMETRY))
    await host.ask(Command.TRAIN, train_payload(0, labels, b"".join(images)))


def test_every_request_is_carried_out_once():
    run_bench(link(), module=__name__)
