# lib.sh
#
# What the scripts here have in common. They print facts, one a line, that must
# not depend on which ids the processes have.

# same NAME A B says whether A and B, two ways to learn one id, agree.
same() {
	if [ -n "$2" ] && [ "$2" = "$3" ]; then
		echo "$1: same"
	else
		echo "$1: '$2' and '$3'"
	fi
}

# until_true COMMAND... waits until the command succeeds, 20 s at most.
until_true() {
	tries=0
	until "$@" >/dev/null 2>&1; do
		tries=$((tries + 1))
		if [ $tries -gt 400 ]; then
			echo "in vain: $*"
			return 1
		fi
		sleep 0.05
	done
}

# ended NAME PID waits for a child and says how it ended. Whether the shell also
# does is chance.
ended() {
	wait "$2" 2>/dev/null
	echo "$1: $?"
}

# gone PID succeeds when there is no such process, or only a zombie: parents
# take their time, and natively whoever runs the tests adopts daemons.
gone() {
	! kill -0 "$1" 2>/dev/null && return
	case $(ps -o stat= -p "$1") in
	Z* | '') return 0 ;;
	esac
	return 1
}

echo "root: $$"
