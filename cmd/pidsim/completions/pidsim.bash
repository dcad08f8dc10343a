# bash completion for pidsim

# The words of pidsim's own part of a command line: flags that take a value
# must be known, to find where the program begins.
_pidsim_takes_value() {
	case $1 in
	-pid | --pid | --backend | --space | --plan | --ppid | --pgid | --sid | --pid-max | --trace | --status-fd | --process) return 0 ;;
	esac
	return 1
}

_pidsim_words() {
	local IFS=$' \t\n'
	COMPREPLY=($(compgen -W "$1" -- "$2"))
}

_pidsim_files() {
	local IFS=$'\n'
	compopt -o filenames 2>/dev/null
	COMPREPLY=($(compgen -f -- "$1"))
}

# The last of some words with commas between them.
_pidsim_list() {
	local IFS=$' \t\n' before=
	[[ $2 != *,* ]] || before=${2%,*},
	COMPREPLY=($(compgen -P "$before" -W "$1" -- "${2##*,}"))
}

# The value of flag $1, as far as it is written in $2.
_pidsim_value() {
	case $1 in
	--backend) _pidsim_words 'auto ptrace setforkpid set-tid ns-last-pid namespace' "$2" ;;
	--feature) _pidsim_words 'ptrace seccomp setforkpid set-tid ns-last-pid namespace pid_max' "$2" ;;
	--space) _pidsim_words 'host private' "$2" ;;
	--format) _pidsim_words 'table json csv' "$2" ;;
	--clock) _pidsim_words 'wall cpu' "$2" ;;
	--places) _pidsim_list 'one free' "$2" ;;
	--rows) _pidsim_list 'start getpid gettid getuid open fork vfork thread exec spawn shell command' "$2" ;;
	--mechanisms) _pidsim_list 'host private host-no-seccomp private-no-seccomp setforkpid set-tid ns-last-pid namespace
		filter strace strace-seccomp proot unshare bwrap faketime' "$2" ;;
	--trace | -o | --output | --export) _pidsim_files "$2" ;;
	*) COMPREPLY=() ;;
	esac
}

_pidsim() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local common='--backend --space --plan --ppid --pgid --sid --pid-max --kill-on-exit --trace
		-v --verbose --stats --status-fd --no-seccomp --strict --gops -h --help'
	local flags="-pid --pid $common --version"
	local verbs='check checkpoint restore inspect ps syscalls bench version help'
	COMPREPLY=()

	if ((COMP_CWORD == 1)); then
		_pidsim_words "$flags $verbs" "$cur"
		return
	fi
	case ${COMP_WORDS[1]} in
	check)
		if [[ $cur == = ]]; then
			_pidsim_value "$prev" ''
		elif [[ $prev == = ]]; then
			_pidsim_value "${COMP_WORDS[COMP_CWORD - 2]}" "$cur"
		elif [[ $prev == --feature ]]; then
			_pidsim_value "$prev" "$cur"
		else
			_pidsim_words '--json --feature -h --help' "$cur"
		fi
		return
		;;
	checkpoint)
		if [[ $cur == = || $prev == = ]]; then
			_pidsim_files "${cur#=}"
		elif [[ $prev == -o || $prev == --output ]]; then
			_pidsim_value "$prev" "$cur"
		elif [[ $cur == -* ]]; then
			_pidsim_words '-o --output --tree --env --freeze -h --help' "$cur"
		else
			_pidsim_words "$(ps -eo pid= 2>/dev/null)" "$cur"
		fi
		return
		;;
	restore)
		_pidsim_run 2 "--process --trust --own-creds --emulate-creds $common" image
		return
		;;
	inspect)
		if [[ $cur == -* ]]; then
			_pidsim_words '--json -h --help' "$cur"
		else
			_pidsim_files "$cur"
		fi
		return
		;;
	ps)
		_pidsim_words '--json -h --help' "$cur"
		return
		;;
	syscalls)
		if [[ $cur == = ]]; then
			_pidsim_value "$prev" ''
		elif [[ $prev == = ]]; then
			_pidsim_value "${COMP_WORDS[COMP_CWORD - 2]}" "$cur"
		elif [[ $prev == --format ]]; then
			_pidsim_value "$prev" "$cur"
		else
			_pidsim_words '--format -h --help' "$cur"
		fi
		return
		;;
	bench)
		if [[ $cur == = ]]; then
			_pidsim_value "$prev" ''
		elif [[ $prev == = ]]; then
			_pidsim_value "${COMP_WORDS[COMP_CWORD - 2]}" "$cur"
		elif [[ $cur == -* ]]; then
			_pidsim_words '--rows --mechanisms --places --rounds --time --command --clock --export --compare -h --help' "$cur"
		elif [[ $prev == --* && $prev != --compare ]]; then
			_pidsim_value "$prev" "$cur"
		elif [[ " ${COMP_WORDS[*]} " == *' --compare '* ]]; then
			_pidsim_files "$cur"
		else
			_pidsim_words '--rows --mechanisms --places --rounds --time --command --clock --export --compare -h --help' "$cur"
		fi
		return
		;;
	version)
		_pidsim_words '-h --help' "$cur"
		return
		;;
	help)
		_pidsim_words "$verbs -h --help" "$cur"
		return
		;;
	esac

	_pidsim_run 1 "$flags"
}

# A command line of flags $2 and a program that begins at word $1. With a third
# argument the name of an image comes before the program.
_pidsim_run() {
	local flags=$2 image=$3 i
	# Words are split at "=": a flag, "=" and the value are three of them.
	for ((i = $1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--)
			_pidsim_program $((i + 1))
			return
			;;
		-?*)
			if [[ ${COMP_WORDS[i + 1]} == = ]]; then
				if ((i + 1 == COMP_CWORD)); then
					_pidsim_value "${COMP_WORDS[i]}" ''
					return
				elif ((i + 2 == COMP_CWORD)); then
					_pidsim_value "${COMP_WORDS[i]}" "$cur"
					return
				fi
				((i += 2))
			elif _pidsim_takes_value "${COMP_WORDS[i]}"; then
				if ((i + 1 == COMP_CWORD)); then
					_pidsim_value "${COMP_WORDS[i]}" "$cur"
					return
				fi
				((i += 1))
			fi
			;;
		*)
			if [[ ! $image ]]; then
				_pidsim_program "$i"
				return
			fi
			image=
			;;
		esac
	done
	if [[ $cur == -* ]]; then
		_pidsim_words "$flags" "$cur"
	elif [[ $image ]]; then
		_pidsim_files "$cur"
	else
		_pidsim_program "$i"
	fi
}

# The program, which is word $1, and its arguments.
_pidsim_program() {
	if (($1 == COMP_CWORD)); then
		local IFS=$'\n'
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen -c -- "${COMP_WORDS[COMP_CWORD]}"))
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	else
		_pidsim_files "${COMP_WORDS[COMP_CWORD]}"
	fi
}

complete -F _pidsim pidsim
