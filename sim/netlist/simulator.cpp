// Simulates a netlist between standard input and standard output.
//
//   simulator NETLIST --rx PIN --tx PIN --low PIN --step N
//       bytes, over the serial pins; `--step` is 2^32 bits a clock cycle. All other inputs are high, but the one of `--low`.
//       Compiled with WITH_SDRAM, a memory is at the pins that begin with its value, and a cycle has PERIOD_PS.
//   simulator NETLIST --vectors
//       a line of levels of all inputs in, a line of all outputs back
//
// In the first form a byte of input goes onto the wire when the one before has left. The design runs on while it
// computes in silence; only after LINGER cycles without a sign of life on its pins does it wait for input. It ends, with
// status 0, after the end of its input and as long a silence.

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>

#include "cells.h"
#include "circuit.h"
#include "gowin_memory.h"
#include "memories.h"
#include "reader.h"
#include "serial_line.h"
#ifdef WITH_SDRAM
#include "sdram_pins.h"
#endif

namespace {

constexpr uint64_t LINGER = 1 << 22;      // more than the longest computation between two bits on the wire
constexpr uint64_t LOOK_CYCLES = 1 << 12; // between two looks for input
constexpr uint64_t START = 1 << 13;       // before the first byte: the PLL locks and the design leaves its reset
constexpr uint64_t LEAVE = 1 << 16;       // silence after the end of input

struct Design {
  std::unique_ptr<Circuit> circuit;
  std::vector<std::pair<std::string, Net>> inputs, outputs;

  Net pin(const std::vector<std::pair<std::string, Net>>& pins, const std::string& name) const {
    for (auto& [known, net] : pins)
      if (known == name) return net;
    fail("the netlist has no pin " + name);
  }
};

template <class Model>
std::unique_ptr<Cell> make(Circuit& circuit, Reader& reader) {
  return std::make_unique<Model>(circuit, reader);
}

const std::map<std::string, std::unique_ptr<Cell> (*)(Circuit&, Reader&)> MODELS = {
    {"lut", make<Lut>},       {"carry", make<Carry>},       {"multiply", make<Multiply>}, {"flipflop", make<FlipFlop>},
    {"lutram", make<LutRam>}, {"blockram", make<BlockRam>}, {"ram4k", make<Ram4k>},       {"spram", make<Spram>},
    {"lock", make<Lock>},     {"noise", make<Noise>},       {"gowinram", make<GowinRam>},
};

Design load(const std::string& path) {
  std::ifstream file(path);
  if (!file) fail(path + " cannot be read");
  std::string kind;
  Design design;
  size_t nets = 0;
  std::getline(file, kind);  // what `sim.netlist.build` knows of it
  file >> kind >> std::hex >> nets;
  design.circuit = std::make_unique<Circuit>(nets);
  Reader reader(file, nets);
  while (file >> kind) {
    if (kind == "input" || kind == "output") {
      std::string name = reader.word();
      (kind == "input" ? design.inputs : design.outputs).push_back({name, reader.net()});
    } else {
      auto model = MODELS.find(kind);
      if (model == MODELS.end()) fail("the netlist file has a cell " + kind);
      design.circuit->own(model->second(*design.circuit, reader));
    }
  }
  return design;
}

void run_vectors(Design& design) {
  Circuit& circuit = *design.circuit;
  circuit.begin();
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.size() != design.inputs.size()) fail("a line has another length than there are inputs");
    for (size_t i = 0; i < line.size(); i++) circuit.set(design.inputs[i].second, line[i] == '1');
    circuit.settle();
    for (auto& output : design.outputs) std::cout.put('0' + circuit[output.second]);
    std::cout.put('\n');
    circuit.edge();
  }
}

void run_wire(Design& design, const std::string& rx, const std::string& tx, const std::string& low, uint64_t step) {
  Circuit& circuit = *design.circuit;
  Net to = design.pin(design.inputs, rx), from = design.pin(design.outputs, tx);
  for (auto& input : design.inputs) circuit.power_up(input.second, input.first != low);
  circuit.begin();
#ifdef WITH_SDRAM
  auto input = [&](const std::string& name) { return design.pin(design.inputs, name); };
  auto output = [&](const std::string& name) { return design.pin(design.outputs, name); };
  SdramPins memory(input, output, WITH_SDRAM, PERIOD_PS);
#endif
  WireSource source(step);
  WireSink sink(step);
  std::string requests, replies;
  size_t at = 0;
  bool ended = false;
  for (uint64_t quiet = 0; !ended || at < requests.size() || quiet < LEAVE; quiet++) {
    if (at == requests.size() && !ended && (circuit.cycles() % LOOK_CYCLES == 0 || quiet >= LINGER)) {
      pollfd side{STDIN_FILENO, POLLIN, 0};
      if (poll(&side, 1, quiet >= LINGER ? -1 : 0) > 0) {
        char bytes[1 << 16];
        ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
        if (count < 0 && errno != EINTR) fail(std::string("standard input: ") + strerror(errno));
        ended = count == 0;
        requests.assign(bytes, std::max<ssize_t>(count, 0)), at = 0;
        quiet = 0;
      }
    }
    if (source.idle() && at < requests.size() && circuit.cycles() >= START) source.send(requests[at++]);
    if (!source.idle() || !sink.idle()) quiet = 0;
    circuit.set(to, source.cycle());
    circuit.settle();
    int byte = sink.cycle(circuit[from]);
    if (byte >= 0) replies.push_back(byte);
    circuit.edge();
#ifdef WITH_SDRAM
    memory.cycle(circuit);
#endif
    if (!replies.empty() && (replies.size() >= 64 || quiet == 16)) {
      for (size_t done = 0; done < replies.size();) {
        ssize_t count = write(STDOUT_FILENO, &replies[done], replies.size() - done);
        if (count < 0 && errno != EINTR) fail(std::string("standard output: ") + strerror(errno));
        done += std::max<ssize_t>(count, 0);
      }
      replies.clear();
    }
  }
  fprintf(stderr, "%llu cycles\n", (unsigned long long)circuit.cycles());
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) fail("expected a netlist file and --vectors or --rx, --tx, --low and --step");
  Design design = load(words[1]);
  if (words[2] == std::string("--vectors")) {
    run_vectors(design);
    return 0;
  }
  std::map<std::string, std::string> options;
  for (int i = 2; i + 1 < count; i += 2) options[words[i]] = words[i + 1];
  run_wire(design, options["--rx"], options["--tx"], options["--low"], strtoull(options["--step"].c_str(), nullptr, 10));
  return 0;
}
