package tracer

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// attr is an attribute of a netlink message.
func attr(kind int, data ...[]byte) []byte {
	body := bytes.Join(data, nil)
	b := []byte{byte(4 + len(body)), byte((4 + len(body)) >> 8), byte(kind), byte(kind >> 8)}
	b = append(b, body...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func word(v uint32) []byte {
	b := make([]byte, 4)
	putLE32(b, v)
	return b
}

// Virtual 43 is real 5001.
func TestRealLink(t *testing.T) {
	s := modelled(t)
	const nested = 0x8000
	link := func(mine, peers uint32, kind string) []byte {
		peer := attr(vethInfoPeer|nested, make([]byte, ifinfomsgSize), attr(3, []byte("far\x00")), attr(iflaNetNSPID, word(peers)))
		return bytes.Join([][]byte{
			make([]byte, ifinfomsgSize), attr(3, []byte("near\x00")), attr(iflaNetNSPID, word(mine)),
			attr(iflaLinkinfo|nested, attr(iflaInfoKind, []byte(kind)), attr(iflaInfoData|nested, peer)),
		}, nil)
	}
	for _, c := range []struct {
		mine, peers         uint32
		kind                string
		wantMine, wantPeers uint32
	}{
		{43, 42, "veth", 5001, 5000},
		{43, 42, "dummy", 5001, 42}, // what its attributes are is not known
		{0, 44, "netkit\x00", 0, 5002},
		{5001, 999, "vxcan", nobody, nobody},
	} {
		got := link(c.mine, c.peers, c.kind)
		changed := s.realLink(got)
		want := link(c.wantMine, c.wantPeers, c.kind)
		if diff := cmp.Diff(want, got); diff != "" || !changed {
			t.Errorf("%+v: changed %v (-want +got):\n%s", c, changed, diff)
		}
	}
	for _, b := range [][]byte{nil, make([]byte, 3), make([]byte, ifinfomsgSize), link(0, 0, "veth")} {
		if s.realLink(bytes.Clone(b)) {
			t.Errorf("%v was changed", b)
		}
	}
}

// Attributes that are cut short, or lie about their length, end the walk.
func FuzzRealLink(f *testing.F) {
	f.Add(append(make([]byte, ifinfomsgSize), attr(iflaNetNSPID, word(43))...))
	f.Add(append(make([]byte, ifinfomsgSize), 0xff, 0xff, iflaNetNSPID, 0))
	f.Add(append(make([]byte, ifinfomsgSize), 2, 0, iflaNetNSPID, 0))
	f.Add(append(make([]byte, ifinfomsgSize), attr(iflaLinkinfo, attr(iflaInfoKind, []byte("veth\x00")), attr(iflaInfoData, attr(1, make([]byte, 15))))...))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := modelled(&testing.T{})
		n := len(b)
		s.realLink(b)
		if len(b) != n {
			t.Fatal("the length changed")
		}
	})
}
