# Programs that run from a file system which a process of theirs serves, as an
# AppImage does. It is mounted in a namespace of its own.
. "$LIB"
mkdir app app/bin mounted
cp "$(command -v bash)" "$(command -v cat)" "$(command -v ls)" "$(command -v python3)" app/bin
mksquashfs app image -quiet -no-progress >/dev/null; echo "mksquashfs: $?"
cat >run <<'END'
. "$LIB" >/dev/null
squashfuse -f image mounted & server=$!
until_true test -x mounted/bin/bash
bin=$PWD/mounted/bin
"$bin/bash" -c 'read -r pid _ <"/proc/self/stat"; [ "$pid" = $$ ] && echo "bash: $1"; for i in 1 2 3; do "$1/cat" /proc/self/comm; done' bash mounted/bin
same "parent" "$("$bin/bash" -c 'echo $PPID')" "$$"
"$bin/ls" -d /proc/self/fd
"$bin/python3" -c '
import os, subprocess, sys
print(os.readlink("/proc/self") == str(os.getpid()), sys.executable.endswith("/mounted/bin/python3"))
for i in range(5):
    print(subprocess.run([sys.argv[1] + "/bash", "-c", "kill -0 $PPID"]).returncode)' "$bin"
umount mounted; echo "umount: $?"
ended squashfuse $server
END
unshare -m sh run; echo "run: $?"
