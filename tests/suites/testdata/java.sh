# A Java machine's ProcessHandle. Signals that ask it for a thread dump, and that
# end it, reach it by its id.
. "$LIB"
java -Xshare:auto -XX:TieredStopAtLevel=1 -cp "$BUILT" Processes $$; echo "java: $?"
