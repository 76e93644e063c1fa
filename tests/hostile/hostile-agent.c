/* usage: hostile-agent --list | hostile-agent INSTANCE ATTACK
 * In a Xen guest: serves the primary in dom0 once, attacks its view, and tells what came of it.
 * Exit status 0 if that is what should. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostile-xen.h"

enum { PATIENCE_MS = 60000 };

static bool wait_for_view(void *data)
{
	struct hostile_xen *guest = data;
	struct pollfd poll_fd = { .fd = libxenvchan_fd_for_select(guest->vchan), .events = POLLIN };
	if (poll(&poll_fd, 1, PATIENCE_MS) <= 0)
		return false;
	(void)libxenvchan_wait(guest->vchan);
	return true;
}

static int list(void)
{
	for (size_t i = 0; i < hostile_xen_attack_count; i++)
		printf("%s %s\n", hostile_xen_attacks[i].name,
			hostile_xen_attacks[i].expected == HOSTILE_ENDED ? "ends" : "goes-on");
	return EXIT_SUCCESS;
}

static int attack(uint32_t instance, const struct hostile_attack *attack)
{
	static const char *const outcomes[] = { [HOSTILE_ENDED] = "the view has ended the session",
		[HOSTILE_GOES_ON] = "the view goes on",
		[HOSTILE_SILENT] = "nothing" };
	struct hostile_xen guest = { .wait = wait_for_view, .data = &guest };
	if (!hostile_xen_serve(&guest, instance) || !hostile_xen_accept(&guest)) {
		perror("hostile-agent");
		return EXIT_FAILURE;
	}
	enum hostile_outcome outcome = hostile_xen_attack(&guest, attack);
	printf("a guest that %s: %s\n", attack->doc, outcomes[outcome]);
	hostile_xen_finish(&guest);
	return outcome == attack->expected ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	const struct hostile_attack *chosen = argc == 3 ? hostile_xen_find_attack(argv[2]) : NULL;
	if (chosen != NULL)
		return attack((uint32_t)strtoul(argv[1], NULL, 10), chosen);
	fprintf(stderr, "usage: hostile-agent --list | hostile-agent INSTANCE ATTACK\n");
	return 2;
}
