#include "rule.h"

// (10) Relaxation moves only the columns that are not valid.
struct SilentRelax : Contract {
    bool relaxes(std::int8_t input) const { return !input; }
};
