"""`python -m ssoroute` is the command `ssoroute`."""

from ssoroute.cli import main

if __name__ == "__main__":
    main()
