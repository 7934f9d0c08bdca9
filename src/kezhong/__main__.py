"""``python -m kezhong``."""

from kezhong.cli import main

if __name__ == "__main__":
    main()
