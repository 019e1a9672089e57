// (6) 3 output neurons a class stand for no class: the score of a class is the sum of all with the signs of its code. (7) Those
// in which the codes of label and rival differ have the error of the label's sign.
struct CodeOutputs : Contract {
    static constexpr int read_outs = 3;
    std::vector<int> sums;

    // Any two of these codes, parities of five bits, differ in about half of the neurons.
    static bool sign(int c, int k) { return __builtin_parity((3 * c + 1) & (k + 1)); }

    const int* scores(const Layer& last) {
        sums.assign(last.neurons / read_outs, 0);
        for (int c = 0; c < int(sums.size()); c++)
            for (int k = 0; k < last.neurons; k++) sums[c] += sign(c, k) ? last.sums[k] : -last.sums[k];
        return sums.data();
    }

    void assign_errors(Layer& last, int label, int rival, int margin) {
        for (int k = 0; k < last.neurons; k++)
            if (sign(label, k) != sign(rival, k)) last.set_error(k, sign(label, k) ? 1 : -1);
    }
};
