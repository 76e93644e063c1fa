#include "budget.h"

enum { MILLISECOND = HC_BUDGET_SECOND / 1000, SLICE = 10 * MILLISECOND, PICO = 1000 };

static int64_t each(int64_t per_second)
{
	return HC_BUDGET_SECOND / per_second;
}

static int64_t bursts_worth(int bursts)
{
	return (int64_t)bursts * VP_BURST_MS * MILLISECOND;
}

void hc_budget_spend(struct hc_budget *budget, int64_t now, int64_t cost)
{
	budget->paid = (budget->paid > now ? budget->paid : now) + cost;
}

bool hc_budget_overdrawn(const struct hc_budget *budget, int64_t now, int bursts)
{
	return budget->paid - now > bursts_worth(bursts);
}

int64_t hc_budget_recovery(const struct hc_budget *budget, int bursts)
{
	return budget->paid - bursts_worth(bursts) + SLICE;
}

static int64_t image_cost(struct vp_bytes pixels)
{
	return hc_budget_change() +
	       (int64_t)pixels.len * HC_BUDGET_SECOND / VP_IMAGE_BYTES_PER_SECOND;
}

int64_t hc_budget_message(const struct vp_message *message)
{
	switch ((int)message->op) {
	case VP_OP_WINDOW_CREATE:
	case VP_OP_WINDOW_DESTROY:
		return each(VP_WINDOWS_PER_SECOND);
	case VP_OP_WINDOW_CONFIGURE_REQUEST:
	case VP_OP_WINDOW_RESTACK:
	case VP_OP_WINDOW_ACTIVATE:
	case VP_OP_WINDOW_STATE_REQUEST:
	case VP_OP_WINDOW_GRIP:
		return each(VP_PLACES_PER_SECOND);
	case VP_OP_WINDOW_MOVED:
		return each(VP_POPUP_MOVES_PER_SECOND);
	case VP_OP_WINDOW_ICON:
		return image_cost(message->window_icon.pixels);
	case VP_OP_CURSOR_IMAGE:
		return image_cost(message->cursor_image.pixels);
	case VP_OP_WINDOW_CLASS:
	case VP_OP_WINDOW_TYPE:
	case VP_OP_WINDOW_OWNER:
	case VP_OP_WINDOW_HINTS:
	case VP_OP_WINDOW_SHAPE:
	case VP_OP_WINDOW_OPACITY:
	case VP_OP_WINDOW_HUNG:
		return hc_budget_change();
	case VP_OP_APPLICATION:
	case VP_OP_APPLICATION_ACTION:
	case VP_OP_APPLICATION_ICON:
		return each(VP_APPLICATIONS_PER_SECOND);
	case VP_OP_BUFFER_CREATE:
	case VP_OP_BUFFER_DESTROY:
		return each(VP_BUFFERS_PER_SECOND);
	case VP_OP_CLIPBOARD_OFFERED:
	case VP_OP_CLIPBOARD_WANTED:
	case VP_OP_LAUNCHED:
	case VP_OP_EXITED:
	case VP_OP_FILES_OFFER:
	case VP_OP_FILES_WITHDRAW:
	case VP_OP_OPEN_REQUEST:
	case VP_OP_NOTIFY:
	case VP_OP_NOTIFY_CLOSE:
	case VP_OP_APPLICATIONS_END:
	case VP_OP_WINDOWS_ANNOUNCED:
		return each(VP_REQUESTS_PER_SECOND);
	default:
		return 0;
	}
}

int64_t hc_budget_receipt(uint64_t messages, uint64_t bytes)
{
	return (int64_t)messages * each(VP_MESSAGES_PER_SECOND) +
	       (int64_t)bytes * HC_BUDGET_SECOND / VP_BYTES_PER_SECOND;
}

int64_t hc_budget_map(bool popup)
{
	return each(popup ? VP_POPUPS_PER_SECOND : VP_MAPS_PER_SECOND);
}

int64_t hc_budget_change(void)
{
	return each(VP_CHANGES_PER_SECOND);
}

int64_t hc_budget_frame(size_t rects, uint64_t pixels, uint64_t screen)
{
	uint64_t pixel = (uint64_t)HC_BUDGET_SECOND * PICO / (screen * VP_SCREENS_PER_SECOND);
	return each(VP_FRAMES_PER_SECOND) + (int64_t)rects * each(VP_RECTS_PER_SECOND) +
	       (int64_t)(pixels * pixel / PICO);
}
