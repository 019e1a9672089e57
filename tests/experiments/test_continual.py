"""Experiments end to end at tiny sizes: the matrix is filled where it was tested, the chip is the chip, errors are one line."""

import json

import numpy as np
import pytest
import torch

from sw.cli.command_line import app
from sw.cluster.workers import Workers
from sw.contract.network import Network
from sw.data.mnist import load_packed
from sw.experiments.continual import learners, stream_run
from sw.experiments.continual.comparison import Outcome, Plan
from sw.experiments.continual.learners import learner_of
from sw.experiments.continual.runs import Runs
from sw.experiments.continual.scale import Scale
from sw.experiments.continual.sources import Sources
from sw.experiments.continual.stream import Stream, Task
from sw.experiments.continual.stream_run import Histogram, learn_stream
from sw.experiments.continual.streams import permuted_mnist
from sw.experiments.learner import Learner
from sw.experiments.permuted_mnist import learn_task
from sw.experiments.registry import EXPERIMENTS
from sw.experiments.seeds import Seeds
from sw.figures import accuracy_matrices, curves, hidden_weight_histograms
from sw.host import known_boards
from sw.host.checkpoint import Checkpoint
from sw.reference.settings import Settings
from sw.terminal.run import run

STREAM = Stream(
    tasks=[
        Task(name=f"{i}", train=(np.full((4, 2), i, np.uint8), np.full(4, i)), test=(np.zeros((3, 2)), np.full(3, i)), order=i)
        for i in range(4)
    ],
    classes=4,
    held_out=(np.zeros((5, 2)), np.full(5, 9)),
)


class Counting:
    """Knows of each task how often it was taught since; flips one weight more with every task."""

    def __init__(self):
        self.weights = np.ones((2, 5), np.float32)
        self.taught = []

    def learn(self, task, samples):
        self.taught.append((task.name, len(task.training(samples)[1])))
        self.weights.flat[: len(self.taught)] *= -1

    def accuracy(self, task, samples, number):
        labels = task.testing(samples)[1]
        return len(labels) / 10 if number is None else round(0.1 * len(self.taught) + 0.01 * number, 3)

    def hidden(self):
        return [self.weights.copy(), np.full((1, 2), -3.0)]

    def describe(self):
        return {}


def taught(**options):
    learner = Counting()
    given = {"joint": False, "samples": 3, "test_samples": None, "look_back": None} | options
    return learner, learn_stream(learner, STREAM, report=lambda _: None, **given)


def test_after_each_task_those_so_far_are_tested():
    learner, done = taught()
    assert learner.taught == [("0", 3), ("1", 3), ("2", 3), ("3", 3)]
    expected = [[0.1 * (i + 1) + 0.01 * j if j <= i else np.nan for j in range(4)] for i in range(4)]
    np.testing.assert_allclose(done.matrix, expected)
    assert done.flips == [[1, 0], [2, 0], [3, 0], [4, 0]]
    assert done.held_out == [0.5] * 4 and done.metrics(1)["held_out"] == 0.5
    written = done.as_json(5, 2)
    assert written["seed"] == 5 and written["matrix"][0] == [0.1, None, None, None]
    assert written["metrics"]["accuracy"] == pytest.approx((0.42 + 0.43) / 2)
    assert written["so_far"] == pytest.approx([0.1, 0.205, 0.31, 0.415])


def test_looking_back_tests_the_newest_and_all_at_the_end():
    _, done = taught(look_back=2)
    tested = ~np.isnan(done.matrix)
    assert tested.astype(int).tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [1, 1, 1, 1]]


def test_a_joint_method_learns_everything_once():
    learner, done = taught(joint=True)
    assert learner.taught == [("all tasks together", 12)]
    assert np.isnan(done.matrix[:3]).all() and not np.isnan(done.matrix[3]).any()
    assert len(done.flips) == len(done.held_out) == 1


