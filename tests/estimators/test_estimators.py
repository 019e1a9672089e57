"""The accelerator as scikit-learn and River know estimators: their own checks, and what goes from board to board."""

import pickle
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from river.checks import yield_checks
from sklearn.base import clone
from sklearn.datasets import load_digits, load_wine
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from metaplast import Checkpoint, MetaplastError, MetaplasticClassifier, OnlineMetaplasticClassifier, ThermometerEncoder
from sw.estimators import held_board
from sw.host import known_boards, notebook
from sw.host.error import InputError, LinkError
from sw.twin.compiled import library

BOARD = "compiled"
MISSING = {"check_array_api_input", "check_classifier_data_not_an_array"}  # array API and pandas, which are not installed


@pytest.fixture(scope="module")
def wine():
    return load_wine(return_X_y=True)


def fitted(samples, labels, **parameters):
    return MetaplasticClassifier(board=BOARD, hidden=(32,), random_state=3, **parameters).fit(samples, labels)


def weights(classifier):
    return [layer.tolist() for layer in classifier._opened().weights]


def test_classes_that_come_one_after_the_other_are_kept_by_rehearsal():
    samples, targets = load_digits(return_X_y=True)
    order = np.argsort(targets, kind="stable")
    encoder = ThermometerEncoder.fit(samples, 8)
    scores = {}
    for size in (0, 500):
        classifier = MetaplasticClassifier(board=BOARD, hidden=(200,), encoder=encoder, rehearsal=size, random_state=1)
        scores[size] = classifier.partial_fit(samples[order], targets[order], classes=range(10)).score(samples, targets)
    assert scores[0] < 0.3 and scores[500] > 0.7


@pytest.mark.filterwarnings("ignore:the thresholds of the encoder")
def test_the_checks_of_scikit_learn_pass():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Skipping check")
        results = check_estimator(MetaplasticClassifier(board=BOARD, hidden=(32,)), on_fail=None)
    failed = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    assert not failed
    assert {result["check_name"] for result in results if result["status"] == "skipped"} <= MISSING
    assert sum(result["status"] == "passed" for result in results) >= 50


@pytest.mark.parametrize("check", list(yield_checks(OnlineMetaplasticClassifier())), ids=lambda check: check.__name__)
def test_the_checks_of_river_pass(check):
    check(OnlineMetaplasticClassifier(board=BOARD, hidden=(32,), warm_up=20))


def test_digits_are_learned_in_a_pipeline():
    samples, targets = load_digits(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), MetaplasticClassifier(board=BOARD, hidden=(200,), epochs=5, random_state=1))
    scores = cross_val_score(pipeline, samples, targets, cv=3)
    assert min(scores) > 0.8


@pytest.mark.parametrize("labels", [np.array(["rouge", "blanc", "rosé"]), np.array([-1.0, 0.0, 7.0]), np.array([3, 70, -5])])
def test_any_labels_come_back(wine, labels):
    samples, targets = wine
    classifier = fitted(samples, labels[targets])
    assert classifier.score(samples, labels[targets]) > 0.9
    assert np.array_equal(classifier.classes_, np.sort(labels))


def test_one_pass_in_parts_is_one_pass(wine):
    samples, targets = wine
    encoder = ThermometerEncoder.fit(samples, 4)
    parts = MetaplasticClassifier(board=BOARD, hidden=(20,), encoder=encoder, random_state=1)
    whole: Any = clone(parts)
    whole.partial_fit(samples, targets, classes=[0, 1, 2])
    for start in range(0, len(samples), 50):
        parts.partial_fit(samples[start : start + 50], targets[start : start + 50], classes=[0, 1, 2])
    assert weights(parts) == weights(whole)


@pytest.mark.parametrize("copied", [clone, lambda c: pickle.loads(pickle.dumps(c))], ids=["clone", "pickle"])
def test_a_copy_learns_alone(wine, copied):
    samples, targets = wine
    classifier = fitted(samples, targets)
    before = weights(classifier)
    copy = copied(classifier)
    if hasattr(copy, "classes_"):
        assert weights(copy) == before
        copy.partial_fit(samples[::-1], targets[::-1])
    else:
        copy.fit(samples[::-1], targets[::-1])
    assert weights(copy) != before and weights(classifier) == before


def test_what_was_fitted_goes_on_on_another_board(wine):
    samples, targets = wine
    classifier = fitted(samples, targets)
    same = pickle.loads(pickle.dumps(classifier)).set_params(board="twin")
    for each in (classifier, same):
        each.partial_fit(samples[:40], targets[:40])
    assert same._held.name == "twin" and weights(same) == weights(classifier)
    assert np.array_equal(same.predict(samples), classifier.predict(samples))


