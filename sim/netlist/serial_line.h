// The far end of a serial line, 8N1: bytes here, bits on the pins of the design. Both ends count the same clock; STEP is
// 2^32 bits a cycle, and may be off from what the design takes for one.
#pragma once

#include <cstdint>

class WireSource {
 public:
  explicit WireSource(uint64_t step) : step_(step) {}
  bool idle() const { return !left_; }

  void send(uint8_t byte) {
    bits_ = 0x200 | byte << 1;
    left_ = 10;
    phase_ = 0;
  }

  // The level of this cycle.
  bool cycle() {
    if (!left_) return true;
    bool level = bits_ & 1;
    phase_ += step_;
    if (phase_ >> 32) {
      phase_ &= UINT32_MAX;
      bits_ >>= 1;
      left_--;
    }
    return level;
  }

 private:
  uint64_t step_, phase_ = 0;
  uint32_t bits_ = 0, left_ = 0;
};

class WireSink {
 public:
  explicit WireSink(uint64_t step) : step_(step) {}
  bool idle() const { return !left_; }

  // Takes the level of this cycle; returns a byte when its stop bit has been seen in the middle, else -1. A byte without
  // stop bit is lost.
  int cycle(bool level) {
    if (!left_) {
      if (!level) left_ = 10, phase_ = uint64_t(1) << 31;
      return -1;
    }
    phase_ += step_;
    if (!(phase_ >> 32)) return -1;
    phase_ &= UINT32_MAX;
    left_--;
    if (left_ == 9 && level) {
      left_ = 0;  // no start bit
      return -1;
    }
    if (!left_) return level ? int(bits_ >> 1) : -1;
    bits_ = bits_ >> 1 | level << 8;
    return -1;
  }

 private:
  uint64_t step_, phase_ = 0;
  uint32_t bits_ = 0, left_ = 0;
};
