// Models of the block memories. Where the vendor promises nothing, they give garbage, so that a design that relies on
// luck computes something wrong.
#pragma once

#include <array>
#include <random>

#include "circuit.h"
#include "reader.h"

// DP16KD, the block RAM of the ECP5: 18,432 bits behind two ports, both on the one clock.
//
// What it does is told by Lattice's memory usage guide (FPGA-TN-02204); how Yosys uses pins and parameters, by its
// share/lattice/brams_16kd.txt and brams_map_16kd.v:
//
// - The bits lie in 2,048 bytes of 9. A port of 9, 18 or 36 bits moves 1, 2 or 4 of them; the address begins at pin 3, 4
//   or 5, and the lowest pins of ports of 18 and 36 bits enable single bytes to be written. Ports of 1, 2 and 4 bits
//   divide the lower eight bits of a byte.
// - 36 bits take the data pins of both ports, the lower half those of A.
// - A port that writes keeps its output (NORMAL), shows the new word (WRITETHROUGH) or the old one (READBEFOREWRITE).
// - RST clears the output at the clock, CE or not, and lets the port write nothing meanwhile.
//
// Here port B only reads (`sim/netlist/ecp5.py` sees to it). No promise is made for a word that it reads while port A
// writes it: it comes out with every bit inverted, the whole word, even where only some of its bytes are written.
class BlockRam : public Cell {
 public:
  BlockRam(Circuit& circuit, Reader& reader) {
    for (Port& port : ports_) {
      port.width = reader.number(), port.mode = reader.number();
      reader.nets(port.address, 14), reader.nets(port.data, 18), reader.nets(port.out, 18);
      port.enable = reader.net(), port.write = reader.net(), port.reset = reader.net();
      std::vector<Net> inputs{port.enable, port.write, port.reset};
      inputs.insert(inputs.end(), port.address, port.address + 14);
      inputs.insert(inputs.end(), port.data, port.data + 18);
      circuit.clocked(this, inputs);
    }
    for (int i = 0; i < 1024; i++) {
      uint64_t word = reader.number();
      bytes_[2 * i] = word & 0x1FF, bytes_[2 * i + 1] = word >> 9;
    }
  }

  void edge(Circuit& c) override {
    Access a = access(c, 0), b = access(c, 1);
    int word = std::max({a.count, b.count, 1});
    bool meet = a.on && b.on && a.first / word == b.first / word;
    show(c, 0, a, false);
    show(c, 1, b, meet && a.writes);
    store(a);
    if (a.writes) c.again(this);
  }

 private:
  enum Mode { NORMAL, WRITETHROUGH, READBEFOREWRITE };

  struct Port {
    uint32_t width, mode;
    Net address[14], data[18], out[18], enable, write, reset;
  };

  // What a port does at this edge: `count` bytes from `first` on, of which it writes those of `writes`.
  struct Access {
    bool on;
    int count, first, shift;
    uint32_t writes;
    uint64_t mask, old, data;
  };

  Access access(Circuit& c, int which) {
    Port& port = ports_[which];
    bool wide = port.width == 36;
    uint32_t address = c.word(port.address, 14), reset = c[port.reset];
    Access access{};
    access.on = c[port.enable];
    access.count = wide ? 4 : port.width == 18 ? 2 : 1;
    access.first = (address >> 3) & ~(access.count - 1);
    access.shift = port.width < 8 ? address & 7 & ~(port.width - 1) : 0;
    access.mask = (uint64_t(1) << port.width) - 1;
    if (access.on && c[port.write] && !reset) access.writes = access.count == 1 ? 1 : address & ((1 << access.count) - 1);
    for (int i = access.count - 1; i >= 0; i--) access.old = access.old << 9 | bytes_[access.first + i];
    access.old = access.old >> access.shift & access.mask;
    access.data = c.word(port.data, 18);
    if (wide && which == 0) access.data |= c.word(ports_[1].data, 18) << 18;
    access.data &= access.mask;
    return access;
  }

  void show(Circuit& c, int which, const Access& access, bool spoiled) {
    Port& port = ports_[which];
    if (which == 0 && (port.width == 36 || ports_[1].width == 36)) return;  // its output pins are port B's, or unused
    uint64_t shown = access.old;
    bool writing = access.on && access.writes;
    if (c[port.reset])
      shown = 0;
    else if (!access.on || (writing && port.mode == NORMAL))
      return;
    else if (writing && port.mode == WRITETHROUGH)
      shown = (access.old & ~written(access)) | (access.data & written(access));
    else if (spoiled)
      shown ^= access.mask;
    if (port.width == 36) c.later(ports_[0].out, 18, shown);
    c.later(port.out, 18, port.width == 36 ? shown >> 18 : shown);
  }

  static uint64_t written(const Access& access) {
    uint64_t bits = 0;
    for (int i = 0; i < access.count; i++)
      if (access.writes >> i & 1) bits |= uint64_t(0x1FF) << 9 * i;
    return bits & access.mask;
  }

