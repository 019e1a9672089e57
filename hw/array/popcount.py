"""Number of ones in a word, from full adders: two 4-input functions each."""

from amaranth.hdl import Cat, Value


def popcount(bits: Value) -> Value:
    """The number of ones of `bits`. Bits of one weight are added three at a time, the two of the next weight passed on."""
    columns = [list(bits)]
    result = []
    while columns:
        column, carries = columns.pop(0), []
        while len(column) > 1:
            taken, column = column[:3], column[3:]
            total = sum(taken[1:], start=taken[0] + 0)
            column.append(total[0])
            carries.append(total[1])
        result += column
        if carries:
            columns = [carries + (columns.pop(0) if columns else []), *columns]
    return Cat(result)
