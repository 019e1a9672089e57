// Model of the block memories of Gowin's devices. Where the vendor promises nothing, or public reports say that a device does
// not do what he promises, it gives noise, so that a design that relies on it computes something wrong.
#pragma once

#include <array>
#include <random>

#include "circuit.h"
#include "reader.h"

// SP, DPB and SDPB, and with X9 those with bytes of nine bits, all ports on the one clock, by Gowin's UG285; how Yosys uses them,
// by its share/gowin/brams.txt and brams_map.v:
//
// - The bits lie in 2,048 bytes. A port of 1, 2 or 4 bytes has its address from pin 3, 4 or 5 on, narrower ones from pin 0, 1
//   or 2; the lowest pins of ports of 2 and 4 bytes enable single bytes.
// - A port that writes keeps its output (mode 0), shows the new word (1) or the old one (2).
//
// Noise comes out
// - at power-up, and at every edge with RESET;
// - from bytes that are not enabled, of a port that reads as well as of one that writes. Gowin's own blocks tie these pins high;
//   the port of an SDPB that only reads has them low, and shows the whole word;
// - while the enable of a port of a DPB is low, unless the port has one byte at most and OCE is low with it;
// - for a word that one port reads while the other one writes to it.
// A word that is written with RESET becomes noise.
class GowinRam : public Cell {
 public:
  GowinRam(Circuit& circuit, Reader& reader) {
    kind_ = Kind(reader.number()), byte_ = reader.number();
    count_ = kind_ == SINGLE ? 1 : 2;
    for (int i = 0; i < count_; i++) {
      Port& port = ports_[i];
      port.width = reader.number(), port.mode = reader.number();
      reader.nets(port.address, 14), reader.nets(port.data, 36), reader.nets(port.out, 36);
      port.enable = reader.net(), port.output = reader.net(), port.write = reader.net(), port.reset = reader.net();
      std::vector<Net> inputs{port.enable, port.output, port.write, port.reset};
      inputs.insert(inputs.end(), port.address, port.address + 14);
      inputs.insert(inputs.end(), port.data, port.data + 36);
      circuit.clocked(this, inputs);
      random_.seed(port.out[0] + 1);
      for (Net net : port.out)
        if (net > 1) circuit.power_up(net, random_() >> 16 & 1);
    }
    for (uint32_t& byte : bytes_) byte = reader.number();
  }

  void edge(Circuit& c) override {
    Access accesses[2] = {access(c, 0), count_ == 2 ? access(c, 1) : Access{}};
    for (int i = 0; i < count_; i++) {
      const Access& other = accesses[1 - i];
      int size = std::max(accesses[i].count, other.count);
      bool meets = other.writes && accesses[i].on && accesses[i].first / size == other.first / size;
      show(c, i, accesses[i], meets);
    }
    for (int i = 0; i < count_; i++) store(c, i, accesses[i]);
  }

 private:
  enum Kind { SINGLE, DUAL, ONE_WAY };

  struct Port {
    uint32_t width, mode;
    Net address[14], data[36], out[36], enable, output, write, reset;
  };

  // What a port does at this edge, to `count` bytes from `first` on: `enabled` are those that it may show or change.
  struct Access {
    bool on = false, writes = false;
    int count = 1, first = 0, shift = 0;
    uint64_t enabled = 0, mask = 0, old = 0, data = 0;
  };

  bool reads_only(int which) const { return kind_ == ONE_WAY && which == 1; }

  Access access(Circuit& c, int which) {
    Port& port = ports_[which];
    uint32_t address = c.word(port.address, 14);
    Access access;
    access.on = c[port.enable];
    access.writes = access.on && c[port.write];
    access.count = std::max<int>(port.width / byte_, 1);
    access.first = (address >> 3) & ~(access.count - 1);
    access.shift = port.width < 8 ? address & 7 & ~(port.width - 1) : 0;
    access.mask = (uint64_t(1) << port.width) - 1;
    for (int i = access.count - 1; i >= 0; i--) {
      access.old = access.old << byte_ | bytes_[access.first + i];
      bool enabled = access.count == 1 || reads_only(which) || address >> i & 1;
      access.enabled |= enabled ? ((uint64_t(1) << byte_) - 1) << i * byte_ : 0;
    }
    access.old = access.old >> access.shift & access.mask;
    access.enabled &= access.mask;
    access.data = c.word(port.data, port.width);
    return access;
  }

  void show(Circuit& c, int which, const Access& access, bool meets) {
    Port& port = ports_[which];
    if (kind_ == ONE_WAY && which == 0) return;
    bool holds = kind_ != DUAL || (access.count == 1 && !c[port.output]);
    uint64_t shown = access.old, noise = access.mask & ~access.enabled;
    if (c[port.reset] || (!access.on && !holds) || meets) {
      noise = access.mask;
    } else if (!access.on || (access.writes && port.mode == 0)) {
      return;
    } else if (access.writes && port.mode == 1) {
      shown = access.data;
    }
    if (noise) {
      shown = (shown & ~noise) | ((uint64_t(random_()) << 20 ^ random_()) & noise);
      c.again(this);
    }
    c.later(port.out, port.width, shown);
  }

  void store(Circuit& c, int which, const Access& access) {
    if (!access.writes || reads_only(which)) return;
    uint64_t word = c[ports_[which].reset] ? uint64_t(random_()) << 20 ^ random_() : access.data;
    for (int i = 0; i < access.count; i++) {
      uint32_t mask = access.enabled >> byte_ * i & ((1 << byte_) - 1);
      uint32_t& byte = bytes_[access.first + i];
      byte = (byte & ~(mask << access.shift)) | ((word >> byte_ * i & mask) << access.shift);
    }
    c.again(this);
  }

  Kind kind_;
  int byte_, count_;
  Port ports_[2];
  std::array<uint32_t, 2048> bytes_;
  std::minstd_rand random_;
};
