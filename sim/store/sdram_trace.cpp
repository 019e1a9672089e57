// Gives the chip of `sim/native/sdram.h` the edges of standard input, a line each, and says after each what it drives or refuses.
#include <iostream>

#include "sdram.h"

int main() {
  sdram::Chip chip;
  int64_t time;
  sdram::Pins pins;
  while (std::cin >> time >> pins.cke >> pins.cs_n >> pins.ras_n >> pins.cas_n >> pins.we_n >> pins.ba >> pins.a >> pins.dqm >>
         pins.driven >> pins.dq) {
    try {
      chip.edge(time, pins);
    } catch (const sdram::Violation& violation) {
      std::cout << violation.sentence << "\n";
      return 0;
    }
    if (chip.drives) std::cout << chip.word;
    std::cout << "\n";
  }
}
