"""The sample memory (clauses 19 to 21): what is stored, played and rehearsed on any device is what the contract says."""

from contextlib import nullcontext

import numpy as np
import pytest

from sw.contract.error import ContractError, MetaplastError
from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.contract.sample_memory import record_bytes
from sw.host.checkpoint import Checkpoint
from sw.host.device import Device
from sw.host.error import RecordError
from sw.host.link import Link
from sw.twin.compiled import CompiledDevice
from sw.twin.device import TwinDevice
from sw.wire.board import ModelBoard
from sw.wire.faults import Faults, FaultyWire
from sw.wire.line import Line
from tests.drivers.library_model import REHEARSAL, differs, library_of, rehearsing, samples

NETWORK = Network.of(layers=(21, 6, 3), margin=9)
SIZE = 4096  # 256 records
PERMUTATION = np.random.default_rng(2).permutation(21).tolist()
BAD = Faults(damage=0.1, lose=0.1, duplicate=0.1, delay=0.1)


def on_a_line(board=None, **options):
    line = Line(board or ModelBoard(sample_memory=SIZE))
    return Device(Link(line, "the board", **{"resend_after": 0.002, "sequence": 5, "hello_timeout": 20.0} | options))


def on_a_bad_line():
    wire = FaultyWire(Line(ModelBoard(sample_memory=SIZE)), there=BAD, back=BAD, seed=3)
    return Device(Link(wire, "the board", resend_after=0.002, sequence=5, hello_timeout=20.0))


def begun(device):
    Checkpoint.initial(NETWORK).put_on(device)
    assert device.memory is not None
    return device, device.memory


@pytest.mark.parametrize("make", [on_a_line, on_a_bad_line, TwinDevice, CompiledDevice])
@pytest.mark.parametrize("rehearsal", [None, REHEARSAL])
def test_what_is_played_is_learned_as_if_it_had_been_sent(make, rehearsal):
    pixels, labels = samples(NETWORK, 120)
    library = library_of(NETWORK, pixels, labels, rehearsal)
    device, memory = begun(make())
    if rehearsal is not None:
        memory.rehearse(rehearsing(rehearsal, NETWORK))
    memory.store(pixels[:50], labels[:50])
    memory.store(pixels[50:], labels[50:], first=50)
    assert memory.records == 120
    played = list(memory.play(3, 40))
    predictions = library.play(3, 43, train=True)
    assert sum(stretch.samples for stretch in played) == 40
    assert sum(stretch.correct for stretch in played) == (labels[3:43] == predictions).sum()
    assert differs(device, library) is None
    live = device.train(pixels[:20], labels[:20])
    assert live.tolist() == [library.train(int(y), x.tolist()) for x, y in zip(pixels[:20], labels[:20], strict=True)]
    memory.permute(PERMUTATION)
    library.permutation = PERMUTATION
    told = np.concatenate(list(memory.recite(0, 120, permuted=True)))
    assert told.tolist() == library.play(0, 120, train=True)
    assert differs(device, library) is None
    expected = library.play(0, 120, train=False)
    assert np.concatenate(list(memory.recite(0, 120, train=False, permuted=True))).tolist() == expected
    tested = list(memory.play(0, 120, train=False, permuted=True))
    assert sum(stretch.correct for stretch in tested) == (labels == expected).sum()
    library.permutation = None
    assert np.concatenate(list(memory.recite(5, 9, train=False))).tolist() == library.play(5, 14, train=False)
    assert differs(device, library) is None


