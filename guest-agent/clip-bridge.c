#include "clip-bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <glib.h>

#include "deadline.h"
#include "poll-group.h"
#include "selections.h"

enum { MAIN, JOINED, SIDES };

/* What the applications of a display have copied; types 0: nothing. */
struct copied {
	bool told; /* once at least */
	uint32_t offer;
	uint32_t types;
};

struct side {
	struct ga_clip_bridge *bridge;
	char *display;
	struct vp_selections *selections;
	bool lost;
	struct copied copied[VP_SELECTION_COUNT];
};

/* One selection of both. */
struct joint {
	struct side *source; /* whose copy the other has; NULL: neither's */
	int64_t given; /* when */
	unsigned int echoes; /* in a row */
	struct side *held; /* whose copy the other is to have later; NULL: neither's */
	int64_t due; /* when that is */
};

struct ga_clip_bridge {
	struct side sides[SIDES];
	struct joint joints[VP_SELECTION_COUNT];
	int fd;
	int64_t now;
};

static struct side *other_side(const struct side *side)
{
	struct side *sides = side->bridge->sides;
	return side == &sides[MAIN] ? &sides[JOINED] : &sides[MAIN];
}

/* What the other had copied is no longer there, then. */
static void give(struct joint *joint, enum vp_selection selection, struct side *source)
{
	struct side *target = other_side(source);
	const struct copied *copied = &source->copied[selection];
	target->copied[selection].types = 0;
	joint->source = source;
	joint->given = source->bridge->now;
	joint->held = NULL;
	vp_selections_offer(target->selections, selection, copied->offer, copied->types);
}

/* For how long the copy is to be held back, milliseconds. */
static int64_t judge_echo(struct joint *joint, const struct side *source)
{
	bool echo = joint->source == other_side(source) &&
		    source->bridge->now - joint->given < GA_CLIP_ECHO_MS;
	joint->echoes = echo ? joint->echoes + 1 : 0;
	if (joint->echoes <= GA_CLIP_ECHOES_MAX)
		return 0;
	int64_t pause = GA_CLIP_PAUSE_MS;
	for (unsigned int i = GA_CLIP_ECHOES_MAX + 1;
		i < joint->echoes && pause < GA_CLIP_PAUSE_MAX_MS; i++)
		pause *= 2;
	return pause;
}

static void handle_copy(struct joint *joint, enum vp_selection selection, struct side *source)
{
	int64_t pause = judge_echo(joint, source);
	if (pause == 0) {
		give(joint, selection, source);
		return;
	}
	joint->held = source;
	joint->due = source->bridge->now + pause;
}

static void handle_nothing(struct joint *joint, enum vp_selection selection, struct side *side)
{
	if (joint->held == side)
		joint->held = NULL;
	if (joint->source != side)
		return;
	joint->source = NULL;
	vp_selections_offer(
		other_side(side)->selections, selection, side->copied[selection].offer, 0);
}

/* Which of two that were there before was copied later nobody knows: each display keeps its own. */
static void begin(struct joint *joint, enum vp_selection selection, struct side *sides)
{
	bool here = sides[MAIN].copied[selection].types != 0;
	bool there = sides[JOINED].copied[selection].types != 0;
	if (here != there)
		give(joint, selection, &sides[here ? MAIN : JOINED]);
}

static void handle_offered(void *data, enum vp_selection selection, uint32_t offer, uint32_t types)
{
	struct side *side = data;
	struct ga_clip_bridge *bridge = side->bridge;
	struct joint *joint = &bridge->joints[selection];
	bool begun = bridge->sides[MAIN].copied[selection].told &&
		     bridge->sides[JOINED].copied[selection].told;
	side->copied[selection] = (struct copied){ .told = true, .offer = offer, .types = types };
	if (!other_side(side)->copied[selection].told)
		return;
	if (!begun)
		begin(joint, selection, bridge->sides);
	else if (types != 0)
		handle_copy(joint, selection, side);
	else
		handle_nothing(joint, selection, side);
}

/* What is fetched has the name of the paste that it is for. */
static void handle_wanted(void *data, uint32_t request, enum vp_selection selection, uint32_t offer,
	enum vp_clipboard_type type)
{
	struct side *side = data;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0) {
		vp_selections_answer(side->selections, request, -1);
		return;
	}
	if (!vp_selections_fetch(other_side(side)->selections, request, selection, offer, type,
		    UINT64_MAX, ends[1])) {
		close(ends[0]);
		ends[0] = -1;
	}
	vp_selections_answer(side->selections, request, ends[0]);
}

/* The pipe is closed afterwards, which would look like the end of the content. */
static void handle_fetched(void *data, uint32_t request, enum vp_stream_status status,
	uint64_t bytes, const char *message)
{
	const struct side *side = data;
	(void)bytes;
	(void)message;
	if (status != VP_STREAM_DONE)
		vp_selections_break(other_side(side)->selections, request);
}

