# A D-Bus session daemon tells the ids of its clients, which it has from the
# kernel; and systemd-notify names itself and others to a service manager.
. "$LIB"
dbus-daemon --session --fork --address="unix:path=$PWD/bus" --print-pid=3 3>pid; echo "dbus-daemon: $?"
daemon=$(cat pid)
export DBUS_SESSION_BUS_ADDRESS="unix:path=$PWD/bus"
ask() { gdbus call --session -d org.freedesktop.DBus -o /org/freedesktop/DBus -m "org.freedesktop.DBus.$@"; }
pid_of() { ask GetConnectionUnixProcessID "$1" | tr -dc '0-9 ' | cut -d' ' -f2; }
same "the daemon" "$daemon" "$(ask GetConnectionUnixProcessID org.freedesktop.DBus | sed 's/.*uint32 //; s/,.*//')"
gdbus monitor --session -d org.freedesktop.DBus >monitored & client=$!
names() { ask ListNames | grep -o ':1\.[0-9]*'; }
known() {
	for name in $(names); do
		case $(ask GetConnectionUnixProcessID "$name" 2>/dev/null) in "(uint32 $client,)") echo "$name" >name; return 0 ;; esac
	done
	return 1
}
until_true known && echo "the client is known by its id"
ask GetConnectionCredentials "$(cat name)" | grep -q "'ProcessID': <uint32 $client>" && echo "credentials have it"
same "busctl" "$client" "$(busctl --address="$DBUS_SESSION_BUS_ADDRESS" status "$(cat name)" 2>/dev/null | sed -n 's/^PID=//p')"
same "busctl list" "$client" "$(busctl --address="$DBUS_SESSION_BUS_ADDRESS" list --no-legend | awk -v n="$(cat name)" '$1 == n { print $2 }')"

kill -TERM "$client"; ended client "$client"
kill "$daemon"
until_true gone "$daemon" && echo "the daemon is gone"

cat >manager.py <<'END'
import os, socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('notify')
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.settimeout(20)
open('ready', 'w').close()
for _ in range(int(sys.argv[1])):
    text, data, _, _ = s.recvmsg(4096, 256)
    pid = [struct.unpack('3i', d)[0] for level, kind, d in data if kind == socket.SCM_CREDENTIALS]
    for fd in [d for level, kind, d in data if kind == socket.SCM_RIGHTS]: os.close(struct.unpack('i', fd)[0])
    text = text.decode().strip()
    if 'BARRIER' not in text: print(pid[0], text.replace('\n', ' '), flush=True)
END
# Three messages, and two barriers behind them.
python3 manager.py 5 >notified & manager=$!
until_true test -e ready
export NOTIFY_SOCKET="$PWD/notify"
systemd-notify --ready & first=$!; ended notify $first
systemd-notify --status=two --pid & second=$!; ended notify $second
systemd-notify --status=three --pid=$first --no-block & third=$!; ended notify $third
ended manager $manager
sed "s/\<$$\>/SHELL/g; s/\<$first\>/FIRST/g; s/\<$second\>/SECOND/g; s/\<$third\>/THIRD/g" notified
