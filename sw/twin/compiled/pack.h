// Pixels as bits, 64 to a word: pixel i of a sample is bit i % 64 of its word i / 64, and what is beyond the last is zero.

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
