// One layer of weights: what it holds, and the arithmetic that no rule changes; clauses of docs/contract.md in brackets.
//
// A forward pass counts bits: the signs of the weights lie 64 columns to a word, eight neurons beside each other, so that
// a compiler makes vectors of it. Learning works on the hidden weights themselves, one byte a synapse.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

using Word = std::uint64_t;
constexpr int BITS = 64, SIDE_BY_SIDE = 8;

// Bit i of the result is the top bit of byte i, for 64 bytes.
inline Word top_bits(const std::uint8_t* bytes) {
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

struct Bounds {
    std::int32_t gate, window;
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
    std::vector<Bounds> steps;               // gate and window (5) by the number of valid inputs, one for eight numbers
    int count = 0, mean = 0, window = 0, gate = 0, relax_rate = 0;  // valid inputs and what follows from them; settings
    bool gated = false, band = false;

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
        count = 0;
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

    void set_bounds() {  // (5); a rule may count columns that are not there
        const Bounds& own = steps[std::min<std::size_t>(count / 8, steps.size() - 1)];
        gate = own.gate, window = own.window;
    }

    void send_back() {  // (8): g of the inputs
        std::fill(backward.begin(), backward.end(), 0);
        for (int k = 0; k < neurons; k++)
            if (int error = errors[k])
                for (int i = 0; i < inputs; i++) backward[i] += row(k)[i] < 0 ? -error : error;
    }

    void spread_input() {
        for (int i = 0; i < inputs; i++)
            ternary[i] = int(valid[i / BITS] >> i % BITS & 1) * (1 - 2 * int(minus[i / BITS] >> i % BITS & 1));
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
