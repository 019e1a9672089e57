// An SDR SDRAM chip of the simulated board: what it holds, and which commands it refuses, and why. The rules and the words are
// those of `sim.drivers.sdram_rules`; a test gives both the same commands.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "sdram_chip.h"  // CHIP, written by sim.native.sdram

namespace sdram {

constexpr int64_t PS = 1000;  // in a ns
constexpr int64_t LONG_AGO = -(int64_t(1) << 60);
constexpr int BANKS = 4;
constexpr uint32_t A10 = 1 << 10;
constexpr double MOST_BEHIND = 1;

enum Command { NOP = 0, ACTIVATE = 1, READ = 2, REFRESH = 3, PRECHARGE = 5, WRITE = 6, MODE = 7 };
inline const char* name_of(int command) {
  static const char* const names[] = {"NOP", "ACTIVATE", "READ", "REFRESH", "STOP", "PRECHARGE", "WRITE", "MODE"};
  return names[command];
}

struct Pins {
  bool cke, cs_n, ras_n, cas_n, we_n;
  uint32_t ba, a, dqm;
  bool driven;
  uint32_t dq;
};

struct Violation {
  std::string sentence;
};

inline std::string number(double value) {
  char text[32];
  snprintf(text, sizeof text, "%g", value);
  return text;
}

class Chip {
 public:
  explicit Chip(uint32_t seed = 1) : seed_(seed) {
    // Pages that nobody touches take no memory: a vector would write zeros into all of them.
    size_t words = size_t(BANKS) * CHIP.rows * CHIP.columns;
    words_.reset(static_cast<Word*>(calloc(words, sizeof(Word))));
    written_.reset(static_cast<uint8_t*>(calloc(words / 8 + 1, 1)));
    row_refreshed_.assign(CHIP.rows, 0);
    restored_.assign(size_t(BANKS) * CHIP.rows, 0);
  }

  // A rising edge of the clock at `now` ps after power-up; what the chip puts on its pins behind it is in `word`, if `drives`.
  void edge(int64_t now, const Pins& pins) {
    before_ = now_, now_ = now;
    edges_++;
    int command = pins.cs_n ? NOP : int(!pins.ras_n) | int(!pins.cas_n) << 1 | int(!pins.we_n) << 2;
    uint32_t all_masked = (1u << CHIP.width / 8) - 1;
    masked_ = masked_ << 1 | (pins.dqm == all_masked);
    require(pins.cke, "CKE is low: the chip is only known with its clock enabled");
    if (pins.driven) check_pins_free();
    check_refreshes();
    if (command != NOP) {
      check_start(command, pins, all_masked);
      switch (command) {
        case ACTIVATE: activate(pins); break;
        case READ: read(pins); break;
        case WRITE: write(pins); break;
        case PRECHARGE: precharge(pins); break;
        case REFRESH: refresh(); break;
        case MODE: mode(pins); break;
        default: require(false, "STOP: bursts are of one word, there is nothing to stop");
      }
    }
    // out_[i]: the word that is valid i edges from now
    shown_ = drives;
    drives = out_[1].there && !(masked_ >> 1 & 1);
    word = out_[1].word;
    for (int i = 0; i < 3; i++) out_[i] = out_[i + 1];
    out_[3] = {};
  }

  bool drives = false;
  uint32_t word = 0;
  uint64_t commands[8] = {};
  bool refreshes_rows = true;  // else REFRESH is taken, and does nothing: for whoever wants to see rows fade

  // A bit of a word is the other one from now on.
  void flip(uint32_t bank, uint32_t row, uint32_t column, int bit) {
    size_t at = index(bank, row, column);
    put(at, held(at) ^ 1u << bit);
  }

 private:
  struct Bank {
    bool open = false;
    uint32_t row = 0;
    int64_t activated = LONG_AGO, precharged = LONG_AGO, written = LONG_AGO, written_edge = 0;
  };
  struct Out {
    bool there = false;
    uint32_t word = 0;
  };

  void require(bool condition, const std::string& sentence) const {
    if (condition) return;
    char when[48];
    snprintf(when, sizeof when, " (at %.3f us)", double(now_) / PS / 1000);
    throw Violation{sentence + when};
  }

  void least(const char* rule, int64_t since, double expected, const std::string& what) const {
    int64_t passed = now_ - since;
    if (passed >= int64_t(expected * PS + 0.5)) return;
    require(false, std::string(rule) + ": " + what + " after " + number(double(passed) / PS) + " ns, expected at least " +
                       number(expected) + " ns");
  }

