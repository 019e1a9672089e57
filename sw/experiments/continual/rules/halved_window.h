// (8) A hidden neuron that is already on the side of its error has half the window.
struct HalvedWindow : Contract {
    bool near(int beyond, bool up, int window) const {
        bool agrees = (beyond >= 0) == up;
        return std::abs(beyond) <= (agrees ? window / 2 : window);
    }
};
