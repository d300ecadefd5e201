"""Contact sheets: every step of a transfer, a body."""