def test_a_board_is_given_back_and_taken_again(wine, monkeypatch):
    samples, targets = wine
    closed = []
    monkeypatch.setattr(notebook.OpenBoard, "close", lambda board, close=notebook.OpenBoard.close: closed.append(close(board)))
    with fitted(samples, targets) as classifier:
        before = weights(classifier)
    assert closed == [None]
    assert weights(classifier) == before
    del classifier
    assert closed == [None, None]


def test_a_saved_classifier_knows_its_encoder_and_labels(tmp_path, wine):
    samples, targets = wine
    names = np.array(["a", "b", "c"])[targets]
    classifier = fitted(samples, names)
    classifier.save(tmp_path / "wine.npz")
    loaded = MetaplasticClassifier.load(tmp_path / "wine.npz", board="twin")
    assert loaded.encoder_ == classifier.encoder_ and list(loaded.classes_) == ["a", "b", "c"]
    assert np.array_equal(loaded.predict(samples), classifier.predict(samples))
    with notebook.open_board("twin") as board:  # a user of the board alone keeps the encoder, too
        board.load(tmp_path / "wine.npz")
        board.train(classifier.encoder_.encode(samples), targets)
        board.save(tmp_path / "on.npz")
    classifier.partial_fit(samples, names)
    on = MetaplasticClassifier.load(tmp_path / "on.npz", board=BOARD)
    assert np.array_equal(on.predict(samples), classifier.predict(samples))


def test_a_plain_checkpoint_takes_bits(tmp_path):
    with notebook.open_board("twin") as board:
        board.begin(layers=(6, 8, 3))
        board.save(tmp_path / "plain.npz")
    loaded = MetaplasticClassifier.load(tmp_path / "plain.npz", board="twin")
    assert loaded.n_features_in_ == 6 and set(loaded.predict(np.eye(6))) <= {0, 1, 2}


@pytest.mark.parametrize(
    ("parameters", "error", "words"),
    [
        ({"epochs": 0}, ValueError, "epochs is 0, expected an integer of at least 1"),
        ({"encoder": "hot"}, ValueError, "encoder is 'hot', expected 'auto' or a ThermometerEncoder"),
        ({"encoder": ThermometerEncoder(thresholds=[[1]])}, ValueError, "X has 13 features, but the encoder is expecting 1"),
        ({"settings": {"colour": 1}}, MetaplastError, "unknown field colour"),
        ({"hidden": (0,)}, MetaplastError, "a hidden layer is 0, expected an integer from 1"),
        ({"hidden": 8}, ValueError, "hidden is 8, expected the neurons of each hidden layer"),
        ({"settings": [1]}, ValueError, r"settings is \[1\], expected fields of the network"),
        ({"settings": {"layers": (1, 2)}}, ValueError, "without layers"),
        ({"encoder": np.zeros((13, 2))}, ValueError, "expected 'auto' or a ThermometerEncoder"),
        ({"rehearsal": -1}, MetaplastError, "size of the rehearsal is -1"),
        ({"board": "toaster"}, MetaplastError, "there is no board toaster"),
    ],
)
def test_a_bad_parameter_changes_nothing(wine, parameters, error, words):
    classifier = fitted(*wine)
    before = weights(classifier)
    good = classifier.get_params()
    with pytest.raises(error, match=words):
        classifier.set_params(**parameters).fit(*wine)
    assert weights(classifier.set_params(**good)) == before


def test_an_unknown_label_changes_nothing(wine):
    samples, targets = wine
    classifier = fitted(samples, targets)
    before = weights(classifier)
    with pytest.raises(ValueError, match=r"label 9 is none of the classes \[0, 1, 2\]"):
        classifier.partial_fit(samples[:2], [0, 9])
    with pytest.raises(ValueError, match="not those of the first call"):
        classifier.partial_fit(samples[:2], [0, 1], classes=[0, 1])
    assert weights(classifier) == before


