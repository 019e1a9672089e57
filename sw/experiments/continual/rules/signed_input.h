// (3) A pixel that is off is -1 and learns.
struct SignedInput : Contract {
    static constexpr bool signed_pixels = true;

    void take_pixels(Layer& first, int w, Word on) { first.set_input(w, first.real(w), ~on); }
};
