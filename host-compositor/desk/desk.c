#define G_LOG_DOMAIN "hc-desk"

#include "desk.h"

#include <errno.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "desk-display.h"
#include "desk-selections.h"
#include "focus-return.h"
#include "link.h"
#include "question.h"
#include "shortcuts.h"

struct hc_desk {
	struct hc_link *link;
	struct hc_desk_display display;
	struct hc_desk_selections *selections;
	struct hc_shortcuts *shortcuts;
	struct hc_focus_return *focus_return;
	struct hc_question_window *question; /* NULL none */
	bool ended;
	int status;
};

static void end(struct hc_desk *desk, int status)
{
	desk->ended = true;
	desk->status = status;
}

/* Without a broker there is nobody to work for. */
static void tell(struct hc_desk *desk, const struct hc_link_message *message)
{
	if (!hc_link_send(desk->link, message, -1))
		end(desk, EXIT_FAILURE);
}

static void handle_pressed(void *data, enum hv_shortcut_action action, pid_t window_pid)
{
	tell(data, HC_LINK_MESSAGE(DESK_PRESSED, desk_pressed, .action = (uint8_t)action,
			   .window_pid = (uint32_t)window_pid));
}

static void handle_failed(void *data, enum hv_shortcut_action action)
{
	tell(data, HC_LINK_MESSAGE(
			   DESK_SHORTCUT_FAILED, desk_shortcut_failed, .action = (uint8_t)action));
}

static const struct hc_shortcuts_listener shortcuts_listener = {
	.pressed = handle_pressed,
	.failed = handle_failed,
};

/* What has connections of its own. */
static bool create_parts(struct hc_desk *desk)
{
	g_autoptr(GError) error = NULL;

	desk->selections = hc_desk_selections_create(desk->link, &error);
	if (desk->selections)
		desk->shortcuts = hc_shortcuts_create(&shortcuts_listener, desk, &error);
	if (!desk->shortcuts)
		g_critical("%s", error->message);
	return desk->shortcuts != NULL;
}

struct hc_desk *hc_desk_create(int link_fd)
{
	struct hc_desk *desk = g_new0(struct hc_desk, 1);

	desk->link = hc_link_create(link_fd, HC_LINK_TO_DESK);
	if (!desk->link) {
		g_critical("the link to the broker cannot be used: %s", g_strerror(errno));
		g_free(desk);
		return NULL;
	}
	if (!hc_desk_display_init(&desk->display)) {
		g_critical("the X server at DISPLAY=%s cannot be used", g_getenv("DISPLAY"));
		hc_desk_destroy(desk);
		return NULL;
	}
	tell(desk, HC_LINK_MESSAGE(DESK_READY, desk_ready, .pid = (uint32_t)getpid()));
	if (!create_parts(desk)) {
		hc_desk_destroy(desk);
		return NULL;
	}
	desk->focus_return = hc_focus_return_create(&desk->display);
	xcb_flush(desk->display.connection);
	return desk;
}

void hc_desk_destroy(struct hc_desk *desk)
{
	if (!desk)
		return;
	hc_question_window_destroy(desk->question);
	hc_focus_return_destroy(desk->focus_return);
	hc_shortcuts_destroy(desk->shortcuts);
	hc_desk_selections_destroy(desk->selections);
	hc_desk_display_finish(&desk->display);
	hc_link_destroy(desk->link);
	g_free(desk);
}

/* What the broker wants */

static void close_question(struct hc_desk *desk)
{
	hc_question_window_destroy(desk->question);
	desk->question = NULL;
}

static void handle_question(
	struct hc_desk *desk, const struct hc_link_question *question, int64_t now)
{
	close_question(desk);
	desk->question = hc_question_window_create(&desk->display, question, now);
}

static void handle_shortcut(struct hc_desk *desk, const struct hc_link_desk_shortcut *message)
{
	struct hv_shortcut shortcut = { .modifiers = message->modifiers };

	memcpy(shortcut.key, message->key.data, message->key.len);
	hc_shortcuts_set(desk->shortcuts, (enum hv_shortcut_action)message->action, &shortcut);
}

