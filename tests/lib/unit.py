# SPDX-License-Identifier: Apache-2.0
"""A service manager for one unit, where systemd cannot run: what the unit says of commands, capabilities, system calls,
directories and limits is applied, sd_notify is understood. Everything it hears and does is a line of the log.

unit.py serve UNIT SOCKET LOG    until it is killed (the service dies with it)
unit.py SOCKET WORD...           words of systemctl: start, stop, restart, reload, kill, is-active, status; the rest is ignored
"""
import ctypes, os, re, resource, shlex, signal, socket, struct, subprocess, sys, threading, time

CAPABILITIES = """chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable
net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct
sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override
mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore""".split()
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 24, 38
ALLOW, ERRNO_EPERM = 0x7FFF0000, 0x00050001
WATCHDOG_SEC = 2  # what the unit asks for is too long for a test


def settings(path):
    """The values of each setting; an empty one forgets those before."""
    values = {}
    for line in open(path):
        line = line.strip()
        if not line or line[0] in "#;[":
            continue
        name, value = line.split("=", 1)
        values[name] = values.get(name, []) + [value] if value else []
    return values


def calls_of(names):
    """System calls, sets of them (@network-io) looked up."""
    calls = set()
    for name in names:
        if not name.startswith("@"):
            calls.add(name)
            continue
        text = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
        calls |= calls_of(l.strip() for l in text.splitlines()[1:] if l.strip() and l.strip()[0] != "#")
    return calls


class Unit:
    def __init__(self, path, log):
        self.unit = settings(path)
        self.log_file = open(log, "a", buffering=1)
        self.process = None
        self.ready = threading.Event()
        self.heard = []
        self.status = ""
        self.last_watchdog = None
        self.calls = set()
        for value in self.unit.get("SystemCallFilter", []):
            calls = calls_of(value.lstrip("~").split())
            self.calls = self.calls - calls if value[0] == "~" else self.calls | calls
        kept = " ".join(self.unit["CapabilityBoundingSet"]).lower().split()
        self.dropped = [i for i, name in enumerate(CAPABILITIES) if "cap_" + name not in kept]
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind("\0notify.%d" % os.getpid())
        self.notify.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        threading.Thread(target=self.listen, daemon=True).start()
        threading.Thread(target=self.watch, daemon=True).start()

    def log(self, text):
        self.log_file.write(text + "\n")

    def listen(self):
        while True:
            data, ancillary, _, _ = self.notify.recvmsg(4096, socket.CMSG_SPACE(12))
            pid = struct.unpack("iii", ancillary[0][2])[0]
            if self.process is None or pid != self.process.pid:
                self.log("notify from a stranger")
                continue
            text = data.decode()
            self.log("notify " + text.replace("\n", " "))
            for line in text.splitlines():
                if line == "READY=1":
                    self.last_watchdog = self.last_watchdog or time.monotonic()
                    self.ready.set()
                elif line == "WATCHDOG=1":
                    self.last_watchdog = time.monotonic()
                elif line.startswith("STATUS="):
                    self.status = line[7:]

    def watch(self):
        while True:
            time.sleep(0.2)
            process = self.process
            if process is not None and self.last_watchdog and time.monotonic() - self.last_watchdog > 2 * WATCHDOG_SEC:
                self.log("watchdog expired")
                process.kill()
                self.last_watchdog = None

    def confine(self):
        """In the child, before the command."""
        libc = ctypes.CDLL(None)
        seccomp = ctypes.CDLL("libseccomp.so.2")
        seccomp.seccomp_init.restype = ctypes.c_void_p
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        limit = min(int(self.unit["LimitNOFILE"][0]), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
        os.umask(int(self.unit["UMask"][0], 8))
        for capability in self.dropped:
            libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        context = ctypes.c_void_p(seccomp.seccomp_init(ERRNO_EPERM))
        for call in self.calls | {"execve"}:
            number = seccomp.seccomp_syscall_resolve_name(call.encode())
            if number >= 0:
                seccomp.seccomp_rule_add(context, ALLOW, number, 0)
        if not self.calls or seccomp.seccomp_load(context) != 0:
            os._exit(99)

    def directories(self):
        for kind, base in (("StateDirectory", "/var/lib/"), ("RuntimeDirectory", "/run/")):
            path = base + self.unit[kind][0]
            os.makedirs(path, exist_ok=True)
            os.chmod(path, int(self.unit[kind + "Mode"][0], 8))

    def run(self, setting):
        for command in self.unit.get(setting, []):
            flags = re.match("[-+]*", command).group()
            status = subprocess.run(shlex.split(command[len(flags):]), stdout=self.log_file, stderr=self.log_file,
                                    preexec_fn=None if "+" in flags else self.confine).returncode
            self.log("%s %s: status %d" % (setting, command, status))
            if status != 0 and "-" not in flags:
                return False
        return True

    def do_start(self):
        if self.process is not None:
            return 0
        self.ready.clear()
        self.directories()
        if not self.run("ExecStartPre"):
            return 1
        environment = dict(os.environ, NOTIFY_SOCKET="@notify.%d" % os.getpid(), WATCHDOG_USEC=str(WATCHDOG_SEC * 1000000))
        environment.pop("WATCHDOG_PID", None)
        self.process = subprocess.Popen(shlex.split(self.unit["ExecStart"][0]), stdout=self.log_file,
                                        stderr=self.log_file, env=environment, preexec_fn=self.confine)
        self.log("started %d" % self.process.pid)
        if self.ready.wait(20):
            return 0
        self.log("not ready in time")
        return 1

    def do_stop(self):
        process = self.process
        if process is None:
            return 0
        process.terminate()
        try:
            status = process.wait(int(self.unit["TimeoutStopSec"][0]))
        except subprocess.TimeoutExpired:
            status = "timeout"
            process.kill()
        self.process = self.last_watchdog = None
        self.log("stopped: status %s" % status)
        return 0 if status == 0 else 1

    def do_restart(self):
        return self.do_stop() or self.do_start()

    def do_reload(self):
        return 0 if self.run("ExecReload") else 1

    def do_kill(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGUSR1)
        return 0

    def do_is_active(self):
        return 0 if self.process is not None and self.process.poll() is None else 3

    def do_is_enabled(self):
        return 1

    def do_status(self):
        return self.status

    def command(self, words):
        for word in words:
            act = getattr(self, "do_" + word.replace("-", "_"), None)
            if act is not None:
                self.log("command " + " ".join(words))
                return str(act())
        return "0"


def serve(path, where, log):
    unit = Unit(path, log)
    server = socket.socket(socket.AF_UNIX)
    server.bind(where)
    server.listen()
    while True:
        conn, _ = server.accept()
        conn.sendall(unit.command(conn.recv(4096).decode().split("\0")).encode())
        conn.close()


def main():
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:5])
    conn = socket.socket(socket.AF_UNIX)
    conn.connect(sys.argv[1])
    conn.sendall("\0".join(sys.argv[2:]).encode())
    answer = conn.recv(4096).decode()
    if answer == "":
        sys.exit("the service manager is gone")
    if answer.isdigit():
        sys.exit(int(answer))
    print(answer)


main()
