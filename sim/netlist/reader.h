// The netlist as `sim/netlist/flatten.py` writes it: words, separated by white space; numbers are hexadecimal.
#pragma once

#include <istream>
#include <string>

#include "circuit.h"

class Reader {
 public:
  Reader(std::istream& stream, size_t nets) : stream_(stream), nets_(nets) {}

  std::string word() {
    std::string word;
    stream_ >> word;
    return word;
  }
  uint64_t number() {
    std::string text = word();
    char* end = nullptr;
    uint64_t number = strtoull(text.c_str(), &end, 16);
    if (text.empty() || *end) fail("the netlist file has \"" + text + "\" in the place of a number");
    return number;
  }
  Net net() {
    uint64_t net = number();
    if (net >= nets_) fail("the netlist file has a net beyond its last one");
    return net;
  }
  void nets(Net* nets, int count) {
    for (int i = 0; i < count; i++) nets[i] = net();
  }

 private:
  std::istream& stream_;
  size_t nets_;
};