static void handle_link_message(
	struct hc_desk *desk, const struct hc_link_message *message, int64_t now)
{
	switch ((int)message->op) {
	case HC_LINK_OP_QUESTION:
		handle_question(desk, &message->question, now);
		break;
	case HC_LINK_OP_QUESTION_WITHDRAWN:
		if (desk->question &&
			hc_question_window_id(desk->question) == message->question_withdrawn.id)
			close_question(desk);
		break;
	case HC_LINK_OP_DESK_SHORTCUT:
		handle_shortcut(desk, &message->desk_shortcut);
		break;
	case HC_LINK_OP_DESK_QUIT:
		end(desk, EXIT_SUCCESS);
		break;
	default:
		break;
	}
}

static void receive_messages(struct hc_desk *desk, int64_t now)
{
	struct hc_link_message message;
	int fd = -1;
	int received = 0;

	while (!desk->ended && (received = hc_link_receive(desk->link, &message, &fd)) > 0) {
		if (hc_desk_selections_handle_message(desk->selections, &message, fd))
			continue;
		handle_link_message(desk, &message, now);
		if (fd >= 0)
			close(fd);
	}
	if (received < 0)
		end(desk, errno == EPIPE ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* What the user does */

static void handle_event(struct hc_desk *desk, const xcb_generic_event_t *event, int64_t now)
{
	enum hc_question_answer answer = HC_QUESTION_OPEN;

	hc_focus_return_handle_event(desk->focus_return, event);
	if (desk->question)
		answer = hc_question_window_handle_event(desk->question, event, now);
	if (answer == HC_QUESTION_OPEN)
		return;
	tell(desk, HC_LINK_MESSAGE(QUESTION_ANSWERED, question_answered,
			   .id = hc_question_window_id(desk->question), .answer = (uint8_t)answer));
	close_question(desk);
}

/* True if there were any. */
static bool handle_events(struct hc_desk *desk, int64_t now)
{
	xcb_generic_event_t *event;
	bool any = false;

	while ((event = xcb_poll_for_event(desk->display.connection)) != NULL) {
		handle_event(desk, event, now);
		free(event);
		any = true;
	}
	if (xcb_connection_has_error(desk->display.connection) == 0)
		return any;
	g_warning("the X server has closed the connection");
	end(desk, EXIT_FAILURE);
	return false;
}

/* The loop's */

void hc_desk_prepare(struct hc_desk *desk, struct pollfd *fds)
{
	short link_events = POLLIN;

	if (hc_link_wants_output(desk->link))
		link_events |= POLLOUT;
	fds[0] = (struct pollfd){ hc_link_get_fd(desk->link), link_events, 0 };
	fds[1] = (struct pollfd){ xcb_get_file_descriptor(desk->display.connection), POLLIN, 0 };
	fds[2] = (struct pollfd){ hc_desk_selections_get_fd(desk->selections), POLLIN, 0 };
	fds[3] = (struct pollfd){ hc_shortcuts_get_fd(desk->shortcuts), POLLIN, 0 };
}

int64_t hc_desk_deadline(const struct hc_desk *desk)
{
	int64_t selections = hc_desk_selections_deadline(desk->selections);
	int64_t question = desk->question ? hc_question_window_deadline(desk->question) : -1;

	return selections < 0 || question < 0 ? MAX(selections, question)
					      : MIN(selections, question);
}

void hc_desk_dispatch(struct hc_desk *desk, int64_t now)
{
	if (!hc_link_flush(desk->link))
		end(desk, EXIT_FAILURE);
	receive_messages(desk, now);
	hc_desk_selections_dispatch(desk->selections);
	if (!hc_shortcuts_dispatch(desk->shortcuts) || hc_desk_selections_lost(desk->selections))
		end(desk, EXIT_FAILURE);
	handle_events(desk, now);
	if (desk->question && now >= hc_question_window_deadline(desk->question))
		hc_question_window_draw(desk->question, now);
	/* Drawing and sending may read events, of which the descriptor then no longer tells. */
	do
		xcb_flush(desk->display.connection);
	while (handle_events(desk, now));
}

bool hc_desk_ended(const struct hc_desk *desk, int *status)
{
	if (desk->ended)
		*status = desk->status;
	return desk->ended;
}
