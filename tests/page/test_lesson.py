"""The session behind the page: every press is one training sample, in order, and none is lost."""

from threading import Thread

import numpy as np
import pytest

from sw.contract.error import ContractError
from sw.contract.network import Network
from sw.contract.rehearsal import Rehearsal
from sw.data.thermometer import ThermometerEncoder
from sw.host import checkpoint
from sw.host.checkpoint import Checkpoint
from sw.host.error import BusyError, InputError, LinkError
from sw.host.meaning import Meaning
from sw.page.kept_board import MOST_SINCE, KeptBoard
from sw.page.look import flips, levels
from sw.page.starting import OUTPUTS, side_of, teaching_network
from tests.drivers.page_scene import ModelOpener, bits, compiled, drawings, lesson, small

REHEARSAL = Rehearsal(size=10, per=2)


def teach(lesson, texts, first=0):
    """Every second drawing is of symbol 0, the others of symbol 1."""
    if not len(lesson.symbols):
        lesson.name("upper")
        lesson.name("lower")
    return [lesson.teach(text, (first + i) % 2)["prediction"] for i, text in enumerate(texts)]


def same(one, other):
    """Whether two states are one, to the bit."""
    assert (one.prng, one.samples, one.signature) == (other.prng, other.samples, other.signature)
    return one.weights_crc32 == other.weights_crc32


