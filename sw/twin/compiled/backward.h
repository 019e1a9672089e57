// (8) The errors that a layer sends back: the signs of g_i = Σ_k d_k · b_ki at its inputs, counted like the sums, rows of
// neurons with an error in the place of columns. An error times a weight is -1 where one of the two is negative.

struct TurnedRows {  // a strip of 512 columns; those of neurons with the error -1 turned round
    const Block* column;
    int vectors;
    const std::uint16_t* list;
    const Word* flips;
    int strip;
    __attribute__((always_inline)) Vector operator()(int k) const {
        return load(column[std::size_t(list[k]) * vectors], strip) ^ flips[k];
    }
};

// Which inputs have g > 0 and which g < 0; `up` and `down` have a block for each 512 of the layer's columns.
inline void send_back(Layer& layer, Block* up, Block* down) {
    int number = 0;
    for (int w = 0; w < layer.groups * WORDS; w++) {
        Word negative = layer.down.front().word[w];
        for (Word bits = layer.up.front().word[w] | negative; bits; bits &= bits - 1, number++) {
            int i = __builtin_ctzll(bits);
            layer.list[number] = std::uint16_t(BITS * w + i);
            layer.flips[number] = -(negative >> i & 1);
        }
    }
    for (int k = 0; k < 16; k++) layer.list[number + k] = std::uint16_t(layer.neurons), layer.flips[number + k] = 0;
    for (int v = 0; v < layer.vectors; v++)
        for (int s = 0; s < STRIPS; s++) {
            Counts opposed;
            count_ones(TurnedRows{&layer.rows[v], layer.vectors, layer.list.data(), layer.flips.data(), s}, number, s, opposed);
            // g = number - 2 · opposed, whose sign is found from the highest plane down.
            Vector more = {}, equal = ~Vector{};
            for (int p = opposed.depth - 1; p >= 0; p--) {
                Vector plane = load(opposed.plane[p], s);
                if (number / 2 >> p & 1) equal &= plane;
                else more |= equal & plane, equal &= ~plane;
            }
            if (number % 2) equal = Vector{};
            store(down[v], s, more);
            store(up[v], s, ~(more | equal));
        }
}
