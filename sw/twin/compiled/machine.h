// The contract (docs/contract.md) on one network, one sample at a time, but for what the rule does otherwise (rule.h); clause
// numbers in brackets.

#ifndef RULE
#define RULE Contract
#endif

struct Own final : Machine {
    using Rule = RULE;
    std::vector<Layer> layers;
    Rule rule;
    std::vector<Block> up, down;  // signs of g at the inputs of a layer

    Own(int depth, const std::int32_t* sizes) {
        int most = 0;
        for (int i = 0; i < depth; i++) layers.emplace_back(sizes[i], sizes[i + 1]), most = std::max(most, layers[i].vectors);
        up.resize(most), down.resize(most);
        layers.front().ternary = Rule::signed_pixels;
        inputs = sizes[0];
    }

    void set_layer(int i, const std::uint8_t* table, int relax_rate) override {
        Layer& layer = layers[i];
        std::memcpy(layer.table, table, sizeof layer.table);
        layer.relax_rate = relax_rate;
    }

    void set_activation(int i, bool gated, bool band, const Bounds* bounds, int steps) override {
        layers[i].gated = gated, layers[i].band = band, layers[i].steps.assign(bounds, bounds + steps);
        layers[i + 1].ternary = !gated;
    }

    void load_weights(int i, const std::int8_t* weights) override {
        Layer& layer = layers[i];
        for (int j = 0; j < layer.neurons; j++) {
            std::memcpy(layer.row(j), weights + std::size_t(j) * layer.inputs, layer.inputs);
            layer.take_signs(j);
        }
    }

    void read_weights(int i, std::int8_t* weights) override {
        Layer& layer = layers[i];
        for (int j = 0; j < layer.neurons; j++)
            std::memcpy(weights + std::size_t(j) * layer.inputs, layer.row(j), layer.inputs);
    }

    void run(const Word* pixels, const std::int64_t* labels, std::int64_t samples, std::uint16_t* predictions) override {
        for (std::int64_t i = 0; i < samples; i++, pixels += layers.front().words)
            predictions[i] = std::uint16_t(labels ? train(pixels, int(labels[i])) : predict(pixels));
    }

    void score(const Word* pixels, std::int64_t samples, std::int32_t* scores) override {
        for (std::int64_t i = 0; i < samples; i++, pixels += layers.front().words, scores += classes()) {
            predict(pixels);
            std::copy_n(rule.scores(layers.back()), classes(), scores);
        }
    }

    void pack(const std::uint8_t* bytes, std::int64_t samples, Word* pixels) const override {
        for (std::int64_t i = 0; i < samples; i++, bytes += inputs) pixels = pack_sample(bytes, inputs, pixels);
    }

    void place(const std::uint8_t* rows, std::int64_t samples, const std::uint16_t* where, Word* pixels) const override {
        for (std::int64_t i = 0; i < samples; i++, rows += (inputs + 7) / 8) pixels = place_sample(rows, inputs, where, pixels);
    }

    void sum_first_layer(const Word* pixels, std::int64_t samples) override {
        for (std::int64_t i = 0; i < samples; i++, pixels += layers.front().words) {
            take_pixels(pixels);
            forward(layers.front());
        }
    }

    void take_pixels(const Word* pixels) {  // (3)
        for (int w = 0; w < layers.front().words; w++) rule.take_pixels(layers.front(), w, pixels[w]);
    }

    int predict(const Word* pixels) {  // (3) to (6)
        take_pixels(pixels);
        for (std::size_t i = 0; i < layers.size(); i++) {
            forward(layers[i]);
            if (i + 1 == layers.size()) break;
            rule.sum(int(i), layers[i]);
            activate(int(i));
        }
        const int* scores = rule.scores(layers.back());
        return int(std::max_element(scores, scores + classes()) - scores);
    }

    int train(const Word* pixels, int label) {  // (7) to (11)
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
        last.clear_errors();
        rule.assign_errors(last, label, rival, margin);
        for (int i = int(layers.size()) - 1; i > 0; i--) find_errors(i);
        for (std::size_t i = layers.size(); i-- > 0;) change(layers[i]);
        return prediction;
    }

    int classes() const { return layers.back().neurons / Rule::read_outs; }

    void activate(int i) {  // (4), (5)
        Layer &layer = layers[i], &next = layers[i + 1];
        std::int64_t sum = layer.total, neurons = layer.neurons;
        layer.mean = int(sum >= 0 ? sum / neurons : -((-sum + neurons - 1) / neurons));
        const int gate = layer.bounds().gate, mean = layer.mean;
        const bool band = layer.band;
        for (int w = 0; w < next.words; w++) {
            alignas(64) int below[BITS];  // zero: not below the threshold
            const int* sums = &layer.sums[BITS * w];
            for (int j = 0; j < BITS; j++) {
                int reached = band ? std::abs(sums[j] - mean) : sums[j] - mean;
                below[j] = gate + rule.offset(i, BITS * w + j) - reached - 1;
            }
            Word on = sign_bits(below), real = next.real(w);
            if (layer.gated) next.set_input(w, on & real, 0);
            else next.set_input(w, real, ~on);
        }
    }

    void find_errors(int i) {  // (8)
        Layer& below = layers[i - 1];
        send_back(layers[i], up.data(), down.data());
        const auto [gate, window] = below.bounds();
        for (int w = 0; w < layers[i].words; w++) {
            alignas(64) int above[BITS], near[BITS];  // the mean; -1 where the threshold is near
            for (int j = 0; j < BITS; j++) above[j] = below.sums[BITS * w + j] - below.mean;
            Word wants = up.front().word[w], refuses = down.front().word[w];
            if (below.band) {  // below the mean a neuron fires when its sum falls
                Word mirrored = sign_bits(above) & (wants ^ refuses);
                wants ^= mirrored, refuses ^= mirrored;
                for (int j = 0; j < BITS; j++) above[j] = std::abs(above[j]);
            }
            for (int j = 0; j < BITS; j++)
                near[j] = -rule.near(above[j] - gate - rule.offset(i - 1, BITS * w + j), wants >> j & 1, window);
            Word learning = sign_bits(near) & layers[i].real(w);
            below.up.front().word[w] = learning & wants;
            below.down.front().word[w] = learning & refuses;
        }
        rule.temper(i - 1, below);
    }

    void change(Layer& layer) {  // (9)
        spread_input(layer);
        for (int w = 0; w < layer.groups * WORDS; w++) {
            Word up = layer.up.front().word[w], either = up | layer.down.front().word[w];
            for (; either; either &= either - 1) {
                int i = __builtin_ctzll(either);
                change_row(layer, BITS * w + i, up >> i & 1);
            }
        }
    }

    void change_row(Layer& layer, int neuron, bool up) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        draws++;
        Thresholds theta = layer.table[random >> 24];
        bool relaxes = int(random & 0xFFFF) < layer.relax_rate;
        if (Rule::slices == 1 && !relaxes && !theta.toward && !theta.away) return;
        rows_learned++;
        if (relaxes)
            for (int w = 0; w < layer.words; w++)
                relax(layer.row(neuron) + BITS * w, rule.relaxing(layer.on()[w]), relax_floor);
        for (int s = 0; s < Rule::slices; s++) {
            int first = layer.words * s / Rule::slices, end = layer.words * (s + 1) / Rule::slices;
            learn(layer, neuron, up, layer.table[random >> (24 - 8 * s) & 0xFF], first, end);
        }
        rule.stepped(int(&layer - layers.data()), neuron, up, theta);
    }
};
