package checkpoint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
)

// status is /proc/PID/status by field.
type status map[string]string

// parseStatus splits the text of the file.
func parseStatus(text string) status {
	s := make(status)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			s[name] = strings.TrimSpace(value)
		}
	}
	return s
}

// numbers reads a field of numbers in a base.
func (s status) numbers(field string, base, bits int) ([]uint64, error) {
	text, ok := s[field]
	if !ok {
		return nil, fmt.Errorf("status has no %s", field)
	}
	var list []uint64
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.ParseUint(word, base, bits)
		if err != nil {
			return nil, fmt.Errorf("status: %s is %q", field, text)
		}
		list = append(list, n)
	}
	return list, nil
}

// number reads a field of one number.
func (s status) number(field string, base, bits int) (uint64, error) {
	list, err := s.numbers(field, base, bits)
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("status: %s has %d numbers", field, len(list))
	}
	if err != nil {
		return 0, err
	}
	return list[0], nil
}

// ids reads a field of ids, such as one id in each pid namespace, the reader's
// first. Zero stands for what is not visible there.
func (s status) ids(field string) ([]int32, error) {
	list, err := s.numbers(field, 10, 32)
	if err != nil {
		return nil, err
	}
	ids := make([]int32, len(list))
	for i, n := range list {
		if n > pidspace.MaxPID {
			return nil, fmt.Errorf("status: %s is %q", field, s[field])
		}
		ids[i] = int32(n)
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("status: %s is empty", field)
	}
	return ids, nil
}

// userIDs reads Uid or Gid.
func (s status) userIDs(field string) (image.UserIDs, error) {
	list, err := s.numbers(field, 10, 32)
	if err == nil && len(list) != 4 {
		err = fmt.Errorf("status: %s has %d numbers", field, len(list))
	}
	if err != nil {
		return image.UserIDs{}, err
	}
	return image.UserIDs{Real: uint32(list[0]), Effective: uint32(list[1]), Saved: uint32(list[2]), Filesystem: uint32(list[3])}, nil
}

// credentials reads what permissions are checked with.
func (s status) credentials() (*image.Credentials, error) {
	c := new(image.Credentials)
	var err error
	if c.UID, err = s.userIDs("Uid"); err != nil {
		return nil, err
	}
	if c.GID, err = s.userIDs("Gid"); err != nil {
		return nil, err
	}
	groups, err := s.numbers("Groups", 10, 32)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		c.Groups = append(c.Groups, uint32(g))
	}
	if err := s.capabilities(&c.Capabilities); err != nil {
		return nil, err
	}
	if _, ok := s["NoNewPrivs"]; ok { // Linux 4.10
		n, err := s.number("NoNewPrivs", 10, 1)
		if err != nil {
			return nil, err
		}
		set := n == 1
		c.NoNewPrivs = &set
	}
	return c, nil
}

// capabilities reads the capability sets.
func (s status) capabilities(c *image.Capabilities) error {
	for _, f := range []struct {
		field string
		set   *image.CapSet
	}{{"CapInh", &c.Inheritable}, {"CapPrm", &c.Permitted}, {"CapEff", &c.Effective}, {"CapBnd", &c.Bounding}} {
		n, err := s.number(f.field, 16, 64)
		if err != nil {
			return err
		}
		*f.set = image.CapSet(n)
	}
	if _, ok := s["CapAmb"]; ok { // Linux 4.3
		n, err := s.number("CapAmb", 16, 64)
		if err != nil {
			return err
		}
		ambient := image.CapSet(n)
		c.Ambient = &ambient
	}
	return nil
}

// umask reads the file mode mask, which Linux shows since 4.7.
func (s status) umask() (*image.Mode, error) {
	if _, ok := s["Umask"]; !ok {
		return nil, nil
	}
	n, err := s.number("Umask", 8, 16)
	if err != nil {
		return nil, err
	}
	mask := image.Mode(n)
	return &mask, nil
}
