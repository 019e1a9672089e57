#include "rule.h"

// (8) A hidden neuron that is already on the side of its error has half the window.
struct HalvedWindow : Contract {
    bool near(int beyond, int backward, int window) const {
        bool agrees = (beyond >= 0) == (backward > 0);
        return std::abs(beyond) <= (agrees ? window / 2 : window);
    }
};