def test_a_long_stream_is_written_without_its_matrix(monkeypatch):
    monkeypatch.setattr(stream_run, "MOST_TASKS_WRITTEN", 3)
    monkeypatch.setattr(stream_run, "MOST_HISTOGRAMS", 2)
    _, done = taught()
    written = done.as_json(1, 4)
    assert written["matrix"] is None and len(written["final"]) == len(written["when_new"]) == 4
    assert list(written["histograms"]) == ["0", "3"]


def test_a_histogram_counts_every_weight():
    found = Histogram.of(np.array([[-2.0, 2.0, 0.01, 1.99]]))
    assert found.limit == 2 and found.counts[0] == 1 and found.counts[-1] == 2 and sum(found.counts) == 4
    assert Histogram.of(np.zeros(3)).limit == 1


class Few(Sources):
    """The first samples of MNIST."""

    def mnist(self):
        (train, train_labels), (test, test_labels) = load_packed("train"), load_packed("test")
        return (train[:400], train_labels[:400]), (test[:300], test_labels[:300])


def test_the_chip_among_the_methods_is_that_of_the_experiment_on_permuted_mnist():
    torch.set_num_threads(1)
    network = Network.of(layers=(784, 12, 10))
    stream, seeds = permuted_mnist(Few(), 2, 4), Seeds.of(4, 2)
    settings = Settings(layers=(784, 12, 10), metaplasticity=(0.0, 0.0))
    chip = learner_of("chip", stream, settings, network, 4, "cpu")
    done = learn_stream(chip, stream, joint=False, samples=150, test_samples=None, look_back=None, report=lambda _: None)
    train, test = Few().mnist()
    with known_boards.find("twin").open(lambda _: None) as device:
        own = Network.of(layers=(784, 12, 10), init_seed=seeds.init_seed, prng=seeds.prng)
        learner = Learner(device, Checkpoint.initial(own))
        rows = [learn_task(learner, i, train, test, seeds, 150) for i in range(2)]
        weights = device.read_weights()
    assert done.matrix[1].tolist() == rows[1] and done.matrix[0, 0] == rows[0][0]
    assert all((a == b + 0.5).all() for a, b in zip(chip.hidden(), weights, strict=True))


class Bits:
    """An engine that knows what it was trained on."""

    trained = []

    def __init__(self):
        self.trained.clear()

    def configure(self, network):
        self.network = network

    def write_weights(self, weights):
        self.weights = weights

    def train(self, pixels, labels):
        self.trained.append((pixels.bits().tolist(), labels.tolist()))


@pytest.mark.parametrize(("name", "passes"), [("chip", 1), ("chip-epochs", 3)])
def test_the_chip_sees_every_epoch_in_its_own_order(name, passes, monkeypatch):
    monkeypatch.setitem(learners.ENGINES, "bits", Bits)
    pixels = np.arange(6, dtype=np.uint8)[:, None] >> np.arange(3, dtype=np.uint8) & 1
    stream = Stream(tasks=[Task(name="a", train=(pixels, np.arange(6) % 2), test=(pixels, np.arange(6)), order=5)], classes=2)
    settings = Settings(layers=(3, 3, 2), metaplasticity=(0.0, 0.0), epochs=3)
    chip = learner_of(name, stream, settings, None, 1, "cpu", "bits")
    chip.learn(stream.tasks[0], 6)
    given, labels = stream.tasks[0].training(6)
    expected = [(given[order].tolist(), labels[order].tolist()) for order in stream.tasks[0].orders(passes, 6)]
    assert Bits.trained == expected and len({str(one) for one in expected}) == passes
    assert chip.describe()["settings"]["epochs"] == passes


def compare(plan: Plan) -> dict[str, Outcome]:
    """All runs of a plan, in this process."""
    runs = Runs({"": plan})
    runs.carry_out(Workers(count=1), "runs", lambda _: None)
    runs.check()
    return runs.outcomes()


