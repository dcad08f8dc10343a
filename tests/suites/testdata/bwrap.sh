# Sandboxes that leave pid namespaces alone work; those that make one are told
# that they cannot (see refusals of the command line's tests).
. "$LIB"
bwrap --dev-bind / / --die-with-parent sh -c 'echo $$ $PPID; cut -d" " -f1 /proc/self/stat >/dev/null && echo "reads proc"' >out
read -r shell parent <out; sed -n 2p out
kill -0 "$shell" 2>/dev/null; echo "kill -0: $?"
bwrap --unshare-user --unshare-ipc --unshare-uts --unshare-net --ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --chdir / \
	sh -c '[ $(readlink /proc/self) != $$ ] && read -r pid _ </proc/self/stat && [ $pid = $$ ] && echo "own proc"
	sleep 100 & sleep 0.1; [ "$(pgrep -P $$ -x sleep)" = $! ] && echo "own child"; kill $!; wait $! 2>/dev/null; echo "$?"'
echo "bwrap: $?"
bwrap --dev-bind / / sh -c 'exit 7'; echo "exit: $?"
bwrap --dev-bind / / sh -c 'kill -TERM $$'; echo "signal: $?"
bwrap --dev-bind / / --info-fd 3 --sync-fd 4 true 3>info 4>/dev/null; echo "info: $?"
grep -o child-pid info
unshare -Ur sh -c 'id -u; [ "$(readlink /proc/self/ns/user)" != "$1" ] && echo "another user namespace"' sh "$(readlink /proc/self/ns/user)"
