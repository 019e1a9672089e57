// The simulated board: the accelerator, cycle by cycle, between standard input and standard output.
//
// Every byte of input is offered to `rx` as soon as the one before was taken; `tx` is taken at once. There is no bit
// timing. The board runs while the engine computes, while input waits and for QUIET_CYCLES after the last sign of life;
// then it blocks until input comes, so that an idle board takes no processor time. It ends, with status 0, when its
// input has ended and everything is answered.

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "Vboard.h"
#include "verilated.h"
#ifdef SAMPLE_MEMORY
#include "sdram.h"
#endif

namespace {

constexpr size_t INPUT_BYTES = 1 << 16;    // read at once
constexpr size_t OUTPUT_BYTES = 1 << 20;   // held for a reader that takes none; then `tx` has to wait
constexpr size_t WRITE_BYTES = 4096;       // PIPE_BUF: a pipe that polls writable takes them without blocking
constexpr uint64_t LOOK_CYCLES = 1024;     // between two looks for input
constexpr uint64_t FLUSH_CYCLES = 16;      // silence of `tx` after which its bytes are written
constexpr uint64_t QUIET_CYCLES = 1 << 14; // longer than the link is silent between a frame's last byte and its reply

[[noreturn]] void fail(const std::string& sentence) {
  fprintf(stderr, "error: %s\n", sentence.c_str());
  exit(2);
}

struct Options {
  uint64_t entropy = 0, reset_cycles = 4, max_cycles = UINT64_MAX;
  bool statistics = false;

  Options(int count, char** words) {
    for (int i = 1; i < count; i++) {
      std::string name = words[i];
      if (name == "--statistics") {
        statistics = true;
        continue;
      }
      uint64_t* value = name == "--entropy"        ? &entropy
                        : name == "--reset-cycles" ? &reset_cycles
                        : name == "--max-cycles"   ? &max_cycles
                                                   : nullptr;
      if (!value) fail("unknown option " + name + ", expected --entropy, --reset-cycles, --max-cycles or --statistics");
      char* end = nullptr;
      const char* text = i + 1 < count ? words[++i] : "";
      *value = strtoull(text, &end, 0);
      if (!*text || *end || *text == '-') fail(name + " needs a number");
    }
  }
};

// What waits between the pipes and the design. `serve` moves bytes as far as both sides let it, without waiting or,
// with `wait`, after waiting until one side lets it.
class Pipes {
 public:
  bool has_input() const { return in_at_ < in_.size(); }
  uint8_t input() const { return in_[in_at_]; }
  void take() { in_at_++; }
  bool ended() const { return ended_; }

  bool has_output() const { return out_at_ < out_.size(); }
  bool has_room() const { return out_.size() - out_at_ < OUTPUT_BYTES; }
  void put(uint8_t byte) { out_.push_back(byte); }

  void serve(bool wait) {
    bool reads = !has_input() && !ended_;
    pollfd sides[] = {{reads ? STDIN_FILENO : -1, POLLIN, 0}, {has_output() ? STDOUT_FILENO : -1, POLLOUT, 0}};
    if (poll(sides, 2, wait ? -1 : 0) < 0) {
      if (errno != EINTR) fail(std::string("poll: ") + strerror(errno));
      return;
    }
    if (sides[0].revents) read_some();
    if (sides[1].revents) write_some();
  }

 private:
  void read_some() {
    in_.resize(INPUT_BYTES);
    ssize_t count = read(STDIN_FILENO, in_.data(), in_.size());
    if (count < 0 && errno != EINTR && errno != EAGAIN) fail(std::string("standard input: ") + strerror(errno));
    ended_ = count == 0;
    in_.resize(std::max<ssize_t>(count, 0));
    in_at_ = 0;
  }

  void write_some() {
    ssize_t count = write(STDOUT_FILENO, &out_[out_at_], std::min(out_.size() - out_at_, WRITE_BYTES));
    if (count < 0 && errno != EINTR && errno != EAGAIN) fail(std::string("standard output: ") + strerror(errno));
    out_at_ += std::max<ssize_t>(count, 0);
    if (out_at_ > OUTPUT_BYTES || !has_output()) {
      out_.erase(out_.begin(), out_.begin() + out_at_);
      out_at_ = 0;
    }
  }

