package main

import (
	"testing"

	"github.com/pidsim/pidsim/pidspace/image"
)

func TestLeads(t *testing.T) {
	daemon := image.IDs{PID: 100, PGID: 100, SID: 100}
	job := image.IDs{PID: 100, PGID: 100, SID: 80}
	tty := &image.Terminal{Major: 136}
	for _, tt := range []struct {
		name     string
		ids      image.IDs
		had      *image.Terminal
		terminal bool
		want     leadership
	}{
		{"daemon", daemon, nil, false, leadsSession},
		{"daemon, at a terminal", daemon, nil, true, leadsSession},
		{"shell", daemon, tty, true, leadsNothing},
		{"job without a terminal", job, nil, false, leadsGroup},
		{"job without a terminal, at one", job, nil, true, leadsNothing},
		{"job", job, tty, false, leadsNothing},
		{"neither", image.IDs{PID: 100, PGID: 90, SID: 80}, nil, false, leadsNothing},
	} {
		got := leads(&image.Process{IDs: tt.ids, Terminal: tt.had}, tt.ids, tt.terminal)
		if got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
		if got.really("pgid") != (got != leadsNothing) || got.really("sid") != (got == leadsSession) || got.really("ppid") {
			t.Errorf("%s: %d does not fit the flags", tt.name, got)
		}
	}
}
