"""The `kezhong` command."""
