#include "notice.h"

#include <string.h>

#include "safe-text.h"

#define APPLICATION "Oriel"
#define ICON "computer"

enum {
	TITLE_BYTES_MAX = 256,
	BODY_BYTES_MAX = 2048,
	BODY_LINES_MAX = 12,
	ACTIONS_MAX = 8, /* keys and labels */
	ACTION_BYTES_MAX = 64,
	BADGE_SIZE = 32, /* pixels */
	BADGE_EDGE = 2,
	RGBA = 4, /* bytes of a pixel */
};

static char *make_safe(const char *text, size_t max)
{
	return hc_safe_text(vp_text_from(text, max));
}

static char *make_title(const struct hc_notification *notification)
{
	g_autofree char *safe = make_safe(notification->title, TITLE_BYTES_MAX);

	if (!notification->vm)
		return g_steal_pointer(&safe);
	return hc_safe_labelled(notification->vm, safe);
}

static char *make_body(const char *text)
{
	g_autofree char *cut = NULL;
	g_auto(GStrv) lines = NULL;
	struct vp_text bounded = vp_text_from(text ? text : "", BODY_BYTES_MAX);

	cut = g_strndup(bounded.data, bounded.len);
	lines = g_strsplit(cut, "\n", BODY_LINES_MAX);
	for (char **line = lines; *line; line++) {
		char *safe = make_safe(*line, BODY_BYTES_MAX);

		g_free(*line);
		*line = safe;
	}
	return g_strjoinv("\n", lines);
}

static char **make_actions(const char *const *actions)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (size_t i = 0; actions && i < ACTIONS_MAX && actions[i] && actions[i + 1]; i += 2) {
		g_autofree char *label = make_safe(actions[i + 1], ACTION_BYTES_MAX);

		if (strlen(actions[i]) <= ACTION_BYTES_MAX)
			g_strv_builder_add_many(builder, actions[i], label, NULL);
	}
	return g_strv_builder_end(builder);
}

struct hc_notice *hc_notice_create(const struct hc_notification *notification)
{
	struct hc_notice *notice = g_new0(struct hc_notice, 1);

	notice->vm = g_strdup(notification->vm);
	notice->colour = notification->colour;
	notice->from_guest = notification->from_guest;
	notice->subject = g_strdup(notification->subject);
	notice->title = make_title(notification);
	notice->body = make_body(notification->body);
	notice->urgency = notification->urgency;
	notice->timeout = notification->timeout;
	notice->actions = make_actions(notification->actions);
	return notice;
}

void hc_notice_free(struct hc_notice *notice)
{
	if (!notice)
		return;
	g_free(notice->vm);
	g_free(notice->subject);
	g_free(notice->title);
	g_free(notice->body);
	g_strfreev(notice->actions);
	g_free(notice);
}

bool hc_notice_replaces(const struct hc_notice *notice, const struct hc_notice *other)
{
	return notice->subject && g_strcmp0(notice->subject, other->subject) == 0 &&
	       g_strcmp0(notice->vm, other->vm) == 0 && notice->from_guest == other->from_guest;
}

static void paint(uint8_t *pixel, uint32_t colour, bool edge)
{
	uint32_t shown = edge ? colour >> 1 & 0x7f7f7f : colour;

	pixel[0] = (uint8_t)(shown >> 16);
	pixel[1] = (uint8_t)(shown >> 8);
	pixel[2] = (uint8_t)shown;
	pixel[3] = UINT8_MAX;
}

static bool on_edge(int x, int y)
{
	return MIN(x, y) < BADGE_EDGE || MAX(x, y) >= BADGE_SIZE - BADGE_EDGE;
}

/* The label's colour as the hint image-data: width, height, stride, alpha, bits a sample, samples,
 * pixels. */
static GVariant *make_badge(uint32_t colour)
{
	uint8_t pixels[BADGE_SIZE * BADGE_SIZE * RGBA];

	for (int y = 0; y < BADGE_SIZE; y++) {
		for (int x = 0; x < BADGE_SIZE; x++)
			paint(&pixels[(y * BADGE_SIZE + x) * RGBA], colour, on_edge(x, y));
	}
	return g_variant_new("(iiibii@ay)", BADGE_SIZE, BADGE_SIZE, BADGE_SIZE * RGBA, TRUE, 8,
		RGBA, g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, pixels, sizeof(pixels), 1));
}

static GVariant *make_hints(const struct hc_notice *notice)
{
	GVariantBuilder hints;

	g_variant_builder_init(&hints, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(
		&hints, "{sv}", "urgency", g_variant_new_byte((guint8)notice->urgency));
	if (notice->vm)
		g_variant_builder_add(&hints, "{sv}", "image-data", make_badge(notice->colour));
	return g_variant_builder_end(&hints);
}

GVariant *hc_notice_parameters(
	const struct hc_notice *notice, uint32_t replaces, const struct hc_notice_server *server)
{
	static const char *const no_actions[] = { NULL };
	g_autofree char *body =
		server->markup ? g_markup_escape_text(notice->body, -1) : g_strdup(notice->body);
	const char *const *actions =
		server->actions ? (const char *const *)notice->actions : no_actions;

	return g_variant_new("(susss^as@a{sv}i)", APPLICATION, replaces, notice->vm ? "" : ICON,
		notice->title, body, actions, make_hints(notice), notice->timeout);
}
