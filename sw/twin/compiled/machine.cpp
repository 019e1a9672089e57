// The contract (docs/contract.md) on one network, one sample at a time; clause numbers in brackets.
//
// A forward pass counts bits: the signs of the weights lie 64 columns to a word, eight neurons beside each other, so that
// a compiler makes vectors of it. Learning works on the hidden weights themselves, one byte a synapse.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <vector>

namespace {

using Word = std::uint64_t;
constexpr int BITS = 64, SIDE_BY_SIDE = 8;

// Bit i of the result is the top bit of byte i, for 64 bytes.
Word top_bits(const std::uint8_t* bytes) {
    Word bits = 0;
    for (int i = 0; i < BITS / 8; i++) {
        Word eight;
        std::memcpy(&eight, bytes + 8 * i, 8);
        bits |= ((eight & 0x8080808080808080) * 0x0002040810204081 >> 56) << 8 * i;
    }
    return bits;
}

struct Thresholds {
    std::uint8_t toward, away;
};

struct Layer {
    int inputs, neurons, words, groups;
    std::vector<std::int8_t> hidden;         // neurons rows of 64 * words bytes, padded with zeros
    std::vector<Word> negative;              // signs of the weights, [group of eight neurons][word][neuron of eight]
    std::vector<Word> valid, minus;          // the ternary input (3): whether it counts, whether it is -1
    std::vector<std::int8_t> ternary;        // the same, a byte an input, once something is learned
    std::vector<int> sums, backward;         // a_j (4) of the neurons; g (8) of the inputs
    std::vector<std::int8_t> errors;         // d_j
    std::vector<std::uint8_t> active;        // top bit: the neuron is at or above its threshold (5)
    Thresholds table[256];
    int mean = 0, window = 0, gate = 0, relax_rate = 0;
    bool gated = false;

    Layer(int inputs, int neurons)
        : inputs(inputs), neurons(neurons), words((inputs + BITS - 1) / BITS),
          groups((neurons + SIDE_BY_SIDE - 1) / SIDE_BY_SIDE), hidden(std::size_t(neurons) * words * BITS),
          negative(std::size_t(groups) * words * SIDE_BY_SIDE), valid(words), minus(words), ternary(words * BITS),
          sums(groups * SIDE_BY_SIDE), backward(words * BITS), errors(neurons),
          active((neurons + BITS - 1) / BITS * BITS), table() {}

    std::int8_t* row(int neuron) { return &hidden[std::size_t(neuron) * words * BITS]; }

    void take_signs(int neuron) {
        auto bytes = reinterpret_cast<const std::uint8_t*>(row(neuron));
        for (int w = 0; w < words; w++)
            negative[(std::size_t(neuron / SIDE_BY_SIDE) * words + w) * SIDE_BY_SIDE + neuron % SIDE_BY_SIDE] =
                top_bits(bytes + BITS * w);
    }

    void forward() {  // (4)
        int count = 0;
        for (Word bits : valid) count += __builtin_popcountll(bits);
        for (int group = 0; group < groups; group++) {
            Word opposed[SIDE_BY_SIDE] = {};
            const Word* signs = &negative[std::size_t(group) * words * SIDE_BY_SIDE];
            for (int w = 0; w < words; w++, signs += SIDE_BY_SIDE)
                for (int i = 0; i < SIDE_BY_SIDE; i++)
                    opposed[i] += __builtin_popcountll((signs[i] ^ minus[w]) & valid[w]);
            for (int i = 0; i < SIDE_BY_SIDE; i++) sums[group * SIDE_BY_SIDE + i] = count - 2 * int(opposed[i]);
        }
    }

    void activate(Layer& next) {  // (4), (5)
        std::int64_t sum = std::accumulate(sums.begin(), sums.begin() + neurons, std::int64_t(0));
        mean = int(sum >= 0 ? sum / neurons : -((-sum + neurons - 1) / neurons));
        for (int j = 0; j < neurons; j++) active[j] = sums[j] >= mean + gate ? 0x80 : 0;
        for (int w = 0; w < next.words; w++) {
            Word on = top_bits(&active[BITS * w]);
            if (gated) next.valid[w] = on;
            else next.minus[w] = ~on;
        }
    }

    void send_back(Layer& below) {  // (8)
        std::fill(backward.begin(), backward.end(), 0);
        for (int k = 0; k < neurons; k++)
            if (int error = errors[k])
                for (int i = 0; i < inputs; i++) backward[i] += row(k)[i] < 0 ? -error : error;
        for (int j = 0; j < below.neurons; j++) {
            bool near = std::abs(below.sums[j] - below.mean - below.gate) <= below.window;
            below.errors[j] = near ? (backward[j] > 0) - (backward[j] < 0) : 0;
        }
    }

    void spread_input() {
        for (int i = 0; i < inputs; i++)
            ternary[i] = int(valid[i / BITS] >> i % BITS & 1) * (1 - 2 * int(minus[i / BITS] >> i % BITS & 1));
    }

    void relax(int neuron, int floor) {  // (10)
        std::int8_t* __restrict q = row(neuron);
        const int count = inputs;
        for (int i = 0; i < count; i++) q[i] += (q[i] < -floor) - (q[i] >= floor);
    }

