/*
 * The view under the broker's control as its own files see it: control.c holds it together,
 * broker-link.c is the link, broker-requests.c what the broker asks, reports.c what it is told of
 * the windows then, guest-events.c what comes from the guest.
 */
#pragma once

#include <glib.h>

#include "applications.h"
#include "control.h"
#include "core.h"
#include "crossing.h"
#include "expiry.h"
#include "files.h"
#include "link.h"
#include "silence.h"

struct hc_control {
	int listen_fd;
	int seldom_fd; /* what seldom is ready, behind one descriptor */
	char *display;
	bool (*confine)(bool xen);
	bool confined;
	uint64_t instance;
	struct hc_applications *applications;
	struct hc_link *link; /* NULL without a broker */
	bool link_broken; /* to be destroyed once its messages are handled */
	struct hc_presenter *presenter; /* NULL until configured, as is core */
	struct hc_core *core;
	struct hc_label label;
	bool session_ready;
	bool replacing; /* a session by another that the broker wants */
	bool more; /* streams have more to send at once */
	GArray *opens; /* of uint32_t: requests of the guest that wait for the broker */
	struct hc_files files;
	struct hc_crossing *crossing;
	struct hc_silence silence; /* of the guest, while the session is ready */
	struct hc_expiry expiry; /* of windows without a guest */
	int64_t lonely_since; /* milliseconds, -1 not lonely */
	bool ended;
	int status;
};

/* control.c */

void hc_control_end(struct hc_control *control, int status);

/* broker-link.c */

/* To the broker, if there is one; fd stays the caller's. data is the control. */
void hc_control_tell_with_fd(void *data, const struct hc_link_message *message, int fd);
void hc_control_tell(struct hc_control *control, const struct hc_link_message *message);
/* False, and the link goes on, if the system does not let the descriptor pass now, because of how
 * many the user's programs have in transit. */
bool hc_control_hand_on(struct hc_control *control, const struct hc_link_message *message, int fd);
bool hc_control_has_broker(const struct hc_control *control);

/* A new broker replaces the one there is. */
void hc_control_accept_broker(struct hc_control *control);

/* Without the broker: what the guest waits for is refused. */
void hc_control_lose_broker(struct hc_control *control);
void hc_control_dispatch_link(struct hc_control *control, short events);

/* broker-requests.c */

/* False if the broker may not say this now. fd is the callee's. */
bool hc_control_handle_broker(
	struct hc_control *control, const struct hc_link_message *message, int fd);

/* reports.c */

void hc_control_report_windows(struct hc_control *control, uint32_t serial);
void hc_control_report_stats(struct hc_control *control, uint32_t serial);
void hc_control_report_screenshot(
	struct hc_control *control, const struct hc_link_screenshot_request *request);

/* guest-events.c */

extern const struct hc_core_listener hc_control_core_listener;
extern const struct hc_crossing_listener hc_control_crossing_listener;

/* There is no session any more, or none has come to be. data is the control. */
void hc_control_lose_session(void *data, enum vp_bye_reason reason, const char *text);

/* False if it is nothing that passes to the guest as it is. */
bool hc_control_pass_to_guest(struct hc_control *control, const struct hc_link_message *message);

/* The guest's list, and those that are to follow. */
void hc_control_ask_for_applications(struct hc_control *control, uint32_t serial);

/* The broker's answer, or one in its place; nothing if the guest has not asked. */
void hc_control_answer_open(
	struct hc_control *control, uint32_t request, bool opened, struct vp_text message);

/* Nobody will answer what the guest has asked for. */
void hc_control_refuse_files(struct hc_control *control);
void hc_control_refuse_opens(struct hc_control *control);

/* Windows that have waited for their guest long enough go. */
void hc_control_watch_expiry(struct hc_control *control, int64_t now);

/* Whether the guest answers, while the session is ready. */
void hc_control_watch_silence(struct hc_control *control, int64_t now);
void hc_control_set_paused(struct hc_control *control, bool paused);
