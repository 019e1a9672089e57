// Samples for the machine: pixels as bits, 64 to a word: pixel i of a sample is bit i % 64 of its word i / 64, and what is beyond the last is zero.

// One sample of `inputs` bytes, 0 or 1; returns where the next one goes.
inline Word* pack_sample(const std::uint8_t* bytes, int inputs, Word* pixels) {
    alignas(64) std::int8_t turned[BITS];
    for (int first = 0; first < inputs; first += BITS) {
        int count = std::min(BITS, inputs - first);
        if (count < BITS) std::memset(turned, 0, sizeof turned);
        for (int i = 0; i < count; i++) turned[i] = std::int8_t(-bytes[first + i]);
        *pixels++ = sign_bits(turned);
    }
    return pixels;
}

// One sample of `inputs` bits in whole bytes; `place[p]` is where its pixel p goes, null: where it is.
inline Word* place_sample(const std::uint8_t* bytes, int inputs, const std::uint16_t* place, Word* pixels) {
    const int words = (inputs + BITS - 1) / BITS, length = (inputs + 7) / 8;
    if (!place) {
        pixels[words - 1] = 0;
        std::memcpy(pixels, bytes, length);  // a processor of today has the first byte of a word lowest
        return pixels + words;
    }
    std::fill(pixels, pixels + words, 0);
    for (int first = 0; first < length; first += 8) {
        Word bits = 0;
        std::memcpy(&bits, bytes + first, std::min(8, length - first));
        for (; bits; bits &= bits - 1) {
            int to = place[8 * first + __builtin_ctzll(bits)];
            pixels[to / BITS] |= Word(1) << to % BITS;
        }
    }
    return pixels + words;
}