static void handle_lost(void *data)
{
	struct side *side = data;
	side->lost = true;
}

static const struct vp_selections_listener listener = {
	.offered = handle_offered,
	.wanted = handle_wanted,
	.fetched = handle_fetched,
	.lost = handle_lost,
};

/* What one has to be sent may be more for the other. */
static void flush(struct ga_clip_bridge *bridge)
{
	bool more;
	do {
		more = vp_selections_flush(bridge->sides[MAIN].selections);
		more = vp_selections_flush(bridge->sides[JOINED].selections) || more;
	} while (more);
}

static bool open_side(struct side *side, struct ga_clip_bridge *bridge, const char *display,
	char *error, size_t size)
{
	char reason[VP_REASON_MAX];
	side->bridge = bridge;
	side->display = g_strdup(display);
	side->selections = vp_selections_create(display, &listener, side, reason, sizeof(reason));
	if (side->selections == NULL)
		g_snprintf(error, size, "%s: %s", display, reason);
	return side->selections != NULL;
}

static bool open_group(struct ga_clip_bridge *bridge, char *error, size_t size)
{
	int fds[SIDES];
	for (int i = 0; i < SIDES; i++)
		fds[i] = vp_selections_get_fd(bridge->sides[i].selections);
	bridge->fd = vp_poll_group_create(fds, SIDES);
	if (bridge->fd == -1)
		g_strlcpy(error, g_strerror(errno), size);
	return bridge->fd != -1;
}

struct ga_clip_bridge *ga_clip_bridge_create(
	const char *agents, const char *joined, int64_t now, char *error, size_t size)
{
	struct ga_clip_bridge *bridge = g_new0(struct ga_clip_bridge, 1);
	bridge->fd = -1;
	bridge->now = now;
	if (!open_side(&bridge->sides[MAIN], bridge, agents, error, size) ||
		!open_side(&bridge->sides[JOINED], bridge, joined, error, size) ||
		!open_group(bridge, error, size)) {
		ga_clip_bridge_destroy(bridge);
		return NULL;
	}
	for (int i = 0; i < SIDES; i++)
		vp_selections_announce(bridge->sides[i].selections);
	flush(bridge);
	return bridge;
}

void ga_clip_bridge_destroy(struct ga_clip_bridge *bridge)
{
	if (bridge == NULL)
		return;
	for (int i = 0; i < SIDES; i++) {
		vp_selections_destroy(bridge->sides[i].selections);
		g_free(bridge->sides[i].display);
	}
	if (bridge->fd != -1)
		close(bridge->fd);
	g_free(bridge);
}

int ga_clip_bridge_get_fd(const struct ga_clip_bridge *bridge)
{
	return bridge->fd;
}

int64_t ga_clip_bridge_deadline(const struct ga_clip_bridge *bridge)
{
	int64_t deadline = -1;
	for (int i = 0; i < SIDES; i++)
		deadline =
			vp_earlier(deadline, vp_selections_deadline(bridge->sides[i].selections));
	for (int i = 0; i < VP_SELECTION_COUNT; i++)
		if (bridge->joints[i].held != NULL)
			deadline = vp_earlier(deadline, bridge->joints[i].due);
	return deadline;
}

void ga_clip_bridge_dispatch(struct ga_clip_bridge *bridge, int64_t now)
{
	bridge->now = now;
	for (int i = 0; i < SIDES; i++)
		if (!bridge->sides[i].lost)
			vp_selections_dispatch(bridge->sides[i].selections);
	for (int i = 0; i < VP_SELECTION_COUNT; i++) {
		struct joint *joint = &bridge->joints[i];
		if (joint->held != NULL && now >= joint->due)
			give(joint, (enum vp_selection)i, joint->held);
	}
	flush(bridge);
}

const char *ga_clip_bridge_lost(const struct ga_clip_bridge *bridge)
{
	for (int i = 0; i < SIDES; i++)
		if (bridge->sides[i].lost)
			return bridge->sides[i].display;
	return NULL;
}

void ga_clip_bridge_end(struct ga_clip_bridge *bridge)
{
	for (int i = 0; i < VP_SELECTION_COUNT; i++)
		bridge->joints[i].held = NULL;
	for (int i = 0; i < SIDES; i++)
		if (!bridge->sides[i].lost)
			vp_selections_silence(bridge->sides[i].selections);
	flush(bridge);
}

bool ga_clip_bridge_settled(const struct ga_clip_bridge *bridge)
{
	for (int i = 0; i < SIDES; i++)
		if (!bridge->sides[i].lost && !vp_selections_settled(bridge->sides[i].selections))
			return false;
	return true;
}
