package tracer

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// genl is a message of the family taskstats.
func genl(cmd byte, attrs ...[]byte) []byte {
	body := append([]byte{cmd, 1, 0, 0}, bytes.Join(attrs, nil)...)
	b := make([]byte, nlmsgHeader)
	putLE32(b, uint32(nlmsgHeader+len(body)))
	putLE32(b[4:], 77)
	return append(b, body...)
}

// Virtual 43 is real 5001, its thread 44 real 5002, 42 its parent 5000.
func TestTaskstats(t *testing.T) {
	s := modelled(t)
	s.taskstats.asked, s.taskstats.family = true, 77
	ask := func(kind int, id uint32) []byte { return genl(taskstatsGet, attr(kind, word(id))) }
	for _, c := range []struct {
		name      string
		give      []byte
		want      []byte
		unchanged bool
	}{
		{"a thread", ask(taskstatsPID, 44), ask(taskstatsPID, 5002), false},
		{"a process", ask(taskstatsTGID, 43), ask(taskstatsTGID, 5001), false},
		{"nobody", ask(taskstatsPID, 5002), ask(taskstatsPID, nobody), false},
		{"short", genl(taskstatsGet, attr(taskstatsPID, []byte{1, 2})), genl(taskstatsGet, attr(taskstatsPID, []byte{1, 2})), true},
		{"another command", genl(9, attr(taskstatsPID, word(44))), genl(9, attr(taskstatsPID, word(44))), true},
	} {
		changed := false
		netlinkMessages(c.give, func(kind uint16, body []byte) { changed = s.realTaskstats(kind, body) || changed })
		if diff := cmp.Diff(c.want, c.give); diff != "" || changed == c.unchanged {
			t.Errorf("%s: changed %v (-want +got):\n%s", c.name, changed, diff)
		}
	}
	stats := func(pid, ppid, tgid uint32) []byte {
		b := make([]byte, acTGID+8)
		putLE32(b[acPID:], pid)
		putLE32(b[acPPID:], ppid)
		putLE32(b[acTGID:], tgid)
		return append(attr(taskstatsPID, word(pid)), attr(taskstatsStats, b)...)
	}
	got := stats(5002, 5000, 5001)
	if !s.mapIDs(got, s.toVirtual) {
		t.Error("an answer is not changed")
	}
	if diff := cmp.Diff(stats(44, 42, 43), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What the process connector tells of tasks.
func TestVirtualEvent(t *testing.T) {
	s := modelled(t)
	event := func(what uint32, ids ...uint32) []byte {
		b := make([]byte, cnHeader+eventData)
		putLE32(b, cnProc)
		putLE32(b[4:], cnProc)
		putLE32(b[cnHeader:], what)
		for _, id := range ids {
			b = append(b, word(id)...)
		}
		return b
	}
	for _, c := range []struct{ give, want []byte }{
		{event(1, 5000, 5000, 5002, 5001), event(1, 42, 42, 44, 43)},
		{event(2, 5002, 5001), event(2, 44, 43)},
		{event(0x80000000, 5001, 5001, 5000, 17, 5000, 5000), event(0x80000000, 43, 43, 5000, 17, 42, 42)},
		{event(0x80, 777, 777), event(0x80, 0, 0)}, // not of the tree
		{event(2, 5002), event(2, 44)},             // cut short
		{event(0, 5000), event(0, 5000)},           // an acknowledgement
		{[]byte{1, 2, 3}, []byte{1, 2, 3}},
	} {
		s.virtualEvent(0, c.give)
		if diff := cmp.Diff(c.want, c.give); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
