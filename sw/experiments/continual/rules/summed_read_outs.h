// (6) `COUNT` output neurons a class, whose sums are added; (7) all of them have the class's error.
template <int COUNT>
struct SummedReadOuts : Contract {
    static constexpr int read_outs = COUNT;
    std::vector<int> sums;

    const int* scores(const Layer& last) {
        sums.assign(last.neurons / COUNT, 0);
        for (int k = 0; k < last.neurons; k++) sums[k / COUNT] += last.sums[k];
        return sums.data();
    }

    void assign_errors(Layer& last, int label, int rival, int margin) {
        for (int e = 0; e < COUNT; e++) last.set_error(label * COUNT + e, 1), last.set_error(rival * COUNT + e, -1);
    }
};
