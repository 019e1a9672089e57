// Many bits at a time on any processor: blocks of 512 in memory, and vectors of as many as a register holds, the compiler's
// own. WIDTH is that number; 512 has the instructions of AVX-512, 256 those of AVX2, 128 whatever the machine must have.

using Word = std::uint64_t;
constexpr int BITS = 64, WORDS = 8;                            // of a word; of a block
constexpr int LANES = WIDTH / BITS, STRIPS = WORDS / LANES;  // words of a vector; vectors of a block

using Vector = Word __attribute__((vector_size(WIDTH / 8), may_alias));

struct alignas(64) Block {
    Word word[WORDS];
};

inline __attribute__((always_inline)) Vector load(const Block& block, int strip) {
    return reinterpret_cast<const Vector*>(&block)[strip];
}

inline __attribute__((always_inline)) void store(Block& block, int strip, Vector bits) {
    reinterpret_cast<Vector*>(&block)[strip] = bits;
}

// Three bits of one weight are added: `sum` becomes their sum, and the carry is returned.
inline __attribute__((always_inline)) Vector add_bits(Vector& sum, Vector one, Vector other) {
#if WIDTH == 512
    __m512i a = (__m512i)sum, b = (__m512i)one, c = (__m512i)other;
    sum = (Vector)_mm512_ternarylogic_epi64(a, b, c, 0x96);
    return (Vector)_mm512_ternarylogic_epi64(a, b, c, 0xE8);
#else
    Vector differ = sum ^ one, carry = (differ & other) | (sum & one);
    sum = differ ^ other;
    return carry;
#endif
}

// How many bits are set, of at most 2^16 vectors together: `ones_of` each is added, then `whole` of that is the number.
inline __attribute__((always_inline)) Vector ones_of(Vector bits) {
#if WIDTH == 512
    return (Vector)_mm512_popcnt_epi64((__m512i)bits);
#else
    bits -= bits >> 1 & 0x5555555555555555;
    bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
    bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F;
    bits = (bits + (bits >> 8)) & 0x00FF00FF00FF00FF;
    bits += bits >> 16;
    return (bits + (bits >> 32)) & 0x7F;
#endif
}

inline __attribute__((always_inline)) int whole(Vector counts) {
#if WIDTH == 512
    return int(_mm512_reduce_add_epi64((__m512i)counts));
#else
    Word sum = 0;
    for (int i = 0; i < LANES; i++) sum += counts[i];
    return int(sum);
#endif
}
