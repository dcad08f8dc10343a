package tracer_test

import (
	"fmt"

	"github.com/pidsim/pidsim/pidspace"
	"github.com/pidsim/pidsim/pidspace/image"
	"github.com/pidsim/pidsim/tracer"
)

func Example() {
	cmd := tracer.Command(4242, "sh", "-c", "echo I am process $$")
	out, err := cmd.Output()
	fmt.Print(string(out))
	fmt.Println(err)
	// Output:
	// I am process 4242
	// <nil>
}

// The program is told that it is user 1000 with one capability, whoever it is.
func ExampleCmd_credentials() {
	cmd := tracer.Command(4242, "sh", "-c", "id -u; id -g; grep CapEff /proc/self/status")
	cmd.Credentials = &image.Credentials{
		UID:          image.UserIDs{Real: 1000, Effective: 1000, Saved: 1000, Filesystem: 1000},
		GID:          image.UserIDs{Real: 100, Effective: 100, Saved: 100, Filesystem: 100},
		Capabilities: image.Capabilities{Inheritable: 1, Permitted: 1, Effective: 1, Bounding: 1, Ambient: new(image.CapSet)},
	}
	*cmd.Credentials.Capabilities.Ambient = 1 // so that an exec leaves it
	out, _ := cmd.Output()
	fmt.Print(string(out))
	// Output:
	// 1000
	// 100
	// CapEff:	0000000000000001
}

// In a private space the ids are the same in every run.
func ExampleCmd_private() {
	cmd := tracer.Command(70000, "sh", "-c", "echo $$ $PPID; sh -c 'echo $$ $PPID'; true")
	cmd.Space = pidspace.Private
	out, _ := cmd.Output()
	fmt.Print(string(out))
	// Output:
	// 70000 1
	// 70001 70000
}

// A plan says which ids the next processes get.
func ExampleCmd_plan() {
	plan, err := pidspace.ParsePlan("901,77")
	if err != nil {
		fmt.Println(err)
		return
	}
	cmd := tracer.Command(900, "sh", "-c", "sh -c 'echo $$'; sh -c 'echo $$'; true")
	cmd.Plan = plan
	out, _ := cmd.Output()
	fmt.Print(string(out))
	// Output:
	// 901
	// 77
}
