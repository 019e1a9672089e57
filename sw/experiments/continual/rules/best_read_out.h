// `COUNT` output neurons a class, of which the one with the largest sum speaks (6) and learns (7).
template <int COUNT>
struct BestReadOut : Contract {
    static constexpr int read_outs = COUNT;
    std::vector<int> largest;

    static int best(const Layer& last, int c) {
        auto first = last.sums.begin(), own = first + c * COUNT;
        return int(std::max_element(own, own + COUNT) - first);
    }

    const int* scores(const Layer& last) {
        largest.resize(last.neurons / COUNT);
        for (int c = 0; c < int(largest.size()); c++) largest[c] = last.sums[best(last, c)];
        return largest.data();
    }

    void assign_errors(Layer& last, int label, int rival, int margin) {
        last.set_error(best(last, label), 1);
        last.set_error(best(last, rival), -1);
    }
};
