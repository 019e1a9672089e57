"""A sample of a group beside the first: its pixels in a cell, their matches, and the sum that rides with the token."""

from amaranth.hdl import Mux, Value

from hw.array.match_sum import add_match_sum
from hw.array.pipeline import Pipeline, Staged
from hw.memory import add_memory, memory_style, read_word
from sw.contract import tokens
from sw.contract.geometry import Geometry


def add_pixel_lane(
    pipeline: Pipeline, geometry: Geometry, i: int, *, token: Staged, load: Staged, signs: Value, passing: Value
) -> Value:
    """Add sample `i` of a group, 1 … group - 1, to a cell. Returns its sum in stage 4.

    The K pixels of each fold lie in a place of their own, beside that in the input memory (`Geometry.input_bases`), where
    learning finds them: a LOAD of this sample writes both, a FORWARD reads those of all samples. They have no sign, so
    that a pixel matches a weight that is not below zero. `signs` are those of the weights, in stage 1; `passing` the sums of
    the samples after the first, in stage 3. The sum of a token that is not a FORWARD of the first layer means nothing.
    """
    width = tokens.match_width(geometry)
    keep = _keep_in_registers if geometry.pixel_words == 2 else _keep_in_memory
    matches = pipeline.value(f"matches_of_{i}", keep(pipeline, geometry, i, token, load) & ~signs)
    return add_match_sum(pipeline, passing=passing.word_select(i - 1, width), matches=matches, brought=0, of=f"_of_{i}")


def _keep_in_registers(pipeline: Pipeline, geometry: Geometry, i: int, token: Staged, load: Staged) -> Value:
    """The pixels of the token's word in stage 1, of two words.

    A LUT chooses one, with the sign of the weight, where a memory of LUTs takes six for every four bits.
    """
    second, sample = token[1].inputs[0], token[1].inputs[1:]
    is_loaded = load[1] & (sample == i)
    words = [pipeline.state(f"pixels_{i}_{half}", geometry.synapses_per_cell, stage=1) for half in range(2)]
    for word, is_word in zip(words, (~second, second), strict=True):
        pipeline.load(word, token[1].operand[: len(word)], zero=0, when=is_loaded & is_word)
    return Mux(second, words[1], words[0])


def _keep_in_memory(pipeline: Pipeline, geometry: Geometry, i: int, token: Staged, load: Staged) -> Value:
    """The same of any number of words."""
    words, k = geometry.pixel_words, geometry.synapses_per_cell
    place_bits = (words - 1).bit_length()
    place, sample = token[0].inputs[:place_bits], token[0].inputs[place_bits:]
    memory = add_memory(pipeline.m, f"pixels_{i}", shape=k, depth=words, style=memory_style(geometry, words))
    pipeline.drive(memory.write_port(), addr=place, data=token[0].operand[:k], en=load[0] & (sample == i))
    return pipeline.arrives(read_word(pipeline.m, memory, address=place), stage=1)
