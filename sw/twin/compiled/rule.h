// Where learning rules may differ, and what the contract does there; clauses of docs/contract.md in brackets.
//
// A rule is a type. Another one derives from `Contract` and has members of its own in the place of those that it changes.
// `Machine<Rule>` calls them directly, nothing is virtual: what a rule leaves as it is costs nothing.

#pragma once

#include <cstdlib>

#include "layer.h"

struct Contract {
    static constexpr int read_outs = 1;  // output neurons of a class; those of class c are c * read_outs and the next

    // (3) What word `w` of the first layer's input is where the pixels `on` are on.
    void take_pixels(Layer& first, int w, Word on) { first.valid[w] = on; }

    // (5, 8) What the threshold of neuron `j` of layer `i` is above mean and gate.
    int offset(int i, int j) const { return 0; }

    // A training sample has been predicted and nothing of it is learned yet.
    void observe(const std::vector<Layer>& layers) {}

    // (6) A score for each class: the largest is predicted, their difference is held against the margin (7).
    const int* scores(const Layer& last) { return last.sums.data(); }

    // (7) d of the output neurons, all zero before, where the label's score is not above the rival's by the margin.
    void assign_errors(Layer& last, int label, int rival, int margin) {
        last.errors[label] = 1;
        last.errors[rival] = -1;
    }

    // (8) Whether a hidden neuron takes its error, the sign of `backward`: `beyond` is how far it is above its threshold.
    bool near(int beyond, int backward, int window) const { return std::abs(beyond) <= window; }

    // (10) Whether a row that relaxes does so at an input of -1, 0 or 1.
    bool relaxes(std::int8_t input) const { return true; }
};
