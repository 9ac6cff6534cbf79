"""Real service processes under a supervisor that starts again what ends, and a torment that kills them."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from threading import Event, Lock, Thread

from shared.hosting.processes import Together


class Supervisor:
    """Starts again what ends. `kills`: how many processes the torment ended with SIGKILL."""

    def __init__(self, together: Together) -> None:
        self.together = together
        self.kills = 0
        self._busy = Lock()

    def mend(self) -> None:
        with self._busy:
            self.together.watch()

    @contextmanager
    def torment(self, chance: Random | None, longest_peace: float, most_kills: int) -> Iterator[None]:
        """Kill one service after the other, at most `longest_peace` seconds apart, only never one that is being
        started; until the block is left. Not at all without `chance`."""
        ended = Event()
        killer = Thread(target=self._kill, args=(chance, longest_peace, most_kills, ended))
        if chance:
            killer.start()
        try:
            yield
        finally:
            ended.set()
            if chance:
                killer.join()
        self.mend()

    def _kill(self, chance: Random, longest_peace: float, most_kills: int, ended: Event) -> None:
        while self.kills < most_kills and not ended.wait(chance.uniform(0.05, longest_peace)):
            with self._busy:
                victim = chance.choice(list(self.together.services.values()))
                if victim.running():
                    victim.kill()
                    victim.restarts = 0  # it did not end by itself
                    self.kills += 1
