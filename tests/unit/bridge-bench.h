/*
 * The whole bridge in one process: fake capture, agent core, transport, view core, fake presenter.
 */
#pragma once

#include "../../guest-agent/core.h"
#include "../../host-compositor/view/core.h"
#include "fake-capture.h"
#include "fake-presenter.h"

enum { WIDTH = 40, HEIGHT = 30, RED = 0xaa, GREEN = 0x55 };

struct bridge {
	struct fake_capture *capture;
	struct ga_core *agent;
	struct fake_presenter *presenter;
	struct hc_core *view;
	unsigned int agent_closed;
	unsigned int view_closed;
	size_t managed;
};

/* The one that the functions below are about. */
extern struct bridge bridge;

void bridge_begin(void);
void bridge_end(void);

/* Takes both ends over. */
void bridge_connect(struct vp_transport *agent, struct vp_transport *view);

/* Handles what has come on both sides until nothing more comes of it. */
void bridge_turn(void);

/* Carries out the reading that the agent has begun: rect of value, all in a new buffer. */
void bridge_read(uint32_t id, struct vp_rect rect, uint8_t value);

/* A window paints, and a new window is painted as a whole. */
void bridge_paint(uint32_t id, struct vp_rect rect, uint8_t value);
void bridge_add(uint32_t id, uint8_t value);

/* A new window 1 is painted, and painted again in part: checks that the view shows just that, and
 * that no more was copied by the guest's display server. What else the view has counted. */
struct hc_core_stats bridge_check_paint(void);

/* The byte that the view shows at a place of a window; -1 if it is not in the window. */
int bridge_shown(uint32_t id, uint32_t x, uint32_t y);

/* How often the view has presented a window. */
unsigned int bridge_presents(uint32_t id);