  void store(const Access& access) {
    for (int i = 0; i < access.count; i++) {
      if (!(access.writes >> i & 1)) continue;
      uint32_t mask = (access.mask >> 9 * i & 0x1FF) << access.shift;
      uint32_t data = access.data >> 9 * i << access.shift;
      bytes_[access.first + i] = (bytes_[access.first + i] & ~mask) | (data & mask);
    }
  }

  Port ports_[2];
  std::array<uint32_t, 2048> bytes_;
};

// SB_RAM40_4K of the iCE40: 256 words of 16 bits, one port that writes and one that reads; the modes 1 to 3 of a port
// divide a word in 2, 4 or 8 parts by the address bits above the lowest eight, as in Yosys' share/ice40/cells_sim.v.
// A word that is read while it is written comes out inverted. Parts of which one is read and another one written are words
// of their own: nobody sees which of them share a row of the memory.
class Ram4k : public Cell {
 public:
  Ram4k(Circuit& circuit, Reader& reader) : write_mode_(reader.number()), read_mode_(reader.number()) {
    reader.nets(write_address_, 11), reader.nets(mask_, 16), reader.nets(data_, 16);
    reader.nets(write_enable_, 2), reader.nets(read_address_, 11), reader.nets(out_, 16), reader.nets(read_enable_, 2);
    for (uint32_t& word : words_) word = reader.number();
    std::vector<Net> inputs;
    for (auto [nets, count] : {std::pair{write_address_, 11}, {mask_, 16}, {data_, 16}, {write_enable_, 2},
                               {read_address_, 11}, {read_enable_, 2}})
      inputs.insert(inputs.end(), nets, nets + count);
    circuit.clocked(this, inputs);
  }

  void edge(Circuit& c) override {
    bool writes = c.word(write_enable_, 2) == 3, reads = c.word(read_enable_, 2) == 3;
    uint32_t to = c.word(write_address_, 11), from = c.word(read_address_, 11);
    if (reads) {
      int parts = 1 << read_mode_, part = from >> 8 & (parts - 1), common = std::min(parts, 1 << write_mode_) - 1;
      bool spoiled = writes && (to & 255) == (from & 255) && (to >> 8 & common) == (from >> 8 & common);
      uint32_t word = words_[from & 255] ^ (spoiled ? 0xFFFF : 0), shown = 0;
      for (int i = part; i < 16; i += parts) shown |= (word >> i & 1) << pin(read_mode_, i - part);
      c.later(out_, 16, shown);
    }
    if (writes) {
      uint32_t data = c.word(data_, 16), mask = c.word(mask_, 16), &word = words_[to & 255];
      int parts = 1 << write_mode_, part = to >> 8 & (parts - 1);
      for (int i = part; i < 16; i += parts)
        if (write_mode_ || !(mask >> i & 1)) word = (word & ~(1u << i)) | (data >> pin(write_mode_, i - part) & 1) << i;
      c.again(this);
    }
  }

 private:
  // The data pin of the part that begins at bit `first` of the word: 0, 2, 4… in mode 1, 1, 5, 9, 13 in mode 2, 3, 11 in 3.
  static int pin(int mode, int first) { return first + (mode == 2 ? 1 : mode == 3 ? 3 : 0); }

  int write_mode_, read_mode_;
  Net write_address_[11], mask_[16], data_[16], write_enable_[2], read_address_[11], out_[16], read_enable_[2];
  std::array<uint32_t, 256> words_;
};

// SB_SPRAM256KA of the iCE40 UltraPlus: 16,384 words of 16 bits behind one port, undefined at power-up and after a write.
class Spram : public Cell {
 public:
  Spram(Circuit& circuit, Reader& reader) {
    reader.nets(address_, 14), reader.nets(data_, 16), reader.nets(mask_, 4), reader.nets(out_, 16);
    write_ = reader.net(), select_ = reader.net();
    std::mt19937 random(address_[0]);
    for (uint16_t& word : words_) word = random();
    std::vector<Net> inputs{write_, select_};
    for (auto [nets, count] : {std::pair{address_, 14}, {data_, 16}, {mask_, 4}})
      inputs.insert(inputs.end(), nets, nets + count);
    circuit.clocked(this, inputs);
  }

  void edge(Circuit& c) override {
    if (!c[select_]) return;
    uint16_t& word = words_[c.word(address_, 14)];
    if (!c[write_]) {
      c.later(out_, 16, word);
      return;
    }
    uint32_t mask = 0;
    for (int i = 0; i < 4; i++) mask |= c[mask_[i]] ? 0xF << 4 * i : 0;
    c.later(out_, 16, ~word & 0xFFFF);
    word = (word & ~mask) | (c.word(data_, 16) & mask);
  }

 private:
  Net address_[14], data_[16], mask_[4], out_[16], write_, select_;
  std::array<uint16_t, 16384> words_;
};
