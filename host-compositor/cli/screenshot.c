/*
 * oriel screenshot: a picture of what a VM shows.
 */
#include <unistd.h>

#include "arguments.h"
#include "client.h"
#include "commands.h"
#include "output.h"
#include "picture.h"

int hc_command_screenshot(const struct hc_arguments *arguments)
{
	const char *path = arguments->words[1];
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = NULL;
	struct hc_client *client = hc_client_open(&error);
	guint32 width;
	guint32 height;
	guint32 stride;
	bool written;
	int fd;

	if (client)
		reply = hc_client_call_fd(client, "Screenshot",
			g_variant_new("(s)", arguments->words[0]), "(huuu)", &fd, &error);
	hc_client_close(client);
	if (!reply)
		return hc_fail(error);
	g_variant_get(reply, "(huuu)", NULL, &width, &height, &stride);
	written = hc_picture_write(path, fd, width, height, stride, &error);
	close(fd);
	return written ? HC_EXIT_DONE : hc_fail(error);
}