    // (11) For a step of +1 the weights that move are the interval -toward <= q < min(away, 127); a step of -1 is the same
    // with q complemented. A subtraction modulo 256 and one comparison test it. A byte may alias anything, the layer's own
    // sizes too, so that without __restrict this is no loop of vectors: learning is then ten times slower.
    void learn(int neuron, Thresholds theta) {
        std::int8_t* __restrict q = row(neuron);
        const std::int8_t* __restrict input = ternary.data();
        const std::int8_t error = errors[neuron];
        const int count = inputs;
        std::uint8_t span = theta.toward + std::min<int>(theta.away, 127);
        for (int i = 0; i < count; i++) {
            std::int8_t step = error * input[i], mirrored = q[i] ^ (step >> 7);
            q[i] += std::uint8_t(mirrored + theta.toward) < span ? step : 0;
        }
    }
};

struct Machine {
    std::vector<Layer> layers;
    std::uint32_t random = 1, signature = 0;
    int margin = 0, relax_floor = 1;
    std::int64_t learned = 0, draws = 0, rows_learned = 0;

    int predict(const std::uint8_t* pixels) {  // (3) to (6)
        Layer& first = layers.front();
        for (int w = 0; w < first.words; w++) {
            std::uint8_t bytes[BITS] = {};
            for (int i = 0; i < std::min(BITS, first.inputs - BITS * w); i++) bytes[i] = pixels[BITS * w + i] << 7;
            first.valid[w] = top_bits(bytes);
        }
        for (std::size_t i = 0; i < layers.size(); i++) {
            layers[i].forward();
            if (i + 1 < layers.size()) layers[i].activate(layers[i + 1]);
        }
        Layer& last = layers.back();
        return int(std::max_element(last.sums.begin(), last.sums.begin() + last.neurons) - last.sums.begin());
    }

    int train(const std::uint8_t* pixels, int label) {  // (7) to (11)
        int prediction = predict(pixels);
        signature = (signature >> 1) ^ (signature & 1 ? 0xEDB88320 : 0) ^ random ^ std::uint32_t(prediction);  // (18)
        Layer& last = layers.back();
        int rival = label == 0 ? 1 : 0;
        for (int c = 0; c < last.neurons; c++)
            if (c != label && last.sums[c] > last.sums[rival]) rival = c;
        if (last.sums[label] - last.sums[rival] >= margin) return prediction;
        learned++;
        std::fill(last.errors.begin(), last.errors.end(), 0);
        last.errors[label] = 1;
        last.errors[rival] = -1;
        for (std::size_t i = layers.size() - 1; i > 0; i--) layers[i].send_back(layers[i - 1]);
        for (std::size_t i = layers.size(); i-- > 0;) {
            layers[i].spread_input();
            for (int j = 0; j < layers[i].neurons; j++)
                if (layers[i].errors[j]) change(layers[i], j);
        }
        return prediction;
    }

    void change(Layer& layer, int neuron) {  // (9)
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        draws++;
        Thresholds theta = layer.table[random >> 24];
        bool relaxes = int(random & 0xFFFF) < layer.relax_rate;
        if (!relaxes && !theta.toward && !theta.away) return;
        rows_learned++;
        if (relaxes) layer.relax(neuron, relax_floor);
        layer.learn(neuron, theta);
        layer.take_signs(neuron);
    }
};

}  // namespace

extern "C" {

Machine* machine_new(int depth, const std::int32_t* sizes) {
    auto machine = new Machine;
    for (int i = 0; i < depth; i++) machine->layers.emplace_back(sizes[i], sizes[i + 1]);
    return machine;
}

void machine_free(Machine* machine) { delete machine; }

void machine_set(Machine* machine, int margin, int relax_floor) {
    machine->margin = margin;
    machine->relax_floor = relax_floor;
}

// `table` has 512 bytes: θ_toward and θ_away of entry 0, then of entry 1, …
void machine_set_layer(Machine* machine, int i, const std::uint8_t* table, int window, int gated, int gate, int relax_rate) {
    Layer& layer = machine->layers[i];
    std::memcpy(layer.table, table, sizeof layer.table);
    layer.window = window, layer.gated = gated, layer.gate = gate, layer.relax_rate = relax_rate;
    if (std::size_t(i) + 1 == machine->layers.size() || gated) return;
    Layer& next = machine->layers[i + 1];
    for (int column = 0; column < next.inputs; column++) next.valid[column / BITS] |= Word(1) << column % BITS;
}

void machine_load(Machine* machine, int i, const std::int8_t* weights) {
    Layer& layer = machine->layers[i];
    for (int j = 0; j < layer.neurons; j++) {
        std::memcpy(layer.row(j), weights + std::size_t(j) * layer.inputs, layer.inputs);
        layer.take_signs(j);
    }
}

void machine_read(Machine* machine, int i, std::int8_t* weights) {
    Layer& layer = machine->layers[i];
    for (int j = 0; j < layer.neurons; j++)
        std::memcpy(weights + std::size_t(j) * layer.inputs, layer.row(j), layer.inputs);
}

std::uint32_t machine_random(Machine* machine) { return machine->random; }

std::uint32_t machine_signature(Machine* machine) { return machine->signature; }

void machine_set_state(Machine* machine, std::uint32_t random, std::uint32_t signature) {
    machine->random = random, machine->signature = signature;
}

void machine_counters(Machine* machine, std::int64_t* three) {
    three[0] = machine->learned, three[1] = machine->draws, three[2] = machine->rows_learned;
}

// `labels` null: inference.
void machine_run(Machine* machine, const std::uint8_t* pixels, const std::int64_t* labels, std::int64_t samples,
                 std::uint16_t* predictions) {
    int inputs = machine->layers.front().inputs;
    for (std::int64_t i = 0; i < samples; i++, pixels += inputs)
        predictions[i] = std::uint16_t(labels ? machine->train(pixels, int(labels[i])) : machine->predict(pixels));
}

}  // extern "C"
