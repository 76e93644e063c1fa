/*
 * Preloaded into programs whose time of day the soak moves: adds to it the seconds that the file
 * $ORIEL_SOAK_CLOCK holds, a binary 64-bit number, at the moment of asking. Other clocks stay.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static const volatile int64_t *offset;

__attribute__((constructor)) static void open_clock(void)
{
	const char *path = getenv("ORIEL_SOAK_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	void *mapped = mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);
	if (mapped != MAP_FAILED)
		offset = mapped;
	close(fd);
}

static int64_t seconds_to_add(void)
{
	return offset ? *offset : 0;
}

EXPORTED int clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += seconds_to_add();
	return result;
}

EXPORTED int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	int result = (int)syscall(SYS_gettimeofday, now, zone);

	if (result == 0)
		now->tv_sec += seconds_to_add();
	return result;
}

EXPORTED time_t time(time_t *now)
{
	struct timespec real;

	clock_gettime(CLOCK_REALTIME, &real);
	if (now)
		*now = real.tv_sec;
	return real.tv_sec;
}
