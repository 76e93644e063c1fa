#include "context.h"

#include <glib.h>

enum { SPARE = 8 }; /* descriptors of the context that there is room for at first */

struct ga_context {
	GMainContext *main;
	size_t reserved;
	size_t count; /* of the context's */
	size_t room;
	int priority;
	GPollFD *fds;
};

/* GLib says that the two are the same. */
G_STATIC_ASSERT(sizeof(GPollFD) == sizeof(struct pollfd));

struct ga_context *ga_context_create(size_t reserved)
{
	struct ga_context *context = g_new0(struct ga_context, 1);
	context->main = g_main_context_ref(g_main_context_default());
	context->reserved = reserved;
	context->room = SPARE;
	context->fds = g_new0(GPollFD, reserved + SPARE);
	g_main_context_acquire(context->main);
	return context;
}

void ga_context_destroy(struct ga_context *context)
{
	if (context == NULL)
		return;
	g_main_context_release(context->main);
	g_main_context_unref(context->main);
	g_free(context->fds);
	g_free(context);
}

static int shorter(int a, int b)
{
	if (a < 0 || b < 0)
		return MAX(a, b);
	return MIN(a, b);
}

struct pollfd *ga_context_prepare(struct ga_context *context, size_t *count, int *timeout)
{
	int limit = -1;
	int needed;
	g_main_context_prepare(context->main, &context->priority);
	while ((needed = g_main_context_query(context->main, context->priority, &limit,
			context->fds + context->reserved, (gint)context->room)) >
		(int)context->room) {
		context->room = (size_t)needed;
		context->fds = g_renew(GPollFD, context->fds, context->reserved + context->room);
	}
	context->count = (size_t)needed;
	*count = context->reserved + context->count;
	*timeout = shorter(*timeout, limit);
	return (struct pollfd *)context->fds;
}

void ga_context_dispatch(struct ga_context *context)
{
	if (g_main_context_check(context->main, context->priority, context->fds + context->reserved,
		    (gint)context->count))
		g_main_context_dispatch(context->main);
}
