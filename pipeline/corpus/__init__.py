"""What only the whole corpus shows: passes over documents that are already clean."""

HEADING = "duplicates.heading"  # the rule by which a heading goes whose whole body went
# The scripts without spaces between words, as a part of a class of characters.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
