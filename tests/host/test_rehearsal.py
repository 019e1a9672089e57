"""Rehearsal (clause 19): what is learned again, in which order, on any board; and what a checkpoint keeps of it."""

import json
import signal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sw.cli.command_line import app
from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.contract.rehearsal import Draws, Rehearsal
from sw.data.reservoir import Rehearser, Reservoir
from sw.host import checkpoint, notebook, simulated_board, streaming
from sw.host.checkpoint import Checkpoint
from sw.host.error import CheckpointError, InputError, LinkError
from sw.host.training import Training
from sw.terminal.run import run
from sw.twin.device import TwinDevice
from tests.drivers.contract_model import RehearsalModel
from tests.drivers.fake_build import build_command
from tests.drivers.program import GEOMETRY, prepare

COUNT = 60
NETWORK = Network.of(layers=(12, 6, 3), margin=9)


@st.composite
def rehearsals(draw):
    size = draw(st.integers(1, 9))
    horizon = draw(st.one_of(st.just(0), st.integers(size, 40)))
    every, per, word = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 2**32 - 1))
    return Rehearsal(size=size, every=every, per=per, horizon=horizon, prng=word)


def samples(count, inputs=12, classes=3):
    random = np.random.default_rng(7)
    return random.integers(0, 2, (count, inputs), dtype=np.uint8), random.integers(0, classes, count)


@given(rehearsals(), st.lists(st.integers(0, 9), max_size=6), st.integers(0, 5))
def test_what_is_learned_is_what_the_contract_says(rehearsal, cuts, pauses):
    pixels, labels = samples(sum(cuts))
    model = RehearsalModel(**rehearsal.fields)
    rehearser = Rehearser(Reservoir.empty(rehearsal, 12))
    first = 0
    for number, cut in enumerate(cuts):
        part = slice(first, first + cut)
        expected = [each for y, x in zip(labels[part], pixels[part], strict=True) for each in model.next(int(y), x.tolist())]
        learned, classes, is_new = rehearser.expand(pixels[part], labels[part])
        assert list(zip(classes.tolist(), learned.tolist(), strict=True)) == expected
        assert np.array_equal(learned[is_new], pixels[part]) and np.array_equal(classes[is_new], labels[part])
        first += cut
        if number == pauses:  # it goes on from what a checkpoint would hold
            rehearser = Rehearser(rehearser.reservoir)
    end = rehearser.reservoir
    assert (end.seen, end.prng) == (model.c, model.r)
    records = np.unpackbits(end.pixels, axis=1, count=12, bitorder="little").tolist()
    assert list(zip(end.labels.tolist(), records, strict=True)) == model.records


def test_options_take_the_place_of_what_was_configured():
    asked = Rehearsal(size=7, per=2, prng=9).with_options(None, 3, None, 8, None)
    assert asked == Rehearsal(size=7, every=3, per=2, horizon=8, prng=9)
    with pytest.raises(ValueError, match="zip"):  # one for each field, or a later field would stay unseen
        asked.with_options(7)


def test_a_large_reservoir_grows_and_keeps_its_records():
    pixels, labels = samples(3000)
    rehearser = Rehearser(Reservoir.empty(Rehearsal(size=3000), 12))
    rehearser.expand(pixels, labels)
    assert np.array_equal(rehearser.reservoir.labels, labels)
    assert np.array_equal(np.unpackbits(rehearser.reservoir.pixels, axis=1, count=12, bitorder="little"), pixels)


def test_every_sample_of_a_stream_is_as_likely_to_be_kept():
    kept = np.zeros(40)
    for word in range(1, 2001):
        draws, records = Draws(Rehearsal(size=4, every=65535, prng=word * 77777)), {}
        for number in range(40):
            _, place = draws.next()
            if place is not None:
                records[place] = number
        kept[list(records.values())] += 1
    assert abs(kept / 2000 - 0.1).max() < 0.03


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"size": 2**20 + 1}, "size of the rehearsal is 1048577, expected an integer from 0 to 1048576"),
        ({"size": True}, "size of the rehearsal is True"),
        ({"every": 0}, "every of the rehearsal is 0, expected an integer from 1 to 65535"),
        ({"per": 17}, "per of the rehearsal is 17, expected an integer from 1 to 16"),
        ({"prng": 0}, "prng of the rehearsal is 0"),
        ({"size": 50, "horizon": 49}, "horizon of the rehearsal is 49, expected an integer from 50 to 4294967295"),
        ({"horizon": 2**32}, "horizon of the rehearsal is 4294967296"),
    ],
)
def test_settings_have_their_ranges(fields, words):
    with pytest.raises(ContractError, match=words):
        Rehearsal(**fields)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    prepare(tmp_path, COUNT)
    (tmp_path / "boards").mkdir()
    monkeypatch.setattr(simulated_board, "BUILD", build_command(tmp_path / "boards"))
    monkeypatch.setattr(streaming, "BATCH", 7)
    monkeypatch.chdir(tmp_path)
    return tmp_path


