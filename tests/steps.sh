#!/bin/sh
# steps.sh TARGET...
#
# Makes every target, whatever became of those before, and says at the end
# which tests were skipped or failed. It fails if any target did.

log=$(mktemp -d) || exit 1
trap 'rm -rf "$log"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# skipped reads the output of go test -v and prints each skipped test with its
# reason, which is the last that the test said. The last of all is that of a
# test within another's output; a script's log of itself is none.
skipped() {
	awk '
		/^=== (RUN|NAME|CONT|PAUSE) / { name = $3; next }
		/^ +[A-Za-z0-9_]+\.go:[0-9]+: WORK=/ { next }
		/^ +[A-Za-z0-9_]+\.go:[0-9]+: / { last = $0; sub(/^ +[^ ]+ /, "", last); said[name] = last; next }
		/^ *--- SKIP: / { print $3 ": " ($3 in said ? said[$3] : last) }'
}

# failed reads the same and prints what shows which tests failed.
failed() {
	grep -E '^ *--- FAIL|^FAIL[[:space:]].*\[|^panic: |^WARNING: DATA RACE|\*\*\* Test killed'
}

bad=
summary=
for step; do
	echo
	echo "==> make $step"
	begin=$(date +%s)
	{
		"${MAKE:-make}" --no-print-directory "$step" VERBOSE=-v 2>&1
		echo $? >"$log/status"
	} | tee "$log/$step" | grep --line-buffered -vE '^ *(=== (RUN|NAME|CONT|PAUSE) |--- (PASS|SKIP): )|^PASS$|\[no test files\]$'
	took=$(($(date +%s) - begin))
	if [ "$(cat "$log/status")" = 0 ]; then
		result=passed
	else
		result=FAILED
		bad="$bad $step"
	fi
	summary="$summary
$result   $step (${took} s)"
done

echo
echo "==> summary"
for step; do
	skipped <"$log/$step" | sed "s/^/skipped  $step: /"
done
echo "$summary" | sed 1d
for step in $bad; do
	failed <"$log/$step" | sed "s/^/         $step: /"
done
[ -z "$bad" ]
