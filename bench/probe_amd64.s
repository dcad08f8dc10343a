#include "textflag.h"

// The program that is measured. It is no part of the Go program: nobody calls
// probe. Its code, from the entry to the mark at the end, is copied into a
// static executable (probe.go), so it must be one function that needs neither
// its own address nor any other, and no stack.
//
//	probe OP NANOSECONDS BATCH [PROGRAM ARGUMENT...]
//
// R15 points to the data, DATA in probe.go, which begin as zeros. System calls
// change only AX, CX and R11, and a new process or thread begins with the
// registers of its creator.

#define DATA	$0x10000000

// Variables. LENGTH and BATCH are the numbers of the command line, in order;
// KIND, COUNT, ELAPSED and WARM are the result, as the reader expects it.
#define ARGV	0(R15)
#define ENVP	8(R15)
#define LENGTH	16(R15)
#define BATCH	24(R15)
#define BEGIN	32(R15)
#define TIME	40
#define SECONDS	40(R15)
#define NANOS	48(R15)
#define KIND	56(R15)
#define COUNT	64(R15)
#define ELAPSED	72(R15)
#define WARM	80(R15)
#define RESULT	56
#define STATUS	96
#define TID	104
#define MASK	112
#define ACTION	128
#define ROBUST	160
#define PIPE	192
#define FILTER	200
#define PROGRAM	208
#define SPAWN	224(R15)
#define STACK	0x8000
#define WEIGHT	0x10000

// Of a result.
#define RESULT_SIZE	32
#define DONE	1
#define FAILED	2

// How much memory the process has besides: as many pages and as many mappings
// as a small program in C that is linked dynamically, because a fork copies
// them.
#define PAGE	4096
#define PAGES	36

// CALL makes a system call whose arguments are in place.
#define CALL(nr)	MOVL $nr, AX; SYSCALL
#define SYS_read	0
#define SYS_write	1
#define SYS_close	3
#define SYS_mmap	9
#define SYS_mprotect	10
#define SYS_munmap	11
#define SYS_rt_sigaction	13
#define SYS_rt_sigprocmask	14
#define SYS_pipe	22
#define SYS_getpid	39
#define SYS_clone	56
#define SYS_vfork	58
#define SYS_execve	59
#define SYS_exit	60
#define SYS_wait4	61
#define SYS_getuid	102
#define SYS_prctl	157
#define SYS_gettid	186
#define SYS_futex	202
#define SYS_clock_gettime	228
#define SYS_exit_group	231
#define SYS_openat	257
#define SYS_set_robust_list	273
#define SYS_seccomp	317

// What fork(3) asks for: CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID, SIGCHLD.
#define FORK	MOVL $0x1200011, DI; XORL SI, SI; XORL DX, DX; LEAQ TID(R15), R10; XORL R8, R8; CALL(SYS_clone)

// NOW puts the nanoseconds of CLOCK_MONOTONIC into AX.
#define NOW	MOVL $1, DI; LEAQ TIME(R15), SI; CALL(SYS_clock_gettime); IMUL3Q $1000000000, SECONDS, AX; ADDQ NANOS, AX

// EXECUTE becomes the program that follows the numbers. It returns on failure.
#define EXECUTE	MOVQ ARGV, SI; ADDQ $32, SI; MOVQ (SI), DI; MOVQ ENVP, DX; CALL(SYS_execve)

// SIGMASK is rt_sigprocmask(how, at, NULL, 8).
#define SIGMASK(how, at)	MOVL $how, DI; LEAQ at(R15), SI; XORL DX, DX; MOVL $8, R10; CALL(SYS_rt_sigprocmask)

