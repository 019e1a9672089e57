// Where learning rules may differ, and what the contract does there; clauses of docs/contract.md in brackets.
//
// A rule is a type. Another one derives from `Contract` and has members of its own in the place of those that it changes.
// The machine calls them directly, nothing is virtual: what a rule leaves as it is costs nothing.

struct Contract {
    static constexpr int read_outs = 1;  // output neurons of a class; those of class c are c * read_outs and the next
    static constexpr bool signed_pixels = false;  // whether a pixel may be -1
    static constexpr int slices = 1;  // of a row, each with a byte of the random word of its own (11)

    // (3) What word `w` of the first layer's input is where the pixels `on` are on.
    void take_pixels(Layer& first, int w, Word on) { first.set_input(w, on, 0); }

    // (4) The sums of hidden layer `i` are there, and its mean is not.
    void sum(int i, Layer& layer) {}

    // (5, 8) What the threshold of neuron `j` of layer `i` is above mean and gate; `j` goes up to the end of `sums`.
    int offset(int i, int j) const { return 0; }

    // A training sample has been predicted and nothing of it is learned yet.
    void observe(const std::vector<Layer>& layers) {}

    // (6) A score for each class: the largest is predicted, their difference is held against the margin (7).
    const int* scores(const Layer& last) { return last.sums.data(); }

    // (7) d of the output neurons, all zero before, where the label's score is not above the rival's by the margin.
    void assign_errors(Layer& last, int label, int rival, int margin) {
        last.set_error(label, 1);
        last.set_error(rival, -1);
    }

    // (8) Whether a hidden neuron takes its error, +1 if `up`: `beyond` is how far it is above its threshold.
    bool near(int beyond, bool up, int window) const { return std::abs(beyond) <= window; }

    // (8) The errors of hidden layer `i` are there.
    void temper(int i, Layer& layer) {}

    // (11) A row of layer `i` has learned.
    void stepped(int i, int neuron, bool up, Thresholds theta) {}

    // (10) Where a row that relaxes does so, in a word of inputs of which the `valid` ones count.
    Word relaxing(Word valid) const { return ~Word(0); }
};