  void check_start(int command, const Pins& pins, uint32_t all_masked) const {
    std::string name = name_of(command);
    least("power-up", 0, CHIP.power_up, name + " comes");
    if (!counts_refreshes_)
      require(pins.dqm == all_masked || command == MODE, "power-up: DQM is low at " + name + ", expected high");
    if (command == REFRESH)
      for (const Bank& bank : banks_) require(bank.precharged != LONG_AGO, "power-up: REFRESH before PRECHARGE of all banks");
    if (command == ACTIVATE || command == READ || command == WRITE) {
      require(latency_, "power-up: " + name + " before MODE");
      require(first_refreshes_ >= CHIP.first_refreshes, "power-up: " + name + " after " + std::to_string(first_refreshes_) +
                                                            " refreshes, expected " + std::to_string(CHIP.first_refreshes));
    }
    if (mode_edge_) {
      int64_t clocks = edges_ - mode_edge_;
      require(clocks >= CHIP.mrd_clocks, "tMRD: " + name + " comes " + std::to_string(clocks) +
                                             " clocks after MODE, expected at least " + std::to_string(CHIP.mrd_clocks));
    }
    if (command != PRECHARGE) least("tRFC", refreshed_, CHIP.t_rfc, name + " comes after REFRESH");
  }

  void check_refreshes() const {
    if (!counts_refreshes_) return;
    double due = double(now_ - refreshes_from_) / (CHIP.refresh_interval * PS);
    if (due - double(refreshes_) > MOST_BEHIND + 1)
      require(false, "tREFI: " + std::to_string(refreshes_) + " refreshes where " + std::to_string(int64_t(due)) +
                         " are due, expected one every " + number(CHIP.refresh_interval) + " ns");
  }

  void check_pins_free() const {
    require(!drives && !shown_, "bus: a word is driven where one that is read has not been off the pins for a clock");
  }

  void activate(const Pins& pins) {
    Bank& bank = banks_[pins.ba];
    std::string name = "ACTIVATE of bank " + std::to_string(pins.ba);
    require(!bank.open, name + ", in which row " + std::to_string(bank.row) + " is open, expected PRECHARGE first");
    least("tRP", bank.precharged, CHIP.t_rp, name + " comes after PRECHARGE");
    least("tRC", bank.activated, CHIP.t_rc, name + " comes after ACTIVATE");
    least("tRRD", activated_, CHIP.t_rrd, name + " comes after that of another");
    int64_t clocks = edges_ - activated_edge_;
    require(!activated_edge_ || clocks >= CHIP.rrd_clocks, "tRRD: " + name + " comes " + std::to_string(clocks) +
                                                               " clocks after another, expected at least " +
                                                               std::to_string(CHIP.rrd_clocks));
    require(pins.a < CHIP.rows, "ACTIVATE of row " + std::to_string(pins.a) + ", expected one of " + std::to_string(CHIP.rows));
    bank.open = true, bank.row = pins.a, bank.activated = now_, bank.written = LONG_AGO;
    activated_ = now_, activated_edge_ = edges_;
    fade(pins.ba, pins.a);
  }

  // A row that was neither refreshed nor opened for too long has other bits.
  void fade(uint32_t bank, uint32_t row) {
    int64_t& restored = restored_[size_t(bank) * CHIP.rows + row];
    int64_t seen = std::max(row_refreshed_[row], restored);
    if (now_ - seen > int64_t(CHIP.refresh_ms) * PS * 1000000)
      for (uint32_t column = 0; column < CHIP.columns; column++) {
        size_t at = index(bank, row, column);
        if (written_[at >> 3] >> (at & 7) & 1) words_[at] ^= noise(at) | 1;
      }
    restored = now_;
  }

  void read(const Pins& pins) {
    out_[latency_] = {true, held(place(pins, "READ"))};
    double least_clock = latency_ == 2 ? CHIP.t_ck2 : CHIP.t_ck3;
    require(now_ - before_ >= int64_t(least_clock * PS + 0.5),
            "tCK: a clock of " + number(double(now_ - before_) / PS) + " ns, expected at least " + number(least_clock) +
                " ns with a CAS latency of " + std::to_string(latency_));
    commands[READ]++;
  }

  void write(const Pins& pins) {
    size_t at = place(pins, "WRITE");
    banks_[pins.ba].written = now_, banks_[pins.ba].written_edge = edges_;
    uint32_t word = held(at);
    for (int byte = 0; byte < CHIP.width / 8; byte++)
      if (!(pins.dqm >> byte & 1)) {
        require(pins.driven, "WRITE: nobody drives the data pins");
        uint32_t mask = 0xFFu << 8 * byte;
        word = (word & ~mask) | (pins.dq & mask);
      }
    put(at, word);
    commands[WRITE]++;
  }

