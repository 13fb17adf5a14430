#include "textflag.h"

// func fetch(s *Set, below, lines uintptr)
TEXT ·fetch(SB), NOSPLIT, $0-24
	MOVQ s+0(FP), SI
	MOVQ lines+16(FP), CX
	LEAQ s+0(FP), AX
	SUBQ below+8(FP), AX
stack:
	PREFETCHT0 (AX)
	ADDQ $64, AX
	DECQ CX
	JNZ  stack
	XORL DI, DI

object:
	MOVQ    (SI)(DI*8), AX
	MOVBLZX 64(SI)(DI*1), CX
	TESTL   CX, CX
	JZ      next

line:
	PREFETCHT0 (AX)
	ADDQ $64, AX
	DECL CX
	JNZ  line

next:
	INCL DI
	CMPL DI, $8
	JNE  object
	RET
