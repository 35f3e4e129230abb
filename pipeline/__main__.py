"""`python -m pipeline` is `clean-corpus`."""

from pipeline.cli import main

if __name__ == "__main__":
    main(prog_name="clean-corpus")