def test_bad_samples_raise_what_scikit_learn_raises_and_change_nothing(wine, tmp_path):
    samples, targets = wine
    classifier = fitted(samples, targets)
    before = weights(classifier)
    broken, endless = samples.copy(), samples.copy()
    broken[7, 2], endless[7, 2] = np.nan, np.inf
    refused = [
        (samples[:, :5], "X has 5 features, but MetaplasticClassifier is expecting 13 features as input"),
        (broken, "Input X contains NaN"),
        (endless, "Input X contains infinity"),
        (samples[0], "Expected 2D array, got 1D array instead"),
        (samples[:0], "Found array with 0 sample"),
        (samples.astype(str).astype(object) + "x", "could not convert string to float"),
    ]
    for bad, words in refused:
        for call in (classifier.predict, lambda given: classifier.partial_fit(given, targets[: len(given)])):
            with pytest.raises(ValueError, match=words):
                call(bad)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        classifier.partial_fit(samples, targets[:-1])
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        MetaplasticClassifier(board=BOARD).fit(samples, samples[:, 0])
    assert weights(classifier) == before
    for call in (lambda c: c.predict(samples), lambda c: c.save(tmp_path / "none.npz")):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            call(MetaplasticClassifier(board=BOARD))
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        MetaplasticClassifier(board=BOARD).partial_fit(samples, targets)


def test_without_a_compiler_it_is_told_once_that_the_twin_takes_the_place(wine, monkeypatch):
    samples, targets = wine
    library.library.cache_clear()
    monkeypatch.setattr(library.shutil, "which", lambda name: None)
    monkeypatch.setattr(known_boards, "_told", [])
    with pytest.warns(UserWarning, match=known_boards.IN_ITS_PLACE) as told:
        ends = [weights(fitted(samples[::4], targets[::4], epochs=1)) for _ in range(2)]
    assert len(told) == 1
    monkeypatch.undo()
    assert ends == [weights(fitted(samples[::4], targets[::4], epochs=1))] * 2


def test_thresholds_from_a_few_samples_are_told(wine):
    samples, targets = wine
    with pytest.warns(UserWarning, match="learned from 5 samples"):
        MetaplasticClassifier(board=BOARD, hidden=(8,)).partial_fit(samples[:5], targets[:5], classes=[0, 1, 2])


def online(**parameters):
    return OnlineMetaplasticClassifier(**{"board": BOARD, "hidden": (32,), "warm_up": 30, **parameters})


def stream(wine, count) -> list[tuple[dict[Any, Any], str]]:
    samples, targets = wine
    order = np.random.default_rng(4).permutation(len(samples))[:count]
    return [(dict(zip("abcdefghijklm", samples[i], strict=True)), f"class {targets[i]}") for i in order]


def test_a_stream_is_learned(wine):
    model = online()
    assert model.predict_one({"a": 1.0}) is None
    right = []
    for x, y in stream(wine, 178) * 2:
        right.append(model.predict_one(x) == y)
        model.learn_one(x, y)
    assert np.mean(right[178:]) > 0.85


def test_warm_up_changes_no_bit_of_what_is_learned(wine):
    samples = stream(wine, 120)
    encoder = ThermometerEncoder.fit(np.array([list(x.values()) for x, _ in samples]), 4)
    ends = []
    for warm_up in (1, 30, 120):
        model = online(warm_up=warm_up, encoder=encoder)
        for x, y in samples:
            model.learn_one(x, y)
        ends.append([layer.tolist() for layer in model._held.board.weights])
    assert ends[0] == ends[1] == ends[2]


def test_a_missing_feature_contributes_nothing(wine):
    model = online(encoder="auto")
    for x, y in stream(wine, 40):
        model.learn_one(x, y)
    bits = model._bits({"b": 1e9})
    per_feature = bits.reshape(13, -1).sum(axis=1)
    assert per_feature[1] > 0 and per_feature.sum() == per_feature[1]
    assert not model._bits({"unheard": 1.0}).any()


