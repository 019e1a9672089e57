"""What drives the benches and watches them."""
