"""The commands of the harness, one file each."""
