"""Rules: named reasons for an edit, as packs of patterns (`packs/*.toml`) and as code (`structural/`)."""
