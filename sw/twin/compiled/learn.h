// Learning works on the hidden weights themselves, one byte a synapse.

// Bytes for the loops below, before the first row of a layer changes.
inline void spread_input(Layer& layer) {
#if WIDTH != 512
    alignas(64) std::uint8_t valid[BITS], minus[BITS];
    for (int w = 0; w < layer.words; w++) {
        spread(layer.on()[w], 1, valid);
        spread(layer.on()[w] & layer.negative()[w], 1, minus);
        for (int i = 0; i < BITS; i++) layer.spread[BITS * w + i] = std::int8_t(valid[i] - 2 * minus[i]);
    }
#endif
}

// (11) For a step of +1 the weights that move are the interval -toward <= q < min(away, 127); a step of -1 is the same with q
// complemented. A subtraction modulo 256 and one comparison test it. The words of the row are `first` to before `end`.
inline void learn(Layer& layer, int neuron, bool up, Thresholds theta, int first, int end) {
    std::uint8_t span = std::uint8_t(theta.toward + std::min<int>(theta.away, 127));
#if WIDTH == 512
    const __m512i toward = _mm512_set1_epi8(char(theta.toward)), width = _mm512_set1_epi8(char(span));
    const __m512i one = _mm512_set1_epi8(1);
    std::int8_t* row = layer.row(neuron);
    for (int w = first; w < end; w++) {
        __m512i q = _mm512_load_si512(row + BITS * w);
        __m512i down = _mm512_movm_epi8(up ? layer.negative()[w] : ~layer.negative()[w]);
        __m512i place = _mm512_add_epi8(_mm512_xor_si512(q, down), toward);
        __mmask64 moves = _mm512_mask_cmplt_epu8_mask(layer.on()[w], place, width);
        q = _mm512_mask_add_epi8(q, moves, q, _mm512_or_si512(down, one));
        _mm512_store_si512(row + BITS * w, q);
        layer.take_word(neuron, w, _mm512_movepi8_mask(q));
    }
#else
    // A byte may alias anything, the layer's own sizes too, so that without __restrict this is no loop of vectors.
    std::int8_t* __restrict q = layer.row(neuron);
    const std::int8_t* __restrict input = layer.spread.data();
    const int count = end * BITS;
    const std::int8_t error = up ? 1 : -1;
    for (int i = first * BITS; i < count; i++) {
        std::int8_t step = std::int8_t(error * input[i]), mirrored = std::int8_t(q[i] ^ (step >> 7));
        q[i] += std::uint8_t(mirrored + theta.toward) < span ? step : 0;
    }
    layer.take_signs(neuron);
#endif
}

// (10) Levels of `floor` and more in the columns of a word that `moves` has: one toward zero.
inline void relax(std::int8_t* word, Word moves, int floor) {
    alignas(64) std::uint8_t move[BITS];
    spread(moves, 1, move);
    std::int8_t* __restrict q = word;
    for (int i = 0; i < BITS; i++) q[i] += std::int8_t(((q[i] < -floor) - (q[i] >= floor)) * move[i]);
}
