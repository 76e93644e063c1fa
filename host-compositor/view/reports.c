#define G_LOG_DOMAIN "hc-control"

#include <unistd.h>

#include "control-private.h"
#include "screenshot.h"

struct window_listing {
	struct hc_control *control;
	uint32_t serial;
};

static int32_t clamp_position(int32_t position)
{
	return CLAMP(position, -VP_POSITION_MAX, VP_POSITION_MAX);
}

static void list_window(void *data, const struct hc_window_info *info)
{
	const struct window_listing *listing = data;
	const struct hc_rect *content = &info->report.content;
	hc_control_tell(listing->control,
		HC_LINK_MESSAGE(WINDOW, window, .serial = listing->serial, .window = info->window,
			.native = info->native, .content = info->report.content_id,
			.toplevel = info->report.toplevel_id, .popup = info->popup,
			.mapped = info->mapped, .x = clamp_position(content->x),
			.y = clamp_position(content->y), .width = MIN(content->width, VP_SIZE_MAX),
			.height = MIN(content->height, VP_SIZE_MAX),
			.state = info->report.state & VP_STATE_ALL, .frames = info->frames,
			.bytes_copied = info->bytes_copied,
			.bytes_copied_by_agent = info->bytes_copied_by_agent,
			.bytes_copied_by_view = info->bytes_copied_by_view,
			.title = vp_text_from(info->title, VP_TITLE_MAX),
			.app_id = vp_text_from(info->app_id, VP_CLASS_MAX)));
}

void hc_control_report_windows(struct hc_control *control, uint32_t serial)
{
	struct window_listing listing = { control, serial };
	hc_core_windows(control->core, list_window, &listing);
	hc_control_tell(control, HC_LINK_MESSAGE(WINDOWS_END, windows_end, .serial = serial));
}

void hc_control_report_stats(struct hc_control *control, uint32_t serial)
{
	struct hc_core_stats core;
	struct vp_session_stats session = { 0 };
	hc_core_get_stats(control->core, &core);
	if (hc_core_session(control->core) != NULL)
		vp_session_get_stats(hc_core_session(control->core), &session);
	hc_control_tell(control,
		HC_LINK_MESSAGE(STATS, stats, .serial = serial, .frames = core.frames,
			.bytes_copied = core.bytes_copied,
			.bytes_copied_by_agent = core.bytes_copied_by_agent,
			.bytes_copied_by_view = core.bytes_copied_by_view,
			.bytes_sent = session.bytes_sent, .bytes_received = session.bytes_received,
			.windows = core.windows));
}

static void report_no_screenshot(struct hc_control *control, uint32_t serial, const char *error)
{
	hc_control_tell(control, HC_LINK_MESSAGE(SCREENSHOT, screenshot, .serial = serial,
					 .error = vp_text_from(error, VP_REASON_MAX)));
}

void hc_control_report_screenshot(
	struct hc_control *control, const struct hc_link_screenshot_request *request)
{
	struct hc_screenshot picture;
	const char *error =
		hc_screenshot_take(control->core, &control->label, request->window, &picture);
	if (error != NULL) {
		report_no_screenshot(control, request->serial, error);
		return;
	}
	if (!hc_control_hand_on(control,
		    HC_LINK_MESSAGE(SCREENSHOT, screenshot, .serial = request->serial,
			    .width = picture.width, .height = picture.height,
			    .stride = picture.stride),
		    picture.fd))
		report_no_screenshot(control, request->serial,
			"the user's programs are handing on too many files; try again");
	close(picture.fd);
}
