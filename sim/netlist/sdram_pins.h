// The SDRAM of the native board (`sim/native/sdram.h`) at the pins of a netlist, a cycle at a time. It breaks the simulation off
// for a command that it does not allow.
#pragma once

#include <string>
#include <vector>

#include "circuit.h"
#include "sdram.h"

class SdramPins {
 public:
  // `input` and `output` find nets by their names; those of the pins begin with `prefix`.
  template <class Input, class Output>
  SdramPins(Input input, Output output, const std::string& prefix, int64_t period_ps) : period_(period_ps) {
    auto single = [&](const char* name) { return output(prefix + name + "__io"); };
    auto several = [&](const char* name, int count) {
      std::vector<Net> nets;
      for (int i = 0; i < count; i++) nets.push_back(output(prefix + name + "__io[" + std::to_string(i) + "]"));
      return nets;
    };
    cke_ = single("clk_en"), cs_ = single("cs"), ras_ = single("ras"), cas_ = single("cas"), we_ = single("we");
    ba_ = several("ba", 2), a_ = several("a", 13), dqm_ = several("dqm", sdram::CHIP.width / 8);
    for (int i = 0; i < sdram::CHIP.width; i++) {
      std::string name = prefix + "dq__io[" + std::to_string(i) + "]";
      dq_.push_back(input(name)), driven_.push_back(output(name + ".driven")), off_.push_back(output(name + ".off"));
    }
  }

  // Behind the edge of a cycle: the chip's own edge is in the middle of it, its word at the pins' registers a cycle after that.
  void cycle(Circuit& c) {
    if (c.cycles() <= POWER_UP) return;
    bool drives = !c[off_[0]];
    for (Net net : off_)
      if (c[net] == drives) fail("some of the data pins are driven, and some are not");
    try {
      chip_.edge(int64_t(c.cycles()) * period_, {c[cke_], c[cs_], c[ras_], c[cas_], c[we_], word(c, ba_), word(c, a_),
                                                 word(c, dqm_), drives, word(c, driven_)});
    } catch (const sdram::Violation& violation) {
      fail(violation.sentence);
    }
    c.set(dq_.data(), dq_.size(), word_);
    word_ = chip_.drives ? chip_.word : ~word_;
    c.settle();
  }

 private:
  static constexpr uint64_t POWER_UP = 2;  // the pins' registers hold noise before the first edges

  static uint32_t word(Circuit& c, const std::vector<Net>& nets) { return c.word(nets.data(), nets.size()); }

  sdram::Chip chip_;
  int64_t period_;
  uint32_t word_ = 0;
  Net cke_, cs_, ras_, cas_, we_;
  std::vector<Net> ba_, a_, dqm_, dq_, driven_, off_;
};
