"""The teaching page: a browser on one side, one open board on the other, and a session between them that outlives the page."""
