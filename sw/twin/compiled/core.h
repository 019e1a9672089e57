// The machine for one width of registers; `machine.cpp` includes it once for each, in a namespace of its own.

#include "vector.h"
#include "bits.h"
#include "pack.h"
#include "count.h"
#include "layer.h"
#include "forward.h"
#include "backward.h"
#include "learn.h"
#include "rule.h"
#ifdef RULE_HEADER
#include RULE_HEADER
#endif
#include "machine.h"
