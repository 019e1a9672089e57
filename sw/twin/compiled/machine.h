// The contract (docs/contract.md) on one network, one sample at a time, but for what `Rule` does otherwise (rule.h);
// clause numbers in brackets.

#pragma once

#include <numeric>

#include "layer.h"
#include "rule.h"

template <class Rule>
struct Machine {
    std::vector<Layer> layers;
    Rule rule;
    std::uint32_t random = 1, signature = 0;
    int margin = 0, relax_floor = 1;
    std::int64_t learned = 0, draws = 0, rows_learned = 0;

    int predict(const std::uint8_t* pixels) {  // (3) to (6)
        Layer& first = layers.front();
        for (int w = 0; w < first.words; w++) {
            std::uint8_t bytes[BITS] = {};
            for (int i = 0; i < std::min(BITS, first.inputs - BITS * w); i++) bytes[i] = pixels[BITS * w + i] << 7;
            rule.take_pixels(first, w, top_bits(bytes));
        }
        for (std::size_t i = 0; i < layers.size(); i++) {
            layers[i].forward();
            if (i + 1 < layers.size()) activate(int(i));
        }
        const int* scores = rule.scores(layers.back());
        return int(std::max_element(scores, scores + classes()) - scores);
    }

    int train(const std::uint8_t* pixels, int label) {  // (7) to (11)
        int prediction = predict(pixels);
        rule.observe(layers);
        signature = (signature >> 1) ^ (signature & 1 ? 0xEDB88320 : 0) ^ random ^ std::uint32_t(prediction);  // (18)
        Layer& last = layers.back();
        const int* scores = rule.scores(last);
        int rival = label == 0 ? 1 : 0;
        for (int c = 0; c < classes(); c++)
            if (c != label && scores[c] > scores[rival]) rival = c;
        if (scores[label] - scores[rival] >= margin) return prediction;
        learned++;
        std::fill(last.errors.begin(), last.errors.end(), 0);
        rule.assign_errors(last, label, rival, margin);
        for (int i = int(layers.size()) - 1; i > 0; i--) send_back(i);
        for (std::size_t i = layers.size(); i-- > 0;) {
            layers[i].spread_input();
            for (int j = 0; j < layers[i].neurons; j++)
                if (layers[i].errors[j]) change(layers[i], j);
        }
        return prediction;
    }

    int classes() const { return layers.back().neurons / Rule::read_outs; }

    void activate(int i) {  // (4), (5)
        Layer &layer = layers[i], &next = layers[i + 1];
        std::int64_t sum = std::accumulate(layer.sums.begin(), layer.sums.begin() + layer.neurons, std::int64_t(0));
        int neurons = layer.neurons;
        layer.mean = int(sum >= 0 ? sum / neurons : -((-sum + neurons - 1) / neurons));
        layer.set_bounds();
        int threshold = layer.mean + layer.gate;
        for (int j = 0; j < neurons; j++) {
            int reached = layer.band ? layer.mean + std::abs(layer.sums[j] - layer.mean) : layer.sums[j];
            layer.active[j] = reached >= threshold + rule.offset(i, j) ? 0x80 : 0;
        }
        for (int w = 0; w < next.words; w++) {
            Word on = top_bits(&layer.active[BITS * w]);
            if (layer.gated) next.valid[w] = on;
            else next.minus[w] = ~on;
        }
    }

    void send_back(int i) {  // (8)
        Layer &layer = layers[i], &below = layers[i - 1];
        layer.send_back();
        for (int j = 0; j < below.neurons; j++) {
            int above = below.sums[j] - below.mean, side = below.band && above < 0 ? -1 : 1;
            int beyond = side * above - below.gate - rule.offset(i - 1, j), backward = side * layer.backward[j];
            below.errors[j] = rule.near(beyond, backward, below.window) ? (backward > 0) - (backward < 0) : 0;
        }
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
        if (relaxes) relax(layer, neuron);
        layer.learn(neuron, theta);
        layer.take_signs(neuron);
    }

    void relax(Layer& layer, int neuron) {  // (10)
        std::int8_t* __restrict q = layer.row(neuron);
        const std::int8_t* __restrict input = layer.ternary.data();
        const int count = layer.inputs, floor = relax_floor;
        for (int i = 0; i < count; i++)
            if (rule.relaxes(input[i])) q[i] += (q[i] < -floor) - (q[i] >= floor);
    }
};
