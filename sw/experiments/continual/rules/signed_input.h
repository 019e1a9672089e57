#include "rule.h"

// (3) A pixel that is off is -1 and learns. What lies beyond the last input counts -1 for every neuron, and so in their
// mean.
struct SignedInput : Contract {
    void take_pixels(Layer& first, int w, Word on) {
        first.minus[w] = ~on;
        first.valid[w] = ~Word(0);
    }
};
