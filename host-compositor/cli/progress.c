#include "progress.h"

#include <inttypes.h>

#include "output.h"

enum { MS_PER_SECOND = 1000, SECONDS_PER_MINUTE = 60, MINUTES_PER_HOUR = 60 };

static char *format_time(uint64_t seconds)
{
	uint64_t minutes = seconds / SECONDS_PER_MINUTE;

	if (minutes == 0)
		return g_strdup_printf("%" PRIu64 " s", seconds);
	if (minutes < MINUTES_PER_HOUR)
		return g_strdup_printf(
			"%" PRIu64 " min %" PRIu64 " s", minutes, seconds % SECONDS_PER_MINUTE);
	return g_strdup_printf("%" PRIu64 " h %" PRIu64 " min", minutes / MINUTES_PER_HOUR,
		minutes % MINUTES_PER_HOUR);
}

char *hc_progress_format(uint64_t bytes, uint64_t total, int64_t elapsed_ms)
{
	g_autofree char *done = hc_format_bytes((double)bytes);
	g_autofree char *all = hc_format_bytes((double)total);
	double rate = elapsed_ms > 0 ? (double)bytes * MS_PER_SECOND / (double)elapsed_ms : 0;
	g_autofree char *speed = NULL;
	g_autofree char *left = NULL;

	if (rate <= 0 || bytes > total)
		return g_strdup_printf("%s of %s", done, all);
	speed = hc_format_bytes(rate);
	left = format_time((uint64_t)((double)(total - bytes) / rate));
	return g_strdup_printf("%s of %s, %s/s, %s left", done, all, speed, left);
}
