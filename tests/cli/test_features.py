"""Samples from arrays and tables, encoded on the command line as the checkpoint keeps it."""

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_wine

from metaplast import MetaplasticClassifier, ThermometerEncoder
from sw.cli.command_line import app
from sw.data.encoder_text import fit_encoder
from sw.data.error import DataError
from sw.data.features import load_features, load_targets
from sw.host import checkpoint
from sw.terminal.run import run

KINDS = np.array(["red", "white", "rosé"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    samples, targets = load_wine(return_X_y=True)
    names = [f"f{i}" for i in range(13)]
    lines = [",".join([*map(repr, row.tolist()), str(KINDS[target])]) for row, target in zip(samples, targets, strict=True)]
    (tmp_path / "wine.csv").write_text("\n".join([",".join([*names, "kind"]), *lines]) + "\n", encoding="utf-8")
    np.save(tmp_path / "x.npy", samples)
    np.save(tmp_path / "y.npy", targets)
    np.savez(tmp_path / "wine.npz", x=samples, kind=KINDS[targets])
    (tmp_path / "net.toml").write_text("[network]\nlayers = [104, 40, 3]\ninit_range = 30\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(images, labels, *words, start=("--config", "net.toml"), save="a.npz"):
    given = ["train", "--board", "compiled", *start, "--images", images, "--labels", labels, "--save", save, "--shuffle", "1"]
    return run(app, [*given, *map(str, words)])


FILES = [("wine.csv", "wine.csv:kind"), ("wine.npz:x", "wine.npz:kind"), ("x.npy", "wine.csv:kind")]


@pytest.mark.parametrize(("images", "labels"), FILES)
def test_every_kind_of_file_says_the_same(folder, images, labels):
    if images == "x.npy":
        text = Path("wine.csv").read_text(encoding="utf-8").splitlines()
        Path("wine.csv").write_text("kind\n" + "\n".join(line.rpartition(",")[2] for line in text[1:]), encoding="utf-8")
    assert train(images, labels, "--encoder", "thermometer:4:complement", "--json", "a.json") == 0
    state = checkpoint.load(Path("a.npz"))
    assert state.meaning.labels == ("red", "rosé", "white") and state.meaning.encoder is not None
    assert (state.meaning.encoder.inputs, state.samples, json.loads(Path("a.json").read_text())["samples"]) == (104, 178, 178)
    for board in ("compiled", "twin"):
        words = ["evaluate", "--board", board, "--resume", "a.npz", "--images", images, "--labels", labels]
        assert run(app, [*words, "--json", f"{board}.json"]) == 0
    assert json.loads(Path("compiled.json").read_text()) == json.loads(Path("twin.json").read_text())
    samples, targets = load_wine(return_X_y=True)
    classifier = MetaplasticClassifier.load("a.npz")
    assert classifier.score(samples, KINDS[targets]) == json.loads(Path("twin.json").read_text())["accuracy"] > 0.7


def test_a_pass_in_parts_is_one_pass(folder):
    words = ("--encoder", "thermometer:8")
    assert train("wine.csv", "wine.csv:kind", *words) == 0
    assert train("wine.csv", "wine.csv:kind", *words, "--samples", 100, save="b.npz") == 0
    assert train("wine.csv", "wine.csv:kind", "--skip", 100, start=("--resume", "b.npz"), save="b.npz") == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()


def test_what_a_file_holds_in_integers_and_bits(folder):
    bits = np.random.default_rng(1).integers(0, 2, (30, 104))
    np.save("bits.npy", bits.astype(float))
    np.save("grey.npy", (bits * 200).astype(np.uint8).reshape(30, 8, 13))
    np.save("y.npy", np.arange(30) % 3)
    assert train("bits.npy", "y.npy") == train("grey.npy", "y.npy", save="b.npz") == 0
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    assert checkpoint.load(Path("a.npz")).meaning.labels is None


@pytest.mark.parametrize(
    ("images", "labels", "words", "told"),
    [
        ("x.npy", "y.npy", (), "x.npy holds 13 pixels or features a sample, expected 104"),
        ("x.npy", "y.npy", ("--encoder", "thermometer:3"), "the encoder makes 39 bits, the network has 104 inputs"),
        ("x.npy", "y.npy", ("--encoder", "onehot"), "expected thermometer:LEVELS, with :uniform and :complement"),
        ("x.npy", "y.npy", ("--encoder", "thermometer:8:8"), "expected thermometer:LEVELS"),
        ("x.npy", "y.npy", ("--encoder", "thermometer:0"), "levels is 0, expected an integer from 1 to 255"),
        ("x.npy", "labels.idx", (), "of different kinds"),
        ("none.npy", "y.npy", (), "none.npy cannot be read (No such file or directory)"),
        ("wine.npz", "y.npy", (), "wine.npz holds x, kind: name one, as in wine.npz:x"),
        ("wine.npz:z", "y.npy", (), "wine.npz holds x, kind: name one"),
        ("x.npy:x", "y.npy", (), "x.npy holds one array: leave the name x away"),
        ("wine.csv", "wine.csv", ("--encoder", "thermometer:8"), "expected a number: leave that column out"),
        ("wine.csv", "wine.csv:sort", ("--encoder", "thermometer:8"), "'red' in line 2, column kind, expected a number"),
        ("wine.csv:kind", "wine.csv:kind", (), "is one column of a table, expected all that are features"),
        ("y.npy", "y.npy", (), "y.npy is int64 of shape (178,), expected numbers of shape (n, features)"),
        ("x.npy", "x.npy", ("--encoder", "thermometer:8"), "x.npy is float64 of shape (178, 13), expected integers"),
        ("x.npy", "short.npy", ("--encoder", "thermometer:8"), "short.npy holds 3 labels, expected 178"),
        ("x.npy", "large.npy", ("--encoder", "thermometer:8"), "large.npy has the label 3 at sample 177, expected labels"),
        ("nan.npy", "y.npy", ("--encoder", "thermometer:8"), "nan.npy has nan as feature 2 of sample 7, expected"),
        ("broken.npy", "y.npy", (), "broken.npy is damaged or no file of NumPy's"),
        ("pickle.npy", "y.npy", (), "pickle.npy is damaged or no file of NumPy's"),
        ("ragged.csv", "ragged.csv:b", (), "ragged.csv has 3 columns in line 3, expected 2 as in its first line"),
        ("empty.csv", "empty.csv:b", (), "empty.csv has no row"),
        ("twice.csv", "twice.csv:a", (), "two columns of one name"),
        ("quote.csv", "quote.csv:a", (), "quote.csv is no table in CSV"),
        ("one.csv", "one.csv:a", (), "has no column beside the labels"),
        ("blank.csv", "blank.csv:b", ("--encoder", "thermometer:8"), "blank.csv has no label in line 3, column b"),
        ("under.csv", "under.csv:b", ("--encoder", "thermometer:8"), "'1_0' in line 2, column a, expected a number"),
        ("none.npz", "y.npy", (), "none.npz holds no array"),
        ("none.npz:x", "y.npy", (), "none.npz holds no array"),
        ("odd.npz:readme.txt", "y.npy", (), "readme.txt in odd.npz is no array"),
        ("huge.npy", "y.npy", (), "huge.npy is damaged or no file of NumPy's"),
        ("squeezed.npz:x", "y.npy", (), "squeezed.npz is damaged or no file of NumPy's"),
        (f"wine.csv:{'k' * 5000}", "y.npy", (), "is one column of a table"),
        ("pipe.csv", "pipe.csv:kind", (), "pipe.csv can be read only once, and holds samples and labels"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(folder, capsys, images, labels, words, told):
    samples, targets = load_wine(return_X_y=True)
    np.save("short.npy", targets[:3])
    np.save("large.npy", np.r_[targets[:-1], 3])
    np.save("nan.npy", np.where(np.arange(178 * 13).reshape(178, 13) == 7 * 13 + 2, np.nan, samples))
    np.save("pickle.npy", np.array([{}]), allow_pickle=True)
    Path("broken.npy").write_bytes(Path("x.npy").read_bytes()[:500])
    tables = {"ragged": "a,b\n1,2\n1,2,3\n", "empty": "a,b\n", "twice": "a,a\n1,2\n", "one": "a\n1\n", "quote": 'a,b\n"1,2\n'}
    tables |= {"blank": "a,b\n1,2\n1,\n", "under": "a,b\n1_0,2\n"}
    np.savez("none.npz")
    np.savez_compressed("squeezed.npz", x=samples)
    squeezed = bytearray(Path("squeezed.npz").read_bytes())
    squeezed[200:240] = bytes(40)
    Path("squeezed.npz").write_bytes(squeezed)
    with zipfile.ZipFile("odd.npz", "w") as archive:
        archive.writestr("readme.txt", "no array")
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**26}, 2), }}"
    Path("huge.npy").write_bytes(b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head.encode())
    os.mkfifo("pipe.csv")
    for name, text in tables.items():
        Path(f"{name}.csv").write_text(text)
    assert train(images, labels, *words) == 2
    said = capsys.readouterr().err
    assert told in said and said.count("\n") == 1 and not Path("a.npz").exists()


def test_an_encoder_of_a_checkpoint_is_not_replaced(folder, capsys):
    assert train("x.npy", "y.npy", "--encoder", "thermometer:8") == 0
    before = Path("a.npz").read_bytes()
    assert train("x.npy", "y.npy", "--encoder", "thermometer:8", start=("--resume", "a.npz")) == 2
    assert "the checkpoint has an encoder of its own: leave --encoder away" in capsys.readouterr().err
    np.save("other.npy", np.zeros((178, 12)))
    assert train("other.npy", "y.npy", start=("--resume", "a.npz")) == 2
    assert "samples have 12 features, the encoder was made for 13" in capsys.readouterr().err
    assert Path("a.npz").read_bytes() == before


def test_a_column_of_numbers_is_integers_and_blank_lines_are_none(folder):
    Path("t.csv").write_text("\ufeffa, b\n1.5,7\n\n-2e3, 8\n", encoding="utf-8")
    assert load_features("t.csv", "t.csv:b").tolist() == [[1.5], [-2000]]
    assert load_targets("t.csv:b", 2).tolist() == [7, 8]
    with pytest.raises(DataError, match="t.csv has the columns a, b: name that of the labels, as in t.csv:b"):
        load_targets("t.csv", 2)


def test_the_thresholds_come_from_the_beginning_of_the_stream():
    samples = np.r_[np.random.default_rng(1).random((1000, 2)), np.full((500, 2), 1e9)]
    assert fit_encoder("thermometer:3:uniform", samples) == ThermometerEncoder.fit(samples[:1000], 3, strategy="uniform")
    assert fit_encoder("thermometer:3:quantile:complement", samples).complement


def test_a_damaged_encoder_in_a_checkpoint_is_refused(folder):
    assert train("x.npy", "y.npy", "--encoder", "thermometer:8") == 0
    good = dict(np.load("a.npz"))
    for change, told in [
        ({"encoder": np.array("no json")}, "encoder is no JSON"),
        ({"encoder": np.array('{"features": 13}')}, "other fields than features, levels and complement"),
        ({"encoder": np.array('{"features": 13, "levels": 9, "complement": false}')}, "another count of bits"),
        ({"encoder_thresholds": good["encoder_thresholds"][:, ::-1]}, "descend"),
        ({"encoder_thresholds": good["encoder_thresholds"][1:]}, "expected float64 of shape"),
        ({"labels": np.array('["a", "b", "c", "d"]')}, "no list of at most 3"),
        ({"labels": np.array('["a", null]')}, "no list of at most 3"),
    ]:
        np.savez("d.npz", **{**good, **change})
        with pytest.raises(checkpoint.CheckpointError, match=told):
            checkpoint.load(Path("d.npz"))


def test_a_column_of_labels_is_no_feature_however_the_file_is_spelled(folder):
    Path("other.csv").symlink_to("wine.csv")
    Path("a:b.csv").write_bytes(Path("wine.csv").read_bytes())
    for labels in ("other.csv:kind", f"{folder}/wine.csv:kind", "./wine.csv:kind"):
        assert load_features("wine.csv", labels).shape == (178, 13)
    assert load_features("a:b.csv", "a:b.csv:kind").shape == (178, 13)
    Path("colon.csv").write_text("a:b,c\n1,2\n")
    assert load_targets("colon.csv:a:b", 1).tolist() == [1]


def test_labels_keep_what_they_stand_for(folder, capsys):
    Path("t.csv").write_text("a,kind\n" + "".join(f"{i},{'12A'[i % 3]}\n" for i in range(30)))
    Path("n.csv").write_text("a,kind\n" + "".join(f"{i},{'12'[i % 2]}\n" for i in range(30)))
    Path("net.toml").write_text("[network]\nlayers = [4, 8, 3]\n")
    words = ("--encoder", "thermometer:4")
    assert train("t.csv", "t.csv:kind", *words) == 0
    assert checkpoint.load(Path("a.npz")).meaning.labels == ("1", "2", "A")
    evaluate = ["evaluate", "--board", "compiled", "--images", "n.csv", "--labels", "n.csv:kind"]
    assert run(app, [*evaluate, "--resume", "a.npz"]) == 0  # a file without an A holds integers
    assert train("n.csv", "n.csv:kind", *words, save="b.npz") == 0
    capsys.readouterr()
    before = Path("b.npz").read_bytes()
    for given in (["evaluate", "--board", "twin"], ["train", "--board", "twin", "--save", "b.npz"]):
        assert run(app, [*given, "--resume", "b.npz", "--images", "t.csv", "--labels", "t.csv:kind"]) == 2
        assert "holds texts, the network has learned labels below 3: give integers" in capsys.readouterr().err
    assert Path("b.npz").read_bytes() == before


def test_bits_of_a_network_keep_what_they_stand_for(folder, capsys):
    np.save("bits.npy", np.random.default_rng(1).integers(0, 2, (178, 104)))
    assert train("bits.npy", "y.npy") == 0
    assert train("bits.npy", "y.npy", "--encoder", "thermometer:1", start=("--resume", "a.npz")) == 2
    assert "the network has learned from plain bits: leave --encoder away" in capsys.readouterr().err