class TestTeaching:
    def test_a_press_is_one_training_sample_of_the_board(self):
        """Given a lesson and a board beside it, when both get the same drawings, then they predict and become the same."""
        texts = drawings(30)
        taught = lesson()
        taught.rehearse(REHEARSAL)
        with compiled() as beside:
            beside.begin(small())
            beside.rehearse(REHEARSAL)
            expected = [int(beside.train(bits([text]), np.array([i % 2]))[0]) for i, text in enumerate(texts)]
            assert teach(taught, texts) == expected
            assert same(taught.save(), beside.checkpoint)
        assert taught.save().samples == 30 + 2 * 29

    def test_it_learns_and_counts(self):
        taught = lesson()
        texts = drawings(30)
        was = teach(taught, texts)
        right = [prediction == i % 2 for i, prediction in enumerate(was)]
        assert sum(right[10:]) >= 18
        tally = taught.told["tally"]
        assert (tally["samples"], tally["accuracy"], tally["lately"]) == (30, sum(right) / 30, sum(right[-20:]) / 20)
        assert [symbol["taught"] for symbol in taught.told["symbols"]] == [15, 15]
        assert sum(symbol["right"] for symbol in taught.told["symbols"]) == sum(right)
        taught.look()
        assert [symbol["still"] for symbol in taught.told["symbols"]] == [8, 8]

    def test_the_scores_are_those_of_the_board_and_the_largest_is_the_prediction(self):
        taught = lesson()
        teach(taught, drawings(20))
        thought = taught.think(drawings(1, seed=2)[0])
        assert len(thought["scores"]) == 6 and thought["why"] == ""
        assert int(np.argmax(thought["scores"])) == thought["prediction"]

    def test_a_board_behind_a_line_tells_scores_once_its_weights_are_known(self):
        taught, beside = lesson(open_board=ModelOpener()), lesson()
        text = drawings(1, seed=2)[0]
        teach(taught, drawings(4))
        teach(beside, drawings(4))
        thought = taught.think(text)
        assert thought["scores"] is None and "have not been read back" in thought["why"]
        taught.look()
        assert taught.think(text)["scores"] == beside.think(text)["scores"]
        assert "worked out on this computer" in taught.think(text)["why"]

    def test_predicting_changes_nothing(self):
        taught = lesson()
        teach(taught, drawings(4))
        before = taught.save()
        taught.think(drawings(1)[0])
        assert same(taught.save(), before)

    @pytest.mark.parametrize(
        ("act", "words"),
        [
            (lambda it: it.teach("1" * 784, 2), "there is no symbol 2"),
            (lambda it: it.teach("1" * 784, True), "there is no symbol True"),
            (lambda it: it.teach("1" * 783, 0), "784 characters"),
            (lambda it: it.teach("2" * 784, 0), "784 characters"),
            (lambda it: it.teach(None, 0), "784 characters"),
            (lambda it: it.think("0" * 784), "the drawing is empty"),
            (lambda it: it.name("  "), "1 to 24 characters"),
            (lambda it: it.name("x" * 25), "1 to 24 characters"),
            (lambda it: it.name("a\x00b"), "1 to 24 characters"),
            (lambda it: it.name(3), "1 to 24 characters"),
            (lambda it: it.name(" upper "), "there is a symbol upper already"),
            (lambda it: [it.name(name) for name in "abcde"], "the network has 6 outputs and all have names"),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_a_sentence_and_changes_nothing(self, act, words):
        taught = lesson()
        teach(taught, drawings(2))
        before = taught.save()
        with pytest.raises(InputError, match=words):
            act(taught)
        assert same(taught.save(), before)

    def test_many_at_once_take_turns(self):
        taught = lesson()
        teach(taught, [])
        texts = drawings(40)
        threads = [Thread(target=teach, args=(taught, texts[i::4])) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert taught.save().samples == taught.told["tally"]["samples"] == 40


class TestResets:
    @pytest.mark.parametrize("rehearsal", [Rehearsal(), REHEARSAL])
    def test_a_board_that_is_reset_goes_on_as_if_nothing_had_been(self, rehearsal):
        """Given a board in Python, when it is reset between presses and in looks, then it ends as the one that was not."""
        texts = drawings(16)
        untouched = lesson()
        opener = ModelOpener()
        taught = lesson(open_board=opener)
        for each in (untouched, taught):
            each.rehearse(rehearsal)
        expected = teach(untouched, texts)
        was = teach(taught, texts[:5])
        opener.model.reset()
        was += teach(taught, texts[5:9], first=5)
        taught.look()
        opener.model.reset()
        was += teach(taught, texts[9:], first=9)
        opener.model.reset()
        assert was == expected and same(taught.save(), untouched.save())
        assert taught.kept.restored == 3 and opener.opened == 1
        assert taught.told["note"]["number"] == 3 and "has its network again" in taught.told["note"]["text"]

    def test_a_board_that_goes_away_is_told_of_and_asked_again_with_the_next_press(self):
        """Given a line that brings nothing back, when a press is learned all the same, then it is not learned twice."""
        texts = drawings(8)
        untouched, opener = lesson(), ModelOpener()
        expected = teach(untouched, texts)
        taught = lesson(open_board=opener)
        was = teach(taught, texts[:4])
        speaks = opener.model.feed
        opener.model.feed = lambda data: speaks(data)[:0]
        with pytest.raises(LinkError, match="does not answer|no answer|not answered"):
            taught.teach(texts[4], 0)
        assert "what was taught is kept" in taught.told["note"]["text"]
        opener.model.feed = speaks
        was += teach(taught, texts[4:])
        assert was == expected and same(taught.save(), untouched.save())

    def test_not_more_is_learned_again_than_a_bound(self):
        kept = KeptBoard(compiled, Checkpoint.initial(small()))
        pixels = bits(drawings(2))
        kept.learn(pixels, np.array([0, 1]))
        assert not kept.is_fresh
        for _ in range(MOST_SINCE // 2 - 1):
            kept.learn(pixels, np.array([0, 1]))
        assert kept.is_fresh and kept.kept.samples == MOST_SINCE

    def test_a_network_that_does_not_fit_leaves_the_one_that_is_there(self):
        taught = lesson(open_board=ModelOpener())
        teach(taught, drawings(3))
        before = taught.save()
        with pytest.raises(ContractError, match="the board has 32"):
            taught.begin(Checkpoint.initial(Network.of(layers=(784, 100, 10))))
        assert same(taught.save(), before)
        assert [symbol["name"] for symbol in taught.told["symbols"]] == ["upper", "lower"]


class TestLending:
    def test_while_another_network_is_on_the_board_presses_are_refused_and_afterwards_it_is_as_before(self):
        taught = lesson()
        teach(taught, drawings(5))
        before = taught.save()
        with taught.lent("a stream plays on the board") as board:
            board.begin(small(side=4))
            for act in (lambda: taught.think("1" * 784), lambda: taught.teach("1" * 784, 0), lambda: taught.name("x")):
                with pytest.raises(BusyError, match="a stream plays on the board: wait"):
                    act()
            assert same(taught.save(), before) and taught.told["taken"] == "a stream plays on the board"
        assert taught.told["taken"] is None
        taught.kept.keep()
        assert same(taught.save(), before)


class TestKeeping:
    def test_names_are_kept_with_the_checkpoint(self, tmp_path):
        taught = lesson()
        taught.rehearse(REHEARSAL)
        teach(taught, drawings(6))
        taught.save().save(tmp_path / "a.npz")
        again = lesson()
        again.begin(checkpoint.load(tmp_path / "a.npz"))
        assert [symbol["name"] for symbol in again.told["symbols"]] == ["upper", "lower"]
        assert again.told["rehearsal"]["size"] == 10
        more = drawings(6, seed=3)
        assert teach(again, more) == teach(taught, more) and same(again.save(), taught.save())

    def test_a_checkpoint_without_names_has_its_numbers_and_keeps_them(self):
        plain = Checkpoint.initial(small())
        with compiled() as board:
            board.resume(plain)
            board.train(bits(drawings(1)), np.array([5]))
            trained = board.checkpoint
        taught = lesson()
        taught.begin(trained)
        assert [symbol["name"] for symbol in taught.told["symbols"]] == list("012345")
        assert taught.save().meaning.labels is None
        fresh = lesson()
        assert fresh.told["symbols"] == [] and fresh.save().meaning.labels is None

    @pytest.mark.parametrize(
        ("layers", "encoder", "words"),
        [
            ((30, 8, 2), None, "the network has 30 inputs, expected those of a square drawing"),
            ((65 * 65, 8, 2), None, "at most 64 x 64"),
            ((16, 8, 2), ThermometerEncoder(thresholds=[[1.0, 2.0]] * 8), "through an encoder"),
            ((16, 8, 2), ThermometerEncoder(thresholds=[[127.0]] * 16), "through an encoder"),
        ],
    )
    def test_a_network_that_takes_no_drawings_is_refused(self, layers, encoder, words):
        state = Checkpoint.initial(Network.of(layers=layers), Meaning(encoder=encoder))
        with pytest.raises(InputError, match=words):
            lesson().begin(state)

    def test_plain_bits_under_an_encoder_are_taken(self):
        encoder = ThermometerEncoder(thresholds=[[0.5]] * 16)
        assert side_of(Checkpoint.initial(Network.of(layers=(16, 8, 2)), Meaning(encoder=encoder))) == 4


def test_the_first_network_fits_every_board():
    from sw.contract.board_table import BOARDS

    for board in BOARDS.values():
        network = teaching_network(board.geometry)
        assert network.layers[-1] == OUTPUTS and network.row_count <= board.geometry.rows
    assert teaching_network(None).layers == (784, 500, OUTPUTS)


def test_levels_and_flips_are_counted():
    before = [np.array([[0, 7, 8, 127]], np.int8), np.array([[-1, -8, -9, -128]], np.int8)]
    assert [sum(layer) for layer in levels(before)] == [4, 4]
    assert [[i for i, count in enumerate(layer) for _ in range(count)] for layer in levels(before)] == [[0, 3, 4, 7]] * 2
    assert flips(before, [-before[0] - 1, before[1]]) == 4 and flips(before, before) == 0
    assert flips(before, [np.array([[1, 8, 9, -128]], np.int8), before[1]]) == 1
