// (11) A row has four slices of its columns, each with the thresholds of a byte of the random word of its own.
struct FourThresholds : Contract {
    static constexpr int slices = 4;
};