FULL = ("--rehearsal", 20, "--rehearsal-every", 2, "--rehearsal-per", 3, "--rehearsal-horizon", 30, "--rehearsal-prng", 5)


def train(*words, start=("--config", "net.toml"), board="twin", save="a.npz"):
    place = ("--board", board, *(("--geometry", GEOMETRY) if board == "sim" else ()))
    data = ("--images", "images", "--labels", "labels")
    return run(app, [str(word) for word in ("train", *place, *start, *data, "--save", save, *words)])


def test_the_command_counts_new_samples_and_tells_the_rehearsed(folder):
    assert train(*FULL, "--json", "a.json") == 0
    said = json.loads(Path("a.json").read_text())
    state = checkpoint.load(Path("a.npz"))
    assert (said["samples"], said["rehearsed"], state.samples) == (COUNT, 90, COUNT + 90)
    assert state.reservoir is not None and state.reservoir.seen == COUNT and len(state.reservoir.labels) == 20


def test_the_file_says_the_same_as_the_options(folder):
    fields = "size = 20\nevery = 2\nper = 3\nhorizon = 30\nprng = 5\n"
    Path("r.toml").write_text(f"{Path('net.toml').read_text()}[rehearsal]\n{fields}")
    assert train(*FULL) == 0
    assert train(start=("--config", "r.toml"), save="b.npz") == 0
    assert run(app, ["init", "--config", "r.toml", "--save", "i.npz"]) == 0
    assert train(start=("--resume", "i.npz"), save="c.npz") == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes() == Path("c.npz").read_bytes()
    assert train("--rehearsal", 0, start=("--config", "r.toml"), save="off.npz") == 0
    assert train(save="plain.npz") == 0
    assert Path("off.npz").read_bytes() == Path("plain.npz").read_bytes()


@pytest.mark.parametrize("board", ["twin", "sim"])
def test_a_pass_in_parts_is_one_pass_on_every_board(folder, board):
    assert train(*FULL) == 0
    assert train(*FULL, "--samples", 23, board=board, save="b.npz") == 0
    assert train("--skip", 23, start=("--resume", "b.npz"), board=board, save="b.npz") == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


def test_a_board_that_is_reset_learns_the_same(folder, monkeypatch):
    assert train(*FULL) == 0
    resets = (
        "old = f.FakeBoard.act; f.FakeBoard.done = False; "
        "f.FakeBoard.act = lambda b, frame: (not b.done and b.chip.samples >= 70 and (setattr(b, 'done', True), b.reset()), "
        "old(b, frame))[1]"
    )
    monkeypatch.setattr(simulated_board, "BUILD", build_command(folder / "boards", resets))
    restored, real = [], Training._restore
    monkeypatch.setattr(Training, "_restore", lambda training: (real(training), restored.append(training.restored))[0])
    assert train(*FULL, "--checkpoint-every", 10, "--json", "b.json", board="sim", save="b.npz") == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    said = json.loads(Path("b.json").read_text())
    assert (said["samples"], said["rehearsed"]) == (COUNT, 90)
    assert restored == [1]


def test_another_rehearsal_in_the_middle_of_one_is_refused(folder, capsys):
    assert train(*FULL, "--samples", 10) == 0
    before = Path("a.npz").read_bytes()
    assert train("--rehearsal", 21, start=("--resume", "a.npz")) == 2
    told = "size 20, every 2, per 3, horizon 30, prng 5: leave the options of the rehearsal away"
    assert told in capsys.readouterr().err and Path("a.npz").read_bytes() == before
    assert train("--rehearsal", 20, "--skip", 10, start=("--resume", "a.npz")) == 0


def test_how_nothing_is_rehearsed_is_not_said(folder, capsys):
    assert train("--rehearsal-per", 3) == 2
    assert "give --rehearsal R too" in capsys.readouterr().err and not Path("a.npz").exists()


