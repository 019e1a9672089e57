"""What synthesis, and place and route, make of the boards' designs: netlists and bits."""
