package pidspace_test

import (
	"errors"
	"fmt"

	"github.com/pidsim/pidsim/pidspace"
)

// A supervisor, really process 700 in the shell's group 650, runs a program
// as process 4242 of a space of its own.
func Example() {
	plan, err := pidspace.ParsePlan("5000")
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := pidspace.New(pidspace.Config{Kind: pidspace.Private, Root: 4242, Plan: plan,
		Supervisor: 700, InheritedPGID: 650, InheritedSID: 650})
	if err != nil {
		fmt.Println(err)
		return
	}
	show := func(what string, v pidspace.VTGID, err error) {
		if err != nil {
			fmt.Println(what, "failed:", err)
			return
		}
		fmt.Println(what, "is", v)
	}
	v, err := s.Root(701)
	show("root", v, err)
	v, err = s.Fork(701, 702, 0)
	show("first child", v, err)
	v, err = s.Fork(701, 703, 0)
	show("second child", v, err)
	v, err = s.Fork(702, 704, 4242)
	show("grandchild", v, err)
	fmt.Println("refused like EEXIST:", errors.Is(err, pidspace.ErrInUse))

	group, _ := pidspace.ToVirtual(s, s.Pgid(702))
	parent, _ := pidspace.ToVirtual(s, pidspace.RTGID(700))
	fmt.Println("group", group, "parent", parent)
	// Output:
	// root is 4242
	// first child is 5000
	// second child is 4243
	// grandchild failed: pidspace: fork of 704 by 702: number 4242 is in use by a task of the tree: number is in use
	// refused like EEXIST: true
	// group 299 parent 1
}

// In the host space everything keeps its number, except what was chosen.
func Example_host() {
	s, err := pidspace.New(pidspace.Config{Root: 4242})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := s.Root(701); err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range []pidspace.RTGID{701, 4242, 1} {
		v, _ := pidspace.ToVirtual(s, r)
		fmt.Println(r, "appears as", v)
	}
	// Output:
	// 701 appears as 4242
	// 4242 appears as 701
	// 1 appears as 1
}

// A tree gets the numbers that it had, whoever creates first.
func ExampleFamily() {
	s, err := pidspace.New(pidspace.Config{Root: 100, Family: &pidspace.Family{
		ID: 100, Threads: []pidspace.VTID{105},
		Children: []pidspace.Family{
			{ID: 101, Children: []pidspace.Family{{ID: 102}}},
			{ID: 103},
		},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = s.Root(7000)
	first, _ := s.Fork(7000, 7001, 0)
	second, _ := s.Fork(7000, 7002, 0)
	grandchild, _ := s.Fork(7001, 7003, 0)
	thread, _ := s.Thread(7000, 7004, 0)
	fmt.Println(first, second, grandchild, thread)
	// Output:
	// 101 103 102 105
}
