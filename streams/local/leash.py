"""Run a command that cannot outlive its parent: `python -I -S leash.py PARENT SIGNAL ACCOUNT COMMAND…`.

A separate script, standard library only, because what it does must happen in the child between fork and exec, and code run there inside a
process with threads may deadlock. On Linux the kernel sends SIGNAL when the parent *thread* ends, so start leashed commands from a thread
that lives as long as the parent. Elsewhere the command runs unleashed; its owner then ends it by its pid file at the next start.

ACCOUNT `-` keeps the user. Any other name: a root parent becomes that account, for PostgreSQL refuses to run as root; it keeps the one
capability that lets it pass through folders of root's (a virtual environment below /root), so that no folder's mode has to change.
"""

import ctypes
import os
import pwd
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
LINUX_CAPABILITY_VERSION_3 = 0x20080522


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapSets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _become(account: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    header = _CapHeader(LINUX_CAPABILITY_VERSION_3, 0)
    held = (_CapSets * 2)()
    libc.capget(ctypes.byref(header), held)
    capability = next((cap for cap in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE) if held[0].permitted & (1 << cap)), None)
    entry = pwd.getpwnam(account)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    if capability is not None:
        bit = 1 << capability
        kept = (_CapSets * 2)(_CapSets(bit, bit, bit), _CapSets(0, 0, 0))
        libc.capset(ctypes.byref(header), kept)
        libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def main(arguments: list[str]) -> None:
    parent, signal_number, account, *command = arguments
    if sys.platform == "linux":
        if account != "-" and os.geteuid() == 0:
            _become(account)
        # After the change of user, which clears it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit("the parent ended before its child had started")
    os.execv(command[0], command)  # noqa: S606 - the commands are ours


if __name__ == "__main__":
    main(sys.argv[1:])
