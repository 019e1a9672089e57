"""The pictures that lie beside the numbers. One module draws one picture."""
