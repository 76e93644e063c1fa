/*
 * What comes before all inputs, alike for every target.
 */
#include <signal.h>

#include "fuzz.h"

#pragma weak fuzz_prepare

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* The other end of a target's pipes and sockets is closed at any time. */
	signal(SIGPIPE, SIG_IGN);
	if (fuzz_prepare != NULL)
		fuzz_prepare();
	return 0;
}