def test_both_engines_give_the_same_run():
    torch.set_num_threads(1)
    scale = Scale(tasks=2, samples=200, test_samples=100, epochs=2, hidden=(20,), metaplasticity=0.0)
    found = []
    for engine in ("twin", "compiled"):
        plan = Plan(build=permuted_mnist, sources=Few(), scale=scale, methods=["chip-epochs"], seeds=[3], last=2, engine=engine)
        found.append(compare(plan)["chip-epochs"])
    (one,), (other,) = (outcome.runs for outcome in found)
    np.testing.assert_array_equal(one.matrix, other.matrix)
    assert one.flips == other.flips and one.histograms == other.histograms
    assert [outcome.description["settings"]["engine"] for outcome in found] == ["twin", "compiled"]


def test_for_validation_the_last_training_samples_are_the_test():
    (train, train_labels), (test, test_labels) = Sources(validation=True).mnist()
    inputs, labels = load_packed("train")
    np.testing.assert_array_equal(train, inputs[:50_000])
    np.testing.assert_array_equal(test, inputs[50_000:])
    np.testing.assert_array_equal(np.concatenate([train_labels, test_labels]), labels)


TINY = ["--tasks", "2", "--samples", "60", "--test-samples", "40", "--epochs", "1", "--hidden", "6", "--seeds", "2"]
ALONE = ["--workers", "1"]


def test_a_comparison_leaves_numbers_and_pictures(tmp_path, capsys):
    torch.set_num_threads(1)
    words = ["compare-permuted-mnist", *TINY, *ALONE, "--methods", "metaplastic,joint,chip", "--set", "metaplastic:batch=30"]
    assert run(app, ["experiment", *words, "--json", str(tmp_path / "a.json")]) == 0
    said = capsys.readouterr()
    assert "2 tasks, 60 training samples of each, 1 epochs" in said.err and "metaplastic" in said.out
    result = json.loads((tmp_path / "a.json").read_text())
    methods = result["methods"]
    assert list(methods) == ["metaplastic", "joint", "chip"] and result["scale"]["seeds"] == [1, 2]
    assert methods["metaplastic"]["settings"]["batch"] == 30 and methods["joint"]["settings"]["batch"] == 100
    assert len(methods["metaplastic"]["task_knowledge"]) == 2 and methods["chip"]["task_knowledge"] == []
    for name, method in methods.items():
        accuracies = [one["metrics"]["accuracy"] for one in method["runs"]]
        assert method["metrics"]["accuracy"]["mean"] == pytest.approx(np.mean(accuracies))
        assert method["metrics"]["accuracy"]["deviation"] == pytest.approx(np.std(accuracies, ddof=1))
        (first, other) = (one["flips"] for one in method["runs"])
        assert first != other, f"{name}: both seeds end with the same weights"
        assert [bool(one["histograms"]) for one in method["runs"]] == [True, False]
    for picture in ("curves", "matrices", "hidden-weights"):
        assert (tmp_path / f"a-{picture}.png").exists()


