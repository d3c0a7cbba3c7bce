"""`python -m app` is `homeward`."""

from app.cli import main

if __name__ == "__main__":
    main()
