# A server of tmux with its own socket, and what runs in its panes.
. "$LIB"
t() { tmux -S "$PWD/socket" -f /dev/null "$@"; }
shows() { t capture-pane -p -t "$1" | grep -q "$2"; }
runs() { [ "$(t display -p -t "$1" '#{pane_current_command}')" = "$2" ]; }

t new-session -d -s judge -x 120 -y 24 'PS1="% " exec sh'
server=$(t display -p '#{pid}')
pane=$(t display -p -t judge '#{pane_pid}')
until_true shows judge '^%'
t send-keys -t judge 'echo inside=$$ parent=$PPID' Enter
until_true shows judge '^inside=[0-9]'
line=$(t capture-pane -p -t judge | grep '^inside=')
same "pane" "$pane" "$(echo "$line" | sed 's/inside=\([0-9]*\).*/\1/')"
same "server" "$server" "$(echo "$line" | sed 's/.*parent=//')"
same "parent of the pane" "$server" "$(ps -o ppid= -p "$pane" | tr -d ' ')"
same "session of the pane" "$pane" "$(ps -o sid= -p "$pane" | tr -d ' ')"

runs judge sh && echo "command: sh"
t send-keys -t judge 'sleep 99' Enter
until_true runs judge sleep && echo "command: sleep"
t send-keys -t judge C-z
until_true runs judge sh && echo "command after ^Z: sh"
t send-keys -t judge 'jobs; fg' Enter
until_true runs judge sleep && echo "command after fg: sleep"
t send-keys -t judge C-c
until_true runs judge sh && echo "command after ^C: sh"
t send-keys -t judge 'echo status=$?' Enter
until_true shows judge '^status=130' && echo "status: 130"

t split-window -d -t judge "tmux -S '$PWD/socket' wait-for -S done; sleep 99"
t wait-for done && echo "panes: $(t list-panes -t judge | wc -l)"
other=$(t display -p -t judge.1 '#{pane_pid}')
kill "$other"
until_true gone "$other" && echo "the other pane's process is gone"
one_pane() { [ "$(t list-panes -t judge | wc -l)" = 1 ]; }
until_true one_pane && echo "panes: 1"
t respawn-pane -k -t judge 'exec sleep 99'
until_true gone "$pane" && echo "the pane's first process is gone"
t kill-server
until_true gone "$server" && echo "the server is gone"
