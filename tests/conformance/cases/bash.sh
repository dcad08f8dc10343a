# Test 52: what bash knows about ids. Run it with bash; it prints facts like
# the C programs, and its id is that of the shell that runs it.

failed=0

# yes prints a fact; its first argument is a command that must succeed.
yes() {
	if eval "$1"; then
		echo "$2: yes"
	else
		echo "$2: NO"
		echo "bash.sh: does not hold: $1" >&2
		failed=1
	fi
}

# field N PID is a field of /proc/PID/stat; the command name holds no blank.
field() {
	local line
	read -r line <"/proc/$2/stat" || return
	set -- "$1" $line
	shift "$1"
	echo "$1"
}

first=$$
yes '[ -z "$CHECK_ROOT" ] || [ $$ = "$CHECK_ROOT" ]' '$$ is the chosen id'
yes '[ $BASHPID = $$ ]' '$BASHPID == $$ in the first shell'
yes '[ $PPID -gt 0 ]' '$PPID is positive'

sub=$(echo $BASHPID)
yes '[ $sub != $$ ]' 'a subshell has another $BASHPID'
yes '[ "$(echo $$)" = $first ]' 'a subshell has the same $$'
yes '[ "$(bash -c "echo \$PPID")" != "" ]' 'a child shell has a $PPID'
direct=$(exec bash -c 'echo $$ $PPID')
yes '[ "${direct#* }" = $$ ]' 'a child shell in place of a subshell: $PPID == the first shell'
inner=($(bash -c 'echo $$ $BASHPID; exec bash -c "echo \$\$"'))
yes '[ ${inner[0]} = ${inner[1]} ] && [ ${inner[0]} = ${inner[2]} ]' 'exec keeps $$'
inner=($(bash -c 'echo $$; exec readlink /proc/self'))
yes '[ ${inner[0]} = ${inner[1]} ]' 'readlink /proc/self gives the id of the reader'

sleep 100 &
child=$!
yes '[ $child -gt 1 ] && [ $child != $$ ]' '$! is an id of its own'
yes 'kill -0 $child' 'kill -0 $!'
yes '[ "$(jobs -p)" = $child ]' 'jobs -p == $!'
yes '[ "$(field 4 $child)" = $$ ]' 'the parent in /proc/$!/stat is $$'
yes '[ "$(field 1 $child)" = $child ]' 'the id in /proc/$!/stat is $!'
kill $child
wait $child 2>/dev/null
yes "[ $? = 143 ]" 'wait $! after kill gives 143'
yes '! kill -0 $child 2>/dev/null' 'kill -0 of the reaped fails'
wait $child 2>/dev/null
yes "[ $? = 143 ] || [ $? = 127 ]" 'wait $! again gives the status or 127'

(exit 7) &
seven=$!
wait $seven
yes "[ $? = 7 ]" 'wait $! gives the status'

# wait -n knows nothing of a child that bash has heard of already, so it must
# not end before.
(sleep 0.3; exit 3) &
three=$!
wait -n -p which
yes "[ $? = 3 ]" 'wait -n gives the status'
yes '[ $which = $three ]' 'wait -n -p names the child'

sleep 100 &
long=$!
(sleep 0.3; exit 4) &
four=$!
wait -n -p which $long $four
yes "[ $? = 4 ]" 'wait -n of two gives the status of the one that ended'
yes '[ $which = $four ]' 'wait -n -p names it'
kill $long
wait $long 2>/dev/null

told=0
trap 'told=$((told + 1))' CHLD
/bin/true
/bin/true
yes '[ $told -ge 2 ]' 'trap CHLD runs for each child'
trap - CHLD

trap 'got=usr1' USR1
kill -USR1 $$
yes '[ "$got" = usr1 ]' 'kill $$ runs the trap'
got=
bash -c 'kill -USR1 $PPID'
yes '[ "$got" = usr1 ]' 'kill $PPID from a child runs the trap'
got=
(kill -USR1 $first)
yes '[ "$got" = usr1 ]' 'kill $$ from a subshell runs the trap'
trap - USR1

{ # the shell reports the end of jobs on standard error
set -m
sleep 100 | sleep 100 &
last=$!
lead=$(jobs -p)
yes '[ "$(field 5 $last)" = $lead ]' 'with job control a pipeline is one group'
yes '[ "$(field 5 $lead)" = $lead ]' 'the group of the pipeline is its first process'
yes '[ "$(field 5 $$)" != $lead ]' 'the shell is not in it'
yes 'kill -0 -- -$lead' 'kill -0 of the group'
kill -- -$lead
wait 2>/dev/null
yes '! kill -0 -- -$lead 2>/dev/null' 'the group is gone'
set +m
} 2>/dev/null

coproc cat
yes '[ -n "$COPROC_PID" ] && kill -0 $COPROC_PID' 'coproc: its id is found'
pid=$COPROC_PID
kill $pid
wait $pid 2>/dev/null

read -r word < <(echo $BASHPID)
yes '[ "$word" -gt 1 ] && [ "$word" != $$ ]' 'process substitution has an id of its own'
yes '[ "$(cat /proc/self/stat | wc -l)" = 1 ]' '/proc/self/stat can be read in a child'
yes '[ /proc/self/fd -ef /proc/$$/fd ]' '/proc/self is /proc/$$'
yes '[ -d /proc/$$ ] && [ ! -e /proc/$child ]' '/proc has $$ and not the reaped'

echo "ids: root $$"
exit $failed
