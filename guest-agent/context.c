#include "context.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { SPARE = 8 }; /* descriptors of the context that there is room for at first */

struct ga_context {
	GMainContext *main;
	bool asked; /* what it waits for, as it has been since */
	size_t reserved;
	size_t count; /* of the context's */
	size_t room;
	int priority;
	int64_t deadline; /* of g_get_monotonic_time(); -1 never */
	GPollFD *fds;
};

/* GLib says that the two are the same. */
G_STATIC_ASSERT(sizeof(GPollFD) == sizeof(struct pollfd));

/* It is to wake whoever polls, whenever there is more to wait for: even the thread that it is of,
 * which asks it again only then. */
struct ga_context *ga_context_create(size_t reserved)
{
	struct ga_context *context = g_new0(struct ga_context, 1);
	context->main = g_main_context_new_with_flags(G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING);
	context->reserved = reserved;
	context->room = SPARE;
	context->fds = g_new0(GPollFD, reserved + SPARE);
	g_main_context_push_thread_default(context->main);
	return context;
}

void ga_context_destroy(struct ga_context *context)
{
	if (context == NULL)
		return;
	g_main_context_pop_thread_default(context->main);
	g_main_context_unref(context->main);
	g_free(context->fds);
	g_free(context);
}

static void ask(struct ga_context *context)
{
	int timeout = -1;
	int needed;
	g_main_context_prepare(context->main, &context->priority);
	while ((needed = g_main_context_query(context->main, context->priority, &timeout,
			context->fds + context->reserved, (gint)context->room)) >
		(int)context->room) {
		context->room = (size_t)needed;
		context->fds = g_renew(GPollFD, context->fds, context->reserved + context->room);
	}
	context->count = (size_t)needed;
	context->deadline =
		timeout < 0 ? -1
			    : g_get_monotonic_time() + timeout * (int64_t)G_TIME_SPAN_MILLISECOND;
	context->asked = true;
}

static int milliseconds_until(int64_t deadline)
{
	int64_t left = deadline - g_get_monotonic_time();
	return (int)CLAMP(
		(left + G_TIME_SPAN_MILLISECOND - 1) / G_TIME_SPAN_MILLISECOND, 0, INT32_MAX);
}

struct pollfd *ga_context_prepare(struct ga_context *context, size_t *count, int *timeout)
{
	if (!context->asked)
		ask(context);
	*count = context->reserved + context->count;
	if (context->deadline >= 0) {
		int left = milliseconds_until(context->deadline);
		*timeout = *timeout < 0 ? left : MIN(*timeout, left);
	}
	return (struct pollfd *)context->fds;
}

static bool is_due(const struct ga_context *context)
{
	for (size_t i = 0; i < context->count; i++)
		if (context->fds[context->reserved + i].revents != 0)
			return true;
	return context->deadline >= 0 && g_get_monotonic_time() >= context->deadline;
}

void ga_context_dispatch(struct ga_context *context)
{
	if (!is_due(context))
		return;
	if (g_main_context_check(context->main, context->priority, context->fds + context->reserved,
		    (gint)context->count))
		g_main_context_dispatch(context->main);
	context->asked = false;
}
