// Between bits in words and the bytes and integers that they stand for.

// Bit i of the result is the sign of byte i, for 64 bytes.
inline Word sign_bits(const std::int8_t* bytes) {
#if WIDTH == 512
    return _mm512_movepi8_mask(_mm512_loadu_si512(bytes));
#elif WIDTH == 256
    auto half = reinterpret_cast<const __m256i*>(bytes);
    Word low = std::uint32_t(_mm256_movemask_epi8(_mm256_loadu_si256(half)));
    return low | Word(std::uint32_t(_mm256_movemask_epi8(_mm256_loadu_si256(half + 1)))) << 32;
#elif defined(__SSE2__)
    Word bits = 0;
    for (int i = 0; i < 4; i++)
        bits |= Word(_mm_movemask_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + i))) << 16 * i;
    return bits;
#else
    Word bits = 0;
    for (int i = 0; i < BITS; i++) bits |= Word(bytes[i] < 0) << i;
    return bits;
#endif
}

// The same of 64 integers.
inline __attribute__((always_inline)) Word sign_bits(const std::int32_t* numbers) {
    Word bits = 0;
#if WIDTH == 512
    for (int i = 0; i < 4; i++) bits |= Word(_mm512_movepi32_mask(_mm512_loadu_si512(numbers + 16 * i))) << 16 * i;
#elif WIDTH == 256
    for (int i = 0; i < 8; i++) {
        __m256i eight = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(numbers) + i);
        bits |= Word(_mm256_movemask_ps(_mm256_castsi256_ps(eight))) << 8 * i;
    }
#elif defined(__SSE2__)
    for (int i = 0; i < 16; i++) {
        __m128i four = _mm_loadu_si128(reinterpret_cast<const __m128i*>(numbers) + i);
        bits |= Word(_mm_movemask_ps(_mm_castsi128_ps(four))) << 4 * i;
    }
#else
    for (int i = 0; i < BITS; i++) bits |= Word(numbers[i] < 0) << i;
#endif
    return bits;
}

#if WIDTH < 256
struct Spreading {  // of a byte's bits to eight bytes, for each byte
    Word of[256];
    constexpr Spreading() : of() {
        for (int byte = 0; byte < 256; byte++)
            for (int i = 0; i < 8; i++) of[byte] |= Word(byte >> i & 1) << 8 * i;
    }
};
constexpr Spreading SPREADING;
#endif

// 64 bytes, each `value`, a power of two, where its bit is set and 0 elsewhere.
inline __attribute__((always_inline)) void spread(Word bits, int value, std::uint8_t* bytes) {
#if WIDTH == 512
    _mm512_storeu_si512(bytes, _mm512_maskz_set1_epi8(bits, char(value)));
#elif WIDTH == 256
    const __m256i own = _mm256_set1_epi64x(0x8040201008040201), given = _mm256_set1_epi8(char(value));
    const __m256i from = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    for (int i = 0; i < 2; i++) {
        __m256i copies = _mm256_shuffle_epi8(_mm256_set1_epi32(int(bits >> 32 * i)), from);
        __m256i set = _mm256_and_si256(_mm256_cmpeq_epi8(_mm256_and_si256(copies, own), own), given);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(bytes) + i, set);
    }
#else
    for (int i = 0; i < 8; i++, bits >>= 8) {
        Word set = SPREADING.of[bits & 0xFF] * Word(value);
        std::memcpy(bytes + 8 * i, &set, 8);
    }
#endif
}

// Numbers of the bits that are set in `count` words, ascending; how many. `list` has 32 places more than it needs.
inline int list_ones(const Word* words, int count, std::uint16_t* list) {
    int found = 0;
#if WIDTH == 512
    __m512i numbers = _mm512_set_epi16(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9,
                                       8, 7, 6, 5, 4, 3, 2, 1, 0);
    const __m512i next = _mm512_set1_epi16(32);
    for (int i = 0; i < 2 * count; i++, numbers = _mm512_add_epi16(numbers, next)) {
        auto half = std::uint32_t(words[i / 2] >> 32 * (i % 2));
        _mm512_storeu_si512(list + found, _mm512_maskz_compress_epi16(half, numbers));
        found += __builtin_popcount(half);
    }
#else
    for (int w = 0; w < count; w++)
        for (Word bits = words[w]; bits; bits &= bits - 1) list[found++] = std::uint16_t(BITS * w + __builtin_ctzll(bits));
#endif
    return found;
}
