# Agents that nobody may trace or look into (PR_SET_DUMPABLE).
. "$LIB"
# Debian's is set-group-ID, which an ordinary user's is not here (pidsim says so).
cp "$(command -v ssh-agent)" .
PATH=$PWD:$PATH
eval "$(ssh-agent -s -a "$PWD/agent")" >/dev/null
same "ssh-agent's session" "$SSH_AGENT_PID" "$(ps -o sid= -p "$SSH_AGENT_PID" | tr -d ' ')"
same "ssh-agent's name" ssh-agent "$(ps -o comm= -p "$SSH_AGENT_PID")"
ssh-add -l; echo "ssh-add: $?"
ssh-keygen -q -t ed25519 -N '' -C judge -f key && ssh-add -q key; echo "ssh-add: $?"
ssh-add -l | cut -d' ' -f3-
pid=$SSH_AGENT_PID
eval "$(ssh-agent -k)" >/dev/null
until_true gone "$pid" && echo "ssh-agent is gone"
ssh-agent sh -c 'echo "$PPID $$ $SSH_AGENT_PID"; ps -o ppid= -p $SSH_AGENT_PID; ls "${SSH_AUTH_SOCK%/*}" >socket' >ids
{ read -r caller shell agent; read -r parent; } <ids
same "caller of what ssh-agent runs" $$ "$caller"
same "parent of ssh-agent" "$shell" "$parent"
same "name of its socket" "agent.$shell" "$(cat socket)"
kill "$agent" && until_true gone "$agent" && echo "it is gone"

export GNUPGHOME="$PWD"
chmod 700 .
gpg-agent -q --daemon; echo "gpg-agent: $?"
pid=$(gpg-connect-agent 'getinfo pid' /bye | sed -n 's/^D //p')
kill -0 "$pid"; echo "kill -0: $?"
same "gpg-agent's name" gpg-agent "$(ps -o comm= -p "$pid")"
same "gpg-agent's session" "$pid" "$(ps -o sid= -p "$pid" | tr -d ' ')"
gpg-connect-agent 'getinfo version' /bye | tail -1
gpg --batch -q --passphrase '' --quick-gen-key judge@example.org ed25519 sign never; echo "key: $?"
echo text >text
gpg --batch -q --clearsign text && gpg -q --verify text.asc 2>/dev/null; echo "signature: $?"
gpgconf --kill gpg-agent
until_true gone "$pid" && echo "gpg-agent is gone"
