# A PostgreSQL server of an ordinary user: ids in its files, in its answers,
# and in what signals reach.
. "$LIB"
PATH=$BIN:$PATH
export PGDATA="$PWD/data" PGHOST="$PWD" PGUSER=judge PGDATABASE=postgres
q() { psql -XAtc "$1" 2>&1; }
backend() { q "select pid from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'"; }
sleeping() { [ -n "$(backend)" ]; }
accepting() { [ "$(q 'select 1')" = 1 ]; }
postmaster() { head -1 "$PGDATA/postmaster.pid"; }

initdb -N -A trust -U judge --locale=C.UTF-8 >initdb.log 2>&1; echo "initdb: $?"
echo "listen_addresses = ''
unix_socket_directories = '$PWD'
fsync = off
shared_buffers = 16MB
max_connections = 20
log_line_prefix = '%p '
log_connections = on" >>"$PGDATA/postgresql.conf"

pg_ctl -s -w -l log start; echo "start: $?"
main=$(postmaster)
same "pg_ctl status" "$main" "$(pg_ctl status | sed -n 's/.*(PID: \([0-9]*\)).*/\1/p')"
same "parent of a backend" "$main" "$(psql -XAt <<-'SQL' | tail -1 | tr -d ' '
	select pg_backend_pid() as pid \gset
	\setenv PID :pid
	\! ps -o ppid= -p $PID
	SQL
)"
q "create table t as select generate_series(1, 200000) as n"
q "set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0; set min_parallel_table_scan_size = 0;
	select sum(n) from t"

psql -XAt >notified <<'SQL'
	select pg_backend_pid() as me \gset
	\echo :me
	listen judge;
	notify judge;
	begin; lock table t;
	select pid from pg_locks where relation = 't'::regclass;
	commit;
SQL
me=$(head -1 notified)
same "who has notified" "$me" "$(sed -n 's/.*from server process with PID \([0-9]*\)\./\1/p' notified)"
same "who holds the lock" "$me" "$(tail -2 notified | grep -x "$me")"
pgbench -i -q -s 1 >initialized 2>&1; echo "pgbench -i: $?"
pgbench -c 4 -j 2 -t 25 2>/dev/null | grep 'actually processed'

q "select pg_sleep(60)" >cancelled & waiter=$!
until_true sleeping
pid=$(backend)
kill -0 "$pid"; echo "kill -0: $?"
same "parent of the sleeper" "$main" "$(ps -o ppid= -p "$pid" | tr -d ' ')"
q "select pg_cancel_backend($pid)"
wait $waiter; echo "cancelled: $? $(cat cancelled)"

q "select pg_sleep(60)" >terminated & waiter=$!
until_true sleeping
pid=$(backend)
q "select pg_terminate_backend($pid)"
wait $waiter; echo "terminated: $? $(head -1 terminated)"
until_true gone "$pid" && echo "the backend is gone"
same "log" "$pid" "$(sed -n 's/^\([0-9]*\) FATAL:  terminating connection due to administrator command/\1/p' log | tail -1)"

q "select pg_sleep(60)" >signalled & waiter=$!
until_true sleeping
kill -INT "$(backend)"
wait $waiter; echo "interrupted: $? $(cat signalled)"

q "select pg_sleep(60)" >crashed & waiter=$!
until_true sleeping
kill -KILL "$(backend)"
wait $waiter; echo "crashed: $?"
until_true accepting && echo "accepts connections again"
same "postmaster after the crash" "$main" "$(postmaster)"

pg_ctl -s -w -l log -m fast restart; echo "restart: $?"
[ "$(postmaster)" != "$main" ] && echo "another postmaster"
main=$(postmaster)
kill -HUP "$main"; sleep 0.3
q "select count(*) from t"
pg_ctl -s -w -m fast stop; echo "stop: $?"
until_true gone "$main" && echo "gone"
test -e "$PGDATA/postmaster.pid"; echo "postmaster.pid left: $?"
