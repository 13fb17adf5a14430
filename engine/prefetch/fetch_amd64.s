#include "go_asm.h"
#include "textflag.h"

// func fetch(s *Set, below, lines uintptr)
TEXT ·fetch(SB), NOSPLIT, $0-24
	MOVQ s+0(FP), SI
	MOVQ lines+16(FP), CX
	LEAQ s+0(FP), AX
	SUBQ below+8(FP), AX
stack:
	PREFETCHT0 (AX)
	ADDQ $const_lineSize, AX
	DECQ CX
	JNZ  stack
	XORL DI, DI

object:
	MOVQ    Set_at(SI)(DI*8), AX
	MOVBLZX Set_lines(SI)(DI*1), CX
	TESTL   CX, CX
	JZ      next

line:
	PREFETCHT0 (AX)
	ADDQ $const_lineSize, AX
	DECL CX
	JNZ  line

next:
	INCL DI
	CMPL DI, $const_places
	JNE  object
	RET
