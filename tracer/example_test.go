package tracer_test

import (
	"fmt"

	"github.com/pidsim/pidsim/pidspace"
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
