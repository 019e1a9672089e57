// (4) A hidden neuron's sum is taken from its own mean of 2^SHIFT samples, as far as that is more than FREE from the layer's.
template <int SHIFT, int FREE>
struct OwnMean : Contract {
    std::vector<std::vector<int>> followed, offsets;  // of the neurons of each layer; the mean is followed >> SHIFT

    void sum(int i, Layer& layer) {
        if (int(offsets.size()) <= i) offsets.resize(i + 1), followed.resize(i + 1);
        offsets[i].resize(layer.neurons), followed[i].resize(layer.neurons);
        for (int j = 0; j < layer.neurons; j++) layer.sums[j] -= offsets[i][j], layer.total -= offsets[i][j];
    }

    void observe(const std::vector<Layer>& layers) {
        for (std::size_t i = 0; i + 1 < layers.size(); i++)
            for (int j = 0; j < layers[i].neurons; j++) {
                int beyond = layers[i].sums[j] + offsets[i][j] - layers[i].mean;
                followed[i][j] += beyond - (followed[i][j] >> SHIFT);
                int own = followed[i][j] >> SHIFT;
                offsets[i][j] = own > FREE ? own - FREE : own < -FREE ? own + FREE : 0;
            }
    }
};
