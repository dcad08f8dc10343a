// Command agent runs the gops agent until it is killed.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/google/gops/agent"
)

func main() {
	if err := agent.Listen(agent.Options{ShutdownCleanup: false}); err != nil {
		log.Fatal(err)
	}
	defer agent.Close()
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	<-end
}
