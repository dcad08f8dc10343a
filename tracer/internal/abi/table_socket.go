package abi

// Arguments of socket calls.
const (
	AF_NETLINK        = 16
	NETLINK_AUDIT     = 9
	NETLINK_CONNECTOR = 11

	SOL_SOCKET  = 1
	SO_PASSCRED = 16
	SO_PEERCRED = 17
)

// Notes that several rows share.
const (
	scmNote     = "ids in netlink messages are real"
	passNote    = "a socket with SO_PASSCRED that comes from another process shows real ids until the receiver sets the option, too"
	netlinkNote = "the kernel names netlink sockets by the real id of their process"
	unixNote    = "socket names under /proc/N are not translated"
)

// socketCalls make, name and use sockets.
var socketCalls = table{
	"socket": {41, 359, pass.partial("process events and audit records (NETLINK_CONNECTOR, NETLINK_AUDIT) hold real ids").
		leak(allOf(eq(0, AF_NETLINK), eq(2, NETLINK_AUDIT, NETLINK_CONNECTOR)))},
	"connect":         {42, 362, pass.partial(unixNote)},
	"accept":          {43, no, pass},
	"sendto":          {44, 369, pass.partial(scmNote)},
	"recvfrom":        {45, 371, pass.partial(netlinkNote)},
	"sendmsg":         {46, 370, translate().always().by(Sendmsg)},
	"recvmsg":         {47, 372, translate().always().by(Recvmsg).lazily(LazyPasscred).partial(passNote)},
	"shutdown":        {48, 373, pass},
	"bind":            {49, 361, pass.partial(unixNote)},
	"listen":          {50, 363, pass},
	"getsockname":     {51, 367, pass.partial(netlinkNote)},
	"getpeername":     {52, 368, pass.partial(netlinkNote)},
	"socketpair":      {53, 360, pass},
	"setsockopt":      {54, 366, Row{Class: Observe}.on(allOf(eq(1, SOL_SOCKET), eq(2, SO_PASSCRED))).by(Passcred)},
	"getsockopt":      {55, 365, translate().on(allOf(eq(1, SOL_SOCKET), eq(2, SO_PEERCRED))).by(Peercred)},
	"accept4":         {288, 364, pass},
	"recvmmsg":        {299, 337, translate().always().by(Recvmmsg).lazily(LazyPasscred).partial(passNote)},
	"sendmmsg":        {307, 345, translate().always().by(Sendmmsg)},
	"recvmmsg_time64": {no, 417, translate().always().by(Recvmmsg).lazily(LazyPasscred).partial(passNote)},
}
