"""What only the whole corpus shows: passes over documents that are already clean."""
