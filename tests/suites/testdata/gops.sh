# A Go program with the gops agent, and gops beside it.
. "$LIB"
export GOPS_CONFIG_DIR="$PWD/agents"
"$BUILT/agent" & agent=$!
until_true test -e "agents/$agent" && echo "the agent's file has its id"
same "gops lists it" "$agent" "$("$BUILT/gops" | awk '$3 == "agent" && $4 == "*" { print $1 }' | grep -x "$agent")"
same "its parent" $$ "$("$BUILT/gops" | awk -v p=$agent '$1 == p { print $2 }')"
"$BUILT/gops" process $agent | sed -n "s/^parent PID:[[:space:]]*$$\$/parent of the process: right/p; s/^threads:.*/threads/p"
"$BUILT/gops" stack $agent | grep -c 'main.main'
"$BUILT/gops" version $agent | grep -o '^go1'
"$BUILT/gops" stats $agent | sed -n 's/^goroutines: .*/goroutines/p'
"$BUILT/gops" tree | grep -q "\[\*\] *$agent\|$agent" && echo "in the tree"
kill $agent; ended agent $agent