def test_a_checkpoint_without_rehearsal_may_begin_one(folder):
    assert train("--samples", 10, save="plain.npz") == 0
    assert train("--skip", 10, "--rehearsal", 5, start=("--resume", "plain.npz")) == 0
    reservoir = checkpoint.load(Path("a.npz")).reservoir
    assert reservoir is not None and reservoir.seen == COUNT - 10


def test_the_line_of_an_interrupted_pass_goes_on(folder, capsys, monkeypatch):
    assert train(*FULL) == 0
    real = streaming.train

    def interrupting(*given, **options):
        for number, predictions in enumerate(real(*given, **options)):
            if number == 2:
                signal.raise_signal(signal.SIGINT)
            yield predictions

    monkeypatch.setattr(streaming, "train", interrupting)
    assert train(*FULL, save="b.npz") == 130
    line = capsys.readouterr().err.rstrip().split("\n")[-1].split()
    monkeypatch.setattr(streaming, "train", real)
    assert run(app, line[line.index("train") :]) == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


def test_a_damaged_reservoir_is_refused(folder):
    state = Checkpoint.initial(NETWORK).rehearsing(Rehearsal(size=2))
    rehearser = Rehearser(Reservoir.empty(state.rehearsal, 12))
    rehearser.expand(*samples(5))
    good = rehearser.reservoir
    for change, words in [
        ({"labels": np.array([0, 3], np.uint16)}, "rehearsal_labels goes up to 3, expected less than 3"),
        ({"pixels": good.pixels | 0x80}, "rehearsal_pixels has pixels beyond the 12"),
        ({"pixels": good.pixels[:1]}, "rehearsal_pixels is uint8 of shape"),
        ({"prng": 0}, "rehearsal_prng is 0"),
        ({"seen": 1}, "rehearsal_pixels is uint8 of shape"),
        ({"seen": 2**64 - 5}, "rehearsal_seen is 18446744073709551611"),
    ]:
        damaged = Reservoir(**{**vars(good), **change})
        Checkpoint(network=NETWORK, weights=state.weights, prng=1, samples=0, reservoir=damaged).save(folder / "d.npz")
        with pytest.raises(CheckpointError, match=words):
            checkpoint.load(folder / "d.npz")


def test_from_python(folder):
    pixels, labels = samples(40)
    rehearsal = Rehearsal(size=8, per=2, prng=3)
    with notebook.open_board("twin") as board:
        board.begin(NETWORK)
        board.rehearse(size=8, per=2, prng=3)
        board.train(pixels[:15], labels[:15])
        board.save("half.npz")
        board.load("half.npz")
        predictions = board.train(pixels[15:], labels[15:])
        end = board.checkpoint
    learned, classes, is_new = Rehearser(Reservoir.empty(rehearsal, 12)).expand(pixels, labels)
    twin = TwinDevice()
    Checkpoint.initial(NETWORK).put_on(twin)
    expected = twin.train(learned, classes)
    assert np.array_equal(predictions, expected[is_new][15:])
    assert Checkpoint.of(twin, NETWORK).weights_crc32 == end.weights_crc32 and end.samples == len(learned)


def test_from_python_a_rehearsal_ends(folder):
    pixels, labels = samples(20)
    with notebook.open_board("twin") as board:
        with pytest.raises(LinkError, match="no network"):
            board.rehearse(size=3)
        board.begin(NETWORK)
        board.rehearse(Rehearsal(size=3))
        for wrong in (lambda: board.rehearse(5), lambda: board.rehearse(sizes=3)):  # type: ignore[arg-type]
            with pytest.raises(InputError, match="expected size, every, per, horizon, prng"):
                wrong()
        with pytest.raises(InputError, match="either a rehearsal or the fields of one"):
            board.rehearse(Rehearsal(size=3), every=2)
        board.train(pixels, labels)
        assert board.samples == 39
        board.rehearse(size=0)
        board.train(pixels, labels)
        assert board.samples == 59 and board.checkpoint.reservoir is None


@pytest.mark.parametrize("error", [LinkError, KeyboardInterrupt])
def test_a_reservoir_ahead_of_a_board_that_failed_is_not_used(folder, monkeypatch, error):
    pixels, labels = samples(20)
    with notebook.open_board("twin") as board:
        board.begin(NETWORK)
        board.rehearse(size=3)

        def fail(*_):
            raise error("gone")

        monkeypatch.setattr(board.device, "stream", fail)
        with pytest.raises(error, match="gone"):
            board.train(pixels, labels)
        with pytest.raises(LinkError, match="no network"):
            board.train(pixels, labels)
