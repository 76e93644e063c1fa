#include "ignore.h"

#include <glib.h>

#include "fuzz.h"

static void ignore_log(const char *domain, GLogLevelFlags level, const char *text, gpointer data)
{
	(void)domain;
	(void)level;
	(void)data;
	fuzz_require(g_utf8_validate(text, -1, NULL));
}

void fuzz_ignore_logs(void)
{
	g_log_set_default_handler(ignore_log, NULL);
}

void fuzz_ignore_ready(void *data, const struct vp_hello *peer)
{
	(void)data;
	(void)peer;
}

bool fuzz_ignore_message(void *data, const struct vp_message *message)
{
	(void)data;
	(void)message;
	return true;
}

void fuzz_ignore_closed(void *data, enum vp_bye_reason reason, const char *text)
{
	(void)data;
	(void)reason;
	(void)text;
}
