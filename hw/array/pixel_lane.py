"""A sample of a group beside the first: its pixels in a cell, their matches, and the sum that rides with the token."""

from amaranth.hdl import Value

from hw.array.match_sum import add_match_sum
from hw.array.pipeline import Pipeline, Staged
from hw.memory import add_memory, memory_style, read_word
from sw.contract import tokens
from sw.contract.geometry import Geometry


def add_pixel_lane(
    pipeline: Pipeline, geometry: Geometry, i: int, *, token: Staged, load: Staged, signs: Value, passing: Value
) -> Value:
    """Add sample `i` of a group, 1 … group - 1, to a cell. Returns its sum in stage 4.

    The K pixels of each fold lie in a memory of their own, beside their place in the input memory (`Geometry.input_bases`),
    where learning finds them: a LOAD of this sample writes both, a FORWARD reads those of all samples. They have no sign, so
    that a pixel matches a weight that is not below zero. `signs` are those of the weights, in stage 1; `passing` the sums of
    the samples after the first, in stage 3. The sum of a token that is not a FORWARD of the first layer means nothing.
    """
    k, words, width = geometry.synapses_per_cell, geometry.pixel_words, tokens.match_width(geometry)
    place_bits = (words - 1).bit_length()
    place, sample = token[0].inputs[:place_bits], token[0].inputs[place_bits:]
    memory = add_memory(pipeline.m, f"pixels_{i}", shape=k, depth=words, style=memory_style(geometry, words))
    pipeline.drive(memory.write_port(), addr=place, data=token[0].operand[:k], en=load[0] & (sample == i))
    pixels = pipeline.arrives(read_word(pipeline.m, memory, address=place), stage=1)
    matches = pipeline.value(f"matches_of_{i}", pixels & ~signs)
    return add_match_sum(pipeline, passing=passing.word_select(i - 1, width), matches=matches, brought=0, of=f"_of_{i}")
