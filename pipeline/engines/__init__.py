"""How a corpus is cleaned: an engine takes documents from where they are to where they should be."""
