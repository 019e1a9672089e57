// (7) The second rival too has the error -1, where the label's score is not above its own by the margin.
struct TwoRivals : Contract {
    void assign_errors(Layer& last, int label, int rival, int margin) {
        Contract::assign_errors(last, label, rival, margin);
        int second = -1;
        for (int c = 0; c < last.neurons; c++)
            if (c != label && c != rival && (second < 0 || last.sums[c] > last.sums[second])) second = c;
        if (second >= 0 && last.sums[label] - last.sums[second] < margin) last.set_error(second, -1);
    }
};
