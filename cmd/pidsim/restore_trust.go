package main

import (
	"fmt"
	"io/fs"
	"syscall"
)

// untrusted says who else than the user euid and root could have written a
// file; "" if nobody.
func untrusted(fi fs.FileInfo, euid int) string {
	st, ok := fi.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return "its owner is not known"
	case st.Uid != 0 && int(st.Uid) != euid:
		return fmt.Sprintf("it belongs to user %d, who could have written anything", st.Uid)
	case fi.Mode()&0o002 != 0:
		return "everybody can write to it"
	}
	return ""
}
