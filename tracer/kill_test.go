package tracer

import (
	"testing"
	"time"
)

// Kill ends a tree that makes new processes as fast as it can.
func TestKillForking(t *testing.T) {
	c := Command(600, "sh", "-c", "while :; do sleep 100 & done")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	if err := c.Kill(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the tree is not dead")
	}
}
