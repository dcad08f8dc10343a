#!/bin/sh
# steps.sh TARGET...
#
# Makes every target, whatever became of those before, and says at the end
# which tests failed. It fails if any target did.

log=$(mktemp -d) || exit 1
trap 'rm -rf "$log"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

failed=
summary=
for step; do
	echo
	echo "==> make $step"
	begin=$(date +%s)
	{
		"${MAKE:-make}" --no-print-directory "$step" 2>&1
		echo $? >"$log/status"
	} | tee "$log/$step"
	took=$(($(date +%s) - begin))
	if [ "$(cat "$log/status")" = 0 ]; then
		summary="$summary
passed   $step (${took} s)"
	else
		failed="$failed $step"
		summary="$summary
FAILED   $step (${took} s)"
	fi
done

echo
echo "==> summary"
for step; do
	grep -h -E '^ *--- SKIP' "$log/$step" | sed "s/^ *--- SKIP: /skipped  $step: /"
done
echo "$summary" | sed 1d
for step in $failed; do
	grep -h -E '^ *--- FAIL|^FAIL[[:space:]].*\[|^panic: |^WARNING: DATA RACE|\*\*\* Test killed' "$log/$step" |
		sed "s/^/         $step: /"
done
[ -z "$failed" ]
