"""What is read and written: text files, the sidecar of a document, the manifest of a corpus."""
