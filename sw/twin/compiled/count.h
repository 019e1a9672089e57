// Ones are counted at the places of a vector at once: plane p of the result has bit p of every count. Sixteen vectors are added with
// fifteen full adders of two instructions each, so that a count costs little more than two instructions a vector, whatever
// the number of places.

constexpr int MOST_PLANES = 17;  // for 2^16 vectors

struct Counts {
    int depth = 0;  // planes in use
    Block plane[MOST_PLANES];
};

// Four vectors: their sum goes into `one` and `two`, what carries out of them is returned.
template <class Source>
inline __attribute__((always_inline)) Vector add_four(const Source& source, int k, Vector& one, Vector& two) {
    Vector carried = add_bits(one, source(k), source(k + 1));
    return add_bits(two, carried, add_bits(one, source(k + 2), source(k + 3)));
}

template <class Source>
inline __attribute__((always_inline)) Vector add_eight(const Source& source, int k, Vector& one, Vector& two, Vector& four) {
    Vector carried = add_four(source, k, one, two);
    return add_bits(four, carried, add_four(source, k + 4, one, two));
}

// `source(k)` is vector k; those from `number` to the next multiple of sixteen are zero. The counts are those of a strip.
template <class Source>
inline __attribute__((always_inline)) void count_ones(const Source& source, int number, int strip, Counts& counts) {
    Vector one = {}, two = {}, four = {}, eight = {}, high[MOST_PLANES - 4] = {};
    int levels = 0;
    while ((number + 15) >> (4 + levels)) levels++;
    for (int k = 0; k < number; k += 16) {
        Vector carried = add_eight(source, k, one, two, four);
        carried = add_bits(eight, carried, add_eight(source, k + 8, one, two, four));
        for (int i = 0; i < levels; i++) {
            Vector both = high[i] & carried;
            high[i] ^= carried;
            carried = both;
        }
    }
    counts.depth = 4 + levels;
    store(counts.plane[0], strip, one);
    store(counts.plane[1], strip, two);
    store(counts.plane[2], strip, four);
    store(counts.plane[3], strip, eight);
    for (int i = 0; i < levels; i++) store(counts.plane[4 + i], strip, high[i]);
}

// All counts together.
inline std::int64_t sum_of(const Counts& counts) {
    std::int64_t sum = 0;
    for (int p = 0; p < counts.depth; p++) {
        Vector ones = {};
        for (int s = 0; s < STRIPS; s++) ones += ones_of(load(counts.plane[p], s));
        sum += std::int64_t(whole(ones)) << p;
    }
    return sum;
}

// numbers[i] -= factor · count i, for planes `first` to `first` + 7 of the 64 places of word `w`.
inline void take_byte(const Counts& counts, int w, int first, int factor, int* numbers) {
    int last = std::min(counts.depth, first + 8);
#if WIDTH == 512
    __m512i bytes = _mm512_setzero_si512();
    for (int p = first; p < last; p++)
        bytes = _mm512_mask_add_epi8(bytes, counts.plane[p].word[w], bytes, _mm512_set1_epi8(char(1 << (p - first))));
    alignas(64) std::uint8_t count[BITS];
    _mm512_store_si512(count, bytes);
#elif WIDTH == 256
    alignas(64) std::uint8_t count[BITS] = {}, set[BITS];
    for (int p = first; p < last; p++) {
        spread(counts.plane[p].word[w], 1 << (p - first), set);
        for (int i = 0; i < BITS; i++) count[i] |= set[i];
    }
#else
    Word eights[8] = {};  // what is written in words is slow to read in vectors: once, and not for every plane
    for (int p = first; p < last; p++)
        for (int i = 0; i < 8; i++) eights[i] |= SPREADING.of[counts.plane[p].word[w] >> 8 * i & 0xFF] << (p - first);
    alignas(64) std::uint8_t count[BITS];
    std::memcpy(count, eights, sizeof count);
#endif
    for (int i = 0; i < BITS; i++) numbers[i] -= factor * count[i];
}

// numbers[i] = start - 2 · count i, for all 512 places.
inline void subtract_twice(const Counts& counts, int start, int* numbers) {
    for (int w = 0; w < WORDS; w++) {
        for (int i = 0; i < BITS; i++) numbers[BITS * w + i] = start;
        for (int first = 0; first < counts.depth; first += 8)
            take_byte(counts, w, first, 2 << first, numbers + BITS * w);
    }
}
