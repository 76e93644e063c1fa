/*
 * What the program that draws a guest's icons writes, in pieces: each is a byte that tells its
 * length, and its bytes; 0 is the end of the program, 255 one of the interest in all of its icons.
 * The first byte of all tells how many icons are asked for. Whatever is written, what is taken from
 * it are whole pictures of one icon after the other, and each has an end.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <gio/gio.h>

#include "fuzz.h"
#include "icon-reader.h"
#include "icons/record.h"
#include "ignore.h"

enum { REQUESTS_MAX = 40, END = 0, CANCEL = 255 };

static struct {
	struct ga_icon_reader *reader;
	uint32_t asked; /* for so many icons, whose serials count from 0 */
	uint32_t ended; /* so many of these */
	int output; /* of the program, -1 none */
	bool missing; /* the program is */
} bench;

/* In place of GLib's. */
gboolean g_spawn_async_with_pipes(const gchar *directory, gchar **words, gchar **environment,
	GSpawnFlags flags, GSpawnChildSetupFunc set_up, gpointer data, GPid *pid, gint *input,
	gint *output, gint *errors, GError **error)
{
	int ends[2];

	(void)directory;
	(void)words;
	(void)environment;
	(void)flags;
	(void)set_up;
	(void)data;
	(void)pid;
	(void)input;
	(void)errors;
	if (bench.missing) {
		g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, "it is missing");
		return FALSE;
	}
	fuzz_require(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	if (bench.output >= 0)
		close(bench.output);
	bench.output = ends[1];
	*output = ends[0];
	return TRUE;
}

static void handle_icon(void *data, uint32_t serial, uint16_t size, struct vp_bytes pixels)
{
	static uint8_t picture[VP_ICON_SIZE_MAX * VP_ICON_SIZE_MAX * GA_ICON_PIXEL_BYTES];

	(void)data;
	fuzz_require(serial == bench.ended && bench.ended < bench.asked);
	fuzz_require(size > 0 && size <= VP_ICON_SIZE_MAX);
	fuzz_require(pixels.len == (size_t)size * size * GA_ICON_PIXEL_BYTES);
	memcpy(picture, pixels.data, pixels.len);
}

static void handle_end(void *data, uint32_t serial)
{
	(void)data;
	fuzz_require(serial == bench.ended && bench.ended < bench.asked);
	bench.ended++;
}

static void read_on(void)
{
	ga_icon_reader_go_on(bench.reader);
	while (g_main_context_iteration(NULL, FALSE)) {
	}
}

static void end_program(void)
{
	if (bench.output >= 0)
		close(bench.output);
	bench.output = -1;
}

/* It may have ended, or nobody may read it. */
static void write_piece(const uint8_t *data, size_t len)
{
	if (bench.output >= 0 && write(bench.output, data, len) < 0)
		fuzz_require(errno == EPIPE);
}

static void cancel(void)
{
	ga_icon_reader_cancel(bench.reader);
	bench.ended = bench.asked;
}

static void begin(uint8_t requests)
{
	static const struct ga_icon_reader_listener listener = { handle_icon, handle_end };

	bench.reader = ga_icon_reader_create("icons", &listener, NULL);
	bench.asked = requests % (REQUESTS_MAX + 1);
	bench.ended = 0;
	bench.output = -1;
	bench.missing = false;
	for (uint32_t i = 0; i < bench.asked; i++)
		fuzz_require(ga_icon_reader_add(bench.reader, i, "icon"));
	read_on();
}

/* Without the program, whoever waits for an icon hears that there is none. */
static void end(void)
{
	bench.missing = true;
	end_program();
	read_on();
	read_on();
	fuzz_require(bench.ended == bench.asked);
	ga_icon_reader_destroy(bench.reader);
	while (g_main_context_iteration(NULL, FALSE)) {
	}
}

void fuzz_prepare(void)
{
	fuzz_ignore_logs();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *stop = data + size;

	if (size == 0)
		return 0;
	begin(*data++);
	while (data < stop) {
		uint8_t what = *data++;
		size_t len = what == CANCEL ? 0 : MIN(what, (size_t)(stop - data));

		if (what == END)
			end_program();
		else if (what == CANCEL)
			cancel();
		else
			write_piece(data, len);
		data += len;
		read_on();
	}
	end();
	return 0;
}
