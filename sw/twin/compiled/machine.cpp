// The machine of one rule as functions that Python calls. `RULE` names the rule's type, `RULE_HEADER` the file that has it.

#include "paths.h"

namespace {

enum Path { PLAIN, AVX2, AVX512 };

bool runs(int path) {
    if (path == PLAIN) return true;
#ifdef SEVERAL_PATHS
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                __builtin_cpu_supports("popcnt");
    if (path == AVX2) return avx2;
    return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vpopcntdq");
#else
    return false;
#endif
}

}  // namespace

extern "C" {

// Whether this processor has what a path is made for.
int machine_runs(int path) { return runs(path); }

Machine* machine_new(int path, int depth, const std::int32_t* sizes) {
#ifdef SEVERAL_PATHS
    if (path == AVX512) return new avx512::Own(depth, sizes);
    if (path == AVX2) return new avx2::Own(depth, sizes);
#endif
    return new plain::Own(depth, sizes);
}

void machine_free(Machine* machine) { delete machine; }

int machine_read_outs() { return plain::Own::Rule::read_outs; }

void machine_set(Machine* machine, int margin, int relax_floor) {
    machine->margin = margin;
    machine->relax_floor = relax_floor;
}

// `table` has 512 bytes: θ_toward and θ_away of entry 0, then of entry 1, …
void machine_set_layer(Machine* machine, int i, const std::uint8_t* table, int relax_rate) {
    machine->set_layer(i, table, relax_rate);
}

// A hidden layer's activation (5): sign, or gated, or gated in a band; gate and window of each of its `steps`.
void machine_set_activation(Machine* machine, int i, int gated, int band, const Bounds* bounds, int steps) {
    machine->set_activation(i, gated, band, bounds, steps);
}

void machine_load(Machine* machine, int i, const std::int8_t* weights) { machine->load_weights(i, weights); }

void machine_read(Machine* machine, int i, std::int8_t* weights) { machine->read_weights(i, weights); }

std::uint32_t machine_random(Machine* machine) { return machine->random; }

std::uint32_t machine_signature(Machine* machine) { return machine->signature; }

void machine_set_state(Machine* machine, std::uint32_t random, std::uint32_t signature) {
    machine->random = random, machine->signature = signature;
}

void machine_counters(Machine* machine, std::int64_t* three) {
    three[0] = machine->learned, three[1] = machine->draws, three[2] = machine->rows_learned;
}

// Bytes of 0 or 1, a sample after the other, to whole words a sample.
void machine_pack(Machine* machine, const std::uint8_t* bytes, std::int64_t samples, std::uint64_t* pixels) {
    machine->pack(bytes, samples, pixels);
}

// Bits in whole bytes, a sample after the other, to whole words a sample; pixel p of a sample goes to `where[p]`, null: stays.
void machine_place(Machine* machine, const std::uint8_t* rows, std::int64_t samples, const std::uint16_t* where,
                   std::uint64_t* pixels) {
    machine->place(rows, samples, where, pixels);
}

// What bounds inference, to be measured.
void machine_sum_first_layer(Machine* machine, const std::uint64_t* pixels, std::int64_t samples) {
    machine->sum_first_layer(pixels, samples);
}

// `labels` null: inference.
void machine_run(Machine* machine, const std::uint64_t* pixels, const std::int64_t* labels, std::int64_t samples,
                 std::uint16_t* predictions) {
    machine->run(pixels, labels, samples, predictions);
}

}  // extern "C"
