"""What `metaplast doctor` looks at: each module yields findings of one kind, and what to do about them."""
