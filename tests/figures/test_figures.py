"""Pictures: the numbers in them are those given, and the same numbers give the same files."""

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from sw.figures import confusion, hidden_weights, prequential, retention, stacked_bars, style


def texts(figure):
    return " ".join(text.get_text() for axes in figure.axes for text in [axes.title, axes._left_title, *axes.texts])


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_running_accuracy_is_the_mean_of_the_last_samples():
    correct = np.array([1, 0, 1, 1, 0, 0], bool)
    np.testing.assert_allclose(prequential.running(correct, 3), [2 / 3, 2 / 3, 2 / 3, 1 / 3])


def test_the_prequential_curve_has_both_accuracies():
    correct = np.arange(4000) % 4 != 0
    figure = prequential.draw(correct, test_accuracy=0.5)
    (axes,) = figure.axes
    assert legend(axes) == ["last 500 samples", "all so far: 75.0% at the end", "test set afterwards: 50.0%"]
    cumulative = np.asarray(axes.lines[1].get_ydata())
    assert len(cumulative) == 4000 and cumulative[-1] == 0.75


@pytest.mark.parametrize("samples", [1, 3, 100])
def test_a_short_stream_can_be_drawn(samples, tmp_path):
    style.save(prequential.draw(np.ones(samples, bool)), tmp_path / "short")


def test_confusion_counts_true_classes_in_rows():
    matrix = confusion.counts(np.array([0, 0, 1, 2]), np.array([0, 2, 1, 1], np.uint16), 3)
    assert matrix.tolist() == [[1, 0, 1], [0, 1, 0], [0, 1, 0]]


def test_the_confusion_picture_numbers_its_fields():
    figure = confusion.draw(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1], np.uint16), 3)
    assert sorted(text.get_text() for text in figure.axes[0].texts) == ["100", "50", "50"]


def test_flipped_weights_are_those_whose_sign_changed():
    before, after = np.array([[-1, 0, 5, -128]], np.int8), np.array([[0, -1, 6, -127]], np.int8)
    assert hidden_weights.flipped(before, after) == 2
    figure = hidden_weights.draw([before, before], [after, before])
    assert "Layer 1: 2 of 4\nbinary weights flipped, 50.0%" in texts(figure)
    assert "Layer 2: 0 of 4\nbinary weights flipped, 0.0%" in texts(figure)


def test_the_picture_of_two_tasks_has_each_of_them_with_the_rule_and_without():
    kept, without = [[0.1, 0.2], [0.9, 0.1], [0.88, 0.86]], [[0.1, 0.2], [0.9, 0.1], [0.7, 0.85]]
    figure = retention.draw(["first", "second"], [0, 100, 200], 100, kept, without)
    whole, first = figure.axes
    told = {"first, with the rule": 88, "second, with the rule": 86, "first, without": 70, "second, without": 85}
    shown = [text.get_text() for text in figure.legends[0].get_texts()]
    assert shown == [f"{name}: {per_cent}.0% at the end" for name, per_cent in told.items()]
    drawn = [np.asarray(line.get_ydata()).tolist() for line in whole.lines[:4]]
    assert drawn == [[row[task] for row in rows] for rows in (kept, without) for task in (0, 1)]
    assert [np.asarray(line.get_ydata()).tolist() for line in first.lines] == [[0.9, 0.88], [0.9, 0.7]]


def test_bars_are_the_terms_after_each_other_and_end_at_their_sum():
    sums = {"a": {"first": 10.0, "second": 2.5}, "b": {"first": 1.0, "second": 3.0}}
    figure = stacked_bars.draw(sums, across="cycles")
    (axes,) = figure.axes
    assert [(bar.get_x(), bar.get_width()) for bar in axes.patches] == [(0, 10), (0, 1), (10, 2.5), (1, 3)]
    assert [text.get_text() for text in axes.texts] == ["12", "4"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["first", "second"]


def test_files_are_readable_and_the_same_every_time(tmp_path):
    files = []
    for name in ("a", "b"):
        correct = np.arange(200) % 3 != 0
        paths = style.save(prequential.draw(correct), tmp_path / "new" / name, (style.PNG, style.SVG))
        files.append([path.read_bytes() for path in paths])
    assert files[0] == files[1]
    png, svg = files[0]
    assert png.startswith(b"\x89PNG") and len(png) > 10_000
    assert ElementTree.fromstring(svg).tag.endswith("svg")
