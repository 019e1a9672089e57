// (8) The errors of a hidden neuron are added up in 4 bits; at +LEAST or -LEAST it has that error, and the sum starts at 0.
template <int LEAST>
struct IntegratedError : Contract {
    std::vector<std::vector<std::int8_t>> integrated;  // of the neurons of each layer

    void temper(int i, Layer& layer) {
        if (int(integrated.size()) <= i) integrated.resize(i + 1);
        auto& own = integrated[i];
        own.resize(layer.neurons);
        Word *up = layer.up.front().word, *down = layer.down.front().word;
        for (int w = 0; w < layer.groups * WORDS; w++)
            for (Word either = up[w] | down[w]; either; either &= either - 1) {
                Word bit = either & -either;
                std::int8_t& sum = own[BITS * w + __builtin_ctzll(either)];
                sum += up[w] & bit ? 1 : -1;
                if (std::abs(sum) >= LEAST) sum = 0;
                else up[w] &= ~bit, down[w] &= ~bit;
            }
    }
};
