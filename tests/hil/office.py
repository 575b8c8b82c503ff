"""The server that a target talks to, which runs on the target itself."""

from __future__ import annotations

from dataclasses import dataclass

from tests.hil.board import Board

__all__ = ["Office"]


@dataclass
class Office:
    """``tests.hil.onboard.office`` on a board."""

    board: Board

    @property
    def directory(self) -> str:
        """Where its repository lies and reports arrive."""
        return f"{self.board.place}/office"

    def open(self) -> None:
        """Begin to serve."""
        command = self.board.command("tests.hil.onboard.office", self.directory)
        port = f"{self.directory}/port"
        self.board.check(
            f"rm -f {port} {port}.end; "
            f"(({command}; touch {port}.end) </dev/null >{self.directory}/log 2>&1 &) ; "
            f"until [ -e {port} ] || [ -e {port}.end ]; do sleep 0.1; done; "
            f"[ -e {port} ] || {{ cat {self.directory}/log; false; }}"
        )

    def close(self) -> None:
        """Close: from now on nobody answers."""
        self.board.check(f"rm -f {self.directory}/port")

    def mood(self, mood: str) -> None:
        """Be honest from now on, or ``slow``, ``broken``, ``lying``, ``refusing``."""
        self.board.check(f"echo {mood} >{self.directory}/mood")

    def settings(self, *, port: str = "", trusted_root: str = "") -> str:
        """Return a ``config.toml`` that names this server, or one at another port."""
        trusted_root = trusted_root or f"{self.directory}/repository/root.json"
        port = port or self.board.check(f"cat {self.directory}/port")
        return (
            f'server_url = "http://127.0.0.1:{port}"\nretention_days = 365\n'
            f'trusted_root = "{trusted_root}"\n'
        )

    def new_home(self, name: str) -> str:
        """Return an empty home whose settings name this server."""
        home = f"{self.board.place}/homes/{name}"
        self.board.check(f"mkdir -p {home}")
        self.board.write(self.settings().encode(), f"{home}/config.toml")
        return home

    def reports(self) -> list[bytes]:
        """Return the reports that have arrived."""
        text = self.board.run(f"cat {self.directory}/reports").out
        return [line.encode() for line in text.split("\n") if line]
