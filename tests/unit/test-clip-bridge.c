/*
 * The bridge between two displays of a guest, whose selections the test plays.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clip-bridge.h"
#include "selections.h"
#include "unit.h"

enum { MAIN, JOINED, DISPLAYS, TEXT = VP_CLIPBOARD_TEXT, PNG = VP_CLIPBOARD_PNG };

/* A display, and what the bridge has done there last. */
struct vp_selections {
	const struct vp_selections_listener *listener;
	void *data;
	int fd;
	bool announced;
	bool settled;
	struct {
		unsigned int times;
		uint32_t offer;
		uint32_t types;
	} given[VP_SELECTION_COUNT];
	uint32_t fetched;
	enum vp_selection fetched_selection;
	uint32_t fetched_offer;
	enum vp_clipboard_type fetched_type;
	int sink; /* -1: nothing is fetched */
	bool busy; /* fetches no more */
	uint32_t answered;
	int source; /* -1: nothing */
	uint32_t broken;
};

static struct vp_selections displays[DISPLAYS];
static int created;
static struct ga_clip_bridge *bridge;
static int64_t now;

struct vp_selections *vp_selections_create(const char *display,
	const struct vp_selections_listener *listener, void *data, char *error, size_t size)
{
	if (strcmp(display, "gone") == 0) {
		snprintf(error, size, "the X server cannot be reached");
		return NULL;
	}
	struct vp_selections *selections = &displays[created++];
	*selections = (struct vp_selections){
		.listener = listener,
		.data = data,
		.fd = eventfd(0, EFD_CLOEXEC),
		.settled = true,
		.sink = -1,
		.source = -1,
	};
	return selections;
}

