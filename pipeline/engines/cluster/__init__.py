"""A run on many machines, by Ray: maps over documents, shuffles for the corpus, files on a folder that all share."""
