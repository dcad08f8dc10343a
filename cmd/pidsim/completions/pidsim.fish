# fish completion for pidsim

# Prints the index of the program's word, or nothing while it is not written.
function __pidsim_program
    set -l words (commandline -opc)
    set -l takes -pid --pid --backend --space --plan --ppid --pgid --sid --pid-max --trace --status-fd --process
    set -l i 2
    set -l image
    if test (count $words) -ge 2; and test $words[2] = restore
        set i 3
        set image yes
    end
    while test $i -le (count $words)
        switch $words[$i]
            case --
                echo (math $i + 1)
                return
            case '-*'
                contains -- $words[$i] $takes; and set i (math $i + 1)
            case '*'
                if test -z "$image"
                    echo $i
                    return
                end
                set image
        end
        set i (math $i + 1)
    end
end

function __pidsim_in_flags
    test -z (__pidsim_program)
end

function __pidsim_first
    test (count (commandline -opc)) -eq 1
end

# The program and its arguments are completed as if pidsim were not there.
function __pidsim_subcommand
    set -l at (__pidsim_program)
    set -l words (commandline -opc) (commandline -ct)
    complete -C "$words[$at..-1]"
end

function __pidsim_verb
    set -l words (commandline -opc)
    test (count $words) -ge 2; and contains -- $words[2] $argv
end

function __pidsim_run
    __pidsim_in_flags; and not __pidsim_verb check checkpoint inspect ps syscalls bench version help
end

complete -c pidsim -f
complete -c pidsim -n __pidsim_first -a check -d 'find out what works on this machine'
complete -c pidsim -n __pidsim_first -a checkpoint -d 'write the identity of a live process to a file'
complete -c pidsim -n __pidsim_first -a restore -d 'run a program under the identity in an image'
complete -c pidsim -n __pidsim_first -a inspect -d 'show the processes in an image'
complete -c pidsim -n __pidsim_first -a ps -d 'list the runs of this user and their processes'
complete -c pidsim -n __pidsim_first -a syscalls -d 'list system calls and files and how completely ids are translated'
complete -c pidsim -n __pidsim_first -a bench -d 'compare the speed of the backends, and of other tools'
complete -c pidsim -n __pidsim_first -a version -d 'show the version'
complete -c pidsim -n __pidsim_first -a help -d 'explain pidsim, or a verb'
complete -c pidsim -n '__pidsim_verb help' -a 'check checkpoint restore inspect ps syscalls bench version help'
complete -c pidsim -n '__pidsim_verb check' -l json -d 'write JSON, for programs'
complete -c pidsim -n '__pidsim_verb check' -l feature -x -a 'ptrace seccomp setforkpid set-tid ns-last-pid namespace pid_max' -d 'check only this one'
complete -c pidsim -n '__pidsim_verb checkpoint' -a '(__fish_complete_pids)'
complete -c pidsim -n '__pidsim_verb checkpoint' -s o -l output -r -F -d 'write to a file'
complete -c pidsim -n '__pidsim_verb checkpoint' -l tree -d 'include what descends from the process'
complete -c pidsim -n '__pidsim_verb checkpoint' -l env -d 'include environments'
complete -c pidsim -n '__pidsim_verb checkpoint' -l freeze -d 'stop the processes for the moment'
complete -c pidsim -n '__pidsim_verb restore; and __pidsim_in_flags' -F
complete -c pidsim -n '__pidsim_verb restore; and __pidsim_in_flags' -l process -x -d 'restore this process of the image'
complete -c pidsim -n '__pidsim_verb restore; and __pidsim_in_flags' -l trust -d 'read an image that others could have written'
complete -c pidsim -n '__pidsim_verb restore; and __pidsim_in_flags' -l own-creds -d 'keep your own user, groups and capabilities'
complete -c pidsim -n '__pidsim_verb restore; and __pidsim_in_flags' -l emulate-creds -d 'show the program the user, groups and capabilities of the image, without having them'
complete -c pidsim -n '__pidsim_verb inspect' -F
complete -c pidsim -n '__pidsim_verb inspect' -l json -d 'write JSON, for programs'
complete -c pidsim -n '__pidsim_verb ps' -l json -d 'write JSON, for programs'
complete -c pidsim -n '__pidsim_verb syscalls' -l format -x -a 'table json csv' -d 'the form of the list'
complete -c pidsim -n '__pidsim_verb bench' -l rows -x -a '(__fish_append , start getpid gettid getuid open fork vfork thread exec spawn shell command)' -d 'measure only this work'
complete -c pidsim -n '__pidsim_verb bench' -l mechanisms -x -a '(__fish_append , host private host-no-seccomp private-no-seccomp setforkpid set-tid ns-last-pid namespace filter strace strace-seccomp proot unshare bwrap faketime)' -d 'measure only these mechanisms'
complete -c pidsim -n '__pidsim_verb bench' -l places -x -a '(__fish_append , one free)' -d 'measure only here'
complete -c pidsim -n '__pidsim_verb bench' -l rounds -x -d 'measure everything N times'
complete -c pidsim -n '__pidsim_verb bench' -l time -x -d 'repeat a small operation for this time'
complete -c pidsim -n '__pidsim_verb bench' -l command -x -d 'measure a command as well'
complete -c pidsim -n '__pidsim_verb bench' -l clock -x -a 'wall cpu' -d 'which time counts'
complete -c pidsim -n '__pidsim_verb bench' -l export -r -F -d 'write the result to a file'
complete -c pidsim -n '__pidsim_verb bench' -l compare -d 'compare two results'
complete -c pidsim -n '__pidsim_verb bench' -F
complete -c pidsim -n 'not __pidsim_first; and __pidsim_run' -a '(__fish_complete_command)'
complete -c pidsim -n 'not __pidsim_in_flags; and not __pidsim_verb check checkpoint inspect ps syscalls bench version help' -a '(__pidsim_subcommand)'

