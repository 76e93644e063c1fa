#include "clipboard-app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_WORDS = 4 * 1024 * 1024 };

xcb_atom_t clipboard_app_atom(struct clipboard_app *app, const char *name)
{
	xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(app->connection,
		xcb_intern_atom(app->connection, 0, (uint16_t)strlen(name), name), NULL);
	if (reply == NULL)
		abort();
	xcb_atom_t atom = reply->atom;
	free(reply);
	return atom;
}

void clipboard_app_start(struct clipboard_app *app, const char *selection)
{
	*app = (struct clipboard_app){ .connection = xcb_connect(NULL, NULL) };
	xcb_screen_t *screen = xcb_setup_roots_iterator(xcb_get_setup(app->connection)).data;
	uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE;
	app->selection = clipboard_app_atom(app, selection);
	app->window = xcb_generate_id(app->connection);
	xcb_create_window(app->connection, 0, app->window, screen->root, -1, -1, 1, 1, 0,
		XCB_WINDOW_CLASS_INPUT_ONLY, XCB_COPY_FROM_PARENT, XCB_CW_EVENT_MASK, &events);
	xcb_flush(app->connection);
}

void clipboard_app_die(struct clipboard_app *app)
{
	if (app->connection != NULL)
		xcb_disconnect(app->connection);
	app->connection = NULL;
}

void clipboard_app_copy(struct clipboard_app *app, const char *text)
{
	app->owns = true;
	app->text = text;
	xcb_set_selection_owner(app->connection, app->window, app->selection, XCB_CURRENT_TIME);
	xcb_flush(app->connection);
}

static void begin_paste(struct clipboard_app *app)
{
	app->notified = false;
	app->incr = false;
	app->complete = false;
	app->got = 0;
	app->type = XCB_NONE;
	app->start[0] = '\0';
}

void clipboard_app_paste(struct clipboard_app *app, const char *target)
{
	begin_paste(app);
	xcb_convert_selection(app->connection, app->window, app->selection,
		clipboard_app_atom(app, target), clipboard_app_atom(app, "_PASTE"),
		XCB_CURRENT_TIME);
	xcb_flush(app->connection);
}

void clipboard_app_paste_pairs(
	struct clipboard_app *app, const char *const targets[CLIPBOARD_APP_PAIRS])
{
	xcb_atom_t pairs[2 * CLIPBOARD_APP_PAIRS];
	begin_paste(app);
	for (int i = 0; i < CLIPBOARD_APP_PAIRS; i++) {
		char property[16];
		snprintf(property, sizeof(property), "_PAIR_%d", i);
		pairs[2 * i] = clipboard_app_atom(app, targets[i]);
		pairs[2 * i + 1] = clipboard_app_atom(app, property);
	}
	xcb_change_property(app->connection, XCB_PROP_MODE_REPLACE, app->window,
		clipboard_app_atom(app, "_PASTE"), clipboard_app_atom(app, "ATOM_PAIR"), 32,
		2 * CLIPBOARD_APP_PAIRS, pairs);
	xcb_convert_selection(app->connection, app->window, app->selection,
		clipboard_app_atom(app, "MULTIPLE"), clipboard_app_atom(app, "_PASTE"),
		XCB_CURRENT_TIME);
	xcb_flush(app->connection);
}

static xcb_get_property_reply_t *take_property(struct clipboard_app *app, const char *name)
{
	xcb_get_property_reply_t *reply = xcb_get_property_reply(app->connection,
		xcb_get_property(app->connection, 1, app->window, clipboard_app_atom(app, name),
			XCB_GET_PROPERTY_TYPE_ANY, 0, READ_WORDS),
		NULL);
	if (reply == NULL)
		abort();
	return reply;
}

xcb_atom_t clipboard_app_read(
	struct clipboard_app *app, const char *property, void *data, size_t size, size_t *len)
{
	xcb_get_property_reply_t *reply = take_property(app, property);
	xcb_atom_t type = reply->type;
	*len = (size_t)xcb_get_property_value_length(reply);
	size_t copied = *len < size - 1 ? *len : size - 1;
	memcpy(data, xcb_get_property_value(reply), copied);
	((char *)data)[copied] = '\0';
	free(reply);
	return type;
}

