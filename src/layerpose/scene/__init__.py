"""What lies behind a person, and how it comes to stand there: backgrounds, filled places, feet on the floor."""
