#include "x-server.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(const struct x_server *server, int display_fd, const char *size)
{
	char number[16];
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	snprintf(number, sizeof(number), "%d", display_fd);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(null, STDERR_FILENO);
	const char *without = server->without;
	execlp("Xvfb", "Xvfb", "-displayfd", number, "-screen", "0", size, "-nolisten", "tcp",
		"-noreset", without != NULL ? "-extension" : (char *)NULL, without, (char *)NULL);
	_exit(127);
}

void x_server_start(struct x_server *server, const char *size)
{
	int fds[2];
	char number[16];
	if (pipe(fds) < 0)
		abort();
	server->pid = fork();
	if (server->pid == 0) {
		close(fds[0]);
		run(server, fds[1], size);
	}
	close(fds[1]);
	FILE *file = fdopen(fds[0], "r");
	if (file == NULL || fscanf(file, "%15s", number) != 1) {
		fprintf(stderr, "Xvfb does not start\n");
		exit(1);
	}
	fclose(file);
	snprintf(server->display, sizeof(server->display), ":%s", number);
	setenv("DISPLAY", server->display, 1);
}

void x_server_stop(struct x_server *server)
{
	kill(server->pid, SIGTERM);
	waitpid(server->pid, NULL, 0);
}
