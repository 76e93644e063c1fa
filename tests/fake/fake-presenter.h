/* A presenter without a display: it remembers what it was told, and says what the test makes it
 * say. */
#pragma once

#include <glib.h>

#include "presenter.h"

struct fake_window {
	uint32_t id;
	bool popup;
	bool mapped;
	bool dimmed;
	struct hc_rect place;
	char *title;
	char *class_name;
	struct vp_buffer *buffer;
	uint32_t state; /* as last requested */
	unsigned int presents;
	bool frame_pending;
	uint32_t frame_serial;
};

struct fake_presenter {
	struct hc_presenter presenter;
	const struct hc_presenter_listener *listener;
	void *data;
	GHashTable *windows; /* id → struct fake_window, owner */
	struct hc_rect monitor;
	struct hc_rect work_area;
	bool holds_frames; /* until fake_presenter_finish_frame() */
	unsigned int announces;
	unsigned int buffers;
	unsigned int bells;
	unsigned int keys_anew; /* how often keys were to be pressed anew */
	uint8_t leave_modifiers;
	char leave_key[32];
	uint32_t cursor;
	enum vp_op last_set;
};

struct fake_presenter *fake_presenter_create(void);

/* NULL for an unknown one. */
struct fake_window *fake_presenter_find(struct fake_presenter *fake, uint32_t window);

/* What the user does. */
void fake_presenter_say(struct fake_presenter *fake, const struct vp_message *message);

/* The display server has read the window's frame. */
void fake_presenter_finish_frame(struct fake_presenter *fake, uint32_t window);