static void close_fd(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

void vp_selections_destroy(struct vp_selections *selections)
{
	if (selections == NULL)
		return;
	close_fd(&selections->fd);
	close_fd(&selections->sink);
	close_fd(&selections->source);
}

int vp_selections_get_fd(const struct vp_selections *selections)
{
	return selections->fd;
}

int64_t vp_selections_deadline(const struct vp_selections *selections)
{
	(void)selections;
	return -1;
}

void vp_selections_dispatch(struct vp_selections *selections)
{
	(void)selections;
}

bool vp_selections_flush(struct vp_selections *selections)
{
	(void)selections;
	return false;
}

void vp_selections_announce(struct vp_selections *selections)
{
	selections->announced = true;
}

void vp_selections_silence(struct vp_selections *selections)
{
	selections->announced = false;
	selections->settled = false;
}

bool vp_selections_settled(const struct vp_selections *selections)
{
	return selections->settled;
}

void vp_selections_offer(struct vp_selections *selections, enum vp_selection selection,
	uint32_t offer, uint32_t types)
{
	selections->given[selection].times++;
	selections->given[selection].offer = offer;
	selections->given[selection].types = types;
}

void vp_selections_answer(struct vp_selections *selections, uint32_t request, int fd)
{
	close_fd(&selections->source);
	selections->answered = request;
	selections->source = fd;
}

void vp_selections_break(struct vp_selections *selections, uint32_t request)
{
	selections->broken = request;
}

bool vp_selections_fetch(struct vp_selections *selections, uint32_t fetch,
	enum vp_selection selection, uint32_t offer, enum vp_clipboard_type type, uint64_t max,
	int fd)
{
	CU_ASSERT_EQUAL(max, UINT64_MAX);
	close_fd(&selections->sink);
	if (selections->busy) {
		close(fd);
		return false;
	}
	selections->fetched = fetch;
	selections->fetched_selection = selection;
	selections->fetched_offer = offer;
	selections->fetched_type = type;
	selections->sink = fd;
	return true;
}

/* An application of the display has copied that; 0: what it had is gone. */
static void copy(int display, enum vp_selection selection, uint32_t offer, uint32_t types)
{
	displays[display].listener->offered(displays[display].data, selection, offer, types);
}

static void paste(int display, uint32_t request, enum vp_selection selection, uint32_t offer)
{
	displays[display].listener->wanted(
		displays[display].data, request, selection, offer, VP_CLIPBOARD_TEXT);
}

static void end_fetch(int display, enum vp_stream_status status)
{
	displays[display].listener->fetched(
		displays[display].data, displays[display].fetched, status, 0, "");
	close_fd(&displays[display].sink);
}

static unsigned int times_given(int display)
{
	return displays[display].given[VP_SELECTION_CLIPBOARD].times;
}

static void check_given(int display, enum vp_selection selection, uint32_t offer, uint32_t types)
{
	CU_ASSERT_EQUAL(displays[display].given[selection].offer, offer);
	CU_ASSERT_EQUAL(displays[display].given[selection].types, types);
}

/* Nothing has been copied yet. */
static void begin_empty(void)
{
	for (int display = 0; display < DISPLAYS; display++)
		for (int s = 0; s < VP_SELECTION_COUNT; s++)
			copy(display, (enum vp_selection)s, 0, 0);
}

static void before(void)
{
	char error[VP_REASON_MAX];
	created = 0;
	now = 1000;
	bridge = ga_clip_bridge_create(":1", ":2", now, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(bridge);
}

static void after(void)
{
	ga_clip_bridge_destroy(bridge);
}

static void pass(int64_t ms)
{
	now += ms;
	ga_clip_bridge_dispatch(bridge, now);
}

static void test_both_ways(void)
{
	begin_empty();
	copy(MAIN, VP_SELECTION_CLIPBOARD, 7, TEXT | PNG);
	check_given(JOINED, VP_SELECTION_CLIPBOARD, 7, TEXT | PNG);
	CU_ASSERT_EQUAL(times_given(MAIN), 0);
	copy(JOINED, VP_SELECTION_CLIPBOARD, 9, TEXT);
	check_given(MAIN, VP_SELECTION_CLIPBOARD, 9, TEXT);
	CU_ASSERT_EQUAL(times_given(JOINED), 1);
}

static void test_apart(void)
{
	begin_empty();
	copy(MAIN, VP_SELECTION_PRIMARY, 3, TEXT);
	check_given(JOINED, VP_SELECTION_PRIMARY, 3, TEXT);
	CU_ASSERT_EQUAL(times_given(JOINED), 0);
}

static void test_latest(void)
{
	begin_empty();
	copy(MAIN, VP_SELECTION_CLIPBOARD, 1, TEXT);
	copy(MAIN, VP_SELECTION_CLIPBOARD, 2, PNG);
	check_given(JOINED, VP_SELECTION_CLIPBOARD, 2, PNG);
	copy(JOINED, VP_SELECTION_CLIPBOARD, 1, TEXT);
	check_given(MAIN, VP_SELECTION_CLIPBOARD, 1, TEXT);
	copy(MAIN, VP_SELECTION_CLIPBOARD, 3, TEXT);
	check_given(JOINED, VP_SELECTION_CLIPBOARD, 3, TEXT);
}

static void test_gone(void)
{
	begin_empty();
	copy(MAIN, VP_SELECTION_CLIPBOARD, 1, TEXT);
	copy(MAIN, VP_SELECTION_CLIPBOARD, 2, 0);
	check_given(JOINED, VP_SELECTION_CLIPBOARD, 2, 0);
	CU_ASSERT_EQUAL(times_given(MAIN), 0);
	/* What is gone on one was not what the other has. */
	copy(JOINED, VP_SELECTION_CLIPBOARD, 5, TEXT);
	copy(MAIN, VP_SELECTION_CLIPBOARD, 3, 0);
	check_given(MAIN, VP_SELECTION_CLIPBOARD, 5, TEXT);
	CU_ASSERT_EQUAL(times_given(JOINED), 2);
}

static void test_present(void)
{
	copy(JOINED, VP_SELECTION_CLIPBOARD, 4, TEXT);
	copy(JOINED, VP_SELECTION_PRIMARY, 4, TEXT);
	CU_ASSERT_EQUAL(times_given(MAIN), 0);
	copy(MAIN, VP_SELECTION_CLIPBOARD, 1, 0);
	copy(MAIN, VP_SELECTION_PRIMARY, 1, PNG);
	check_given(MAIN, VP_SELECTION_CLIPBOARD, 4, TEXT);
	/* Each has something already. */
	check_given(MAIN, VP_SELECTION_PRIMARY, 0, 0);
	check_given(JOINED, VP_SELECTION_PRIMARY, 0, 0);
	copy(MAIN, VP_SELECTION_PRIMARY, 2, TEXT);
	check_given(JOINED, VP_SELECTION_PRIMARY, 2, TEXT);
}

static void test_paste(void)
{
	char content[8] = "";
	begin_empty();
	copy(MAIN, VP_SELECTION_PRIMARY, 6, TEXT);
	paste(JOINED, 33, VP_SELECTION_PRIMARY, 6);
	CU_ASSERT_EQUAL(displays[MAIN].fetched_selection, VP_SELECTION_PRIMARY);
	CU_ASSERT_EQUAL(displays[MAIN].fetched_offer, 6);
	CU_ASSERT_EQUAL(displays[MAIN].fetched_type, VP_CLIPBOARD_TEXT);
	CU_ASSERT_EQUAL(displays[JOINED].answered, 33);
	CU_ASSERT_EQUAL(write(displays[MAIN].sink, "pasted", 6), 6);
	end_fetch(MAIN, VP_STREAM_DONE);
	CU_ASSERT_EQUAL(read(displays[JOINED].source, content, sizeof(content)), 6);
	CU_ASSERT_STRING_EQUAL(content, "pasted");
	CU_ASSERT_EQUAL(read(displays[JOINED].source, content, sizeof(content)), 0);
	CU_ASSERT_EQUAL(displays[JOINED].broken, 0);
}

static void test_broken_paste(void)
{
	begin_empty();
	copy(JOINED, VP_SELECTION_CLIPBOARD, 6, TEXT);
	paste(MAIN, 34, VP_SELECTION_CLIPBOARD, 6);
	end_fetch(JOINED, VP_STREAM_FAILED);
	CU_ASSERT_EQUAL(displays[MAIN].broken, 34);
	CU_ASSERT_EQUAL(displays[JOINED].broken, 0);
}

static void test_busy(void)
{
	begin_empty();
	copy(JOINED, VP_SELECTION_CLIPBOARD, 6, TEXT);
	displays[JOINED].busy = true;
	paste(MAIN, 35, VP_SELECTION_CLIPBOARD, 6);
	CU_ASSERT_EQUAL(displays[MAIN].answered, 35);
	CU_ASSERT_EQUAL(displays[MAIN].source, -1);
}

/* Programs on both displays that take over each copy: the last of them is held back. */
static uint32_t echo(void)
{
	uint32_t offer = 1;
	copy(MAIN, VP_SELECTION_CLIPBOARD, offer, TEXT);
	for (unsigned int i = 0; i <= GA_CLIP_ECHOES_MAX; i++) {
		CU_ASSERT_EQUAL(ga_clip_bridge_deadline(bridge), -1);
		pass(GA_CLIP_ECHO_MS / 10);
		copy(i % 2 == 0 ? JOINED : MAIN, VP_SELECTION_CLIPBOARD, ++offer, TEXT);
	}
	return offer;
}

static void test_echo(void)
{
	begin_empty();
	uint32_t offer = echo();
	check_given(MAIN, VP_SELECTION_CLIPBOARD, offer - 2, TEXT);
	CU_ASSERT_EQUAL(ga_clip_bridge_deadline(bridge), now + GA_CLIP_PAUSE_MS);
	pass(GA_CLIP_PAUSE_MS - 1);
	check_given(MAIN, VP_SELECTION_CLIPBOARD, offer - 2, TEXT);
	pass(1);
	check_given(MAIN, VP_SELECTION_CLIPBOARD, offer, TEXT);
	/* They go on, ever slower. */
	for (int64_t pause = 2 * GA_CLIP_PAUSE_MS; pause < 4 * GA_CLIP_PAUSE_MAX_MS; pause *= 2) {
		int64_t bounded = pause < GA_CLIP_PAUSE_MAX_MS ? pause : GA_CLIP_PAUSE_MAX_MS;
		offer++;
		copy(offer % 2 == 0 ? JOINED : MAIN, VP_SELECTION_CLIPBOARD, offer, TEXT);
		CU_ASSERT_EQUAL(ga_clip_bridge_deadline(bridge), now + bounded);
		pass(bounded);
		CU_ASSERT_EQUAL(ga_clip_bridge_deadline(bridge), -1);
	}
}

static void test_user_after_echo(void)
{
	begin_empty();
	uint32_t offer = echo();
	pass(GA_CLIP_ECHO_MS);
	copy(JOINED, VP_SELECTION_CLIPBOARD, offer + 1, PNG);
	check_given(MAIN, VP_SELECTION_CLIPBOARD, offer + 1, PNG);
	CU_ASSERT_EQUAL(ga_clip_bridge_deadline(bridge), -1);
}

static void test_held_is_gone(void)
{
	begin_empty();
	uint32_t offer = echo();
	unsigned int times = times_given(MAIN);
	copy(JOINED, VP_SELECTION_CLIPBOARD, offer + 1, 0);
	CU_ASSERT_EQUAL(ga_clip_bridge_deadline(bridge), -1);
	pass(GA_CLIP_PAUSE_MS);
	CU_ASSERT_EQUAL(times_given(MAIN), times);
}

static void test_end(void)
{
	begin_empty();
	CU_ASSERT_PTR_NULL(ga_clip_bridge_lost(bridge));
	displays[JOINED].listener->lost(displays[JOINED].data);
	CU_ASSERT_STRING_EQUAL(ga_clip_bridge_lost(bridge), ":2");
	ga_clip_bridge_end(bridge);
	CU_ASSERT_FALSE(displays[MAIN].announced);
	CU_ASSERT_TRUE(displays[JOINED].announced);
	CU_ASSERT_FALSE(ga_clip_bridge_settled(bridge));
	displays[MAIN].settled = true;
	CU_ASSERT_TRUE(ga_clip_bridge_settled(bridge));
}

static void test_unreachable(void)
{
	char error[VP_REASON_MAX];
	created = 0;
	vp_selections_destroy(&displays[MAIN]);
	vp_selections_destroy(&displays[JOINED]);
	struct ga_clip_bridge *none =
		ga_clip_bridge_create(":1", "gone", now, error, sizeof(error));
	CU_ASSERT_PTR_NULL(none);
	CU_ASSERT_STRING_EQUAL(error, "gone: the X server cannot be reached");
}

static const struct unit_test tests[] = {
	{ "what is copied on either display is offered on the other, and not back",
		test_both_ways },
	{ "clipboard and primary selection keep apart", test_apart },
	{ "the latest copy is what both have", test_latest },
	{ "what is gone where it was copied is gone on the other", test_gone },
	{ "what was there before is offered to a display that has nothing", test_present },
	{ "a paste is fetched from the other display, by the offer's id", test_paste },
	{ "a fetch that fails breaks the paste, and no other", test_broken_paste },
	{ "a paste gets nothing while too much is being fetched", test_busy },
	{ "programs that take over every copy on both displays are held back ever longer",
		test_echo },
	{ "what the user copies is not held back after that", test_user_after_echo },
	{ "what is gone while it is held back is not offered", test_held_is_gone },
	{ "it ends with either display, and has the other told", test_end },
	{ "a display that is not there is told of", test_unreachable },
};

int main(int argc, char **argv)
{
	return unit_run_between("bridge between displays", tests, sizeof(tests) / sizeof(tests[0]),
		before, after, argc, argv);
}
