#include "textflag.h"

// Signals that the kernel sends for a fault of the thread: SIGILL 4, SIGTRAP 5,
// SIGBUS 7, SIGFPE 8, SIGSEGV 11, SIGSYS 31.
#define FAULTS (1<<4 | 1<<5 | 1<<7 | 1<<8 | 1<<11 | 1<<31)

// catchSignal is a signal handler: it notes the sender, and writes the number to
// handlerPipe. The kernel calls it with the signal in DI and a siginfo_t, which
// begins with it, in SI; it has saved all registers. It uses no stack.
TEXT ·catchSignal(SB), NOSPLIT|NOFRAME, $0
	MOVLQZX 8(SI), AX // si_code
	MOVL $FAULTS, CX
	BTQ  DI, CX
	JCC  note
	CMPL AX, $0 // not more: somebody has sent it
	JLE  note
	MOVQ ·runtimeHandler(SB), AX
	JMP  AX

note:
	MOVLQZX 16(SI), CX // si_pid
	SHLQ $32, CX
	ORQ  AX, CX
	LEAQ ·senders(SB), R8
	MOVQ CX, (R8)(DI*8)
	MOVQ ·handlerPipe(SB), DI
	MOVL $4, DX
	MOVL $1, AX // write(2)
	SYSCALL
	RET // to the restorer

// func handlerAddress() uintptr
TEXT ·handlerAddress(SB), NOSPLIT, $0-8
	LEAQ ·catchSignal(SB), AX
	MOVQ AX, ret+0(FP)
	RET
