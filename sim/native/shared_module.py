"""One copy of compiled code for all instances of a module, so that it stays in the processor's instruction cache.

Verilator compiles a module that it may not inline to functions of one class, but it connects instances by writing the
neighbour's signals into the code of each: 49 cells become 49 different copies, 270 KB that a cycle runs through, and
waiting for instructions takes as long as executing them. Here the inputs are variables of the module, and the module
around it sets them: every instance then has the same code, of which Verilator keeps one copy. `public_flat_rw` keeps
Verilator from replacing the variables by what they are set to.
"""

import re

OWN = ("clk", "rst")  # inputs that are the same for every instance


def share(verilog: str, module: str) -> str:
    """`verilog` with the inputs of `module` set from outside it, in the form that Yosys 0.70 writes.

    All instances of the module must lie in modules that contain no other instance of these modules' names.
    """
    name = rf"(?:{module}|\\{module} )"
    found = re.search(rf"^module {name} ?\((.*?)\);\n(.*?)^endmodule\n", verilog, re.MULTILINE | re.DOTALL)
    assert found, f"no module {module}"
    ports, body = found[1].split(", "), found[2]
    inputs = [port for port in ports if port not in OWN and re.search(rf"^  input (?:\[\d+:0\] )?{port};", body, re.M)]
    for port in inputs:
        declaration = rf"^  input (\[\d+:0\] )?{port};\n  wire (?:\[\d+:0\] )?{port};\n"
        variable = rf"  logic \1{port} /* verilator public_flat_rw */;\n"
        body, count = re.subn(declaration, variable, body, flags=re.MULTILINE)
        assert count == 1, port
    outputs = ", ".join(port for port in ports if port not in inputs)
    shared = f"module {module}({outputs}); /* verilator no_inline_module */\n{body}endmodule\n"

    def connect(match: re.Match[str]) -> str:
        instance, pins = match[1], re.findall(r"^    \.(\w+)\((.*)\),?$", match[2], re.MULTILINE)
        kept = ", ".join(f".{port}({value})" for port, value in pins if port not in inputs)
        set_ = "".join(f"  always_comb {instance}.{port} = {value};\n" for port, value in pins if port in inputs)
        return f"  {module} {instance} ({kept});\n{set_}"

    before, after = verilog[: found.start()], verilog[found.end() :]
    instance = re.compile(rf"^  {name} (\w+|\\\S+ ) ?\(\n(.*?)\n  \);\n", re.MULTILINE | re.DOTALL)
    return instance.sub(connect, before) + shared + instance.sub(connect, after)
