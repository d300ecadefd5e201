"""``python -m layerpose``, and ``torchrun -m layerpose`` on many machines."""

from __future__ import annotations

import sys

from layerpose.cli.run import main

if __name__ == "__main__":
    sys.exit(main())
