"""Doing things at the same time."""

from collections.abc import Callable
from threading import Barrier, Thread


def in_threads(count: int, act: Callable[[int], None]) -> None:
    """Run `act` in so many threads that begin together; what one of them raises is raised here."""
    ready, raised = Barrier(count), list[BaseException]()

    def run(number: int) -> None:
        try:
            ready.wait(30)
            act(number)
        except BaseException as error:
            raised.append(error)

    threads = [Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if raised:
        raise raised[0]
