#include "textflag.h"

// recordSender is a signal handler: it notes the sender, and leaves the rest to
// the handler of the Go runtime. The kernel calls it with the signal in DI and
// a siginfo_t in SI; the other registers are free here. It uses no stack.
TEXT ·recordSender(SB), NOSPLIT|NOFRAME, $0
	CMPQ DI, $64
	JHI  rest
	MOVLQZX 8(SI), AX  // si_code
	MOVLQZX 16(SI), CX // si_pid
	SHLQ $32, CX
	ORQ  AX, CX
	LEAQ ·senders(SB), R8
	MOVQ CX, (R8)(DI*8)
rest:
	MOVQ ·runtimeHandler(SB), AX
	JMP  AX

// func recorder() uintptr
TEXT ·recorder(SB), NOSPLIT, $0-8
	LEAQ ·recordSender(SB), AX
	MOVQ AX, ret+0(FP)
	RET
