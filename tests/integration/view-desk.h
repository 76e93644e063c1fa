/*
 * A desk for the view: a real X server, oriel-view on it, a guest's session and a broker's link
 * with it, and a connection as the primary's user and other applications have it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <xcb/xcb.h>

#include "link.h"
#include "session.h"
#include "x-server.h"

enum {
	VIEW_DESK_COLOUR = 0x3465a4, /* of the label */
	VIEW_DESK_BORDER = 4,
	VIEW_DESK_POPUP_BORDER = 2,
	VIEW_DESK_LOG_MAX = 4096,
};

struct view_desk {
	struct x_server server;
	pid_t view;
	struct hc_link *link;
	struct vp_session *guest;
	bool ready; /* the guest's session is */
	xcb_connection_t *user;
	xcb_screen_t *screen;
	bool listened[UINT16_MAX + 1]; /* opcodes that are noted */
	char log[VIEW_DESK_LOG_MAX]; /* what the guest was told, in words */
	uint32_t frames_done;
	uint32_t key_time; /* of the last key that was noted */
	uint32_t serial; /* of the last request on the link */
	uint32_t answered; /* of the last answer */
	struct hc_link_window window; /* that was asked for; without its texts */
	bool closed; /* the session has ended, as the broker was told */
	uint16_t closed_reason;
	char closed_text[VP_REASON_MAX + 1];
	struct hc_link_screenshot screenshot; /* the last, without its text */
	int screenshot_fd; /* -1 none */
};

/* The X windows of a guest's window. */
struct view_desk_xids {
	xcb_window_t toplevel;
	xcb_window_t content;
};

/* Starts all of them, or ends the program. The size is the screen's, "1600x1000x24". */
void view_desk_start(struct view_desk *desk, const char *size);
/* The guest is told of input on a grid of so many milliseconds. */
void view_desk_start_with_quantum(struct view_desk *desk, const char *size, uint8_t quantum);
void view_desk_stop(struct view_desk *desk);

/* Another view in place of the present one, whose session has ended. */
void view_desk_renew(struct view_desk *desk);

/* The guest's session ends, and a new one begins. */
void view_desk_disconnect(struct view_desk *desk);
void view_desk_connect(struct view_desk *desk);

/* As view_desk_connect(), for a guest that speaks by hand: its end of the connection, the caller's.
 * There is no session before and after. */
int view_desk_connect_by_hand(struct view_desk *desk);
/* Until the view says why it has ended a session. */
void view_desk_await_end(struct view_desk *desk);

/* The guest says something; the view has it when the function returns. */
void view_desk_say(struct view_desk *desk, const struct vp_message *message);

/* Until the view has dealt with all that the X server and the guest had for it; the server may
 * still have to deal with what the view makes of it. */
void view_desk_settle(struct view_desk *desk);

/* Which messages (opcodes, 0 last) are noted from now on; the log is emptied. */
void view_desk_listen(struct view_desk *desk, int op, ...);
/* Checks that the guest is told just this, and empties the log. */
void view_desk_check(struct view_desk *desk, const char *expected);

/* Waits until a condition holds, and checks that it does. */
void view_desk_wait(
	struct view_desk *desk, bool (*reached)(struct view_desk *desk, void *data), void *data);

/* Asks the view for all its windows; the X windows of one of them. */
struct view_desk_xids view_desk_xids(struct view_desk *desk, uint32_t window);

/* The guest makes a window and maps it, and it shows. */
struct view_desk_xids view_desk_open(struct view_desk *desk, const struct vp_window_create *create);
/* A square one, at place both ways; a popup if it has an owner, 0 none. */
struct view_desk_xids view_desk_open_square(
	struct view_desk *desk, uint32_t window, uint32_t owner, int32_t place, uint32_t size);
/* It is gone from the screen when the function returns. */
void view_desk_destroy(struct view_desk *desk, uint32_t window);
/* The guest shows pixels, whose colours come from paint, in a window that shows; they are shown
 * when the function returns. */
void view_desk_present(struct view_desk *desk, uint32_t window, enum vp_format format,
	uint32_t width, uint32_t height, uint32_t (*paint)(uint32_t x, uint32_t y));

/* The view takes a picture of a window, or of all if window is 0: width * height pixels of
 * premultiplied ARGB, which the caller unmaps; its size is in desk->screenshot. */
const uint32_t *view_desk_screenshot(struct view_desk *desk, uint32_t window);
