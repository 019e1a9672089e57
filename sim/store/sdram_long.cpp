// The SDRAM controller with a chip at its pins, for so many milliseconds: words are written at first, left alone, and read at the
// end. Prints how many words were compared, how many were others, and how many refreshes there were. With "deaf" the chip takes
// refreshes and does nothing; with "bit" a bit flips meanwhile.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <vector>

#include "Vboard.h"
#include "sdram.h"
#include "verilated.h"

namespace {

constexpr int PLACES = 400;
constexpr uint32_t COUNT = 56;

struct Random {
  uint32_t word = 2463534242;
  uint32_t operator()() {
    word ^= word << 13, word ^= word >> 17, word ^= word << 5;
    return word;
  }
};

class Bench {
 public:
  Bench(int64_t period, int address_bits) : design_(&context_), period_(period), address_bits_(address_bits) {
    design_.late = 1;
    design_.clk = 0;
    design_.eval();
    design_.clk = 1;  // from here on the pins' registers say that the chip's clock is enabled
    design_.eval();
    design_.rst = 1;
    for (int i = 0; i < 4; i++) clock();
    design_.rst = 0;
  }

  // One cycle: the chip's edge is in the middle of it, and its word is at the register of the pins a cycle after that, or where
  // words are taken at the falling edge, at the chip's next edge, half a cycle earlier.
  void clock() {
    design_.clk = 0;
    design_.eval();
    time_ += period_;
    chip.edge(time_, {bool(design_.pins_cke), bool(design_.pins_cs_n), bool(design_.pins_ras_n), bool(design_.pins_cas_n),
                      bool(design_.pins_we_n), design_.pins_ba, design_.pins_a, design_.pins_dqm, bool(design_.pins_dq_oe),
                      uint32_t(design_.pins_dq_o)});
    uint32_t word = chip.drives ? chip.word : random_();
    design_.pins_dq_i = sdram::CHIP.taken_at_fall ? word : on_its_way_;
    on_its_way_ = word;
    design_.eval();
    taken_ = design_.transfers_request_valid && design_.transfers_request_ready;
    written_ = design_.transfers_written_valid && design_.transfers_written_ready;
    if (design_.transfers_read_valid) read.push_back(design_.transfers_read_payload);
    design_.clk = 1;
    design_.eval();
  }

  void ask(bool write, uint64_t address, uint64_t count) {
    design_.transfers_request_payload = write | address << 1 | count << (1 + address_bits_);
    design_.transfers_request_valid = 1;
    do clock();
    while (!taken_);
    design_.transfers_request_valid = 0;
  }

  void write(uint64_t address, const std::vector<uint32_t>& words) {
    ask(true, address, words.size());
    for (uint32_t word : words) {
      design_.transfers_written_payload = word;
      design_.transfers_written_valid = 1;
      do clock();
      while (!written_);
    }
    design_.transfers_written_valid = 0;
  }

  std::vector<uint32_t> words_from(uint64_t address, size_t count) {
    read.clear();
    ask(false, address, count);
    while (read.size() < count) clock();
    return read;
  }

  int64_t time() const { return time_; }

  sdram::Chip chip;
  std::vector<uint32_t> read;

 private:
  VerilatedContext context_;
  Vboard design_;
  Random random_;
  int64_t time_ = 0, period_;
  int address_bits_;
  uint32_t on_its_way_ = 0;
  bool taken_ = false, written_ = false;
};

}  // namespace

int main(int count, char** words) {
  int64_t period = atoll(words[1]);
  int address_bits = atoi(words[2]);
  int64_t end = atoll(words[3]) * 1000000000;  // ms to ps
  Bench bench(period, address_bits);
  bool flips = count > 4 && !strcmp(words[4], "bit");
  bench.chip.refreshes_rows = !(count > 4 && !strcmp(words[4], "deaf"));
  Random random;
  std::map<uint64_t, std::vector<uint32_t>> held;
  uint64_t mask = (uint64_t(1) << sdram::CHIP.width) - 1;
  try {
    for (int i = 0; i < PLACES; i++) {
      uint64_t address = random() % ((uint64_t(1) << address_bits) / 64) * 64;
      std::vector<uint32_t> some(COUNT);
      for (uint32_t& word : some) word = random() & mask;
      held[address] = some;
      bench.write(address, some);
    }
    if (flips) {
      uint64_t column = held.begin()->first % sdram::CHIP.columns, above = held.begin()->first / sdram::CHIP.columns;
      bench.chip.flip(above % 4, above / 4 % sdram::CHIP.rows, column + 3, 5);
    }
    while (bench.time() < end) bench.clock();
    uint64_t compared = 0, others = 0;
    for (const auto& [address, expected] : held) {
      std::vector<uint32_t> found = bench.words_from(address, COUNT);
      for (uint32_t i = 0; i < COUNT; i++) compared++, others += found[i] != expected[i];
    }
    printf("%llu %llu %llu\n", (unsigned long long)compared, (unsigned long long)others,
           (unsigned long long)bench.chip.commands[sdram::REFRESH]);
  } catch (const sdram::Violation& violation) {
    printf("%s\n", violation.sentence.c_str());
  }
}
