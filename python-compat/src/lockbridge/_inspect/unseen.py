"""What cannot be seen from here. A tool silent about its blind spots is believed too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .liveness import in_initial_pid_namespace, proc_hides_processes, proc_is_ours

if TYPE_CHECKING:
    from .look import Look


class View:
    """The blind spots of this process, whatever it looks at. Read once an inspection.

    ``hidden``: how many processes would not show what they have open.
    """

    def __init__(self, hidden: int) -> None:
        self._hidden = hidden
        self._outside = not in_initial_pid_namespace()
        self._mounted = proc_is_ours()
        self._hidepid = self._mounted and proc_hides_processes()

    @property
    def complete(self) -> bool:
        """Whether every process and what it has open was seen."""
        return not self._outside and self._mounted and not self._hidepid and self._hidden == 0

    def sentences(self, look: Look, openers: int, *, searched: bool) -> tuple[str, ...]:
        """For one file that nobody is seen to hold; ``openers``: how many have it open."""
        # A refused lease means that somebody has it open: if none in sight, one out of sight.
        elsewhere = look.lease_refused and openers == 0 and searched
        if look.locked:
            who = "it is held by a process"
        elif elsewhere and self._hidden == 0:
            who = "it is open in a process"
        else:
            who = "a holder may be"
        text = []
        if not searched:
            text.append("the descriptors of other processes were not searched")
        if self._outside:
            text.append(f"{who} outside this pid namespace (a container cannot see out)")
        if not self._mounted:
            text.append("/proc is not that of this pid namespace: mount it to see more")
        if self._hidepid:
            text.append("/proc is mounted with hidepid: other users' processes are not shown")
        if self._hidden > 0:
            text.append(
                f"{self._hidden} processes of other users would not show what they have open; root"
                " sees them"
            )
        return tuple(text)
