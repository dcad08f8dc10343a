#compdef pidsim
# zsh completion for pidsim

# The flags of a run, those of the caller before them.
_pidsim_run() {
	_arguments -S -A '-*' "$@" \
		'--backend=[how to do it]:backend:(auto ptrace setforkpid set-tid ns-last-pid namespace)' \
		'--space=[which ids the program sees]:space:(host private)' \
		'--plan=[ids of the next processes]:list of ids:' \
		'--ppid=[the parent that the program sees]:process id:' \
		'--pgid=[the process group that the program sees]:process group id:' \
		'--sid=[the session that the program sees]:session id:' \
		'--pid-max=[hand out only ids below N]:limit:' \
		'--kill-on-exit[end the other processes when the program has ended]' \
		'--trace=[write translated system calls to a file]:file:_files' \
		'*'{-v,--verbose}'[say what happens]' \
		'--stats[at the end, say what the run cost]' \
		'--status-fd=[write a line of JSON for every event]:file descriptor:' \
		'--no-seccomp[stop at every system call]' \
		'--strict[end the run when an interface is not translated]' \
		'--gops[start the gops agent of pidsim itself]' \
		'(- *)'{-h,--help}'[show a summary]' \
		'(-):program: _command_names -e' \
		'*::argument: _normal'
}

_pidsim_start() {
	_pidsim_run '(-pid --pid)'{-pid=,--pid=}'[run the program as process N]:process id:' \
		'(- *)--version[show the version]'
}

_pidsim() {
	local -a verbs
	verbs=(
		'check:find out what works on this machine'
		'checkpoint:write the identity of a live process to a file'
		'restore:run a program under the identity in an image'
		'inspect:show the processes in an image'
		'ps:list the runs of this user and their processes'
		'syscalls:list system calls and files and how completely ids are translated'
		'bench:compare the speed of the backends, and of other tools'
		'version:show the version'
		'help:explain pidsim, or a verb'
	)
	if (( CURRENT == 2 )); then
		if [[ $words[2] == -* ]]; then
			_pidsim_start
		else
			_describe verb verbs
		fi
		return
	fi
	case $words[2] in
	check)
		shift words; (( CURRENT-- ))
		_arguments '--json[write JSON, for programs]' \
			'--feature=[check only this one]:feature:(ptrace seccomp setforkpid set-tid ns-last-pid namespace pid_max)' \
			'(- *)'{-h,--help}'[show a summary]'
		;;
	checkpoint)
		shift words; (( CURRENT-- ))
		_arguments '(-o --output)'{-o,--output=}'[write to a file]:image:_files' \
			'--tree[include what descends from the process]' \
			'--env[include environments]' \
			'--freeze[stop the processes for the moment]' \
			'(- *)'{-h,--help}'[show a summary]' ':process:_pids'
		;;
	restore)
		shift words; (( CURRENT-- ))
		_pidsim_run '--process=[restore this process of the image]:process id:' \
			'--trust[read an image that others could have written]' \
			'--own-creds[keep your own user, groups and capabilities]' \
			'--emulate-creds[show the program the user, groups and capabilities of the image, without having them]' \
			':image:_files'
		;;
	inspect)
		shift words; (( CURRENT-- ))
		_arguments '--json[write JSON, for programs]' '(- *)'{-h,--help}'[show a summary]' ':image:_files'
		;;
	ps)
		shift words; (( CURRENT-- ))
		_arguments '--json[write JSON, for programs]' '(- *)'{-h,--help}'[show a summary]'
		;;
	syscalls)
		shift words; (( CURRENT-- ))
		_arguments '--format=[the form of the list]:format:(table json csv)' '(- *)'{-h,--help}'[show a summary]'
		;;
	bench)
		shift words; (( CURRENT-- ))
		_arguments '--rows=[measure only this work]:rows: _values -s , row start getpid gettid getuid open fork vfork thread exec spawn shell command' \
			'--mechanisms=[measure only these mechanisms]:mechanisms: _values -s , mechanism host private host-no-seccomp private-no-seccomp setforkpid set-tid ns-last-pid namespace filter strace strace-seccomp proot unshare bwrap faketime' \
			'--places=[measure only here]:places: _values -s , place one free' \
			'--rounds=[measure everything N times]:number:' \
			'--time=[repeat a small operation for this time]:time:' \
			'--command=[measure a command as well]:command:_cmdstring' \
			'--clock=[which time counts]:clock:(wall cpu)' \
			'*'--export='[write the result to a file]:file:_files' \
			'--compare[compare two results]' \
			'(- *)'{-h,--help}'[show a summary]' '*:result:_files -g "*.json"'
		;;
	version)
		shift words; (( CURRENT-- ))
		_arguments '(- *)'{-h,--help}'[show a summary]'
		;;
	help)
		shift words; (( CURRENT-- ))
		_arguments '(- *)'{-h,--help}'[show a summary]' ':verb:(check checkpoint restore inspect ps syscalls bench version help)'
		;;
	*)
		_pidsim_start
		;;
	esac
}

_pidsim "$@"
