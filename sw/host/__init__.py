"""The computer's side: bytes to a board, frames over bytes, a typed device over frames, checkpoints, the command line.

Imports neither torch nor amaranth: a small machine beside a board needs numpy, pyserial and cobs. From Python, begin with
`open_board`.
"""

from sw.host.notebook import OpenBoard, open_board

__all__ = ["OpenBoard", "open_board"]
