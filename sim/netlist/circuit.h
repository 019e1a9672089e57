// A synchronous circuit of cells and nets of one bit, with one clock, simulated by events: only what has changed is
// computed. Cells between registers are computed in the order of their depth, so each at most once a cycle.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

using Net = uint32_t;

[[noreturn]] inline void fail(const std::string& sentence) {
  fprintf(stderr, "error: %s\n", sentence.c_str());
  exit(2);
}

class Circuit;

// A cell of the netlist. `settle` is called when an input listened to with `settles` has changed and sets outputs at
// once. `edge` is called at a clock edge if an input listened to with `clocked` has changed since the last one; what it
// gives to `Circuit::later` shows after the edge.
class Cell {
 public:
  virtual ~Cell() = default;
  virtual void settle(Circuit&) {}
  virtual void edge(Circuit&) {}

 private:
  friend class Circuit;
  uint32_t depth = 0;
  bool to_settle = false, to_clock = false;
};

class Circuit {
 public:
  // Nets 0 and 1 are the constants.
  explicit Circuit(size_t nets) : value_(nets), driver_(nets), listeners_(nets) { value_[1] = 1; }

  // While building -------------------------------------------------------------------------------------------------
  void settles(Cell* cell, const std::vector<Net>& inputs, const std::vector<Net>& outputs) {
    for (Net net : inputs)
      if (net > 1) listeners_[net].push_back({cell, false});
    for (Net net : outputs) driver_[net] = cell;
    paths_.push_back({cell, inputs});
  }

  void clocked(Cell* cell, const std::vector<Net>& inputs) {
    for (Net net : inputs)
      if (net > 1) listeners_[net].push_back({cell, true});
    clocked_.push_back(cell);
  }

  void power_up(Net net, bool value) { value_[net] = value; }

  void own(std::unique_ptr<Cell> cell) { cells_.push_back(std::move(cell)); }

  // Everything is computed once, with all registers as they are at power-up.
  void begin() {
    order();
    for (auto& path : paths_) wake(path.cell);
    for (Cell* cell : clocked_) again(cell);
    settle();
  }

  // While running --------------------------------------------------------------------------------------------------
  bool operator[](Net net) const { return value_[net]; }

  uint64_t word(const Net* nets, int count) const {
    uint64_t word = 0;
    for (int i = 0; i < count; i++) word |= uint64_t(value_[nets[i]]) << i;
    return word;
  }

  void set(Net net, bool value) {
    if (value_[net] == value) return;
    value_[net] = value;
    for (const Listener& listener : listeners_[net]) listener.clocked ? again(listener.cell) : wake(listener.cell);
  }

  void set(const Net* nets, int count, uint64_t word) {
    for (int i = 0; i < count; i++) set(nets[i], word >> i & 1);
  }

  void later(Net net, bool value) {
    if (value_[net] != value) later_.push_back({net, value});
  }

  void later(const Net* nets, int count, uint64_t word) {
    for (int i = 0; i < count; i++) later(nets[i], word >> i & 1);
  }

  // `cell` is settled before anything else happens, or called at the next edge, whether or not an input changes.
  void wake(Cell* cell) {
    if (cell->to_settle) return;
    cell->to_settle = true;
    waiting_[cell->depth].push_back(cell);
    shallowest_ = std::min(shallowest_, cell->depth);
  }

  void again(Cell* cell) {
    if (cell->to_clock) return;
    cell->to_clock = true;
    next_.push_back(cell);
  }

  void settle() {
    while (shallowest_ < waiting_.size()) {
      uint32_t depth = shallowest_++;
      for (size_t i = 0; i < waiting_[depth].size(); i++) {
        Cell* cell = waiting_[depth][i];
        cell->to_settle = false;
        cell->settle(*this);
      }
      waiting_[depth].clear();
    }
  }

  void edge() {
    std::swap(now_, next_);
    next_.clear();
    for (Cell* cell : now_) cell->to_clock = false;
    for (Cell* cell : now_) cell->edge(*this);
    cycles_++;
    for (auto [net, value] : later_) set(net, value);
    later_.clear();
    settle();
  }

  uint64_t cycles() const { return cycles_; }

 private:
  struct Listener {
    Cell* cell;
    bool clocked;
  };
  struct Path {
    Cell* cell;
    std::vector<Net> inputs;
  };

  // The depth of a cell is one more than that of the deepest cell that it settles after.
  void order() {
    bool changes = true;
    size_t rounds = 0;
    while (changes) {
      changes = false;
      for (auto& path : paths_) {
        uint32_t depth = 0;
        for (Net net : path.inputs)
          if (driver_[net]) depth = std::max(depth, driver_[net]->depth + 1);
        changes |= depth != path.cell->depth;
        path.cell->depth = depth;
      }
      if (++rounds > paths_.size() + 1 || rounds > MOST_DEPTH) fail("the netlist has a loop without a register");
    }
    for (auto& path : paths_) waiting_.resize(std::max<size_t>(waiting_.size(), path.cell->depth + 1));
    shallowest_ = waiting_.size();
  }

  static constexpr size_t MOST_DEPTH = 2000;
  std::vector<uint8_t> value_;
  std::vector<Cell*> driver_;
  std::vector<std::vector<Listener>> listeners_;
  std::vector<Path> paths_;
  std::vector<Cell*> clocked_, now_, next_;
  std::vector<std::unique_ptr<Cell>> cells_;
  std::vector<std::vector<Cell*>> waiting_;
  std::vector<std::pair<Net, bool>> later_;
  uint32_t shallowest_ = 0;
  uint64_t cycles_ = 0;
};
