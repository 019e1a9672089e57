// One layer: its weights, its ternary input, the sums and errors of its neurons; clauses of docs/contract.md in brackets.
//
// The hidden weights are bytes, a row a neuron. The signs of the weights stand beside them as bits, 1 where a weight is
// negative: by rows, for the errors that go back and for the sums of a narrow layer; and in a wide layer by columns too.

struct Thresholds {
    std::uint8_t toward, away;
};

struct Layer {
    static constexpr int WIDE = 64, ROOM = 64;  // neurons of a wide layer; places of a list beyond its end

    int inputs, neurons;
    int words, vectors;  // of a row: words of 64 columns, vectors of 512
    int groups;          // of 512 neurons
    bool wide;
    bool ternary = false;            // an input may be -1
    std::vector<Block> hidden;       // rows of `words` blocks of 64 bytes, padded with zeros
    std::vector<Block> rows;         // signs: [neuron][vector], and a row of zeros
    std::vector<Block> columns;      // the same: [group][column], and from `inputs` on columns of zeros
    std::vector<Block> valid, minus; // the input (3): which columns count, which are -1
    std::vector<int> sums;           // a_j (4)
    std::int64_t total = 0;          // of the neurons' sums
    std::vector<Block> up, down;     // d_j (8): which neurons have +1, which -1
    std::vector<std::uint16_t> list; // the numbers of what is being counted
    std::vector<Word> flips;         // all ones for what is counted where it is zero
    std::vector<std::int8_t> spread; // the input, a byte a column, once something is learned (not with AVX-512)
    Thresholds table[256];
    std::vector<Bounds> steps;       // gate and window (5) by the number of valid inputs, one for eight numbers
    int count = 0, mean = 0;         // of the valid inputs; of the sums
    int relax_rate = 0;
    bool gated = false, band = false;

    Layer(int inputs, int neurons)
        : inputs(inputs), neurons(neurons), words((inputs + BITS - 1) / BITS), vectors((words + WORDS - 1) / WORDS),
          groups((neurons + BITS * WORDS - 1) / (BITS * WORDS)), wide(neurons >= WIDE), hidden(std::size_t(neurons) * words),
          rows(std::size_t(neurons + 1) * vectors), columns(wide ? std::size_t(groups) * stride() : 0), valid(vectors),
          minus(vectors), sums(groups * BITS * WORDS), up(groups), down(groups), list(std::max(stride(), neurons) + ROOM),
          flips(list.size()), spread(words * BITS), table() {}

    Bounds bounds() const { return steps[count / 8]; }

    int stride() const { return words * BITS + 1; }  // columns of a group

    std::int8_t* row(int neuron) { return reinterpret_cast<std::int8_t*>(&hidden[std::size_t(neuron) * words]); }

    // Which columns of a word are inputs.
    Word real(int w) const { return inputs - BITS * w >= BITS ? ~Word(0) : (Word(1) << (inputs - BITS * w)) - 1; }

    const Word* on() const { return valid.front().word; }

    const Word* negative() const { return minus.front().word; }

    void set_input(int w, Word on, Word negative) {
        valid.front().word[w] = on;
        minus.front().word[w] = negative;
    }

    void set_error(int neuron, int error) {
        (error > 0 ? up : down).front().word[neuron / BITS] |= Word(1) << neuron % BITS;
    }

    void clear_errors() {
        std::fill(up.begin(), up.end(), Block());
        std::fill(down.begin(), down.end(), Block());
    }

    // A neuron's signs are those of its hidden weights.
    void take_signs(int neuron) {
        for (int w = 0; w < words; w++) take_word(neuron, w, sign_bits(row(neuron) + BITS * w));
    }

    void take_word(int neuron, int w, Word signs) {
        Word& own = rows[std::size_t(neuron) * vectors].word[w];
        Word changed = own ^ signs;
        own = signs;
        if (!wide) return;
        Block* group = &columns[std::size_t(neuron / (BITS * WORDS)) * stride()];
        Word bit = Word(1) << neuron % BITS;
        for (; changed; changed &= changed - 1)
            group[BITS * w + __builtin_ctzll(changed)].word[neuron / BITS % WORDS] ^= bit;
    }
};