@pytest.mark.parametrize("make", [on_a_line, on_a_bad_line, TwinDevice, CompiledDevice])
def test_a_reservoir_that_was_read_out_goes_on_elsewhere(make):
    pixels, labels = samples(NETWORK, 60)
    library = library_of(NETWORK, pixels, labels, REHEARSAL)
    device, memory = begun(make())
    memory.rehearse(rehearsing(REHEARSAL, NETWORK))
    for first in range(0, 60, 15):
        device.train(pixels[first : first + 15], labels[first : first + 15])
        state = Checkpoint.of(device, NETWORK, reservoir=memory.reservoir())
        device = make()
        state.put_on(device)
        assert device.memory is not None
        memory = device.memory
        memory.rehearse(state.reservoir)
    for x, y in zip(pixels, labels, strict=True):
        library.train(int(y), x.tolist())
    library.model.learned = library.model.draws = 0
    device.counters = lambda: {"learned": 0, "draws": 0}  # they begin anew with each device
    assert differs(device, library) is None
    memory.rehearse(None)
    assert memory.reservoir() is None
    before = device.read_state().samples
    device.train(pixels, labels)
    assert device.read_state().samples == before + 60


@pytest.mark.parametrize("make", [on_a_line, TwinDevice, CompiledDevice])
def test_playback_stops_between_two_stretches(make):
    pixels, labels = samples(NETWORK, 250)
    device, memory = begun(make())
    memory.store(pixels, labels)
    if make is on_a_line:
        memory.pace.size = lambda: 30  # type: ignore[attr-defined]
    done = []
    for stretch in memory.play(0, 250, stop=lambda: len(done) > 0):
        done.append(stretch.samples)
    library = library_of(NETWORK, pixels, labels)
    library.play(0, sum(done), train=True)
    assert differs(device, library) is None and (make is CompiledDevice or sum(done) <= 100)
    assert list(memory.play(0, 250, stop=lambda: True)) == []


def refused(memory):
    """What no memory does, and why."""
    pixels, labels = samples(NETWORK, 30)
    room = memory.bytes // record_bytes(21)
    yield lambda: memory.store(pixels, labels, first=31), "first record is 31, expected an integer from 0 to 30"
    yield lambda: memory.play(0, 31), "records 0 to 30 cannot be played: 30 are stored; store the samples first"
    yield lambda: memory.recite(30, 1), "records 30 to 30 cannot be played"
    yield lambda: memory.play(-1, 2), "first record is -1"
    yield lambda: memory.play(0, -1), "records to play is -1"
    yield lambda: memory.play(0, 1, permuted=True), "no permutation has been told"
    yield lambda: memory.permute(PERMUTATION[:-1]), "the permutation has 20 places, expected 21"
    yield lambda: memory.permute([0, *PERMUTATION[1:]] if PERMUTATION[0] else [1, *PERMUTATION[1:]]), "the permutation is none"
    too_many = Rehearsal(size=min(room, 1 << 20))
    if room - 30 < 1 << 20:
        yield lambda: memory.rehearse(rehearsing(too_many, NETWORK)), f"{room} records for rehearsal do not fit"
        yield lambda: memory.rehearse(rehearsing(Rehearsal(size=room - 29), NETWORK)), "and 30 samples are stored"
    yield lambda: memory.store(pixels[:, :-1], labels), "(21|20)"
    yield lambda: memory.store(pixels, labels + 3), "label"


@pytest.mark.parametrize("make", [on_a_line, TwinDevice, CompiledDevice])
def test_what_makes_no_sense_is_one_sentence_and_changes_nothing(make):
    pixels, labels = samples(NETWORK, 30)
    device, memory = begun(make())
    memory.store(pixels, labels)
    for wrong, words in refused(memory):
        with pytest.raises(MetaplastError, match=words) as raised:
            wrong()
        assert "\n" not in str(raised.value)
    library = library_of(NETWORK, pixels, labels)
    assert np.concatenate(list(memory.recite(0, 30))).tolist() == library.play(0, 30, train=True)
    assert differs(device, library) is None


def test_a_memory_that_is_full_says_how_full():
    pixels, labels = samples(NETWORK, 257)
    device, memory = begun(on_a_line())
    with pytest.raises(ContractError, match="257 samples do not fit: the sample memory holds 256 records of 21 pixels: store"):
        memory.store(pixels, labels)
    memory.rehearse(rehearsing(Rehearsal(size=6), NETWORK))
    with pytest.raises(ContractError, match=r"251 samples do not fit: .* and 6 are kept for rehearsal: store fewer samples"):
        memory.store(pixels[:251], labels[:251])
    memory.store(pixels[:250], labels[:250])
    library = library_of(NETWORK, pixels[:250], labels[:250], Rehearsal(size=6))
    list(memory.play(0, 250))
    library.play(0, 250, train=True)
    assert differs(device, library) is None
    assert memory.records == 250