def test_a_stream_is_saved_and_goes_on(tmp_path, wine):
    samples = stream(wine, 160)
    model = online()
    for x, y in samples[:100]:
        model.learn_one(x, y)
    model.save(tmp_path / "stream.npz")
    loaded = OnlineMetaplasticClassifier.load(tmp_path / "stream.npz", names=list("abcdefghijklm"), board="twin")
    for x, y in samples[100:]:
        assert loaded.predict_one(x) == model.predict_one(x)
        model.learn_one(x, y)
        loaded.learn_one(x, y)
    model.save(tmp_path / "one.npz")
    loaded.save(tmp_path / "other.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


def test_a_label_too_many_is_told_and_not_learned(wine):
    model = online(most_classes=3)
    for x, y in stream(wine, 60):
        model.learn_one(x, y)
    before = Checkpoint.of(model._held.board.device, model._held.board.network)
    with pytest.raises(InputError, match="'fourth' is one more than the 3 of most_classes"):
        model.learn_one({"a": 1.0}, "fourth")
    after = Checkpoint.of(model._held.board.device, model._held.board.network)
    assert after.samples == before.samples and after.weights_crc32 == before.weights_crc32


def test_a_model_without_a_network_cannot_be_saved(tmp_path):
    with pytest.raises(InputError, match="nothing was learned yet"):
        online().save(tmp_path / "none.npz")
    assert not list(tmp_path.iterdir())


def test_a_sample_that_is_refused_changes_nothing(wine):
    good, bad = online(), online()
    refused: list[tuple[Any, Any]] = [({"a": "red"}, "class 0"), ({"a": [1]}, "class 0"), ({"a": 10**400}, "class 0")]
    refused += [
        ({"a": float("inf")}, "class 0"),
        ({"a": 1.0}, None),
        ({"a": 1.0}, (1, 2)),
        ({"a": 1.0}, 1.5),
        ({"a": "x"}, "new"),
    ]
    for number, (x, y) in enumerate(stream(wine, 80)):
        for each in refused if number in (3, 50) else ():
            with pytest.raises(InputError, match="expected a"):
                bad.learn_one(*each)
        for model in (good, bad):
            model.learn_one({**x, "a": None} if number == 7 else x, y)
    assert [w.tolist() for w in good._held.board.weights] == [w.tolist() for w in bad._held.board.weights]
    assert good._labels == bad._labels


def test_labels_that_no_checkpoint_has_room_for_are_refused_at_once(wine):
    samples, targets = wine
    long = np.array([letter * 9000 for letter in "abc"])
    with pytest.raises(InputError, match="at most 16384 can be saved"):
        MetaplasticClassifier(board=BOARD).fit(samples, long[targets])
    model = online()
    model.learn_one({"a": 1.0}, long[0])
    with pytest.raises(InputError, match="at most 16384 can be saved"):
        model.learn_one({"a": 1.0}, long[1])


def test_threads_open_one_board(wine, tmp_path, monkeypatch):
    fitted(*wine).save(tmp_path / "a.npz")
    loaded = MetaplasticClassifier.load(tmp_path / "a.npz", board=BOARD)
    expected = MetaplasticClassifier.load(tmp_path / "a.npz", board=BOARD).predict(wine[0]).tolist()
    opened, real = [], held_board.open_board

    def slowly(*given, **options):
        opened.append(given)
        time.sleep(0.1)
        return real(*given, **options)

    monkeypatch.setattr(held_board, "open_board", slowly)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: loaded.predict(wine[0]).tolist(), range(4)))
    assert found == [expected] * 4 and len(opened) == 1


def test_a_board_that_has_gone_is_given_back(wine, monkeypatch):
    classifier = fitted(*wine)
    board, closed = classifier._opened(), []
    monkeypatch.setattr(board, "close", lambda: closed.append(True))
    monkeypatch.setattr(board.device, "read_weights", lambda: (_ for _ in ()).throw(LinkError("gone")))
    with pytest.raises(LinkError, match="gone"):
        classifier.close()
    assert closed == [True]
    assert classifier.fit(*wine).score(*wine) > 0.9


def test_a_network_that_is_refused_leaves_no_board_open(wine, monkeypatch):
    classifier = fitted(*wine)
    state, closed = classifier._held.checkpoint, []
    monkeypatch.setattr(notebook.OpenBoard, "resume", lambda *_: (_ for _ in ()).throw(LinkError("no")))
    monkeypatch.setattr(notebook.OpenBoard, "close", lambda board: closed.append(board))
    with pytest.raises(LinkError, match="no"):
        _ = held_board.HeldBoard(BOARD, None, state).board
    assert len(closed) == 1


def test_a_first_call_that_is_refused_binds_nothing(wine):
    samples, targets = wine
    classifier = MetaplasticClassifier(board=BOARD, hidden=(8,))
    with pytest.raises(ValueError, match="label 2 is none of the classes"):
        classifier.partial_fit(samples, targets, classes=[0, 1])
    classifier.partial_fit(samples, targets, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="there is 1 class"):
        classifier.fit(samples[:, :5], np.zeros(len(samples)))
    assert classifier.predict(samples).shape == targets.shape


def test_equal_states_make_equal_files(wine, tmp_path):
    samples, targets = wine
    fit = ThermometerEncoder.fit(samples, 4)
    for name, encoder in (("a", fit), ("b", ThermometerEncoder(thresholds=fit.thresholds.tolist()))):
        MetaplasticClassifier(board=BOARD, hidden=(8,), encoder=encoder, random_state=1).fit(samples, targets).save(
            tmp_path / name
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_was_loaded_goes_on_rehearsing(wine, tmp_path):
    fitted(*wine, rehearsal=9).save(tmp_path / "a.npz")
    assert MetaplasticClassifier.load(tmp_path / "a.npz", board=BOARD).rehearsal.size == 9
