package pidspace

import "fmt"

// Kind says what a [Space] shows beside its tree.
type Kind uint8

const (
	// Host shows the whole machine; the map is a permutation. It is the
	// default.
	Host Kind = iota
	// Private shows only the tree, as a pid namespace does.
	Private
)

// String gives the name that users know the kind by: "host" or "private".
func (k Kind) String() string {
	switch k {
	case Host:
		return "host"
	case Private:
		return "private"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind is the inverse of [Kind.String].
func ParseKind(name string) (Kind, error) {
	switch name {
	case "host":
		return Host, nil
	case "private":
		return Private, nil
	}
	return 0, fmt.Errorf("pidspace: no space is called %q: use host or private", name)
}

// TaskState is what a [Space] knows of a task by its real number.
type TaskState uint8

const (
	// Unknown is a number that no task of the tree has, or had recently
	// enough to be remembered.
	Unknown TaskState = iota
	// Live is a task that has not ended.
	Live
	// Zombie is a thread group leader that has ended and has not been
	// reaped. Other threads of its process may still run.
	Zombie
	// Tombstone is a task that is gone and whose real number is still
	// translated. The number may be busy nevertheless: as a process group
	// or session.
	Tombstone
)

// String gives the state's name in lower case.
func (t TaskState) String() string {
	switch t {
	case Unknown:
		return "unknown"
	case Live:
		return "live"
	case Zombie:
		return "zombie"
	case Tombstone:
		return "tombstone"
	}
	return fmt.Sprintf("TaskState(%d)", uint8(t))
}
