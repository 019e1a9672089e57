"""The pictures that lie beside the numbers, each as PNG and SVG. One module draws one picture."""
