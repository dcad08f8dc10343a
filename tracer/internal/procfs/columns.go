package procfs

import (
	"bytes"
	"fmt"
	"strconv"
)

// A column is a field of a table that holds an id.
type column struct {
	field int // from 0
	width int // of the field at least; negative when it is aligned to the left
	// id says how to print the number.
	id func(number int64, row [][]byte, ids about) int64
}

// translateSysvMsg rewrites /proc/sysvipc/msg: who sent and received last.
func translateSysvMsg(text []byte, ids about) ([]byte, bool) {
	return translateTable(text, ids, column{5, 5, process}, column{6, 5, process})
}

// translateSysvShm rewrites /proc/sysvipc/shm: the creator, and who attached or
// detached last.
func translateSysvShm(text []byte, ids about) ([]byte, bool) {
	return translateTable(text, ids, column{4, 5, process}, column{5, 5, process})
}

func process(number int64, _ [][]byte, ids about) int64 {
	return int64(present(int32(number), ids.VirtualTGID))
}

// translateNetlink rewrites the ports in /proc/net/netlink.
func translateNetlink(text []byte, ids about) ([]byte, bool) {
	port := func(number int64, _ [][]byte, ids about) int64 {
		return int64(ids.NetlinkPort(int32(number)))
	}
	return translateTable(text, ids, column{2, -10, port})
}

// translateFlowLabel rewrites /proc/net/ip6_flowlabel: the owner of a label is
// a process when the label is shared by one (ip6_flowlabel.c, S is 2).
func translateFlowLabel(text []byte, ids about) ([]byte, bool) {
	owner := func(number int64, row [][]byte, ids about) int64 {
		if string(row[1]) != "2" {
			return number
		}
		return int64(present(int32(number), ids.VirtualTID))
	}
	return translateTable(text, ids, column{2, -6, owner})
}

// translateTable rewrites columns of a text whose first line is a heading.
func translateTable(text []byte, ids about, columns ...column) ([]byte, bool) {
	e := edit{text: text}
	heading := true
	for from, to := range lines(text) {
		if !heading {
			row := bytes.Fields(text[from:to])
			for _, c := range columns {
				c.translate(&e, from, to, row, ids)
			}
		}
		heading = false
	}
	return e.result()
}

// translate rewrites one field of the line text[from:to], and keeps the others
// where they are as far as the new number leaves room.
func (c column) translate(e *edit, from, to int, row [][]byte, ids about) {
	if c.field >= len(row) {
		return
	}
	old := row[c.field]
	number, err := strconv.ParseInt(string(old), 10, 64)
	if err != nil || number <= 0 || number >= UnknownID {
		return
	}
	v := c.id(number, row, ids)
	if v == number {
		return
	}
	start := from
	for i := 0; i <= c.field; i++ {
		start += bytes.Index(e.text[start:to], row[i])
		if i < c.field {
			start += len(row[i])
		}
	}
	end := start + len(old)
	if c.width < 0 {
		for end-start < -c.width && end < to && e.text[end] == ' ' {
			end++
		}
	} else {
		for end-start < c.width && start > max(from, e.done) && e.text[start-1] == ' ' {
			start--
		}
	}
	e.replace(start, end, fmt.Sprintf("%*d", c.width, v))
}
