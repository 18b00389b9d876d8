"""The kernel's filter for a confined process (seccomp, in classic BPF; `man 2 seccomp`).

It refuses what a namespace and a limit leave open: further processes and namespaces, memory that no limit counts,
sockets (those to a hypervisor know no network namespace), and the calls with which sandboxes were left in the past.
Threads may be started.
"""

import struct
from typing import NamedTuple

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Offsets in `struct seccomp_data`."""
_CLONE_THREAD = 0x10000
_X32 = 0x40000000
_CLONE3 = 435
# Of all processors: io_uring, the new calls for mounts, secret memory, and handles of processes.
_NEW = (424, 425, 426, 427, 428, 429, 430, 431, 432, 434, 438, 442, 447)


class _Processor(NamedTuple):
    architecture: int
    clone: int
    refused: tuple[int, ...]


_PROCESSORS = {
    "x86_64": _Processor(
        0xC000003E,
        56,
        # socket; fork, vfork; shmget, semget, msgget; ptrace, syslog; personality, modify_ldt, pivot_root, chroot,
        # acct, mount, umount2, swapon, swapoff; init_module, quotactl; kexec_load, add_key, request_key, keyctl;
        # unshare, perf_event_open, name_to_handle_at, open_by_handle_at, setns, process_vm_readv, process_vm_writev,
        # kcmp, finit_module, memfd_create, kexec_file_load, bpf, userfaultfd.
        (41, 57, 58, 29, 64, 68, 101, 103, 135, 154, 155, 161, 163, 165, 166, 167, 168, 175, 179, 246, 248, 249, 250,
         272, 298, 303, 304, 308, 310, 311, 312, 313, 319, 320, 321, 323),
    ),
    "aarch64": _Processor(
        0xC00000B7,
        220,
        # The same; there is no fork and no vfork.
        (198, 194, 190, 186, 117, 116, 92, 41, 51, 89, 40, 39, 224, 225, 105, 60, 104, 217, 218, 219, 97, 241, 264, 265,
         268, 270, 271, 272, 273, 279, 294, 280, 282),
    ),
}  # fmt: skip


def filter_for(machine: str) -> bytes | None:
    """The filter as bubblewrap's `--seccomp` reads it; None where the processor (`platform.machine()`) is not known."""
    processor = _PROCESSORS.get(machine)
    if processor is None:
        return None
    program = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_EQUAL, processor.architecture, matched=1),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
        # x86-64's second set of numbers.
        *_when(_AT_LEAST, _X32, _ERROR | _EPERM),
        *(part for number in (*processor.refused, *_NEW) for part in _when(_EQUAL, number, _ERROR | _EPERM)),
        # Its flags are out of a filter's reach; the C library falls back to clone.
        *_when(_EQUAL, _CLONE3, _ERROR | _ENOSYS),
        _instruction(_EQUAL, processor.clone, unmatched=3),
        _instruction(_LOAD, _FIRST_ARGUMENT),
        _instruction(_ANY_BIT, _CLONE_THREAD, matched=1),
        _instruction(_RETURN, _ERROR | _EPERM),
        _instruction(_RETURN, _ALLOW),
    ]
    return b"".join(program)


def _when(test: int, value: int, then: int) -> tuple[bytes, bytes]:
    return _instruction(test, value, unmatched=1), _instruction(_RETURN, then)


def _instruction(code: int, value: int, *, matched: int = 0, unmatched: int = 0) -> bytes:
    return struct.pack("HBBI", code, matched, unmatched, value)
