"""From the sums that leave the array to activations, and to the prediction."""
