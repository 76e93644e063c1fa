#include <string.h>

#include "x11.h"

enum { PENDING_MAX = 8 };

/* The Startup Notification Protocol: who has launched something shows that it is on its way, until
 * the window is there, which gets the focus of that moment. */
struct hc_x11_startup {
	GQueue pending; /* of struct pending: launches without a window, oldest first */
	struct pending *claimed; /* by the window that is being shown; NULL none */
};

struct pending {
	uint32_t launch;
	char *id;
};

bool hc_x11_startup_init(struct hc_x11 *x11)
{
	x11->startup = g_new0(struct hc_x11_startup, 1);
	g_queue_init(&x11->startup->pending);
	return true;
}

/* Messages are text, ended by NUL, in pieces of what one event can hold. */
static void broadcast(struct hc_x11 *x11, const char *text)
{
	size_t left = strlen(text) + 1;
	xcb_client_message_event_t event = {
		.response_type = XCB_CLIENT_MESSAGE,
		.format = 8,
		.window = x11->leader,
		.type = x11->atoms._NET_STARTUP_INFO_BEGIN,
	};

	while (left > 0) {
		size_t piece = MIN(left, sizeof(event.data.data8));

		memset(&event.data, 0, sizeof(event.data));
		memcpy(event.data.data8, text, piece);
		xcb_send_event(x11->connection, 0, x11->root, XCB_EVENT_MASK_PROPERTY_CHANGE,
			(const char *)&event);
		event.type = x11->atoms._NET_STARTUP_INFO;
		text += piece;
		left -= piece;
	}
}

/* Takes it over. */
static void end(struct hc_x11 *x11, struct pending *pending)
{
	GString *text = g_string_new("remove: ID=");

	for (const char *at = pending->id; *at != '\0'; at++) {
		if (strchr(" \"\\", *at) != NULL)
			g_string_append_c(text, '\\');
		g_string_append_c(text, *at);
	}
	broadcast(x11, text->str);
	g_string_free(text, TRUE);
	g_free(pending->id);
	g_free(pending);
}

void hc_x11_startup_finish(struct hc_x11 *x11)
{
	struct pending *pending;

	if (x11->startup == NULL)
		return;
	while ((pending = g_queue_pop_head(&x11->startup->pending)) != NULL)
		end(x11, pending);
	g_clear_pointer(&x11->startup, g_free);
}

void hc_x11_startup_begin(struct hc_x11 *x11, uint32_t launch, const char *id)
{
	GQueue *all = &x11->startup->pending;
	struct pending *pending = g_new(struct pending, 1);

	*pending = (struct pending){ launch, g_strdup(id) };
	g_queue_push_tail(all, pending);
	if (g_queue_get_length(all) > PENDING_MAX)
		end(x11, g_queue_pop_head(all));
}

void hc_x11_startup_end(struct hc_x11 *x11, uint32_t launch)
{
	GQueue *all = &x11->startup->pending;

	for (GList *at = all->head; at != NULL; at = at->next) {
		struct pending *pending = at->data;

		if (pending->launch != launch)
			continue;
		g_queue_delete_link(all, at);
		end(x11, pending);
		return;
	}
}

void hc_x11_startup_claim(struct hc_x11 *x11, const struct hc_x11_window *window)
{
	struct hc_x11_startup *startup = x11->startup;

	if (window->popup || startup->claimed != NULL)
		return;
	startup->claimed = g_queue_pop_head(&startup->pending);
	if (startup->claimed == NULL)
		return;
	xcb_change_property(x11->connection, XCB_PROP_MODE_REPLACE, window->toplevel,
		x11->atoms._NET_STARTUP_ID, x11->atoms.UTF8_STRING, 8,
		(uint32_t)strlen(startup->claimed->id), startup->claimed->id);
}

void hc_x11_startup_complete(struct hc_x11 *x11)
{
	struct pending *claimed = g_steal_pointer(&x11->startup->claimed);

	if (claimed != NULL)
		end(x11, claimed);
}
