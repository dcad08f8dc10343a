package checkpoint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pidsim/pidsim/pidspace/image"
)

// limitNameWidth is the width of the first column of /proc/PID/limits, whose
// names have spaces in them.
const limitNameWidth = 25

// Limits reads the resource limits of a process. That takes no permission.
func Limits(pid int) ([]image.Limit, error) {
	text, err := readText(pid, pid, "limits")
	if err != nil {
		return nil, err
	}
	return parseLimits(text)
}

// parseLimits reads /proc/PID/limits: a heading, and then a line for each
// resource in the order of their numbers.
func parseLimits(text string) ([]image.Limit, error) {
	var list []image.Limit
	_, text, _ = strings.Cut(text, "\n")
	for line := range strings.Lines(text) {
		r := image.Resource(len(list))
		if r == image.Resources {
			break // one that this package does not know yet
		}
		if len(line) < limitNameWidth {
			return nil, fmt.Errorf("limits: line %q is too short", line)
		}
		words := strings.Fields(line[limitNameWidth:])
		if len(words) < 2 {
			return nil, fmt.Errorf("limits: line %q has no two limits", line)
		}
		soft, err := parseBound(words[0])
		if err != nil {
			return nil, err
		}
		hard, err := parseBound(words[1])
		if err != nil {
			return nil, err
		}
		list = append(list, image.Limit{Resource: r, Soft: soft, Hard: hard})
	}
	return list, nil
}

// parseBound reads one limit.
func parseBound(s string) (image.Bound, error) {
	if s == "unlimited" {
		return image.Unlimited, nil
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("limits: %q is not a limit", s)
	}
	return image.Bound(n), nil
}
