// The machine of one rule as functions that Python calls. `RULE` names the rule's type, whose header is included before.

#include "machine.h"

#ifndef RULE
#define RULE Contract
#endif

using Chosen = Machine<RULE>;

extern "C" {

Chosen* machine_new(int depth, const std::int32_t* sizes) {
    auto machine = new Chosen;
    for (int i = 0; i < depth; i++) machine->layers.emplace_back(sizes[i], sizes[i + 1]);
    return machine;
}

void machine_free(Chosen* machine) { delete machine; }

int machine_read_outs() { return RULE::read_outs; }

void machine_set(Chosen* machine, int margin, int relax_floor) {
    machine->margin = margin;
    machine->relax_floor = relax_floor;
}

// `table` has 512 bytes: θ_toward and θ_away of entry 0, then of entry 1, …
void machine_set_layer(Chosen* machine, int i, const std::uint8_t* table, int relax_rate) {
    Layer& layer = machine->layers[i];
    std::memcpy(layer.table, table, sizeof layer.table);
    layer.relax_rate = relax_rate;
}

// A hidden layer's activation (5): sign, or gated, or gated in a band; gate and window of each of its `steps`.
void machine_set_activation(Chosen* machine, int i, int gated, int band, const Bounds* bounds, int steps) {
    Layer& layer = machine->layers[i];
    layer.gated = gated, layer.band = band, layer.steps.assign(bounds, bounds + steps);
    if (gated) return;
    Layer& next = machine->layers[i + 1];
    for (int column = 0; column < next.inputs; column++) next.valid[column / BITS] |= Word(1) << column % BITS;
}

void machine_load(Chosen* machine, int i, const std::int8_t* weights) {
    Layer& layer = machine->layers[i];
    for (int j = 0; j < layer.neurons; j++) {
        std::memcpy(layer.row(j), weights + std::size_t(j) * layer.inputs, layer.inputs);
        layer.take_signs(j);
    }
}

void machine_read(Chosen* machine, int i, std::int8_t* weights) {
    Layer& layer = machine->layers[i];
    for (int j = 0; j < layer.neurons; j++)
        std::memcpy(weights + std::size_t(j) * layer.inputs, layer.row(j), layer.inputs);
}

std::uint32_t machine_random(Chosen* machine) { return machine->random; }

std::uint32_t machine_signature(Chosen* machine) { return machine->signature; }

void machine_set_state(Chosen* machine, std::uint32_t random, std::uint32_t signature) {
    machine->random = random, machine->signature = signature;
}

void machine_counters(Chosen* machine, std::int64_t* three) {
    three[0] = machine->learned, three[1] = machine->draws, three[2] = machine->rows_learned;
}

// `labels` null: inference.
void machine_run(Chosen* machine, const std::uint8_t* pixels, const std::int64_t* labels, std::int64_t samples,
                 std::uint16_t* predictions) {
    int inputs = machine->layers.front().inputs;
    for (std::int64_t i = 0; i < samples; i++, pixels += inputs)
        predictions[i] = std::uint16_t(labels ? machine->train(pixels, int(labels[i])) : machine->predict(pixels));
}

}  // extern "C"
