package criu

import (
	"reflect"
	"strings"
	"testing"

	"github.com/checkpoint-restore/go-criu/v7/crit/images/creds"
	criu_core "github.com/checkpoint-restore/go-criu/v7/crit/images/criu-core"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/fdinfo"
	criu_fs "github.com/checkpoint-restore/go-criu/v7/crit/images/fs"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/inventory"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/mm"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/pstree"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/regfile"
	"github.com/checkpoint-restore/go-criu/v7/crit/images/rlimit"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// messages are ours beside those of go-criu.
var messages = []struct {
	ours   message
	theirs proto.Message
}{
	{&inventoryEntry{}, &inventory.InventoryEntry{}},
	{&pstreeEntry{}, &pstree.PstreeEntry{}},
	{&coreEntry{}, &criu_core.CoreEntry{}},
	{&taskCoreEntry{}, &criu_core.TaskCoreEntry{}},
	{&taskRlimitsEntry{}, &criu_core.TaskRlimitsEntry{}},
	{&rlimitEntry{}, &rlimit.RlimitEntry{}},
	{&threadCoreEntry{}, &criu_core.ThreadCoreEntry{}},
	{&credsEntry{}, &creds.CredsEntry{}},
	{&idsEntry{}, &criu_core.TaskKobjIdsEntry{}},
	{&fsEntry{}, &criu_fs.FsEntry{}},
	{&mmEntry{}, &mm.MmEntry{}},
	{&fileEntry{}, &fdinfo.FileEntry{}},
	{&regFileEntry{}, &regfile.RegFileEntry{}},
}

// TestRequired: a message without a field that it must have is damaged; which
// these are go-criu knows.
func TestRequired(t *testing.T) {
	for _, m := range messages {
		fields := m.theirs.ProtoReflect().Descriptor().Fields()
		for n := range 64 {
			f := fields.ByNumber(protowire.Number(n))
			if m.ours.required()&(1<<n) != 0 && (f == nil || f.Cardinality() != protoreflect.Required) {
				t.Errorf("%T: field %d is not required", m.ours, n)
			}
		}
		err := unmarshal(nil, m.ours)
		if m.ours.required() != 0 && (err == nil || !strings.Contains(err.Error(), "is missing")) {
			t.Errorf("%T without fields: %v", m.ours, err)
		}
	}
}

// TestFieldNumbers: every member is filled by a field that go-criu calls the same.
func TestFieldNumbers(t *testing.T) {
	for _, m := range messages {
		fields := m.theirs.ProtoReflect().Descriptor().Fields()
		filled := map[string]string{}
		for i := range fields.Len() {
			f := fields.Get(i)
			fresh := reflect.New(reflect.TypeOf(m.ours).Elem())
			var b []byte
			if f.Kind() == protoreflect.MessageKind || f.Kind() == protoreflect.StringKind || f.Kind() == protoreflect.BytesKind {
				b = protowire.AppendString(protowire.AppendTag(nil, f.Number(), protowire.BytesType), "\x12\x34")
			} else {
				b = protowire.AppendVarint(protowire.AppendTag(nil, f.Number(), protowire.VarintType), 12)
			}
			_ = unmarshal(b, fresh.Interface().(message)) // others are missing
			for k := range fresh.Elem().NumField() {
				if name := fresh.Elem().Type().Field(k).Name; !fresh.Elem().Field(k).IsZero() {
					filled[strings.ToLower(name)] += strings.ReplaceAll(string(f.Name()), "_", "")
				}
			}
		}
		kind := reflect.TypeOf(m.ours).Elem()
		for k := range kind.NumField() {
			if name := strings.ToLower(kind.Field(k).Name); filled[name] != name && !(name == "rlimits" && filled[name] == "") {
				t.Errorf("%T: %s is filled by %q", m.ours, name, filled[name])
			}
		}
	}
}

// TestMalformed has fields of a type that their number does not have.
func TestMalformed(t *testing.T) {
	for _, b := range []string{"\x0a\x01x", "\x08", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "\x2a\x05\x01"} {
		if err := unmarshal([]byte(b), &pstreeEntry{}); err == nil || strings.Contains(err.Error(), "missing") {
			t.Errorf("%q: %v", b, err)
		}
	}
}
