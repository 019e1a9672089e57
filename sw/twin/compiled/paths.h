// The same machine for several processors in one library: each path is the whole of it, compiled for the instructions of its
// namespace. The compiler's own headers come before, so that nothing of them is made for a processor that there may not be.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <vector>
#ifdef __SSE2__
#include <immintrin.h>
#endif

struct Bounds {  // of a hidden layer (5, 8)
    std::int32_t gate, window;
};

struct Machine {  // one network, whatever the path
    std::uint32_t random = 1, signature = 0;
    int inputs = 0, margin = 0, relax_floor = 1;
    std::int64_t learned = 0, draws = 0, rows_learned = 0;

    virtual ~Machine() = default;
    virtual void set_layer(int i, const std::uint8_t* table, int relax_rate) = 0;
    virtual void set_activation(int i, bool gated, bool band, const Bounds* bounds, int steps) = 0;
    virtual void load_weights(int i, const std::int8_t* weights) = 0;
    virtual void read_weights(int i, std::int8_t* weights) = 0;
    virtual void pack(const std::uint8_t* bytes, std::int64_t samples, std::uint64_t* pixels) const = 0;
    virtual void place(const std::uint8_t* rows, std::int64_t samples, const std::uint16_t* where,
                       std::uint64_t* pixels) const = 0;
    virtual void sum_first_layer(const std::uint64_t* pixels, std::int64_t samples) = 0;
    virtual void run(const std::uint64_t* pixels, const std::int64_t* labels, std::int64_t samples,
                     std::uint16_t* predictions) = 0;
};

namespace plain {
#define WIDTH 128
#include "core.h"
#undef WIDTH
}  // namespace plain

#if defined(__x86_64__) && defined(__GNUC__)
#define SEVERAL_PATHS
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt")
namespace avx2 {
#define WIDTH 256
#include "core.h"
#undef WIDTH
}  // namespace avx2
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi2,avx512vpopcntdq,prefer-vector-width=512")
namespace avx512 {
#define WIDTH 512
#include "core.h"
#undef WIDTH
}  // namespace avx512
#pragma GCC pop_options
#endif
