// Models of the logic cells of ECP5, iCE40 and Gowin. `sim/boards/test_netlist_cells.py` holds them against Yosys' own models
// (share/lattice/common_sim.vh, share/ecp5/ccu2c_sim.vh, share/ice40/cells_sim.v, share/gowin/cells_sim.v).
#pragma once

#include <random>

#include "circuit.h"
#include "reader.h"

// Any function of up to four inputs: LUT4, SB_LUT4, PFUMX, L6MUX21, SB_CARRY.
class Lut : public Cell {
 public:
  Lut(Circuit& circuit, Reader& reader) : table_(reader.number()), out_(reader.net()) {
    reader.nets(in_, 4);
    circuit.settles(this, {in_, in_ + 4}, {out_});
  }
  void settle(Circuit& c) override { c.set(out_, table_ >> c.word(in_, 4) & 1); }

 private:
  uint32_t table_;
  Net out_, in_[4];
};

// CCU2C of the ECP5: two bits of a carry chain. Each half has a table of four inputs, of which the first four entries
// also make the carry that it generates; INJECT1 cuts the carry off.
class Carry : public Cell {
 public:
  Carry(Circuit& circuit, Reader& reader) {
    for (Half& half : halves_) half.table = reader.number(), half.injects = reader.number();
    carry_in_ = reader.net();
    for (Half& half : halves_) reader.nets(half.in, 4);
    for (Half& half : halves_) half.sum = reader.net();
    carry_out_ = reader.net();
    std::vector<Net> inputs{carry_in_};
    for (Half& half : halves_) inputs.insert(inputs.end(), half.in, half.in + 4);
    circuit.settles(this, inputs, {halves_[0].sum, halves_[1].sum, carry_out_});
  }

  void settle(Circuit& c) override {
    bool carry = c[carry_in_];
    for (Half& half : halves_) {
      uint32_t inputs = c.word(half.in, 4);
      bool propagates = half.table >> inputs & 1, generates = !half.injects && (half.table >> (inputs & 3) & 1);
      c.set(half.sum, propagates ^ (!half.injects && carry));
      carry = propagates ? carry : generates;
    }
    c.set(carry_out_, carry);
  }

 private:
  struct Half {
    uint32_t table;
    bool injects;
    Net in[4], sum;
  } halves_[2];
  Net carry_in_, carry_out_;
};

// MULT18X18D without registers, as Yosys' share/lattice/dsp_map_18x18.v makes it.
class Multiply : public Cell {
 public:
  Multiply(Circuit& circuit, Reader& reader) : signed_a_(reader.net()), signed_b_(reader.net()) {
    reader.nets(a_, 18), reader.nets(b_, 18), reader.nets(product_, 36);
    std::vector<Net> inputs{signed_a_, signed_b_};
    inputs.insert(inputs.end(), a_, a_ + 18), inputs.insert(inputs.end(), b_, b_ + 18);
    circuit.settles(this, inputs, {product_, product_ + 36});
  }
  void settle(Circuit& c) override {
    auto factor = [&](Net* nets, Net is_signed) {
      int64_t value = c.word(nets, 18);
      return c[is_signed] && value >> 17 ? value - (1 << 18) : value;
    };
    c.set(product_, 36, uint64_t(factor(a_, signed_a_) * factor(b_, signed_b_)));
  }

 private:
  Net signed_a_, signed_b_, a_[18], b_[18], product_[36];
};

// TRELLIS_FF and SB_DFF…: a flip-flop with enable and with a reset or set that comes at the clock, or at once
// (`asynchronous`), and may wait for the enable (`gated`). At power-up it holds `initial`.
class FlipFlop : public Cell {
 public:
  FlipFlop(Circuit& circuit, Reader& reader)
      : out_(reader.net()), data_(reader.net()), enable_(reader.net()), reset_(reader.net()) {
    enable_inverted_ = reader.number(), reset_inverted_ = reader.number();
    reset_value_ = reader.number(), asynchronous_ = reader.number(), gated_ = reader.number();
    circuit.power_up(out_, reader.number());
    circuit.clocked(this, {data_, enable_, reset_});
    if (asynchronous_) circuit.settles(this, {reset_}, {out_});
  }
  void settle(Circuit& c) override {
    if (resets(c)) c.set(out_, reset_value_);
    c.again(this);
  }
  void edge(Circuit& c) override {
    bool enabled = c[enable_] != enable_inverted_;
    if (resets(c) && (enabled || !gated_))
      c.later(out_, reset_value_);
    else if (enabled)
      c.later(out_, c[data_]);
  }

 private:
  bool resets(Circuit& c) const { return c[reset_] != reset_inverted_; }
  Net out_, data_, enable_, reset_;
  bool enable_inverted_, reset_inverted_, reset_value_, asynchronous_, gated_;
};

// TRELLIS_DPR16X4: 16 words of 4 bits, written at the clock, read at any time.
class LutRam : public Cell {
 public:
  LutRam(Circuit& circuit, Reader& reader) {
    reader.nets(data_, 4), reader.nets(write_address_, 4), reader.nets(read_address_, 4), reader.nets(out_, 4);
    write_ = reader.net(), write_inverted_ = reader.number();
    for (int& word : words_) word = reader.number();
    std::vector<Net> inputs{write_};
    inputs.insert(inputs.end(), data_, data_ + 4);
    inputs.insert(inputs.end(), write_address_, write_address_ + 4);
    circuit.clocked(this, inputs);
    circuit.settles(this, {read_address_, read_address_ + 4}, {out_, out_ + 4});
  }
  void settle(Circuit& c) override { c.set(out_, 4, words_[c.word(read_address_, 4)]); }
  void edge(Circuit& c) override {
    if (c[write_] == write_inverted_) return;
    words_[c.word(write_address_, 4)] = c.word(data_, 4);
    c.wake(this);
  }

 private:
  Net data_[4], write_address_[4], read_address_[4], out_[4], write_;
  bool write_inverted_;
  int words_[16];
};

// A level that nothing drives: another one in half of all cycles.
class Noise : public Cell {
 public:
  Noise(Circuit& circuit, Reader& reader) : random_(reader.number()), out_(reader.net()) { circuit.clocked(this, {}); }
  void edge(Circuit& c) override {
    c.later(out_, random_() & 1);
    c.again(this);
  }

 private:
  std::minstd_rand random_;
  Net out_;
};

// LOCK of a PLL, of which the simulation has nothing else: its outputs are its input.
class Lock : public Cell {
 public:
  Lock(Circuit& circuit, Reader& reader) : out_(reader.net()) { circuit.clocked(this, {}); }
  void edge(Circuit& c) override {
    if (c.cycles() < CYCLES) c.again(this);
    c.later(out_, c.cycles() >= CYCLES);
  }

 private:
  static constexpr uint64_t CYCLES = 100;
  Net out_;
};
