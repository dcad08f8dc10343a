# An nginx master with workers: ids in its pid file, its log and its answers, and
# what reaches whom when it reloads, reopens and is upgraded.
. "$LIB"
PATH=$PATH:/usr/sbin
cat >conf <<-END
	daemon on;
	worker_processes 2;
	pid $PWD/pid;
	error_log $PWD/log notice;
	events { worker_connections 16; }
	http {
		access_log off;
		client_body_temp_path $PWD/body; proxy_temp_path $PWD/proxy; fastcgi_temp_path $PWD/fastcgi;
		uwsgi_temp_path $PWD/uwsgi; scgi_temp_path $PWD/scgi;
		server { listen unix:$PWD/socket; return 200 "\$pid"; }
	}
END
nginx=$(command -v nginx) # it executes itself by this name
control() { "$nginx" -c "$PWD/conf" -e "$PWD/log" "$@" 2>&1; }
get() { curl -s --unix-socket socket http://x/; }
workers() { pgrep -P "$1" -x nginx | sort -n; }
two() { [ "$(workers "$1" | wc -l)" = 2 ]; }
replaced() { two "$master" && ! workers "$master" | grep -qxF "$before"; }
told() { grep -o "start worker process [0-9]*" log | tail -2 | cut -d' ' -f4 | sort -n; }

control; echo "start: $?"
until_true test -s pid
master=$(cat pid)
until_true two "$master"
same "leads its session" "$master" "$(ps -o sid= -p "$master" | tr -d ' ')"
same "workers in the log" "$(workers "$master")" "$(told)"
same "master in the log" "$master" "$(sed -n 's/.* \[notice\] \([0-9]*\)#.*: start worker process .*/\1/p' log | sort -u)"
workers "$master" | grep -qx "$(get)" && echo "a worker answers"

before=$(workers "$master")
control -s reload; echo "reload: $?"
until_true replaced
same "master after the reload" "$master" "$(cat pid)"
same "new workers in the log" "$(workers "$master")" "$(told)"
workers "$master" | grep -qx "$(get)" && echo "a new worker answers"
for w in $before; do until_true gone "$w" && echo "an old worker is gone"; done

mv log log.1
kill -USR1 "$master"
until_true test -e log && echo "reopened"

# One worker is killed: the master hears of it by its id and starts another.
before=$(workers "$master" | head -1)
kill -KILL "$before"
until_true replaced && echo "replaced"
until_true grep -q "worker process $before exited on signal 9" log && echo "the log names the one that was killed"

# Another binary takes over.
kill -USR2 "$master"
until_true test -s pid.oldbin
until_true test -s pid
new=$(cat pid)
same "old master" "$master" "$(cat pid.oldbin)"
same "parent of the new master" "$master" "$(ps -o ppid= -p "$new" | tr -d ' ')"
until_true two "$new"
kill -QUIT "$master"
until_true gone "$master" && echo "the old master is gone"
workers "$new" | grep -qx "$(get)" && echo "a worker of the new master answers"
control -s quit; echo "quit: $?"
until_true gone "$new" && echo "gone"
test -e pid; echo "pid file left: $?"