  std::vector<uint8_t> in_, out_;
  size_t in_at_ = 0, out_at_ = 0;
  bool ended_ = false;
};

class Board {
 public:
  explicit Board(const Options& options) : design_(&context_), last_cycle_(options.max_cycles) {
    design_.entropy = options.entropy;
    design_.rst = 1;
#ifdef SAMPLE_MEMORY
    design_.clk = 0;
    design_.eval();
    design_.clk = 1;  // from here on the registers of the pins say that the chip's clock is enabled
    design_.eval();
#endif
    for (uint64_t i = 0; i < options.reset_cycles; i++) clock();
    design_.rst = 0;
  }

  // Runs until the input has ended and the board is idle.
  void run() {
    while (true) {
      run_while_alive();
      bool stuck = pipes_.has_input();  // the design takes no byte and gives no sign of life: let time pass
      if (pipes_.ended() && !pipes_.has_output() && !stuck) return;
      pipes_.serve(!stuck || !pipes_.has_room());
    }
  }

  uint64_t cycles() const { return cycles_; }

 private:
  // One cycle; returns whether the design gave a sign of life.
  bool clock() {
    bool offers = pipes_.has_input(), room = pipes_.has_room();
    design_.rx_valid = offers;
    if (offers) design_.rx_payload = pipes_.input();
    design_.tx_ready = room;
    design_.clk = 0;
    design_.eval();
#ifdef SAMPLE_MEMORY
    // The chip's edge is in the middle of a cycle, and its word at the register of the pins a cycle after that.
    try {
      chip_.edge(int64_t(cycles_ + 1) * PERIOD_PS,
                 {bool(design_.cke), bool(design_.cs_n), bool(design_.ras_n), bool(design_.cas_n), bool(design_.we_n),
                  design_.ba, design_.a, design_.dqm, bool(design_.dq_oe), design_.dq_o});
    } catch (const sdram::Violation& violation) {
      fail(violation.sentence);
    }
    design_.dq_i = word_;
    word_ = chip_.drives ? chip_.word : ~word_;
    design_.eval();
#endif
    bool taken = offers && design_.rx_ready, sent = room && design_.tx_valid;
    if (taken) pipes_.take();
    if (sent) pipes_.put(design_.tx_payload);
    silent_ = sent ? 0 : silent_ + 1;
    bool alive = taken || sent || design_.busy;
    design_.clk = 1;
    design_.eval();
    cycles_++;
    return alive;
  }

  void run_while_alive() {
    for (uint64_t quiet = 0; quiet < QUIET_CYCLES; quiet++) {
      if (clock()) quiet = 0;
      bool looks = cycles_ % LOOK_CYCLES == 0 && (!pipes_.has_input() || pipes_.has_output());
      if (looks || (silent_ == FLUSH_CYCLES && pipes_.has_output())) pipes_.serve(false);
      if (cycles_ >= last_cycle_) fail("the board was still running after --max-cycles cycles");
    }
  }

#ifdef SAMPLE_MEMORY
  static constexpr int64_t PERIOD_PS = 16667;  // of 60 MHz, hw.accelerator.CLOCK_HZ
  sdram::Chip chip_;
  uint32_t word_ = 0;
#endif
  VerilatedContext context_;
  Vboard design_;
  Pipes pipes_;
  uint64_t cycles_ = 0, silent_ = 0, last_cycle_;
};

double processor_seconds() {
  rusage use;
  getrusage(RUSAGE_SELF, &use);
  return use.ru_utime.tv_sec + use.ru_stime.tv_sec + 1e-6 * (use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

}  // namespace

int main(int count, char** words) {
  Options options(count, words);
  Board board(options);
  double begun = processor_seconds();
  board.run();
  double seconds = processor_seconds() - begun;
  if (options.statistics)
    fprintf(stderr, "%llu cycles in %.3f s of processor time, %.0f cycles/s\n", (unsigned long long)board.cycles(), seconds,
            seconds > 0 ? board.cycles() / seconds : 0.0);
  return 0;
}
