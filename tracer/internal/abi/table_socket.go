package abi

// Arguments of socket calls.
const (
	AF_NETLINK        = 16
	NETLINK_AUDIT     = 9
	NETLINK_CONNECTOR = 11
	NETLINK_GENERIC   = 16

	SOL_SOCKET    = 1
	SO_PASSCRED   = 16
	SO_PEERCRED   = 17
	SO_PEERGROUPS = 59

	// sockaddrInLen is sizeof(struct sockaddr_in).
	sockaddrInLen = 16
)

// Notes that several rows share.
const (
	scmNote = "of netlink messages those are translated that move network devices (IFLA_NET_NS_PID, NETNSA_PID) or ask for " +
		"statistics of tasks (taskstats); other ids in them are real"
	passNote  = "a socket with SO_PASSCRED that comes from outside of the tree shows real ids until a process sets the option, too"
	namesNote = "a socket name under /proc/N that gets longer than 107 bytes with the real number fails with ENAMETOOLONG; " +
		"who asks for the name of a socket that was bound to one sees the real number"
)

// namedOnTheWay holds for sendto with an address that may need translation.
// Those of AF_INET are frequent, and told by their length.
func namedOnTheWay() Cond {
	return allOf(pointer(4), ne(5, sockaddrInLen))
}

// socketCalls make, name and use sockets.
func socketCalls() table {
	return table{
		{"socket", 41, 359, Row{Class: Observe}.on(eq(0, AF_NETLINK)).by(NetlinkSocket).
			partial("audit records (NETLINK_AUDIT) hold real ids; of process events (NETLINK_CONNECTOR) those that " +
				"read gives do").
			leak(allOf(eq(0, AF_NETLINK), eq(2, NETLINK_AUDIT)))},
		{"connect", 42, 362, translate().always().by(SocketName).creds(ConnectCreds, Always).partial(namesNote)},
		{"accept", 43, no, pass},
		{"sendto", 44, 369, translate().always().by(SendTo).lazily(LazyNetlink).before(namedOnTheWay()).
			partial(scmNote + "; a netlink socket that send or write is the first to use is numbered by a real id; " +
				"a socket name of 14 bytes under /proc/N is not translated")},
		{"recvfrom", 45, 371, translate().always().by(RecvFrom).lazily(LazyNetlink)},
		{"sendmsg", 46, 370, translate().always().by(Sendmsg).partial(scmNote)},
		{"recvmsg", 47, 372, translate().always().by(Recvmsg).lazily(LazyPasscred).partial(passNote)},
		{"shutdown", 48, 373, pass},
		{"bind", 49, 361, translate().always().by(SocketName).partial(namesNote)},
		{"listen", 50, 363, credential(PeerCreds)},
		{"getsockname", 51, 367, pass},
		{"getpeername", 52, 368, pass},
		{"socketpair", 53, 360, credential(PeerCreds)},
		{"setsockopt", 54, 366, Row{Class: Observe}.on(allOf(eq(1, SOL_SOCKET), eq(2, SO_PASSCRED))).by(Passcred)},
		{"getsockopt", 55, 365, translate().on(allOf(eq(1, SOL_SOCKET), eq(2, SO_PEERCRED))).by(Peercred).
			creds(PeerGroups, allOf(eq(1, SOL_SOCKET), eq(2, SO_PEERGROUPS)))},
		{"accept4", 288, 364, pass},
		{"recvmmsg", 299, 337, translate().always().by(Recvmmsg).lazily(LazyPasscred).partial(passNote)},
		{"sendmmsg", 307, 345, translate().always().by(Sendmmsg).partial(scmNote)},
		{"recvmmsg_time64", no, 417, translate().always().by(Recvmmsg).lazily(LazyPasscred).partial(passNote)},
	}
}
