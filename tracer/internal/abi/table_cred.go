package abi

// Options of prctl(2) that carry ids or endanger their translation.
const (
	PR_GET_DUMPABLE = 3
	PR_SET_DUMPABLE = 4
	PR_SET_SECCOMP  = 22
	PR_SCHED_CORE   = 62
	PR_SET_PTRACER  = 0x59616d61
)

// prSetPtracerAny allows every process to trace the caller.
const prSetPtracerAny = 0xffffffff

// credCalls read and set credentials and other attributes of the caller.
var credCalls = table{
	"getuid":      {102, 24, pass},
	"getgid":      {104, 47, pass},
	"setuid":      {105, 23, pass},
	"setgid":      {106, 46, pass},
	"geteuid":     {107, 49, pass},
	"getegid":     {108, 50, pass},
	"setreuid":    {113, 70, pass},
	"setregid":    {114, 71, pass},
	"getgroups":   {115, 80, pass},
	"setgroups":   {116, 81, pass},
	"setresuid":   {117, 164, pass},
	"getresuid":   {118, 165, pass},
	"setresgid":   {119, 170, pass},
	"getresgid":   {120, 171, pass},
	"setfsuid":    {122, 138, pass},
	"setfsgid":    {123, 139, pass},
	"capget":      {125, 184, translate(inmem(0, TID, both(4), both(8)))},
	"capset":      {126, 185, translate(inmem(0, TID, both(4), both(8)))},
	"personality": {135, 136, pass},
	"modify_ldt":  {154, 123, pass},
	"prctl": {157, 172, translate(
		reg(1, TGID).when(allOf(eq(0, PR_SET_PTRACER), ne(1, prSetPtracerAny))),
		// Whatever scope argument 3 names, the id is that of a task.
		reg(2, TID).when(eq(0, PR_SCHED_CORE)),
	).with(Dumpable, eq(0, PR_GET_DUMPABLE, PR_SET_DUMPABLE)).
		with(Filter, eq(0, PR_SET_SECCOMP))},
	"arch_prctl":      {158, 384, pass},
	"iopl":            {172, 110, pass},
	"ioperm":          {173, 101, pass},
	"set_thread_area": {205, 243, pass},
	"get_thread_area": {211, 244, pass},
	"add_key":         {248, 286, pass},
	"request_key":     {249, 287, pass},
	"keyctl":          {250, 288, pass},
	"getuid32":        {no, 199, pass},
	"getgid32":        {no, 200, pass},
	"geteuid32":       {no, 201, pass},
	"getegid32":       {no, 202, pass},
	"setreuid32":      {no, 203, pass},
	"setregid32":      {no, 204, pass},
	"getgroups32":     {no, 205, pass},
	"setgroups32":     {no, 206, pass},
	"setresuid32":     {no, 208, pass},
	"getresuid32":     {no, 209, pass},
	"setresgid32":     {no, 210, pass},
	"getresgid32":     {no, 211, pass},
	"setuid32":        {no, 213, pass},
	"setgid32":        {no, 214, pass},
	"setfsuid32":      {no, 215, pass},
	"setfsgid32":      {no, 216, pass},
}