  size_t place(const Pins& pins, const std::string& name) const {
    const Bank& bank = banks_[pins.ba];
    require(bank.open, name + " in bank " + std::to_string(pins.ba) + ", in which no row is open");
    require(!(pins.a & A10), name + " with A10 high: auto-precharge is not known here");
    least("tRCD", bank.activated, CHIP.t_rcd, name + " comes after ACTIVATE of bank " + std::to_string(pins.ba));
    return index(pins.ba, bank.row, pins.a & (CHIP.columns - 1));
  }

  void precharge(const Pins& pins) {
    for (uint32_t number_ = 0; number_ < BANKS; number_++) {
      if (!(pins.a & A10) && number_ != pins.ba) continue;
      Bank& bank = banks_[number_];
      std::string what = "PRECHARGE of bank " + std::to_string(number_) + " comes after";
      if (bank.open) {
        least("tRAS", bank.activated, CHIP.t_ras, what + " ACTIVATE");
        int64_t open_for = now_ - bank.activated;
        require(double(open_for) <= CHIP.ras_most * PS,
                "tRAS: a row of bank " + std::to_string(number_) + " is open " + number(double(open_for) / PS) +
                    " ns, expected at most " + number(CHIP.ras_most) + " ns");
        if (bank.written != LONG_AGO) {
          int64_t clocks = edges_ - bank.written_edge;
          require(clocks >= CHIP.wr_clocks, "tWR: " + what + " WRITE by " + std::to_string(clocks) +
                                                " clocks, expected at least " + std::to_string(CHIP.wr_clocks));
          least("tWR", bank.written, CHIP.t_wr, what + " WRITE");
        }
        bank.open = false, bank.precharged = now_;
      } else if (bank.precharged == LONG_AGO) {
        bank.precharged = now_;
      }
    }
  }

  void refresh() {
    check_idle("REFRESH");
    refreshed_ = now_;
    if (latency_) refreshes_++;
    first_refreshes_++;
    if (refreshes_rows) row_refreshed_[next_row_] = now_;
    next_row_ = (next_row_ + 1) % CHIP.rows;
    commands[REFRESH]++;
  }

  void mode(const Pins& pins) {
    check_idle("MODE");
    int burst = pins.a & 7, latency = pins.a >> 4 & 7;
    require(burst == 0, "MODE: bursts of " + std::to_string(1 << burst) + " words, the model knows those of one");
    require(latency == 2 || latency == 3, "MODE: a CAS latency of " + std::to_string(latency) + ", expected 2 or 3");
    latency_ = latency, mode_edge_ = edges_;
    refreshes_from_ = now_, refreshes_ = 0, counts_refreshes_ = true;
  }

  void check_idle(const std::string& name) const {
    for (int i = 0; i < BANKS; i++) {
      require(!banks_[i].open, name + " while a row of bank " + std::to_string(i) + " is open, expected PRECHARGE first");
      least("tRP", banks_[i].precharged, CHIP.t_rp, name + " comes after PRECHARGE of bank " + std::to_string(i));
    }
  }

  static size_t index(uint32_t bank, uint32_t row, uint32_t column) {
    return (size_t(bank) * CHIP.rows + row) * CHIP.columns + column;
  }

  // What a word is; nobody knows of one that was not written, but it does not change.
  uint32_t held(size_t at) const { return written_[at >> 3] >> (at & 7) & 1 ? words_[at] : noise(at); }

  void put(size_t at, uint32_t word) {
    words_[at] = word;
    written_[at >> 3] |= 1 << (at & 7);
  }

  uint32_t noise(size_t at) const {
    uint64_t x = (at + 1) * 0x9E3779B97F4A7C15u ^ uint64_t(seed_) << 32;
    x ^= x >> 29, x *= 0xBF58476D1CE4E5B9u, x ^= x >> 32;
    return uint32_t(x) & uint32_t((uint64_t(1) << CHIP.width) - 1);
  }

  uint32_t seed_;
  struct Free {
    void operator()(void* pointer) const { free(pointer); }
  };
  std::unique_ptr<Word[], Free> words_;
  std::unique_ptr<uint8_t[], Free> written_;
  Bank banks_[BANKS];
  Out out_[4];
  uint32_t masked_ = 0;
  bool shown_ = false;
  int64_t now_ = LONG_AGO, before_ = LONG_AGO, activated_ = LONG_AGO, refreshed_ = LONG_AGO, refreshes_from_ = 0;
  int64_t edges_ = 0, mode_edge_ = 0, activated_edge_ = 0, refreshes_ = 0;
  bool counts_refreshes_ = false;
  int latency_ = 0, first_refreshes_ = 0;
  uint32_t next_row_ = 0;
  std::vector<int64_t> row_refreshed_, restored_;
};

}  // namespace sdram
