# A redis server that is a daemon: its id in every place where it says it.
. "$LIB"
c() { redis-cli -s "$PWD/socket" "$@"; }
info() { c info "$1" | tr -d '\r' | sed -n "s/^$2://p"; }
saved() { [ "$(info persistence rdb_bgsave_in_progress)" = 0 ]; }
rewritten() { [ "$(info persistence aof_rewrite_in_progress)" = 0 ]; }
start() {
	redis-server --port 0 --unixsocket "$PWD/socket" --dir "$PWD" --daemonize yes \
		--pidfile "$PWD/pid" --logfile "$PWD/log" --save ''
	until_true c ping
}

start
pid=$(cat pid)
same "pid file and INFO" "$pid" "$(info server process_id)"
kill -0 "$pid"; echo "kill -0: $?"
same "title" "redis-server" "$(ps -o comm= -p "$pid")"
same "leads its session" "$pid" "$(ps -o sid= -p "$pid" | tr -d ' ')"
i=0; while [ $i -lt 200 ]; do echo "set key$i value$i"; i=$((i + 1)); done | c >/dev/null
c bgsave
until_true saved
echo "bgsave: $(info persistence rdb_last_bgsave_status)"
same "child that saved" "$(sed -n 's/.*Background saving started by pid \([0-9]*\).*/\1/p' log)" \
	"$(sed -n 's/^\([0-9]*\):C .*DB saved on disk.*/\1/p' log)"
c bgrewriteaof
until_true rewritten
echo "rewrite: $(info persistence aof_last_bgrewrite_status)"
same "log" "$pid" "$(sed -n 's/^\([0-9]*\):M .*eady to accept connections.*/\1/p' log)"
kill -TERM "$pid"
until_true gone "$pid" && echo "gone"
test -e pid; echo "pid file left: $?"
grep -o 'Received SIGTERM scheduling shutdown' log

start
pid=$(cat pid)
c dbsize
c shutdown nosave
until_true gone "$pid" && echo "gone"
