/* A capture without a display server: its windows are what the test makes of them. */
#pragma once

#include <glib.h>

#include "capture.h"

struct fake_capture_window {
	uint32_t id;
	uint64_t native;
	uint32_t width;
	uint32_t height;
	bool mapped;
	bool damaged;
	bool reading; /* until fake_capture_finish_read() */
	bool read_all;
	struct vp_buffer *buffer; /* last read into */
	unsigned int reads;
};

struct fake_capture {
	struct ga_capture capture;
	const struct ga_capture_listener *listener; /* NULL before start and after stop */
	void *data;
	GHashTable *windows; /* id → struct fake_capture_window, owner */
	unsigned int announces;
	unsigned int primaries_lost;
	unsigned int buffers; /* attached */
	unsigned int injected;
	enum vp_op last_injected;
	bool refuses_buffers;
};

struct fake_capture *fake_capture_create(void);

/* NULL for an unknown one. */
struct fake_capture_window *fake_capture_find(struct fake_capture *fake, uint32_t id);

/* A managed window of native id 0x1000 + id, mapped and damaged. */
struct fake_capture_window *fake_capture_add(
	struct fake_capture *fake, uint32_t id, uint32_t width, uint32_t height);
void fake_capture_remove(struct fake_capture *fake, uint32_t id);
void fake_capture_resize(struct fake_capture *fake, uint32_t id, uint32_t width, uint32_t height);

/* The window has new pixels. */
void fake_capture_damage(struct fake_capture *fake, uint32_t id);

/* The copy that was begun is done: one rectangle, with every byte of it set to value. */
void fake_capture_finish_read(
	struct fake_capture *fake, uint32_t id, struct vp_rect rect, uint8_t value);

/* The copy has come to nothing. */
void fake_capture_fail_read(struct fake_capture *fake, uint32_t id);