complete -c pidsim -n '__pidsim_run; and not __pidsim_verb restore' -o pid -x -d 'run the program as process N'
complete -c pidsim -n '__pidsim_run; and not __pidsim_verb restore' -l pid -x -d 'run the program as process N'
complete -c pidsim -n __pidsim_run -l backend -x -a 'auto ptrace setforkpid set-tid ns-last-pid namespace' -d 'how to do it'
complete -c pidsim -n __pidsim_run -l space -x -a 'host private' -d 'which ids the program sees'
complete -c pidsim -n __pidsim_run -l plan -x -d 'ids of the next processes'
complete -c pidsim -n __pidsim_run -l ppid -x -d 'the parent that the program sees'
complete -c pidsim -n __pidsim_run -l pgid -x -d 'the process group that the program sees'
complete -c pidsim -n __pidsim_run -l sid -x -d 'the session that the program sees'
complete -c pidsim -n __pidsim_run -l pid-max -x -d 'hand out only ids below N'
complete -c pidsim -n __pidsim_run -l kill-on-exit -d 'end the other processes when the program has ended'
complete -c pidsim -n __pidsim_run -l trace -r -F -d 'write translated system calls to a file'
complete -c pidsim -n __pidsim_run -s v -l verbose -d 'say what happens'
complete -c pidsim -n __pidsim_run -l stats -d 'at the end, say what the run cost'
complete -c pidsim -n __pidsim_run -l status-fd -x -d 'write a line of JSON for every event'
complete -c pidsim -n __pidsim_run -l no-seccomp -d 'stop at every system call'
complete -c pidsim -n __pidsim_run -l strict -d 'end the run when an interface is not translated'
complete -c pidsim -n __pidsim_run -l gops -d 'start the gops agent of pidsim itself'
complete -c pidsim -n '__pidsim_run; and not __pidsim_verb restore' -l version -d 'show the version'
complete -c pidsim -n '__pidsim_run; or __pidsim_verb check checkpoint inspect ps syscalls bench version help' -s h -l help -d 'show a summary'