@pytest.mark.parametrize("tells", [True, False])
def test_a_damaged_record_of_the_library_ends_playback_and_what_came_before_counts(tells):
    pixels, labels = samples(NETWORK, 200)
    board = ModelBoard(sample_memory=SIZE)
    device, memory = begun(on_a_line(board))
    memory.rehearse(rehearsing(REHEARSAL, NETWORK))
    memory.store(pixels, labels)
    library = library_of(NETWORK, pixels, labels, REHEARSAL)
    library.damaged = {57}
    board.memory.data[57 * record_bytes(21) + 4] ^= 8
    with pytest.raises(
        RecordError, match="record 57 is damaged in the sample memory of the board: what came before it counts"
    ) as error:
        for _ in memory.recite(0, 200) if tells else memory.play(0, 200):
            pass
    assert error.value.slot == 57
    library.play(0, 200, train=True)
    assert library.model.learned > 0 and differs(device, library) is None
    with pytest.raises(RecordError, match="record 57"):
        list(memory.play(50, 10, train=False))
    memory.store(pixels[57:], labels[57:], first=57)
    library.damaged = set()
    assert sum(stretch.samples for stretch in memory.play(57, 143)) == 143
    library.play(57, 200, train=True)
    assert differs(device, library) is None


@pytest.mark.parametrize("live", [True, False])
def test_a_damaged_record_for_rehearsal_is_never_trained_on(live):
    pixels, labels = samples(NETWORK, 100)
    board = ModelBoard(sample_memory=SIZE)
    device, memory = begun(on_a_line(board))
    every = Rehearsal(size=1)
    memory.rehearse(rehearsing(every, NETWORK))
    memory.store(pixels, labels)
    device.train(pixels[:1], labels[:1])
    board.memory.data[-1] ^= 1
    trained = []
    train = board.chip.train
    board.chip.train = lambda image, label: (trained.append((image.tolist(), label)), train(image, label))[1]
    with pytest.raises(RecordError, match="record 0 for rehearsal is damaged .*load the last checkpoint") as error:
        device.train(pixels[1:40], labels[1:40]) if live else list(memory.play(1, 39))
    assert error.value.slot == -1
    new = [(x.tolist(), y) for x, y in zip(pixels, labels, strict=True)]
    assert trained == new[1 : 1 + len(trained)]
    assert live or len(trained) == 1
    with pytest.raises(RecordError):
        device.train(pixels, labels)
    with pytest.raises(RecordError, match="refused RECALL: a record in its sample memory is damaged"):
        memory.reservoir()


def test_two_locks_hold_for_playback_too():
    """A board that carries out what it sees is found out; each of its two locks alone does not let it."""
    pixels, labels = samples(NETWORK, 200)
    for without in ({"sequence", "samples"}, {"samples"}, {"sequence"}, set()):
        board = ModelBoard(sample_memory=SIZE)
        act = board.act

        def careless(frame, board=board, act=act, without=without):
            if frame.type == 14 and frame.nonce == board.hello.nonce:
                board.expected = frame.sequence if "sequence" in without else board.expected
                if frame.sequence == board.expected and "samples" in without:
                    board.following = frame.payload[0] + 256 * frame.payload[1]
            return act(frame)

        board.act = careless
        wire = FaultyWire(Line(board), there=BAD, back=BAD, seed=3)
        device, memory = begun(Device(Link(wire, "the board", resend_after=0.002, sequence=5, hello_timeout=20.0)))
        memory.store(pixels, labels)
        memory.pace.size = lambda: 3  # type: ignore[attr-defined]
        library = library_of(NETWORK, pixels, labels)
        with pytest.raises(MetaplastError) if "sequence" in without else nullcontext():
            list(memory.play(0, 200))
            assert board.plays == 67
            library.play(0, 200, train=True)
            assert differs(device, library) is None