TEXT probe<>(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ DATA, R15
	MOVQ SP, SI
	MOVQ (SI), AX               // argc
	ADDQ $8, SI
	MOVQ SI, ARGV
	LEAQ 8(SI)(AX*8), DX
	MOVQ DX, ENVP
	CMPQ AX, $2
	JLT  usage
	MOVQ 8(SI), AX              // argv[1]
	MOVBLZX (AX), R12           // R12 is the operation from now on
	CMPL R12, $'x'
	JEQ  quit
	CMPL R12, $'a'
	JEQ  allow

	// Read the two numbers.
	ADDQ $16, SI                // &argv[2]
	LEAQ 16(R15), DI             // &LENGTH
	MOVL $2, CX
number:
	MOVQ (SI), R8
	TESTQ R8, R8
	JEQ  usage
	XORL AX, AX
digit:
	MOVBLZX (R8), DX
	TESTL DX, DX
	JEQ  parsed
	IMUL3Q $10, AX, AX
	LEAQ -48(AX)(DX*1), AX
	INCQ R8
	JMP  digit
parsed:
	MOVQ AX, (DI)
	ADDQ $8, SI
	ADDQ $8, DI
	DECL CX
	JNE  number
	CMPL R12, $'i'
	JEQ  idle
	CMPL R12, $'r'
	JEQ  run

	// Gain weight: write to every page, and make every other one
	// read-only, so that each is a mapping of its own.
	LEAQ WEIGHT(R15), R13
	MOVL $PAGES, R14
weigh:
	MOVQ $1, (R13)
	TESTL $1, R14
	JNE  weighed
	MOVQ R13, DI
	MOVL $PAGE, SI
	MOVL $1, DX                 // PROT_READ
	CALL(SYS_mprotect)
weighed:
	ADDQ $PAGE, R13
	DECL R14
	JNE  weigh

	// The first batch warms caches, and whatever learns from the first
	// calls. BEGIN is zero meanwhile. BX counts down a batch.
	MOVQ BATCH, BX
once:
	CMPL R12, $'u'
	JEQ  getuid
	CMPL R12, $'p'
	JEQ  getpid
	CMPL R12, $'t'
	JEQ  gettid
	CMPL R12, $'o'
	JEQ  open
	CMPL R12, $'f'
	JEQ  fork
	CMPL R12, $'v'
	JEQ  vfork
	CMPL R12, $'T'
	JEQ  thread
	CMPL R12, $'e'
	JEQ  exec
	CMPL R12, $'s'
	JEQ  spawn
	JMP  usage

counted:
	DECQ BX
	JNE  once
	NOW
	MOVQ BATCH, BX
	CMPQ BEGIN, $0
	JNE  timed
	MOVQ AX, BEGIN
	JMP  once
timed:
	ADDQ BX, COUNT
	SUBQ BEGIN, AX
	CMPQ AX, LENGTH
	JLT  once
	MOVQ AX, ELAPSED
	MOVQ BX, WARM
	JMP  done

getuid:
	CALL(SYS_getuid)
	JMP  counted

getpid:
	CALL(SYS_getpid)
	TESTQ AX, AX
	JLE  failed
	JMP  counted

gettid:
	CALL(SYS_gettid)
	TESTQ AX, AX
	JLE  failed
	JMP  counted

open:
	MOVQ $-100, DI              // AT_FDCWD
	MOVQ ARGV, SI
	MOVQ 32(SI), SI
	MOVL $0x80000, DX           // O_CLOEXEC
	XORL R10, R10
	CALL(SYS_openat)
	TESTQ AX, AX
	JLT  failed
	MOVQ AX, DI
	CALL(SYS_close)
	JMP  counted

fork:
	FORK
	TESTQ AX, AX
	JEQ  quit
	JMP  collect

vfork:
	CALL(SYS_vfork)
	TESTQ AX, AX
	JEQ  quit
	JMP  collect

exec:
	FORK
	TESTQ AX, AX
	JNE  collect
	EXECUTE
	JMP  broken

	// collect waits for the child in AX, which must have ended well.
collect:
	JLT  failed
	MOVQ AX, R13
	MOVQ AX, DI
	LEAQ STATUS(R15), SI
	XORL DX, DX
	XORL R10, R10
	CALL(SYS_wait4)
	CMPQ AX, R13
	JNE  failed
	MOVL STATUS(R15), AX
	TESTL AX, AX
	JNE  failed
	CMPL R12, $'r'
	JNE  counted
	NOW
	SUBQ BEGIN, AX
	MOVQ AX, ELAPSED
	MOVQ $1, COUNT
	JMP  done

	// thread does what a pthread_create that finds a stack and a
	// pthread_join do. The new thread needs no stack, but every thread of a
	// program in C has one.
thread:
	MOVQ $-1, AX
	MOVQ AX, MASK(R15)
	SIGMASK(0, MASK)            // SIG_BLOCK
	MOVL $0x350f00, DI          // CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, PARENT_SETTID, CHILD_CLEARTID
	LEAQ STACK(R15), SI
	LEAQ TID(R15), DX
	LEAQ TID(R15), R10
	XORL R8, R8
	CALL(SYS_clone)
	TESTQ AX, AX
	JEQ  started
	JLT  failed
	MOVQ $0, MASK+8(R15)
	SIGMASK(2, MASK+8)          // SIG_SETMASK
join:
	MOVL TID(R15), DX
	TESTL DX, DX
	JEQ  counted
	LEAQ TID(R15), DI
	XORL SI, SI                 // FUTEX_WAIT
	XORL R10, R10
	CALL(SYS_futex)
	JMP  join
started:
	LEAQ ROBUST(R15), DI
	MOVQ DI, (DI)
	MOVL $24, SI
	CALL(SYS_set_robust_list)
	SIGMASK(2, MASK+8)
	XORL DI, DI
	CALL(SYS_exit)

	// spawn makes the calls of a posix_spawn that has no attributes, up to
	// glibc 2.37: it asks for the action of every signal in the child and
	// sets it. Later ones leave that to the kernel.
spawn:
	XORL DI, DI
	MOVL $0x9000, SI
	MOVL $3, DX                 // PROT_READ|PROT_WRITE
	MOVL $0x20022, R10          // MAP_PRIVATE|MAP_ANONYMOUS|MAP_STACK
	MOVQ $-1, R8
	XORL R9, R9
	CALL(SYS_mmap)
	TESTQ AX, AX
	JLT  failed
	MOVQ AX, SPAWN              // the stack
	MOVQ $-1, AX
	MOVQ AX, MASK(R15)
	SIGMASK(0, MASK)            // SIG_BLOCK
	MOVL $0x4111, DI            // CLONE_VM|CLONE_VFORK|SIGCHLD
	MOVQ SPAWN, SI; ADDQ $0x9000, SI
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	CALL(SYS_clone)
	TESTQ AX, AX
	JEQ  prepare
	MOVQ AX, R14
	MOVQ SPAWN, DI
	MOVL $0x9000, SI
	CALL(SYS_munmap)
	MOVQ $0, MASK+8(R15)
	SIGMASK(2, MASK+8)          // SIG_SETMASK
	MOVQ R14, AX
	TESTQ AX, AX
	JMP  collect
prepare:
	MOVL $64, R14
action:
	CMPL R14, $9                // SIGKILL
	JEQ  acted
	CMPL R14, $19               // SIGSTOP
	JEQ  acted
	MOVL R14, DI
	XORL SI, SI
	LEAQ ACTION(R15), DX
	MOVL $8, R10
	CALL(SYS_rt_sigaction)
	MOVL R14, DI
	LEAQ ACTION(R15), SI
	XORL DX, DX
	MOVL $8, R10
	MOVQ $0, ACTION(R15)         // SIG_DFL
	CALL(SYS_rt_sigaction)
acted:
	DECL R14
	JNE  action
	MOVQ $0, MASK+8(R15)
	SIGMASK(2, MASK+8)
	EXECUTE
	JMP  broken

	// run times a program from its start to its end, once.
run:
	NOW
	MOVQ AX, BEGIN
	CALL(SYS_vfork)
	TESTQ AX, AX
	JNE  collect
	EXECUTE
broken:
	MOVL $127, DI
	CALL(SYS_exit_group)

	// allow becomes the program at argv[2], under a filter that allows
	// everything: SECCOMP_RET_ALLOW.
allow:
	MOVL $38, DI                // PR_SET_NO_NEW_PRIVS
	MOVL $1, SI
	XORL DX, DX
	XORL R10, R10
	XORL R8, R8
	CALL(SYS_prctl)
	TESTQ AX, AX
	JNE  failed
	MOVQ $0x7fff000000000006, AX
	MOVQ AX, FILTER(R15)
	MOVQ $1, PROGRAM(R15)
	LEAQ FILTER(R15), AX
	MOVQ AX, PROGRAM+8(R15)
	MOVL $1, DI                 // SECCOMP_SET_MODE_FILTER
	MOVL $4, SI                 // SECCOMP_FILTER_FLAG_SPEC_ALLOW
	LEAQ PROGRAM(R15), DX
	CALL(SYS_seccomp)
	TESTQ AX, AX
	JNE  failed
	MOVQ ARGV, SI
	ADDQ $16, SI
	MOVQ (SI), DI
	MOVQ ENVP, DX
	CALL(SYS_execve)
	JMP  broken

	// idle holds LENGTH processes, itself one of them, until its input ends.
idle:
	LEAQ PIPE(R15), DI
	CALL(SYS_pipe)
	TESTQ AX, AX
	JNE  failed
	MOVQ LENGTH, BX
another:
	DECQ BX
	JLE  complete
	FORK
	TESTQ AX, AX
	JLT  failed
	JNE  another
	MOVL PIPE+4(R15), DI
	CALL(SYS_close)
	MOVL PIPE(R15), DI
	LEAQ STATUS(R15), SI
	MOVL $1, DX
	CALL(SYS_read)
	JMP  quit
complete:
	MOVQ $DONE, KIND
	MOVL $1, DI
	LEAQ RESULT(R15), SI
	MOVL $RESULT_SIZE, DX
	CALL(SYS_write)
hold:
	XORL DI, DI
	LEAQ STATUS(R15), SI
	MOVL $1, DX
	CALL(SYS_read)
	CMPQ AX, $0
	JGT  hold
	MOVL PIPE+4(R15), DI
	CALL(SYS_close)
gather:
	MOVQ $-1, DI
	XORL SI, SI
	XORL DX, DX
	XORL R10, R10
	CALL(SYS_wait4)
	CMPQ AX, $0
	JGT  gather
quit:
	XORL DI, DI
	CALL(SYS_exit_group)

done:
	MOVQ $DONE, KIND
	MOVL $1, DI
	LEAQ RESULT(R15), SI
	MOVL $RESULT_SIZE, DX
	CALL(SYS_write)
	JMP  quit

	// failed reports AX: a negative errno, or the status of a child.
failed:
	MOVQ AX, COUNT
	MOVQ $FAILED, KIND
	MOVL $1, DI
	LEAQ RESULT(R15), SI
	MOVL $RESULT_SIZE, DX
	CALL(SYS_write)
	MOVL $1, DI
	CALL(SYS_exit_group)

usage:
	MOVL $2, DI
	CALL(SYS_exit_group)

	// The mark.
	BYTE $0x0f; BYTE $0x0b; BYTE $'p'; BYTE $'i'; BYTE $'d'; BYTE $'s'; BYTE $'i'; BYTE $'m'
	BYTE $'-'; BYTE $'p'; BYTE $'r'; BYTE $'o'; BYTE $'b'; BYTE $'e'; BYTE $0x0f; BYTE $0x0b
	RET

// func entry() *byte
TEXT ·entry(SB), NOSPLIT, $0-8
	LEAQ probe<>(SB), AX
	MOVQ AX, ret+0(FP)
	RET
