"""Steps of ours in the pipelines of others; each module needs an extra, and only it imports what that installs."""
