package tracer_test

import (
	"testing"

	"github.com/pidsim/pidsim/pidspace/image"
	"github.com/pidsim/pidsim/tracer"
)

// TestCredentials: the tree is somebody else, in both engines. What the calls
// do is the business of the conformance tests.
func TestCredentials(t *testing.T) {
	const want = "Uid:\t1234\t1234\t1234\t1234\nGid:\t70000\t70000\t70000\t70000\nGroups:\t7 70001 \n" +
		"CapInh:\t0000000000000001\nCapPrm:\t0000000000000003\nCapEff:\t0000000000000002\n1234\n70000 7 70001\n"
	ids := func(id uint32) image.UserIDs {
		return image.UserIDs{Real: id, Effective: id, Saved: id, Filesystem: id}
	}
	for _, noSeccomp := range []bool{false, true} {
		c := tracer.Command(4242, "sh", "-c", "grep -E '^(Uid|Gid|Groups|Cap(Inh|Prm|Eff)):' /proc/$$/status; id -u; id -G")
		c.Credentials, c.NoSeccomp = &image.Credentials{
			UID: ids(1234), GID: ids(70000), Groups: []uint32{7, 70001},
			Capabilities: image.Capabilities{Inheritable: 1, Permitted: 3, Effective: 2, Bounding: 0xff},
		}, noSeccomp
		out, err := c.CombinedOutput()
		if err != nil || string(out) != want {
			t.Errorf("%v\n%swant\n%s", err, out, want)
		}
	}
}