static void take_part(struct clipboard_app *app)
{
	xcb_get_property_reply_t *reply = take_property(app, "_PASTE");
	size_t len = (size_t)xcb_get_property_value_length(reply);
	if (reply->type == clipboard_app_atom(app, "INCR")) {
		app->incr = true;
	} else {
		app->type = reply->type;
		if (app->got == 0 && len > 0)
			snprintf(app->start, sizeof(app->start), "%.*s", (int)len,
				(const char *)xcb_get_property_value(reply));
		app->got += len;
		app->complete = !app->incr || len == 0;
	}
	free(reply);
}

static void handle_notify(struct clipboard_app *app, const xcb_selection_notify_event_t *event)
{
	app->notified = true;
	app->answered = event->property;
	if (event->property == clipboard_app_atom(app, "_PASTE") &&
		event->target != clipboard_app_atom(app, "MULTIPLE"))
		take_part(app);
}

static void answer(
	struct clipboard_app *app, const xcb_selection_request_event_t *asked, xcb_atom_t property)
{
	union {
		xcb_selection_notify_event_t notify;
		char bytes[32];
	} event = { .notify = { .response_type = XCB_SELECTION_NOTIFY,
			    .requestor = asked->requestor,
			    .selection = asked->selection,
			    .target = asked->target,
			    .property = property,
			    .time = asked->time } };
	xcb_send_event(app->connection, 0, asked->requestor, 0, event.bytes);
}

static void begin_parts(struct clipboard_app *app, const xcb_selection_request_event_t *asked)
{
	uint32_t events = XCB_EVENT_MASK_PROPERTY_CHANGE;
	uint32_t size = 1;
	app->requestor = asked->requestor;
	app->property = asked->property;
	xcb_change_window_attributes(app->connection, asked->requestor, XCB_CW_EVENT_MASK, &events);
	xcb_change_property(app->connection, XCB_PROP_MODE_REPLACE, asked->requestor,
		asked->property, clipboard_app_atom(app, "INCR"), 32, 1, &size);
}

static void handle_request(struct clipboard_app *app, const xcb_selection_request_event_t *asked)
{
	xcb_atom_t text = clipboard_app_atom(app, "UTF8_STRING");
	if (asked->target == clipboard_app_atom(app, "TARGETS")) {
		xcb_change_property(app->connection, XCB_PROP_MODE_REPLACE, asked->requestor,
			asked->property, XCB_ATOM_ATOM, 32, 1, &text);
	} else if (app->silent) {
		return;
	} else if (asked->target != text) {
		answer(app, asked, XCB_NONE);
		return;
	} else if (app->part > 0) {
		begin_parts(app, asked);
	} else {
		xcb_change_property(app->connection, XCB_PROP_MODE_REPLACE, asked->requestor,
			asked->property, text, 8, (uint32_t)strlen(app->text), app->text);
	}
	answer(app, asked, asked->property);
}

static void handle_property(struct clipboard_app *app, const xcb_property_notify_event_t *event)
{
	bool ours = event->window == app->window;
	if (ours && event->state == XCB_PROPERTY_NEW_VALUE && app->incr && !app->stops &&
		event->atom == clipboard_app_atom(app, "_PASTE"))
		take_part(app);
	if (ours || event->state != XCB_PROPERTY_DELETE || event->window != app->requestor)
		return;
	if (app->dies && app->parts == 1) {
		clipboard_app_die(app);
		return;
	}
	char *part = calloc(1, app->part);
	xcb_change_property(app->connection, XCB_PROP_MODE_REPLACE, app->requestor, app->property,
		clipboard_app_atom(app, "UTF8_STRING"), 8, (uint32_t)app->part, part);
	free(part);
	app->parts++;
}

void clipboard_app_turn(struct clipboard_app *app)
{
	xcb_generic_event_t *event;
	while (app->connection != NULL && (event = xcb_poll_for_event(app->connection)) != NULL) {
		uint8_t type = event->response_type & 0x7f;
		if (type == XCB_SELECTION_NOTIFY)
			handle_notify(app, (const xcb_selection_notify_event_t *)event);
		else if (type == XCB_SELECTION_REQUEST)
			handle_request(app, (const xcb_selection_request_event_t *)event);
		else if (type == XCB_SELECTION_CLEAR)
			app->owns = false;
		else if (type == XCB_PROPERTY_NOTIFY)
			handle_property(app, (const xcb_property_notify_event_t *)event);
		free(event);
	}
	if (app->connection != NULL)
		xcb_flush(app->connection);
}
