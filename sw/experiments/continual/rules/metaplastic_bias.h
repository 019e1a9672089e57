// (4, 11) Every hidden neuron has a bias of 8 bits, q >> SHIFT is added to its sum. It steps with its row, as a weight of an
// input that is always on does: by the row's thresholds, rarer at large levels.
template <int SHIFT>
struct MetaplasticBias : Contract {
    std::vector<std::vector<std::int8_t>> biases;  // of the neurons of each layer

    std::vector<std::int8_t>& of(int i, int neurons) {
        if (int(biases.size()) <= i) biases.resize(i + 1);
        if (biases[i].empty()) biases[i].resize(neurons);
        return biases[i];
    }

    void sum(int i, Layer& layer) {
        const auto& own = of(i, layer.neurons);
        for (int j = 0; j < layer.neurons; j++) layer.sums[j] += own[j] >> SHIFT, layer.total += own[j] >> SHIFT;
    }

    void stepped(int i, int neuron, bool up, Thresholds theta) {
        if (i >= int(biases.size())) return;  // the last layer has none
        std::int8_t& q = biases[i][neuron];
        int mirrored = up ? q : ~q;
        if (-theta.toward <= mirrored && mirrored < std::min<int>(theta.away, 127)) q += up ? 1 : -1;
    }
};