def test_the_same_plan_gives_the_same_numbers():
    torch.set_num_threads(1)
    scale = Scale(tasks=2, samples=80, test_samples=100, epochs=2, hidden=(6,), metaplasticity=2.0)
    names = ["metaplastic", "random", "si-batch-1", "chip"]
    plan = Plan(build=permuted_mnist, sources=Few(), scale=scale, methods=names, seeds=[3], last=2)
    found, again = compare(plan), compare(plan)
    for name in names:
        (one,), (other,) = found[name].runs, again[name].runs
        np.testing.assert_array_equal(one.matrix, other.matrix)
        assert one.flips == other.flips and one.histograms == other.histograms


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("metaplasticity-curve", [*TINY, *ALONE, "--values", "0,2", "--methods", "metaplastic,chip"]),
        ("width-curve", [*TINY[:8], *ALONE, "--seeds", "2", "--widths", "4,6", "--methods", "metaplastic-task-free"]),
        ("switching", [*TINY[2:], "--bins", "3", "--repetitions", "2", "--flips", "5,2"]),
        ("quadratic-task", ["--dimensions", "40", "--steps", "400", "--seeds", "2"]),
        ("compare-split-mnist", [*TINY, *ALONE, "--methods", "plain-batch-1"]),
        ("compare-features", [*TINY, *ALONE, "--methods", "si,online-ewc,random"]),
    ],
)
def test_the_other_experiments_run(name, words, tmp_path):
    torch.set_num_threads(1)
    path = tmp_path / "new" / "a.json"
    assert run(app, ["experiment", name, *words, "--json", str(path)]) == 0
    result = json.loads(path.read_text())
    assert result["experiment"] == name and result["seconds"] >= 0
    assert list(path.parent.glob("a*.png"))
    if name == "quadratic-task":
        assert result["metrics"]["largest_error"]["mean"] < 1e-9 and result["metrics"]["correlation"]["mean"] > 0.8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare-permuted-mnist", "--methods", "ecw"], "expected some of plain"),
        (["compare-permuted-mnist", "--tasks", "2", "--last", "3"], "--last is 3, expected 1 to 2"),
        (["compare-permuted-mnist", "--hidden", "12,x"], "--hidden is '12,x'"),
        (["compare-permuted-mnist", "--set", "batch=1", "--methods", "plain"], "one sample has no variance"),
        (["compare-permuted-mnist", "--samples", "60001", "--methods", "plain", *ALONE], "expected at most 60000"),
        (["compare-split-mnist", "--tasks", "6"], "expected 1 to 5 pairs"),
        (["metaplasticity-curve", "--methods", "plain"], "expected methods with the metaplastic rule"),
        (["switching", "--flips", "1,2,3"], "--flips has 3 numbers"),
        (["compare-permuted-mnist", "--engine", "fast", "--methods", "chip"], "--engine is fast, expected twin or compiled"),
        (["compare-permuted-mnist", "--workers", "0", "--methods", "chip"], "workers is 0, expected an integer from 1"),
        (["compare-permuted-mnist", "--rehearsal-every", "2"], "there is nothing to rehearse from"),
        (["compare-class-incremental", "--methods", "rehearsal-batch-1"], "nothing to rehearse from: give --rehearsal R"),
        (["compare-class-incremental", "--tasks", "3", "--methods", "chip"], "tasks is 3, expected 1, 2, 5 or 10"),
        (["sample-value", "--records", ""], "--records or --every is empty"),
        (["settings-sweep", "--variants", "margn = 3"], "--variants names margn, expected some of init_range"),
        (["settings-sweep", "--variants", "margin = 3; layers = [784, 5, 10]"], "--variants names layers"),
        (["settings-sweep", "--variants", "margin 3"], "--variants has 'margin 3', expected settings in TOML"),
        (["settings-sweep", "--variants", "margin = 3.5"], "margin is 3.5"),
        (["settings-sweep", "--variants", "margin = 3", "--stream", "cifar"], "--stream is cifar"),
        (["settings-sweep", "--variants", "margin = 3", "--tasks", "2", "--last", "3"], "--last is 3, expected 1 to 2"),
    ],
)
def test_bad_options_are_one_line_and_leave_nothing(words, said, tmp_path, capsys):
    assert run(app, ["experiment", *words, "--json", str(tmp_path / "a.json")]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("error: ") and said in last
    assert not list(tmp_path.iterdir())


def test_a_configuration_gives_the_hidden_layers_of_all_methods(tmp_path):
    torch.set_num_threads(1)
    config = tmp_path / "net.toml"
    config.write_text("[network]\nlayers = [784, 7, 6, 10]\n")
    words = ["--config", str(config), *TINY[:8], *ALONE, "--seeds", "1", "--methods", "plain,chip"]
    assert run(app, ["experiment", "compare-permuted-mnist", *words, "--json", str(tmp_path / "a.json")]) == 0
    result = json.loads((tmp_path / "a.json").read_text())
    assert result["scale"]["hidden"] == [7, 6]
    assert result["methods"]["plain"]["settings"]["layers"] == [784, 7, 6, 10]
    assert result["methods"]["chip"]["settings"]["network"]["layers"] == [784, 7, 6, 10]


@pytest.mark.parametrize(("threshold", "learns"), [("99", True), ("100", False), ("100,99", True), ("100,100", False)])
def test_fashion_mnist_has_a_threshold_of_its_own(threshold, learns, tmp_path, monkeypatch, capsys):
    grey = np.full((40, 784), 100, np.uint8), np.arange(40) % 10
    monkeypatch.setattr(Sources, "_grey", staticmethod(lambda name, folder: (grey, grey)))
    path = tmp_path / "a.json"
    words = ["--tasks", "1", "--samples", "40", "--test-samples", "10", "--methods", "chip", "--seeds", "1"]
    words += ["--fashion-threshold", threshold, "--json", str(path)]
    assert run(app, ["experiment", "compare-fashion-mnist", *words]) == 0
    (done,) = json.loads(path.read_text())["methods"]["chip"]["runs"]
    assert (done["flips"][0][0] > 0) == learns
    told = capsys.readouterr().err
    assert ("warning: Fashion-MNIST has no pixel that is on: brightest pixel is 100" in told) == (not learns)
    assert ("warning: Fashion-MNIST has no pixel that is off: darkest pixel is 100" in told) == (threshold == "99")


def test_a_sweep_tries_each_variant_on_held_out_training_samples(tmp_path):
    torch.set_num_threads(1)
    path = tmp_path / "a.json"
    words = ["--samples", "40", "--test-samples", "30", "--seeds", "1", *ALONE, "--json", str(path)]
    assert (
        run(app, ["experiment", "settings-sweep", "--variants", "window = 3;learning_rate = [1, 2], margin = 9", *words]) == 0
    )
    result = json.loads(path.read_text())
    assert result["scale"]["validation"] is True
    learning = {name: found["chip"]["settings"]["learning"] for name, found in result["by_variant"].items()}
    default = learning.pop("as it is")
    assert learning == {
        "window = 3": default | {"window": [3]},
        "learning_rate = [1, 2], margin = 9": default | {"learning_rate": [1, 2], "margin": 9},
    }


def test_a_sweep_over_a_stream_is_read_at_its_newest_tasks(tmp_path):
    torch.set_num_threads(1)
    path = tmp_path / "a.json"
    words = ["--tasks", "3", "--last", "2", "--look-back", "1", "--samples", "300", "--test-samples", "90", "--seeds", "1"]
    assert run(app, ["experiment", "settings-sweep", "--variants", "", *words, "--json", str(path)]) == 0
    result = json.loads(path.read_text())
    found = result["by_variant"]["as it is"]["chip"]
    (done,) = found["runs"]
    assert result["last"] == 2 and done["final"][0] != done["final"][1]
    assert done["metrics"]["accuracy"] == np.mean(done["final"][1:])
    assert found["metrics"]["accuracy"]["mean"] == done["metrics"]["accuracy"]
    assert [[value is None for value in row] for row in done["matrix"]] == [[0, 1, 1], [1, 0, 1], [0, 0, 0]]


def test_every_experiment_can_be_loaded():
    for chosen in EXPERIMENTS.values():
        assert chosen.load().__doc__


def test_pictures_show_what_they_are_given():
    line = curves.Line(name="one", across=[0, 1, 2], mean=[0.5, None, 0.7], deviation=[0.1, None, 0.1])
    long = curves.Line(name="two", across=range(50), mean=[0.5] * 50, deviation=[0.1] * 50)
    figure = curves.draw([curves.Panel(title="t", across="x", up="y", lines=[line, long])])
    axes = figure.axes[0]
    assert np.asarray(axes.lines[0].get_xdata()).tolist() == [0, 2]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
    matrix = np.array([[0.5, 0.1], [0.4, 0.6]])
    shown = accuracy_matrices.draw({"a": matrix, "b": matrix}).axes[0].images[0].get_array()
    assert np.ma.getmaskarray(np.ma.asarray(shown)).tolist() == [[False, True], [False, False]]
    figure = hidden_weight_histograms.draw({"a": {0: [(1.0, [1, 3])], 4: [(2.0, [2, 2])]}})
    assert len(figure.axes[0].patches) == 2
