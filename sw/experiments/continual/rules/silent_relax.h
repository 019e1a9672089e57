// (10) Relaxation moves only the columns that are not valid.
struct SilentRelax : Contract {
    Word relaxing(Word valid) const { return ~valid; }
};
