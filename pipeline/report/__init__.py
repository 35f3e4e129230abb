"""What a person wants to see of a run: its summary, the difference of raw and clean, the reason of a line."""
