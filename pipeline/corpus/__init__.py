"""What only the whole corpus shows: passes over documents that are already clean."""

HEADING = "duplicates.heading"  # the rule by which a heading goes whose whole body went
