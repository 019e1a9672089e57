// (4) The sums of a layer. a_j is the number of valid inputs less twice the number of those that oppose their weight. A wide
// layer counts at all its neurons at once, a valid column after the other; a narrow one counts a row after the other.

struct Columns {  // a strip of one group's, as they are
    const Block* group;
    const std::uint16_t* list;
    int strip;
    __attribute__((always_inline)) Vector operator()(int k) const { return load(group[list[k]], strip); }
};

struct TurnedColumns {  // those of an input of -1 turned round
    const Block* group;
    const std::uint16_t* list;
    const Word* flips;
    int strip;
    __attribute__((always_inline)) Vector operator()(int k) const { return load(group[list[k]], strip) ^ flips[k]; }
};

inline void forward_by_columns(Layer& layer) {
    int number = list_ones(layer.on(), layer.words, layer.list.data());
    for (int k = 0; k < 16; k++) layer.list[number + k] = std::uint16_t(layer.inputs), layer.flips[number + k] = 0;
    if (layer.ternary)
        for (int k = 0; k < number; k++)
            layer.flips[k] = -(layer.negative()[layer.list[k] / BITS] >> layer.list[k] % BITS & 1);
    layer.count = number;
    layer.total = std::int64_t(number) * layer.neurons;
    for (int g = 0; g < layer.groups; g++) {
        const Block* group = &layer.columns[std::size_t(g) * layer.stride()];
        Counts opposed;
        for (int s = 0; s < STRIPS; s++)
            if (layer.ternary) count_ones(TurnedColumns{group, layer.list.data(), layer.flips.data(), s}, number, s, opposed);
            else count_ones(Columns{group, layer.list.data(), s}, number, s, opposed);
        subtract_twice(opposed, number, &layer.sums[g * BITS * WORDS]);
        layer.total -= 2 * sum_of(opposed);
    }
    // Neurons that are none have no negative weight; an input of -1 opposes them.
    if (layer.ternary) layer.total = std::accumulate(layer.sums.begin(), layer.sums.begin() + layer.neurons, std::int64_t(0));
}

inline void forward_by_rows(Layer& layer) {
    Vector counts = {};
    for (const Block& bits : layer.valid)
        for (int s = 0; s < STRIPS; s++) counts += ones_of(load(bits, s));
    int number = layer.count = whole(counts);
    layer.total = 0;
    for (int j = 0; j < layer.neurons; j++) {
        const Block* row = &layer.rows[std::size_t(j) * layer.vectors];
        Vector opposed = {};
        for (int v = 0; v < layer.vectors; v++)
            for (int s = 0; s < STRIPS; s++)
                opposed += ones_of((load(row[v], s) ^ load(layer.minus[v], s)) & load(layer.valid[v], s));
        layer.sums[j] = number - 2 * whole(opposed);
        layer.total += layer.sums[j];
    }
}

inline void forward(Layer& layer) {
    if (layer.wide) forward_by_columns(layer);
    else forward_by_rows(layer);
}
