"""Nothing is unpickled, anywhere: a file or a board that could make Python run its code is not read in such a way."""

import ast

import pytest

from sw.tree.sources import ROOT, sources

ROOMS = ("sw", "hw", "boards", "sim")
MODULES = ("pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle", "copyreg")
LOADERS = ("load", "read_array")  # of NumPy: they unpickle where allow_pickle is not False
WRITERS = ("write_array", "savez", "savez_compressed", "save")
OWNERS = ("np", "numpy", "format")


def violations(source):
    """One sentence for each way to unpickle in a text, or to run one."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            found += [f"line {node.lineno} imports {name}" for name in names if name.partition(".")[0] in MODULES]
        elif isinstance(node, ast.Call):
            found += call_violations(node)
    return found


def call_violations(node):
    called = ast.unparse(node.func)
    owner, _, name = called.rpartition(".")
    options = {word.arg: word.value for word in node.keywords}
    if called in ("eval", "exec", "__import__") or called in ("torch.load", "yaml.load"):
        return [f"line {node.lineno} calls {called}"]
    allowed = options.get("allow_pickle")
    said_no = isinstance(allowed, ast.Constant) and allowed.value is False
    of_numpy = owner.rpartition(".")[2] in OWNERS and name in (*LOADERS, *WRITERS)
    if of_numpy and not said_no:
        return [f"line {node.lineno} calls {called} without allow_pickle=False"]
    if allowed is not None and not said_no:
        return [f"line {node.lineno} calls {called} with allow_pickle"]
    return []


def test_no_room_unpickles():
    found = []
    for room in ROOMS:
        for path in sources(f"{room}/**/*.py"):
            found += [f"{path.relative_to(ROOT)}: {what}" for what in violations(path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "def f():\n    import joblib.memory",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trusted)",
        "np.lib.format.read_array(file)",
        "np.savez(file, a=a)",
        "read(path, allow_pickle=1)",
        "torch.load(path)",
        "eval(text)",
    ],
)
def test_a_planted_violation_is_found(source):
    assert len(violations(source)) == 1


@pytest.mark.parametrize(
    "source",
    ["np.load(path, allow_pickle=False)", "checkpoint.load(path)", "network.eval()", "json.load(file)", "state.save(path)"],
)
def test_what_is_safe_is_not_reported(source):
    assert violations(source) == []
