// (5, 8) A hidden neuron's threshold follows its own mean of 2^SHIFT samples, as far as that is more than FREE from the
// layer's.
struct OwnThreshold : Contract {
    static constexpr int SHIFT = 15, FREE = 10;
    std::vector<std::vector<int>> followed, offsets;  // of the neurons of each layer; the mean is followed >> SHIFT

    int offset(int i, int j) const { return offsets.empty() ? 0 : offsets[i][j]; }

    void observe(const std::vector<Layer>& layers) {
        if (offsets.empty())
            for (const Layer& layer : layers) followed.emplace_back(layer.sums.size()), offsets.emplace_back(layer.sums.size());
        for (std::size_t i = 0; i + 1 < layers.size(); i++)
            for (int j = 0; j < layers[i].neurons; j++) {
                followed[i][j] += layers[i].sums[j] - layers[i].mean - (followed[i][j] >> SHIFT);
                int own = followed[i][j] >> SHIFT;
                offsets[i][j] = own > FREE ? own - FREE : own < -FREE ? own + FREE : 0;
            }
    }
};
