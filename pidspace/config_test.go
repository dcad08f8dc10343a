package pidspace_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pidsim/pidsim/pidspace"
)

func TestConfigErrors(t *testing.T) {
	type config = pidspace.Config
	for _, tt := range []struct {
		name   string
		config config
		field  string // "" for a plan's
		err    error
		says   string
	}{
		{"kind", config{Kind: 2, Root: 9}, "Kind", pidspace.ErrRange, "use Host or Private"},
		{"no root", config{}, "Root", pidspace.ErrRange, "use 1 to 4194303"},
		{"negative root", config{Root: -4}, "Root", pidspace.ErrRange, "use 1 to 4194303"},
		{"root at the limit", config{Root: pidspace.Limit}, "Root", pidspace.ErrRange, "below pid_max 4194304"},
		{"root at pid_max", config{Root: 400, PIDMax: 400}, "Root", pidspace.ErrRange, "raise PIDMax"},
		{"pid_max of 300", config{Root: 9, PIDMax: 300}, "PIDMax", pidspace.ErrRange, "use 301 to 4194304"},
		{"pid_max beyond", config{Root: 9, PIDMax: pidspace.Limit + 1}, "PIDMax", pidspace.ErrRange, "use 301"},
		{"negative pid_max", config{Root: 9, PIDMax: -1}, "PIDMax", pidspace.ErrRange, "use 301"},
		{"supervisor", config{Root: 9, Supervisor: -1}, "Supervisor", pidspace.ErrRange, "not a process id"},
		{"group", config{Root: 9, InheritedPGID: pidspace.Outer + 1}, "InheritedPGID", pidspace.ErrRange, "not a process id"},
		{"outer supervisor", config{Root: 9, Supervisor: pidspace.Outer}, "Supervisor", pidspace.ErrRange, "not a process id"},
		{"session", config{Root: 9, InheritedSID: -7}, "InheritedSID", pidspace.ErrRange, "not a process id"},
		{"parent of no one", config{Root: 9, PPID: 8}, "PPID", pidspace.ErrRange, "set Supervisor"},
		{"group of no one", config{Root: 9, PGID: 8}, "PGID", pidspace.ErrRange, "set InheritedPGID"},
		{"session of no one", config{Root: 9, SID: 8}, "SID", pidspace.ErrRange, "set InheritedSID"},
		{"parent out of range", outside(config{Root: 9, PPID: -8}), "PPID", pidspace.ErrRange, "use 1 to 4194303"},
		{"group out of range", outside(config{Root: 9, PGID: pidspace.Limit}), "PGID", pidspace.ErrRange, "use 1 to"},
		{"own parent", outside(config{Root: 9, PPID: 9}), "PPID", pidspace.ErrInUse, "the root's own id"},
		{"plan with root", config{Root: 9, Plan: plan(t, "5-12")}, "", pidspace.ErrInUse, "the root's id"},
		{"plan beyond pid_max", config{Root: 9, PIDMax: 301, Plan: plan(t, "20,400,30")}, "", pidspace.ErrRange, "raise PIDMax"},
		{"plan with parent", outside(config{Root: 9, PPID: 20, Plan: plan(t, "20")}), "", pidspace.ErrInUse, "parent"},
		{"plan with supervisor", private(config{Root: 9, Plan: plan(t, "1")}), "", pidspace.ErrInUse, "parent"},
		{"plan with group", outside(config{Root: 9, PGID: 20, Plan: plan(t, "20")}), "", pidspace.ErrInUse, "group"},
		{"plan with session", private(config{Root: 9, SID: 20, Plan: plan(t, "20")}), "", pidspace.ErrInUse, "session"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := pidspace.New(tt.config)
			if !errors.Is(err, tt.err) || s != nil {
				t.Fatalf("New = %v, %v; want %v", s, err, tt.err)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %q does not say %q", err, tt.says)
			}
			var config *pidspace.ConfigError
			var plan *pidspace.PlanError
			if errors.As(err, &config) != (tt.field != "") || errors.As(err, &plan) != (tt.field == "") {
				t.Fatalf("error is a %T", err)
			}
			if config != nil && config.Field != tt.field {
				t.Errorf("error is about %s, want %s", config.Field, tt.field)
			}
		})
	}
}

// TestConfigLimits: what is just within bounds.
func TestConfigLimits(t *testing.T) {
	for _, c := range []pidspace.Config{
		{Root: pidspace.MaxPID},
		{Root: 300, PIDMax: pidspace.MinPIDMax},
		{Kind: pidspace.Private, Root: 1, PIDMax: pidspace.Limit},
		outside(pidspace.Config{Root: 300, PIDMax: 301, PPID: pidspace.MaxPID, PGID: 300, SID: 300}),
		private(pidspace.Config{Root: 1, PIDMax: 301, Plan: plan(t, "2-300")}),
	} {
		s, err := pidspace.New(c)
		if err != nil {
			t.Errorf("New(%+v): %v", c, err)
			continue
		}
		want := c.PIDMax
		if want == 0 {
			want = pidspace.Limit
		}
		if s.PIDMax() != want || s.Kind() != c.Kind {
			t.Errorf("PIDMax %d, Kind %v; want %d, %v", s.PIDMax(), s.Kind(), want, c.Kind)
		}
	}
}

// TestPlanTakesEverything: no number is left to present group and session
// under, so they are as invisible as in a pid namespace.
func TestPlanTakesEverything(t *testing.T) {
	x := plant(t, private(pidspace.Config{Root: 1, PIDMax: 301, Plan: plan(t, "2-300")}), 10)
	appears(x, pidspace.RPGID(shellGroup), 0)
	appears(x, pidspace.RSID(shellSID), 0)
	means(x, pidspace.VPGID(0), 0)
	for r := pidspace.RTGID(1002); r <= 1300; r++ {
		x.fork(10, r, 0, pidspace.VTGID(r-1000))
	}
	if v, err := x.Fork(10, 1301, 0); !errors.Is(err, pidspace.ErrExhausted) {
		t.Errorf("Fork = %d, %v; want ErrExhausted", v, err)
	}
}

func TestKindNames(t *testing.T) {
	for _, k := range []pidspace.Kind{pidspace.Host, pidspace.Private} {
		if got, err := pidspace.ParseKind(k.String()); got != k || err != nil {
			t.Errorf("ParseKind(%q) = %v, %v", k.String(), got, err)
		}
	}
	for _, name := range []string{"", "Host", "private ", "Kind(7)"} {
		if got, err := pidspace.ParseKind(name); err == nil {
			t.Errorf("ParseKind(%q) = %v; want an error", name, got)
		}
	}
	if got := pidspace.Kind(7).String(); got != "Kind(7)" {
		t.Errorf("Kind 7 is %q", got)
	}
	for state, want := range map[pidspace.TaskState]string{
		pidspace.Unknown: "unknown", pidspace.Live: "live", pidspace.Zombie: "zombie",
		pidspace.Tombstone: "tombstone", 9: "TaskState(9)"} {
		if got := state.String(); got != want {
			t.Errorf("state is %q, want %q", got, want)
		}
	}
}
